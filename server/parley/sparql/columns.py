"""The columns of `SELECT *` in the order in which its variables appear, as readers expect."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import pyoxigraph as ox

from parley.sparql.lexer import Token, tokens

_SERVICE = re.compile("service", re.IGNORECASE)
_MAYBE = re.compile(r"select(?:\s|distinct|reduced|#[^\r\n]*+)*+\*", re.IGNORECASE)  # not COUNT(*)


def in_order(text: str, base: str | None = None) -> str:
    """The query, `SELECT *` spelt out where its columns would come in another order.

    An empty store names the variables: they do not depend on the data. A query with SERVICE is
    left alone, as an empty store would call the service too. Raises SyntaxError.
    """
    if not _MAYBE.search(text) or _SERVICE.search(text):
        return text
    found = ox.Store().query(text, base_iri=base)
    if not isinstance(found, ox.QuerySolutions):
        return text
    return spell_out(text, (variable.value for variable in found.variables)) or text


def spell_out(text: str, variables: Iterable[str]) -> str | None:
    """The query with `*` written out as `variables`, in the order in which they appear in it.

    None when the outermost SELECT has no `*`, or when its variables are in order already. The
    engine names the variables (it knows their scope) but in alphabetical order.
    """
    if not _MAYBE.search(text):
        return None
    found = [token for token in tokens(text) if token.kind != "comment"]
    depth, star, order = 0, None, dict[str, None]()
    for number, token in enumerate(found):
        if token.kind == "mark":
            depth += (token.text == "{") - (token.text == "}")
        if token.kind == "var":
            order.setdefault(token.text[1:])
        if depth == 0 and token.text == "*" and _after_select(found[:number]):
            star = token
    given = list(variables)
    if star is None or not given:
        return None
    wanted = sorted(given, key=list(order).index)
    if wanted == given:
        return None
    return text[: star.start] + " ".join(f"?{name}" for name in wanted) + text[star.end :]


def _after_select(before: Sequence[Token]) -> bool:
    words = [token.text.upper() for token in before[-2:] if token.kind == "word"]
    return "SELECT" in words and words[-1] in {"SELECT", "DISTINCT", "REDUCED"}
