"""Tokens that somebody pasted into data: a version, its history and every copy would tell them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from parley.check.report import Finding
from parley.tokens import masked

CHECK = "secrets"


def check_secrets(quads: Iterable[ox.Quad]) -> Iterator[Finding]:
    """A finding for each quad with a secret as subject or value; the finding does not repeat it."""
    for quad in quads:
        subject, value = _shown(quad.subject), _shown(quad.object)
        if (subject, value) != (quad.subject, quad.object):
            yield Finding(
                CHECK,
                "violation",
                "A token stands here, and everybody could read it.",
                "Take it out. If somebody else may have seen it, have the administrator revoke it.",
                focus=subject if isinstance(subject, ox.NamedNode) else None,
                path=quad.predicate,
                value=value if isinstance(value, ox.NamedNode | ox.Literal) else None,
            )


def _shown(node: object) -> object:
    """The node, with every secret in it blotted out."""
    if not isinstance(node, ox.NamedNode | ox.Literal):
        return node
    text = masked(node.value)
    if text == node.value:
        return node
    return ox.NamedNode(text) if isinstance(node, ox.NamedNode) else ox.Literal(text)
