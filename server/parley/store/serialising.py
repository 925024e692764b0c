"""Results written in the format that is wanted: counted, bounded, spooled."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from parley.errors import TooLarge
from parley.formats import Format
from parley.store.backend import Result, WrongFormat
from parley.store.heads import Head
from parley.store.rows import RowCounter, countable
from parley.store.spool import Full, Spool

Results = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples | Iterator[ox.Triple]
_NAMES = {"bindings": "a table of bindings", "boolean": "a yes or no", "graph": "a graph"}


def serialise(
    results: Results,
    form: Format,
    request: dict[str, Any],  # Any: JSON
    folder: Path,
    kept: list[Spool],
) -> tuple[dict[str, Any], bytes]:  # Any: JSON
    """The head of a reply and its body, empty when it is in the file of the spool put in `kept`.

    `request` names the limits, see `LocalBackend.select`. Raises WrongFormat, TooLarge, and what
    the results raise.
    """
    result: Result
    if isinstance(results, ox.QuerySolutions):
        result = "bindings"
    elif isinstance(results, ox.QueryBoolean):
        result = "boolean"
    else:
        result = "graph"
    if (result == "graph") == (form.kind == "bindings"):
        raise WrongFormat(f"{form.media_type} cannot hold {_NAMES[result]}", result=result)
    limit = int(request["row_limit"])
    counter = RowCounter(form, limit) if result != "boolean" and countable(form) else None
    spool = Spool(
        folder,
        inline=request["inline"],
        limit=request["answer_limit"],
        counter=counter,
        row_limit=limit,
        truncate=request["truncate"],
        note=counter.note(request["cut_link"]) if counter is not None else None,
        head=Head(xml=form.extension == "rdf") if request["prefixes"] else None,
    )
    kept.append(spool)
    truncated = False
    rows: int | None = None
    try:
        tables = (ox.QuerySolutions, ox.QueryBoolean)
        if isinstance(results, tables) or (counter and isinstance(results, ox.QueryTriples)):
            results.serialize(spool, form.engine)  # type: ignore[arg-type]  # any writer does
        elif counter is not None:
            assert isinstance(form.engine, ox.RdfFormat)
            ox.serialize(results, spool, form.engine)  # type: ignore[arg-type]  # any writer does
        else:
            assert isinstance(form.engine, ox.RdfFormat)
            count = itertools.count()
            # Counted without a Python step for each triple.
            triples = map(itemgetter(0), zip(itertools.islice(results, limit), count, strict=False))
            ox.serialize(triples, spool, form.engine, prefixes=request["prefixes"])  # type: ignore[arg-type]  # any writer does
            rows, truncated = next(count), next(results, None) is not None
            if truncated and not request["truncate"]:
                raise TooLarge(
                    f"the answer has more than {limit} triples; ask for less, page with LIMIT "
                    "and OFFSET, or ask for the first ones with truncate=true",
                    limit="row_limit",
                    value=limit,
                )
        body = spool.finish()
    except Full:
        counter, rows, truncated = None, limit, True
        body = spool.finish()
    if counter is not None:
        rows = counter.rows
    return {"kind": result, "rows": rows, "truncated": truncated, "size": spool.size}, body
