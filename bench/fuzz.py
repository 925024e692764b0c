"""`python -m bench.fuzz`: millions of strange requests and texts; none may be a mistake of ours.

The web application is called in process, as a server would call it, and the lexer directly. What
is wrong is printed with the seed that finds it again: `--seed`.
"""

from __future__ import annotations

import argparse
import io
import logging
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any  # PEP 3333
from urllib.parse import quote, quote_from_bytes

import pyoxigraph as ox

from parley import sparql
from parley.errors import BadQuery, Forbidden
from parley.files import open_dataset
from parley.queries import load
from parley.settings import Settings
from parley.sparql.columns import spell_out
from parley.sparql.operations import operations
from parley.store.ledger import Message
from parley.store.local import LocalBackend
from parley.store.versions import Versions
from parley.web.app import create_app

Wsgi = Callable[..., Iterable[bytes]]
SLOW = 5.0  # seconds after which a request counts as hanging; queries may take one

_WORDS = (
    *("SELECT", "ASK", "CONSTRUCT", "DESCRIBE", "WHERE", "FROM", "NAMED", "GRAPH", "SERVICE"),
    *("SILENT", "LOAD", "INSERT", "DELETE", "DATA", "USING", "WITH", "OPTIONAL", "UNION", "MINUS"),
    *("FILTER", "BIND", "AS", "VALUES", "UNDEF", "ORDER", "BY", "GROUP", "HAVING", "LIMIT"),
    *("OFFSET", "PREFIX", "BASE", "EXISTS", "NOT", "IN", "COUNT", "REGEX", "a", "true", "1e9"),
)
_PIECES = (
    *_WORDS,
    *"{}()[].;,<>?$:#'\"\\|^&!=*+-/@_% \t\n\0\u00e9\u2028\ufeff\U0001f600",
    *("?x", "$y", "*", "<http://x/>", "<>", "<a b>", "x:y", ":", "'''", '"""', "\\u0053", "\\'"),
    *("1.5", ".", "@en", "@en--ltr", "^^", "_:b", "<<", ">>", "<<(", "%zz", "\\U0010FFFF", "||"),
    *("{ ?s ?p ?o }", "SELECT * { ?s ?p ?o }", "ASK {}", "PREFIX : <http://x/>", "&&", "<=", "()"),
)
_PATHS = (
    *("/sparql", "/sparql", "/sparql", "/sparql/", "/", "/queries", "/ontology", "/void", "/store"),
    *("/id/", "/data/", "/page/", "/graph/", "/queries/", "/vocab/", "/problems/", "/static/"),
    *("/articles/", "/claims/", "/history", "/search", "/dump.nt", "/health", "/metrics"),
    *("/running", "/running/x/stop", "//", "*", "/..", "/shapes.ttl", "/.well-known/void"),
)
_METHODS = ("GET", "GET", "GET", "POST", "POST", "HEAD", "QUERY", "OPTIONS", "PUT", "DELETE", "X")
_NAMES = (
    *("query", "query", "update", "default-graph-uri", "named-graph-uri", "using-graph-uri"),
    *("using-named-graph-uri", "format", "version", "timeout", "truncate", "limit", "offset"),
    *("graph", "default", "q", "from", "to", "message", "_x", ""),
)
_VALUES = (
    *("", "1", "-1", "0", "9" * 40, "NaN", "inf", "1e400", "true", "json", "xml", "ttl", "html"),
    *("2024-01-01", "9999-99-99", "http://x/", "urn:x", "x", "../../etc/passwd", "<script>"),
    *("\0", "\ud7ff", "\r\nX: y", "%00", "'", '"', "SELECT * { ?s ?p ?o } LIMIT 3", "ASK {}"),
)
_TYPES = (
    *("application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"),
    *("text/turtle", "multipart/form-data; boundary=x", "text/plain", "", ";", "a/b; charset=x"),
    *("application/sparql-query; charset=utf-16", "application/json", "\xff"),
)
_ACCEPTS = (
    *("*/*", "", "text/html", "text/csv", "text/turtle", "application/json;q=0.1, text/html"),
    *("application/sparql-results+json", ",", ";q=", "text/*;q=0", "*", "a/b", '"', "\xff"),
)


@dataclass
class Found:
    """What came of a run: answers by status, and what was wrong, each with its seed."""

    inputs: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    slowest: float = 0.0


def text(random: random.Random) -> str:
    """A text made of pieces that SPARQL knows, and of some that it does not."""
    pieces = random.choices(_PIECES, k=random.choice((1, 3, 8, 20, 40)))
    made = random.choice(("", " ")).join(pieces)
    if random.random() < 0.05:
        made *= random.choice((2, 50, 500))
    if random.random() < 0.3:
        made = f"SELECT * {{ ?s ?p ?o {made} }} LIMIT 3"
    return made[:60_000]


def environment(random: random.Random) -> dict[str, Any]:
    """A request as a WSGI server hands it on."""
    path = random.choice(_PATHS)
    if path.endswith("/") and random.random() < 0.8:
        path += _spoilt(
            random, random.choice((*_VALUES, "contradictions", "siga-2024-02", "x.ttl"))
        )
    body = _form(random).encode() if random.random() < 0.5 else _bytes(random)
    search = _form(random) if random.random() < 0.9 else _bytes(random).decode("utf-8", "replace")
    made: dict[str, Any] = {
        "REQUEST_METHOD": random.choice(_METHODS),
        "SCRIPT_NAME": "",
        "PATH_INFO": path.encode("utf-8", "surrogatepass").decode("latin-1"),
        "QUERY_STRING": search.encode("utf-8").decode("latin-1"),
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost:8000",
        "CONTENT_TYPE": random.choice(_TYPES),
        "HTTP_ACCEPT": random.choice(_ACCEPTS),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.input_terminated": True,
    }
    if made["REQUEST_METHOD"] in {"GET", "HEAD", "OPTIONS"}:
        body = b""
    made["wsgi.input"] = io.BytesIO(body)
    made["CONTENT_LENGTH"] = random.choice((str(len(body)),) * 8 + ("", "-1", "x", "9" * 30))
    for name in ("HOST", "IF_NONE_MATCH", "IF_MATCH", "ACCEPT_ENCODING", "ORIGIN", "RANGE"):
        if random.random() < 0.1:
            made[f"HTTP_{name}"] = random.choice((*_VALUES, "localhost", "*", 'W/"1-x"', "gzip"))
    for name in ("CONTENT_ENCODING", "AUTHORIZATION", "SLUG", "ACCESS_CONTROL_REQUEST_METHOD"):
        if random.random() < 0.03:
            made[f"HTTP_{name}"] = random.choice(_VALUES)
    for name, value in made.items():
        if name.startswith("HTTP_"):  # what a server would let through
            made[name] = value.encode("utf-8", "replace").decode("latin-1").translate(_LINE_ENDS)
    return made


_EVIL = ox.Literal("\" ' } SERVICE <http://evil/> { # \n\\")
_LINE_ENDS = dict.fromkeys((0, 10, 13))


def _spoilt(random: random.Random, value: str) -> str:
    if random.random() < 0.2:
        at = random.randrange(len(value) + 1)
        return value[:at] + random.choice(_PIECES) + value[at:]
    return value


def _form(random: random.Random) -> str:
    fields = []
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        name = random.choice(_NAMES)
        value = text(random) if name in {"query", "update"} else random.choice(_VALUES)
        fields.append(f"{name}={quote(_spoilt(random, value), errors='replace')}")
    made = "&".join((*fields, "timeout=1"))
    return (
        _spoilt(random, made).replace("\0", "").replace("\n", "") if random.random() < 0.2 else made
    )


def _bytes(random: random.Random) -> bytes:
    data = random.randbytes(random.choice((0, 1, 10, 200)))
    return quote_from_bytes(data).encode() if random.random() < 0.5 else data


def ask(application: Wsgi, environ: dict[str, Any]) -> tuple[str, bytes]:
    """The status and the body of a reply; the headers are as PEP 3333 wants them."""
    statuses: list[str] = []

    def start(status: str, headers: list[tuple[str, str]], *rest: object) -> Any:
        statuses.append(status)
        for name, value in headers:
            f"{name}: {value}".encode("latin-1")
            if any(c in name + value for c in "\r\n\0"):
                raise ValueError(f"a line end in a header: {name}: {value!r}")

    found = application(environ, start)
    try:
        body = b"".join(found)
    finally:
        if hasattr(found, "close"):
            found.close()
    return statuses[-1][:3], body


def fuzz_web(application: Wsgi, seeds: Iterable[int], seconds: float) -> Found:
    """One request for each seed, until the time is over."""
    found = Found()
    until = time.monotonic() + seconds
    for seed in seeds:
        began = time.monotonic()
        if began > until:
            break
        environ = environment(random.Random(seed))
        shown = f"seed {seed}: {environ['REQUEST_METHOD']} {environ['PATH_INFO'][:60]!r}"
        try:
            status, body = ask(application, environ)
        except Exception as error:  # noqa: BLE001  # that is what is looked for
            found.wrong.append(f"{shown}: {type(error).__name__}: {error}")
            continue
        took = time.monotonic() - began
        found.inputs += 1
        found.statuses[status] += 1
        found.slowest = max(found.slowest, took)
        if status == "500" or b"Traceback" in body:
            found.wrong.append(f"{shown}: {status} {body[:200]!r}")
        if took > SLOW:
            found.wrong.append(f"{shown}: took {took:.1f} s")
    return found


def fuzz_lexer(seeds: Iterable[int], seconds: float) -> Found:
    """One text for each seed goes through all that is done with tokens."""
    found = Found()
    until = time.monotonic() + seconds
    store = ox.Store()
    for seed in seeds:
        if time.monotonic() > until:
            break
        made = text(random.Random(seed))
        began = time.process_time()  # what else the machine does is nobody's fault here
        try:
            outcome = _read(made, store, engine=not seed % 5)
        except (BadQuery, Forbidden) as error:
            outcome = type(error).__name__
        except Exception as error:  # noqa: BLE001  # that is what is looked for
            found.wrong.append(f"text seed {seed}: {type(error).__name__}: {error}")
            outcome = "wrong"
        took = time.process_time() - began
        found.inputs += 1
        found.statuses[outcome] += 1
        found.slowest = max(found.slowest, took)
        if took > SLOW:
            found.wrong.append(f"text seed {seed}: took {took:.1f} s")
    return found


def _read(made: str, store: ox.Store, *, engine: bool) -> str:
    """What is done with the text of a request; what passes reaches no service."""
    parsed = sparql.read(made)
    for name in sparql.variables(made)[:1]:
        with suppress(BadQuery):
            bound = sparql.read(sparql.bind(made, {name: _EVIL}))
            if (bound.services, bound.loads) != (parsed.services, parsed.loads):
                raise AssertionError(f"a parameter reaches out: {made[:200]!r}")
    if parsed.kind == "update":
        operations(parsed.text)
        sparql.allow(parsed, ())
        return "update"
    silenced = sparql.silence(parsed, ())
    sparql.allow(silenced, ())
    if engine and len(silenced.text) < 2_000:
        _reaches_nothing(store, silenced.text)
    if parsed.kind == "select":
        spell_out(parsed.text, sorted(sparql.variables(parsed.text)))
        with suppress(BadQuery):  # it has a LIMIT of its own
            sparql.total(parsed.text)
            sparql.page(parsed.text, 10, 10)
    return "silenced" if silenced is not parsed else "read"


def _reaches_nothing(store: ox.Store, made: str) -> None:
    """The engine reads or refuses it, and asks nobody for anything."""
    try:
        store.query(made)
    except (SyntaxError, ValueError):
        return
    except (OSError, RuntimeError) as error:
        if "service" in str(error).lower():
            raise AssertionError(f"it reached a service: {made[:200]!r}") from error


@contextmanager
def application(folder: Path) -> Iterator[Wsgi]:
    """The whole web application over a few quads."""
    dataset = open_dataset(None)
    settings = Settings(
        instance=folder / "instance",
        query_timeout=1.0,
        query_memory=256 << 20,
        row_limit=1000,
        query_text_limit=50_000,
        upload_limit=1 << 20,
    )
    versions = Versions(settings.instance)
    thing = ox.NamedNode("https://w3id.org/parley/id/siga-2024-02")
    label = ox.NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    graph = ox.NamedNode("https://w3id.org/parley/graph/articles/siga-2024-02")
    with versions.stage(None) as staged:
        staged.store.add(ox.Quad(thing, label, ox.Literal("x", language="en"), graph))
        versions.publish(staged, None, Message("bench", "one quad"))
    backend = LocalBackend(versions, settings, prefixes=dataset.names.prefixes)
    saved = load(dataset.queries(), dataset.names)
    try:
        yield create_app(settings, backend, dataset, saved, versions)
    finally:
        backend.close()


def _one(given: tuple[int, int, float]) -> list[Found]:
    number, step, seconds = given
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as name, application(Path(name)) as app:
        web = fuzz_web(app, range(number, sys.maxsize, step), seconds * 0.8)
    return [web, fuzz_lexer(range(number, sys.maxsize, step), seconds * 0.2)]


def main() -> None:
    """Fuzzes for a time; exit code 1 when something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    count = arguments.processes
    jobs = [(arguments.seed + n, count, arguments.seconds) for n in range(count)]
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        results = pool.map(_one, jobs)
    failed = False
    for title, part in (("requests", 0), ("texts", 1)):
        found = [result[part] for result in results]
        statuses = sum((f.statuses for f in found), Counter[str]())
        total = sum(f.inputs for f in found)
        slowest = max(f.slowest for f in found)
        print(f"{total:,} {title}, slowest {slowest:.2f} s: {dict(sorted(statuses.items()))}")
        for line in [line for f in found for line in f.wrong][:50]:
            print("WRONG", line)
            failed = True
        failed |= not total
    sys.exit(failed)


if __name__ == "__main__":
    main()
