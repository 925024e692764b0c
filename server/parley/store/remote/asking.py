"""Queries as a store over HTTP is asked them: over which graphs, and until when."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from parley.errors import LimitReached, StoreFailed
from parley.formats import BINDINGS, Format
from parley.settings import Settings
from parley.sparql import Parsed, explain, read, tokens
from parley.sparql.reaching import keep_out
from parley.sparql.services import NOWHERE
from parley.store.backend import Answer, Cancel, Cancelled, Deadline, Query
from parley.store.local import PREFIXED, LocalBackend
from parley.store.places import Places
from parley.store.remote import answers, texts
from parley.store.remote.head import refused
from parley.store.remote.wire import Endpoint, Raw, Wire
from parley.store.spool import spool_folder
from parley.store.versions import Version

_FORM = "application/x-www-form-urlencoded"
_SCHEME = re.compile(r"<[A-Za-z][A-Za-z0-9+.\-]*:")
_GRAPHS = Query("SELECT ?g { GRAPH ?g { } }")
_COUNT = Query("SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }")


class Asking:
    """Asks the store at an address; `own` knows the graphs of a version."""

    def __init__(
        self,
        settings: Settings,
        wire: Wire,
        to: Endpoint,
        own: LocalBackend,
        prefixes: Mapping[str, str],
        answer_limit: int,
    ) -> None:
        self._settings = settings
        self._wire = wire
        self._to = to
        self._own = own
        self._prefixes = prefixes
        self._answer_limit = answer_limit
        self._spool = spool_folder(settings.instance)
        self._places = Places(settings.concurrent_queries, settings.queue_length)
        self._graphs: tuple[int, tuple[str, ...]] = (0, ())

    def ask(
        self,
        query: Query,
        parsed: Parsed,
        fmt: Format,
        version: Version,
        deadline: Deadline,
        cancel: Cancel | None = None,
    ) -> Answer:
        """What the store answers now, as an answer of a version; raises as `Backend.select`."""
        graph = parsed.kind in {"construct", "describe"}
        accept = answers.ACCEPT_GRAPH if graph else answers.ACCEPT_ROWS
        kept = self._kept(query, parsed)
        limits = {
            "row_limit": self._settings.row_limit,
            "truncate": query.truncate,
            "cut_link": query.cut_link,
            "prefixes": self._prefixes if fmt.extension in PREFIXED else {},
            "inline": self._settings.spool_bytes,
            "answer_limit": self._answer_limit,
        }
        until = time.monotonic() + deadline.seconds
        self._places.take(deadline.seconds, cancel)
        try:
            raw = self._sent(self._fields(query, parsed, version, kept), accept, until, cancel)
            if raw.status == 400 and kept not in {None, parsed.text}:  # to place the mistake
                raw.file.close()
                raw = self._sent(self._fields(query, parsed, version, None), accept, until, cancel)
            with raw.file:
                if raw.status == 400:
                    raise explain(parsed.text, raw.said(), base=True)
                if raw.status != 200:
                    raise refused(raw, self._to)
                return answers.answer(raw, parsed, fmt, limits, self._spool, version.number)
        except TimeoutError:
            raise LimitReached(
                f"the query was given up after {deadline.seconds:g} s; make it more selective, or "
                "ask for fewer rows",
                limit="query_timeout",
                value=deadline.seconds,
            ) from None
        except StoreFailed:
            if cancel is not None and cancel.called:
                raise Cancelled("the query was given up") from None
            raise
        finally:
            self._places.give()

    def count(self, version: Version) -> int:
        """How many quads the store has in the graphs of a version."""
        query = replace(_COUNT, named_graphs=self._names(version))
        deadline = Deadline(self._settings.query_timeout, self._settings.query_memory)
        with self.ask(query, read(query.text), BINDINGS[0], version, deadline) as answer:
            row = json.loads(answer.read())["results"]["bindings"][0]
        return int(row["n"]["value"])

    def _sent(
        self, fields: Iterator[tuple[str, str]], accept: str, until: float, cancel: Cancel | None
    ) -> Raw:
        body = urlencode(list(fields)).encode()
        return self._wire.post(self._to, body, _FORM, accept, until, cancel)

    def _kept(self, query: Query, parsed: Parsed) -> str | None:
        """The text that asks the union of all graphs in the store, and of what is not ours nothing.

        None where graphs are to be named.
        """
        given = query.default_graphs is not None or query.named_graphs is not None
        if given or parsed.dataset_clause or not self._settings.store_union:
            return None
        return keep_out(parsed.text, texts.PREDICATES)

    def _fields(
        self, query: Query, parsed: Parsed, version: Version, kept: str | None
    ) -> Iterator[tuple[str, str]]:
        """The parameters of the request; the union of all graphs is named unless it is `kept`."""
        text = kept or parsed.text
        if query.base is not None and any(
            token.kind == "iri" and not _SCHEME.match(token.text) for token in tokens(text)
        ):
            text = f"BASE <{query.base}> {text}"
        yield "query", text
        default, named = query.default_graphs, query.named_graphs
        if default is None and named is None:
            if kept or parsed.dataset_clause:
                return
            default = named = self._names(version)
        for name, graphs in (("default-graph-uri", default), ("named-graph-uri", named)):
            for graph in graphs or (NOWHERE,):  # or Virtuoso takes the kind not given for all
                yield name, graph

    def _names(self, version: Version) -> tuple[str, ...]:
        """The graphs of a version."""
        number, names = self._graphs
        if number != version.number:
            deadline = Deadline(self._settings.query_timeout, self._settings.query_memory)
            with self._own.select(_GRAPHS, BINDINGS[0], deadline, version.number) as answer:
                rows = json.loads(answer.read())["results"]["bindings"]
            names = tuple(sorted(row["g"]["value"] for row in rows))
            self._graphs = (version.number, names)
        return names
