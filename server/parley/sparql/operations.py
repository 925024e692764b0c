"""A SPARQL update as a list of operations (SPARQL 1.1 Update, section 3), cut on its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from parley.errors import BadQuery
from parley.sparql.lexer import Token, complain, tokens

_MANAGE = {"LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY"}


@dataclass(frozen=True)
class Operation:
    """One operation, its parts as texts of the request.

    `form` is its keyword, or `INSERT DATA`, `DELETE DATA`, `DELETE WHERE`, or `MODIFY` for DELETE
    and INSERT with a WHERE. Templates and patterns keep their braces; graphs are IRI tokens,
    `DEFAULT`, `NAMED` or `ALL`. `prologue` declares what the texts need; `start` and `end` are the
    operation's place in the request, prologue left out.
    """

    form: str
    prologue: str
    silent: bool = False
    graphs: tuple[str, ...] = ()
    with_graph: str | None = None
    delete: str | None = None
    insert: str | None = None
    using: tuple[str, ...] = ()
    using_named: tuple[str, ...] = ()
    where: str | None = None
    start: int = 0
    end: int = 0


def operations(text: str) -> list[Operation]:
    """The operations of an update in order; raises BadQuery at the token that does not fit.

    It checks the outline, and that no two DATA blocks share a blank node (SPARQL 1.1 Update, note 8
    of the grammar); that templates and patterns are well formed is for the engine.
    """
    found = list(_Cutter(text).run())
    _refuse_shared_blanks(text, found)
    return found


def _refuse_shared_blanks(text: str, found: list[Operation]) -> None:
    seen: dict[str, int] = {}
    for number, operation in enumerate(found):
        if operation.form != "INSERT DATA" or "_:" not in (operation.insert or ""):
            continue
        for token in tokens(text[operation.start : operation.end]):
            if token.kind == "blank" and seen.setdefault(token.text, number) != number:
                raise complain(
                    text,
                    operation.start + token.start,
                    f"{token.text} stands in two INSERT DATA operations; it may stand in one",
                )


class _Cutter:
    """One walk over the tokens, cutting where an operation ends."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = [token for token in tokens(text) if token.kind != "comment"]
        self._at = 0
        self._prologue: list[str] = []

    def run(self) -> Iterator[Operation]:
        while True:
            self._read_prologue()
            if self._at == len(self._tokens):
                return
            start = self._tokens[self._at].start
            found = self._operation()
            yield replace(found, start=start, end=self._tokens[self._at - 1].end)
            if self._at == len(self._tokens):
                return
            self._take(";")

    def _peek(self) -> str:
        if self._at == len(self._tokens):
            return ""
        token = self._tokens[self._at]
        return token.text.upper() if token.kind == "word" else token.text

    def _next(self) -> Token:
        if self._at == len(self._tokens):
            raise complain(self._text, len(self._text), "the update ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, wanted: str) -> None:
        found = self._peek()
        if found != wanted:
            raise self._complain(f"'{wanted}' is expected here")
        self._at += 1

    def _maybe(self, wanted: str) -> bool:
        if self._peek() == wanted:
            self._at += 1
            return True
        return False

    def _complain(self, message: str) -> BadQuery:
        end = self._at == len(self._tokens)
        start = len(self._text) if end else self._tokens[self._at].start
        return complain(self._text, start, message)

    def _read_prologue(self) -> None:
        while self._peek() in {"PREFIX", "BASE", "VERSION"}:
            count = 3 if self._peek() == "PREFIX" else 2
            self._prologue.append(" ".join(self._next().text for _ in range(count)))

    def _iri(self) -> str:
        token = self._next()
        if token.kind not in {"iri", "pname"}:
            self._at -= 1
            raise self._complain("an IRI is expected here")
        return token.text

    def _block(self) -> str:
        if self._peek() != "{":
            raise self._complain("'{' is expected here")
        first, depth = self._tokens[self._at], 0
        while True:
            token = self._next()
            if token.kind == "mark":
                depth += (token.text in "{([") - (token.text in "})]")
            if depth == 0:
                return self._text[first.start : token.end]

    def _operation(self) -> Operation:
        prologue = "\n".join(self._prologue) + "\n"
        word = self._peek()
        if word in _MANAGE:
            self._at += 1
            return self._manage(word, prologue)
        if word in {"INSERT", "DELETE"} and self._after("DATA"):
            self._at += 2
            block = self._block()
            if word == "INSERT":
                return Operation("INSERT DATA", prologue, insert=block)
            return Operation("DELETE DATA", prologue, delete=block)
        if word == "DELETE" and self._after("WHERE"):
            self._at += 2
            block = self._block()
            return Operation("DELETE WHERE", prologue, delete=block, where=block)
        return self._modify(prologue)

    def _after(self, wanted: str) -> bool:
        following = self._tokens[self._at + 1 : self._at + 2]
        return bool(following) and following[0].text.upper() == wanted

    def _modify(self, prologue: str) -> Operation:
        with_graph = self._iri() if self._maybe("WITH") else None
        delete = self._block() if self._maybe("DELETE") else None
        insert = self._block() if self._maybe("INSERT") else None
        if delete is None and insert is None:
            raise self._complain("an update begins with INSERT, DELETE, WITH or a graph operation")
        plain: list[str] = []
        named: list[str] = []
        while self._maybe("USING"):
            (named if self._maybe("NAMED") else plain).append(self._iri())
        self._take("WHERE")
        return Operation(
            "MODIFY",
            prologue,
            with_graph=with_graph,
            delete=delete,
            insert=insert,
            using=tuple(plain),
            using_named=tuple(named),
            where=self._block(),
        )

    def _manage(self, form: str, prologue: str) -> Operation:
        silent = self._maybe("SILENT")
        if form == "LOAD":
            graphs = [self._iri()]
            if self._maybe("INTO"):
                self._take("GRAPH")
                graphs.append(self._iri())
        elif form == "CREATE":
            self._take("GRAPH")
            graphs = [self._iri()]
        elif form in {"CLEAR", "DROP"}:
            word = self._peek()
            if word in {"DEFAULT", "NAMED", "ALL"}:
                self._at += 1
                graphs = [word]
            else:
                self._take("GRAPH")
                graphs = [self._iri()]
        else:
            graphs = [self._graph_or_default()]
            self._take("TO")
            graphs.append(self._graph_or_default())
        return Operation(form, prologue, silent=silent, graphs=tuple(graphs))

    def _graph_or_default(self) -> str:
        if self._maybe("DEFAULT"):
            return "DEFAULT"
        self._maybe("GRAPH")
        return self._iri()
