"""Where SERVICE and LOAD may lead: to hosts that are listed, through the relay, or nowhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace as changed
from urllib.parse import urlsplit

from parley.errors import Forbidden
from parley.sparql.lexer import Token, tokens
from parley.sparql.names import plain, replace
from parley.sparql.request import Parsed

# The engine asks http and https only: with SILENT this is one solution without bindings.
NOWHERE = "urn:x-parley:nowhere"


def allow(parsed: Parsed, hosts: Collection[str]) -> None:
    """Let SERVICE through to the hosts listed, and LOAD never.

    `host` and `host:port` stand for https alone; `http://host` allows http. Raises Forbidden.
    """
    for target in parsed.services:
        if target is None:
            raise Forbidden(
                "SERVICE with a variable or a relative IRI is not allowed: write the IRI in full"
            )
        if not _is_listed(target, hosts):
            listed = ", ".join(sorted(hosts)) or "none"
            raise Forbidden(f"SERVICE <{target}> is not allowed here; hosts allowed: {listed}")
    if parsed.loads:
        raise Forbidden("LOAD is not allowed here: send the triples, with INSERT DATA or to /store")


def silence(parsed: Parsed, hosts: Collection[str]) -> Parsed:
    """The query with every SERVICE SILENT that `allow` would refuse leading nowhere.

    It fails as any other service may, so it is a solution without bindings (SPARQL 1.1 Federated
    Query, section 4), and nobody is asked.
    """
    if not parsed.services:
        return parsed
    changes: list[tuple[int, int, str]] = []
    left: list[str | None] = []
    found = zip(parsed.services, _targets(parsed.text), strict=True)
    for target, (token, silent) in found:
        if silent and (target is None or not _is_listed(target, hosts)):
            changes.append((token.start, token.end, f" <{NOWHERE}> "))
        else:
            left.append(target)
    return changed(parsed, text=replace(parsed.text, changes), services=tuple(left))


def reroute(text: str, address: Callable[[str], str]) -> str:
    """A text that `silence` wrote, with every target of SERVICE replaced by its `address`."""
    changes: list[tuple[int, int, str]] = []
    for token, _ in _targets(text):
        if token.kind != "iri":
            raise Forbidden("SERVICE has to name the service by its IRI")
        if plain(token.text) != NOWHERE:
            changes.append((token.start, token.end, f"<{address(plain(token.text))}>"))
    return replace(text, changes)


def _targets(text: str) -> Iterator[tuple[Token, bool]]:
    """The token that each SERVICE names, and whether it is SILENT."""
    waiting = silent = False
    for token in tokens(text):
        word = token.text.upper() if token.kind == "word" else ""
        if word in {"SERVICE", "LOAD"}:
            waiting, silent = word == "SERVICE", False
        elif waiting and word == "SILENT":
            silent = True
        elif waiting and token.kind != "comment":
            yield token, silent
            waiting = False


def _is_listed(target: str, hosts: Collection[str]) -> bool:
    host = _host(target)
    return host is not None and (host in hosts or host.removeprefix("https://") in hosts)


def _host(target: str) -> str | None:
    """Scheme, host and port, such as `https://host` or `http://host:81`."""
    try:
        parts = urlsplit(target)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")
