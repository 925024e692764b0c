"""How views are registered: each gets a request and a version, and returns a Reply."""

from __future__ import annotations

from collections.abc import Callable

import flask

from parley.web.compressing import compressed
from parley.web.exchange import Reply, Request
from parley.web.memento import dated, gate, wants_date
from parley.web.site import Site

View = Callable[..., Reply]


class Views(flask.Blueprint):
    """A blueprint of read addresses, each with `?version=`."""

    def __init__(self, name: str, site: Site) -> None:
        super().__init__(name, __name__)
        self._site = site
        self.versioned: set[str] = set()  # endpoints that `read` registered

    def read(self, *rules: str) -> Callable[[View], View]:
        """Register `view(request, version, **parts of the address)` at one address or several."""

        def register(view: View) -> View:
            def answer(**parts: str) -> flask.Response:
                request = Request(flask.request.environ)
                if wants_date(request):
                    return response(gate(self._site, request, request.path))
                version = self._site.version(request.value("version") or None)
                reply = view(request, version, **parts)
                return response(dated(self._site, request, version, reply))

            self.versioned.add(f"{self.name}.{view.__name__}")
            for rule in rules:
                self.add_url_rule(rule, view.__name__, answer)
            return view

        return register

    def plain(self, rule: str, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
        """Register `view(request, **parts of the address)`, which no version has a say in."""

        def register(view: View) -> View:
            def answer(**parts: str) -> flask.Response:
                return response(view(Request(flask.request.environ), **parts))

            self.add_url_rule(rule, view.__name__, answer, methods=methods)
            return view

        return register


def response(reply: Reply) -> flask.Response:
    """A reply as Flask sends it, in a content coding that the client takes."""
    reply = compressed(reply, flask.request.headers.get("Accept-Encoding", ""))
    made = flask.Response(reply.pieces(), reply.status, direct_passthrough=True)
    made.headers.clear()
    made.headers.extend(reply.lines())
    return made
