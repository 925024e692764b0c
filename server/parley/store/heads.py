"""The head of an answer in Turtle, TriG or RDF/XML: it declares the prefixes that the answer uses.

The engine declares all it is given, before it knows which of them it will need.
"""

from __future__ import annotations

import re

_TURTLE = re.compile(rb"(?:@prefix [^\n]*\n)*+")
_XML = re.compile(rb"<\?xml[^>]*>\s*<rdf:RDF[^>]*>")
_IN_TURTLE = re.compile(rb"@prefix ([^\s:]*): [^\n]*\n")
_IN_XML = re.compile(rb' xmlns:([^\s=]+)="[^"]*"')
_LONGEST = 4 << 20  # bytes looked through; in what is longer a few declarations more cost nothing
_EDGE = 64  # bytes of one piece in which a name may stand that ends in the next


class Head:
    """Sees an answer go by, from its beginning, and knows then what its head should be.

    A name that stands in a text, too, may be declared without need.
    """

    def __init__(self, *, xml: bool = False) -> None:
        self._whole, self._declared = (_XML, _IN_XML) if xml else (_TURTLE, _IN_TURTLE)
        self._before = rb"[<\s]" if xml else rb"[\s(^]"
        self._text: bytes | None = None
        self._unused: dict[bytes, re.Pattern[bytes]] = {}
        self._edge = b""
        self._seen = 0

    def see(self, data: bytes) -> None:
        """Takes the next piece; the first holds the whole head."""
        if self._text is None:
            found = self._whole.match(data)
            self._text = found[0] if found else b""
            data = data[len(self._text) :]
            for name in self._declared.findall(self._text):
                self._unused[name] = re.compile(self._before + re.escape(name) + b":")
            if self._whole is _XML:
                self._unused.pop(b"rdf", None)  # its own elements
        else:
            data = self._edge + data
        self._seen += len(data)
        if self._seen > _LONGEST:
            self._unused.clear()
        for name, use in list(self._unused.items()):
            if name + b":" in data and use.search(b"\n" + data):
                del self._unused[name]
        self._edge = data[-_EDGE:]

    def fitted(self) -> tuple[int, bytes]:
        """By how many bytes the head gets shorter, and what it is then."""
        text = self._text or b""
        kept = self._declared.sub(lambda m: b"" if m[1] in self._unused else m[0], text)
        return len(text) - len(kept), kept
