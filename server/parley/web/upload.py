"""The body of a graph write: spooled to disk up to the limit, and checked before it is parsed."""

from __future__ import annotations

import codecs
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import parse_options_header
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from parley.errors import BadInput, TooLarge
from parley.formats import GRAPHS, Format, named
from parley.settings import Settings
from parley.store.backend import Part
from parley.store.disk import explained, passing
from parley.store.spool import spool_folder
from parley.web.exchange import Request
from parley.web.problems import BadEncoding

_PIECE = 1 << 18
_PARTS = 1000
_CHARSETS = {"", "utf-8", "utf8", "us-ascii"}
_ENTITY = b"<!ENTITY"
_FORM = "multipart/form-data"


@contextmanager
def received(request: Request, settings: Settings) -> Iterator[tuple[Part, ...]]:
    """The files of a body, each in a graph format, gone at the end of the block.

    Raises BadEncoding for a type or charset that is not read, TooLarge past the upload limit (no
    more than that is read), BadInput for what is not UTF-8, and for entities in RDF/XML: a few of
    them can stand for gigabytes.
    """
    if request.header("Content-Encoding").lower() not in {"", "identity"}:
        raise BadEncoding("the body is compressed; send it as it is")
    media_type, options = parse_options_header(request.header("Content-Type"))
    spool = spool_folder(settings.instance)
    with (
        explained(settings.instance, damage=False),
        tempfile.TemporaryDirectory(dir=spool, prefix=passing("upload")) as name,
    ):
        folder = Path(name)
        pieces = request.pieces(settings.upload_limit, "upload_limit")
        if media_type.lower() == _FORM:
            yield tuple(_files(pieces, options.get("boundary", ""), folder))
        else:
            form = _format(request.header("Content-Type"))
            with _Writer(folder / "body", form) as writer:
                for piece in pieces:
                    writer.write(piece)
            yield (Part(folder / "body", form.media_type),)


def _format(content_type: str, filename: str = "") -> Format:
    """The graph format of a Content-Type; for a file of no particular type, of its ending."""
    media_type, options = parse_options_header(content_type)
    charset = options.get("charset", "").lower()
    if charset not in _CHARSETS:
        raise BadEncoding(f"the graph is in {charset}; send UTF-8")
    if filename and media_type in {"", "application/octet-stream"}:
        found = named(Path(filename).suffix[1:] or "?", GRAPHS)
    else:
        found = named(media_type, GRAPHS) if "/" in media_type else None
    if found is None:
        said = f"'{media_type}' is no graph format" if media_type else "the Content-Type is missing"
        raise BadEncoding(f"{said}; send {', '.join(form.media_type for form in GRAPHS)}")
    return found


def _files(pieces: Iterator[bytes], boundary: str, folder: Path) -> Iterator[Part]:
    if not boundary:
        raise BadInput("the Content-Type multipart/form-data lacks its boundary")
    decoder = MultipartDecoder(boundary.encode("latin-1"), max_parts=_PARTS)
    writer: _Writer | None = None
    found = 0
    try:
        while True:
            event = decoder.next_event()
            if isinstance(event, NeedData):
                decoder.receive_data(next(pieces, None))
            elif isinstance(event, Field | File):
                filename = getattr(event, "filename", None) or ""
                form = _format(event.headers.get("Content-Type", ""), filename)
                path = folder / f"part-{found}"
                found += 1
                writer = _Writer(path, form)
            elif isinstance(event, Data) and writer is not None:
                writer.write(event.data)
                if not event.more_data:
                    writer.close()
                    yield Part(writer.path, writer.form.media_type)
                    writer = None
            elif isinstance(event, Epilogue):
                break
    except RequestEntityTooLarge as error:
        raise TooLarge(f"more than {_PARTS} files", limit="upload_limit", value=_PARTS) from error
    except ValueError as error:
        raise BadInput(f"the multipart body is broken: {error}") from error
    finally:
        if writer is not None:
            writer.file.close()
    if not found:
        raise BadInput("the multipart body holds no file")


class _Writer:
    """Writes one file and looks at what goes by."""

    def __init__(self, path: Path, form: Format) -> None:
        self.path = path
        self.form = form
        self.file = path.open("wb")
        self._decode: Callable[..., str] = codecs.getincrementaldecoder("utf-8")().decode
        self._tail = b""

    def write(self, piece: bytes | bytearray) -> None:
        """Takes the next piece. Raises BadInput."""
        try:
            text = self._decode(piece)
        except UnicodeDecodeError as error:
            raise BadInput(f"the graph is not UTF-8: {error.reason}") from error
        if "\0" in text:
            raise BadInput("the graph holds a NUL character; send UTF-8")
        if self.form.extension == "rdf":
            seen = self._tail + piece
            if _ENTITY in seen:
                raise BadInput("RDF/XML with entity declarations is not read; write the IRIs out")
            self._tail = bytes(seen[-len(_ENTITY) :])
        self.file.write(piece)

    def close(self) -> None:
        """Ends the file. Raises BadInput when it breaks off inside a character."""
        self.file.close()
        try:
            self._decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise BadInput(f"the graph is not UTF-8: {error.reason}") from error

    def __enter__(self) -> _Writer:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self.close()
        self.file.close()
