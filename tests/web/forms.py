"""A browser without JavaScript, as far as forms go: reads a page's form, fills it in, sends it."""

from __future__ import annotations

from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

HTML = {"Accept": "text/html"}


class _Fields(HTMLParser):
    """The fields of the form that posts to `action` (any when empty), with what is in them."""

    def __init__(self, text: str, action: str) -> None:
        super().__init__()
        self.action = ""
        self.values: list[tuple[str, str]] = []
        self._wanted = action
        self._inside = False
        self._select: tuple[str, list[tuple[str, bool]]] | None = None
        self._area: tuple[str, list[str]] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = given.get("method") == "post" and given["action"].startswith(
                self._wanted
            )
            self.action = given["action"] if self._inside else self.action
        if not self._inside:
            return
        if tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self.values.append((given["name"], given.get("value", "")))
        elif tag == "select":
            self._select = (given["name"], [])
        elif tag == "option" and self._select:
            self._select[1].append((given["value"], "selected" in given))
        elif tag == "textarea":
            self._area = (given["name"], [])

    def handle_data(self, data: str) -> None:
        if self._area:
            self._area[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select" and self._select:
            name, options = self._select
            chosen = [value for value, selected in options if selected] or [options[0][0]]
            self.values.append((name, chosen[0]))
            self._select = None
        elif tag == "textarea" and self._area:
            self.values.append((self._area[0], "".join(self._area[1])))
            self._area = None


class Form:
    """The form of a page with its values, which a test changes by name before it sends them."""

    def __init__(self, client: FlaskClient, response: TestResponse, action: str = "/edit") -> None:
        found = _Fields(response.text, action)
        assert found.action, response.text
        self._client = client
        self.action = found.action
        self.values = dict(found.values)

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def __setitem__(self, name: str, value: str) -> None:
        self.values[name] = value

    def send(self, do: str = "save", **headers: str) -> TestResponse:
        """Press one of the form's buttons."""
        data = MultiDict([*self.values.items(), ("do", do)])
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.post(self.action, data=data, headers=HTML | given)

    def sent(self, do: str, status: int) -> Form:
        """Press a button that shows the form again, with this status."""
        response = self.send(do)
        assert response.status_code == status, response.text
        again = Form(self._client, response)
        again.text = response.text
        return again

    text = ""


def form(client: FlaskClient, address: str, action: str = "/edit") -> Form:
    """The form at an address."""
    response = client.get(address, headers=HTML)
    assert response.status_code == 200, response.text
    return Form(client, response, action)
