"""What the checks say in the words of a form: its readers need not know the names of terms."""

from __future__ import annotations

import re

from parley.check.report import Finding
from parley.web.editing.forms import Form

_TERM = re.compile(r"(?<![\w:/<])(?:parley|vocab|rdfs?|skos|dcterms|oa|foaf|geo):([A-Za-z][\w-]*)")
_NODE = re.compile(r" with a node of type parley:\w+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|-")
_SCHEME = re.compile(r"\bconcept of (?:the scheme )?vocab:[\w-]+")
_TAG = re.compile(r"\btag( such as)? @(?=[a-z])")
_ARTICLE = re.compile(r"\ba (?=“[aeiou])")
_DATATYPE = re.compile(r'(?<=")\^\^[a-z]+:\w+')


def worded(finding: Finding, form: Form | None = None) -> str:
    """Message and fix of a finding; a property is called what its field in the form is called."""
    names = {asked.key: asked.name for asked in form.fields} if form else {}
    names.pop("rdf:type", None)  # most often that of another thing
    said = f"{finding.message} {finding.fix}".strip()
    said = _SCHEME.sub("value of its list", _NODE.sub("", said))
    said = _TAG.sub(r"language\1 ", _DATATYPE.sub("", said))
    said = _TERM.sub(lambda m: f"“{names.get(m[0]) or _HUMP.sub(' ', m[1]).lower()}”", said)
    return _ARTICLE.sub("an ", said)
