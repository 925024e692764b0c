"""A short run of Schemathesis: what the description says is what the server does."""

from collections.abc import Callable, Iterable
from typing import Any

import schemathesis
from bench.described import ask
from flask.testing import FlaskClient


def whole(app: Callable[..., Iterable[bytes]]) -> Callable[..., list[bytes]]:
    """The application as Schemathesis takes it: no content coding, and every answer closed."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        environ.pop("HTTP_ACCEPT_ENCODING", None)
        pieces = app(environ, start_response)
        try:
            return list(pieces)
        finally:
            getattr(pieces, "close", lambda: None)()

    return answer


def test_the_server_answers_as_it_is_described(client: FlaskClient) -> None:
    asked = list(ask(schemathesis.openapi.from_wsgi("/openapi.json", whole(client.application)), 2))
    assert len(asked) > 60
    assert sum(found.requests for found in asked) > len(asked)
    assert {found.operation: found.wrong for found in asked if found.wrong} == {}
