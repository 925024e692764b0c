"""A SPARQL update applied to a staged store, operation by operation, as an exact Change.

Each operation's WHERE runs as a query, its templates are filled with the solutions, and the quads
are applied before the next operation looks: the cost follows the change, not the dataset (SPARQL
1.1 Update, sections 3 and 4.3). A named graph exists while it holds a quad; only within one
request is an empty one remembered, so that `CREATE` may be followed by `ADD` or `COPY`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator

import pyoxigraph as ox

from parley.errors import BadInput, BadQuery, Forbidden
from parley.sparql import explain, place, tokens
from parley.sparql.operations import Operation, operations
from parley.store.backend import Update
from parley.store.change import Change, canonical
from parley.store.replay import drop_empty
from parley.store.templates import filled, nodes

Graph = ox.NamedNode | ox.DefaultGraph
_DEFAULT = ox.DefaultGraph()
_BULK = 10_000  # additions from which the engine's bulk loader pays
_NOWHERE = "DROP GRAPH <urn:x-parley:nowhere> ;\n"
_PLACE = re.compile(r"at (\d+):(\d+)")


def run_update(store: ox.Store, update: Update) -> Change:
    """Apply an update to `store` and return what it really added and removed.

    `update.using` and `using_named` are the protocol's `using-graph-uri` and
    `using-named-graph-uri`: they set the dataset of every WHERE, and none may be set by the update
    itself (SPARQL 1.1 Protocol, section 2.2.3). Raises BadQuery for what is malformed, Forbidden
    for LOAD, BadInput for what cannot be done.
    """
    found = operations(update.text)
    check_syntax(update, found)
    if update.using is not None or update.using_named is not None:
        for operation in found:
            if operation.with_graph or operation.using or operation.using_named:
                raise BadQuery(
                    "using-graph-uri and using-named-graph-uri exclude USING and WITH: name the "
                    "dataset in one place"
                )
    total = Change()
    touched: set[ox.NamedNode] = set()
    for operation in found:
        change = _Runner(store, operation, update, touched).run()
        touched |= change.graphs()
        total = total.then(change)
    drop_empty(store, touched)
    return total


def check_syntax(update: Update, found: Iterable[Operation]) -> None:
    """Raise BadQuery, with line and column, unless the engine can read every operation.

    The engine reads everything before it runs anything. It is given a first operation that always
    fails, so that nothing runs here and nothing is asked of the network. One operation at a time,
    because it does not know that PREFIX and BASE may stand between operations.
    """
    empty, text = ox.Store(), update.text
    for operation in found:
        before = operation.prologue + _NOWHERE
        alone = before + text[operation.start : operation.end]
        try:
            empty.update(alone, base_iri=update.base)
        except SyntaxError as error:
            shift = operation.start - len(before)
            message = _replaced(str(error), alone, text, shift)
            raise explain(text, message, base=update.base is not None) from error
        except (OSError, RuntimeError, ValueError):
            continue


def _replaced(message: str, alone: str, text: str, shift: int) -> str:
    """The engine's message with a place of `alone` turned into the place in `text`."""

    def moved(match: re.Match[str]) -> str:
        lines = alone.splitlines(keepends=True)[: int(match[1]) - 1]
        offset = sum(map(len, lines)) + int(match[2]) - 1 + shift
        line, column = place(text, max(offset, 0))
        return f"at {line}:{column}"

    return _PLACE.sub(moved, message, count=1)


def apply(store: ox.Store, change: Change) -> Change:
    """Removals first, then additions; a quad in both stays (SPARQL 1.1 Update, section 4.2)."""
    wanted = canonical(change.added)
    removed = frozenset(q for q in canonical(change.removed) - wanted if q in store)
    exact = Change(frozenset(q for q in wanted if q not in store), removed)
    apply_exact(store, exact)
    return exact


def apply_exact(store: ox.Store, change: Change) -> None:
    """The same for a change that is known to be exact."""
    for quad in change.removed:
        store.remove(quad)
    if len(change.added) < _BULK:
        store.extend(change.added)
    else:
        store.bulk_extend(change.added)


class _Runner:
    """Runs one operation; `touched` collects graphs that may be left empty."""

    def __init__(
        self, store: ox.Store, operation: Operation, update: Update, touched: set[ox.NamedNode]
    ) -> None:
        self._store = store
        self._op = operation
        self._base = update.base
        self._touched = touched
        self._hole = f"urn:uuid:{uuid.uuid4()}:"  # no IRI of the request can begin like this
        self._using: list[ox.NamedNode | ox.BlankNode | ox.DefaultGraph] | None = None
        self._using_named: list[ox.NamedNode | ox.BlankNode] | None = None
        if operation.using or operation.using_named:
            self._using = [self._resolve(iri) for iri in operation.using]
            self._using_named = [self._resolve(iri) for iri in operation.using_named]
        elif update.using is not None or update.using_named is not None:
            self._using = [ox.NamedNode(iri) for iri in update.using or ()]
            self._using_named = [ox.NamedNode(iri) for iri in update.using_named or ()]

    def run(self) -> Change:
        """Apply the operation; the exact change it makes."""
        op = self._op
        if op.form == "INSERT DATA":
            return apply(self._store, Change(added=self._ground(op.insert or "{}")))
        if op.form == "DELETE DATA":
            return apply(self._store, Change(removed=self._ground(op.delete or "{}")))
        if op.where is not None:
            return self._modify(op.where)
        if op.form in {"CLEAR", "DROP"}:
            return self._clear()
        if op.form in {"ADD", "MOVE", "COPY"}:
            return self._transfer()
        return self._create_or_load()

    def _resolve(self, iri: str) -> ox.NamedNode:
        text = f"{self._op.prologue} SELECT ({iri} AS ?iri) {{}}"
        found = ox.Store().query(text, base_iri=self._base)
        assert isinstance(found, ox.QuerySolutions)
        value = next(iter(found))["iri"]
        assert isinstance(value, ox.NamedNode)
        return value

    def _ground(self, block: str) -> frozenset[ox.Quad]:
        """The quads of a block without variables, read by an empty store."""
        scratch = ox.Store()
        scratch.update(f"{self._op.prologue} INSERT DATA {block}", base_iri=self._base)
        return frozenset(scratch)

    def _template(self, block: str | None) -> frozenset[ox.Quad]:
        """The quad patterns of a template; an IRI that names it stands in each variable's place."""
        if block is None:
            return frozenset()
        parts, last = [], 0
        for token in tokens(block):
            if token.kind == "var":
                parts += [block[last : token.start], f"<{self._hole}{token.text[1:]}>"]
                last = token.end
        quads = self._ground("".join([*parts, block[last:]]))
        graph = self._resolve(self._op.with_graph) if self._op.with_graph else _DEFAULT
        return frozenset(_moved(q, graph) if q.graph_name == _DEFAULT else q for q in quads)

    def _modify(self, where: str) -> Change:
        delete, insert = self._template(self._op.delete), self._template(self._op.insert)
        holes = sorted({name for quad in delete | insert for name in self._names(quad)})
        columns = " ".join(f"?{name}" for name in holes) or "(1 AS ?one)"
        added: set[ox.Quad] = set()
        removed: set[ox.Quad] = set()
        try:
            for solution in self._query(f"{self._op.prologue} SELECT {columns} WHERE {where}"):
                values = {self._hole + name: solution[name] for name in holes}
                removed.update(filled(delete, values))
                added.update(filled(insert, values))
        except (OSError, RuntimeError, ValueError) as error:
            raise BadInput(f"the update cannot be evaluated: {error}") from error
        return apply(self._store, Change(frozenset(added), frozenset(removed)))

    def _query(self, text: str) -> ox.QuerySolutions:
        store, base = self._store, self._base
        if self._using is not None:
            found = store.query(
                text,
                base_iri=base,
                default_graph=self._using,
                named_graphs=self._using_named,
            )
        elif self._op.with_graph:
            graph = self._resolve(self._op.with_graph)
            found = store.query(text, base_iri=base, default_graph=graph)
        else:
            found = store.query(text, base_iri=base)
        assert isinstance(found, ox.QuerySolutions)
        return found

    def _names(self, quad: ox.Quad) -> Iterator[str]:
        for node in nodes(quad):
            if isinstance(node, ox.NamedNode) and node.value.startswith(self._hole):
                yield node.value.removeprefix(self._hole)

    def _create_or_load(self) -> Change:
        op = self._op
        if op.form == "LOAD":
            if not op.silent:
                raise Forbidden("LOAD is not allowed here: send the graph itself to /store")
            return Change()
        graph = self._resolve(op.graphs[0])
        if self._store.contains_named_graph(graph) and not op.silent:
            raise BadInput(f"the graph {graph} exists already; CREATE SILENT passes over that")
        self._store.add_graph(graph)
        self._touched.add(graph)
        return Change()

    def _clear(self) -> Change:
        (name,) = self._op.graphs
        store = self._store
        if name == "ALL":
            removed = frozenset(store)
            store.clear()  # at once, where graph by graph takes each quad
            return Change(removed=removed)
        graphs: list[Graph] = [self._graph(name)] if name != "NAMED" else []
        if name == "NAMED":
            graphs += [graph for graph in store.named_graphs() if isinstance(graph, ox.NamedNode)]
        removed = frozenset(quad for graph in graphs for quad in self._quads(graph))
        for graph in graphs:
            if self._op.form == "CLEAR" or isinstance(graph, ox.DefaultGraph):
                store.clear_graph(graph)
            else:
                store.remove_graph(graph)
        return Change(removed=removed)

    def _transfer(self) -> Change:
        op, store = self._op, self._store
        source, target = (self._graph(name) for name in op.graphs)
        if isinstance(source, ox.NamedNode) and not store.contains_named_graph(source):
            if op.silent:
                return Change()
            raise BadInput(f"there is no graph {source} to {op.form.lower()}; SILENT passes that")
        if source == target:
            return Change()
        quads = self._quads(source)
        removed = self._quads(target) if op.form in {"MOVE", "COPY"} else frozenset()
        if op.form == "MOVE":
            removed |= quads
        if isinstance(target, ox.NamedNode):
            store.add_graph(target)
            self._touched.add(target)
        change = apply(store, Change(frozenset(_moved(q, target) for q in quads), removed))
        if op.form == "MOVE" and isinstance(source, ox.NamedNode):
            store.remove_graph(source)
        return change

    def _quads(self, graph: Graph) -> frozenset[ox.Quad]:
        return frozenset(self._store.quads_for_pattern(None, None, None, graph))

    def _graph(self, name: str) -> Graph:
        return _DEFAULT if name == "DEFAULT" else self._resolve(name)


def _moved(quad: ox.Quad, graph: Graph) -> ox.Quad:
    return ox.Quad(quad.subject, quad.predicate, quad.object, graph)
