"""What a form says of a saved query: the text of its file, and fields for parts of its metadata."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from parley.errors import BadInput, ParleyError
from parley.metadata import read_metadata, with_key
from parley.queries import VIEWS

WORDS = ("question", "summary", "description", "expect")
_CHOICES = "values."  # and the parameter's name


@dataclass
class Draft:
    """A saved query as it was entered: `text` is its file, `fields` say parts of its metadata.

    `told` holds messages by field: a name of `fields`, `name`, `text`, `reason`, "" for all.
    """

    name: str
    text: str
    fields: dict[str, str] = field(default_factory=dict)
    message: str = ""
    reason: str = ""
    told: dict[str, list[str]] = field(default_factory=dict)

    def tell(self, place: str, said: str) -> None:
        """Puts a message at a field; at the text where there is no such field."""
        known = {*self.fields, "name", "text", "reason", ""}
        self.told.setdefault(place if place in known else "text", []).append(said)

    def settle(self, before: str) -> None:
        """Brings fields and text together; `before` is the text that both were made from.

        Whichever was edited counts. Where both were, and differently, the field is told so.
        """
        was, now = _known(before), _known(self.text)
        for place, value in self.fields.items():
            old, written = was.get(place, ""), now.get(place, "")
            if value in {old, written}:
                continue
            if written != old:
                self.tell(place, f"The text says otherwise: {written or 'nothing'}. Say it once.")
                continue
            try:
                self.text = _with_field(self.text, place, value)
            except BadInput as error:
                self.tell("text", placed(error))
        told = {place: value for place, value in self.fields.items() if place in self.told}
        self.fields = fields_of(self.text, self.fields) | told


def fields_of(text: str, otherwise: Mapping[str, str] | None = None) -> dict[str, str]:
    """What the fields of a form hold for a text; `otherwise` where its metadata cannot be read."""
    known = _known(text, otherwise)
    return {**dict.fromkeys((*WORDS, "tags", "view"), ""), **known}


def entered(fields: Iterable[tuple[str, str]], ending: str) -> Draft:
    """The draft that a form sends; a browser's ends of lines become `ending`, the file's own."""
    given: dict[str, str] = {}
    for key, value in fields:
        given.setdefault(key, value.replace("\r\n", "\n").replace("\r", "\n"))
    own = {
        key: value.strip()
        for key, value in given.items()
        if key in {*WORDS, "tags", "view"} or key.startswith(_CHOICES)
    }
    return Draft(
        given.get("name", "").strip(),
        given.get("text", "").replace("\n", ending),
        own,
        given.get("message", "").strip(),
        given.get("reason", "").strip(),
    )


def placed(error: ParleyError) -> str:
    """The message of an error with its place in the text."""
    place = f"Line {error.line}" if error.line else ""
    place += f", column {error.column}" if place and error.column else ""
    message = error.message[:1].upper() + error.message[1:]
    return f"{place}: {message}" if place else message


def _known(text: str, otherwise: Mapping[str, str] | None = None) -> dict[str, str]:
    try:
        data = read_metadata(text)
    except BadInput:
        return dict(otherwise or {})
    found = {key: str(data[key]).strip() for key in WORDS if key in data}
    if isinstance(data.get("expect"), bool):
        found["expect"] = found["expect"].lower()
    tags = data.get("tags")
    if isinstance(tags, list):
        found["tags"] = ", ".join(map(str, tags))
    view = data.get("view")
    if view in VIEWS and view != "table":
        found["view"] = str(view)
    values = data.get("values")
    if isinstance(values, dict):
        found |= {f"{_CHOICES}{name}": str(query).strip() for name, query in values.items()}
    return found


def _with_field(text: str, place: str, value: str) -> str:
    if place == "tags":
        tags = [tag.strip() for tag in value.split(",") if tag.strip()]
        return with_key(text, "tags", tags or None)
    if place.startswith(_CHOICES):
        name = place.removeprefix(_CHOICES)
        values = dict(read_metadata(text).get("values") or {})
        values = {**values, name: f"{value}\n"} if value else _without(values, name)
        return with_key(text, "values", values or None)
    if place == "expect" and value in {"true", "false"}:
        return with_key(text, "expect", value == "true")
    return with_key(text, place, (f"{value}\n" if "\n" in value else value) or None)


def _without(values: Mapping[str, object], name: str) -> dict[str, object]:
    return {key: value for key, value in values.items() if key != name}
