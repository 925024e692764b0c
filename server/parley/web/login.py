"""/login and /logout: a browser shows its token once and gets a session for it."""

from __future__ import annotations

import re
from urllib.parse import quote

from parley.errors import BadInput, Forbidden
from parley.web.exchange import Reply, Request, redirect, single
from parley.web.failures import challenges
from parley.web.negotiate import prefers_html
from parley.web.problems import BadEncoding, Unauthorized
from parley.web.protocol import FORM
from parley.web.site import Site
from parley.web.views import Views
from parley.web.visitors import cookie_name, is_https, is_loopback, own_page

_LOCAL = re.compile(r"/(?![/\\])[^\x00-\x20\x7f\\]*")
_PATH_SAFE = "/?:@!$&'()*+,;=~-._%"


def blueprint(site: Site) -> Views:
    """The views of signing in and out."""
    views = Views("login", site)

    @views.plain("/login")
    def login(request: Request) -> Reply:
        return _form(site, request, _local(request.value("next")), _insecure(site, request))

    @views.plain("/login", methods=("POST",))
    def sign_in(request: Request) -> Reply:
        own_page(request, site.root(request))
        insecure = _insecure(site, request)
        if insecure:
            raise Forbidden(insecure)
        if request.media_type != FORM:
            raise BadEncoding(f"send the field 'token' as {FORM}")
        fields = request.form(site.settings.query_text_limit, "query_text_limit")
        going = _local(single(fields, "next"))
        site.visitors.attempt(request)
        token = site.visitors.tokens.holder((single(fields, "token") or "").strip())
        if token is None:
            error = Unauthorized(
                "this token is not valid: it is mistyped, revoked or expired", code="invalid_token"
            )
            if not prefers_html(request.header("Accept")):
                raise error
            site.watch.metrics.denied("unauthorized")
            form = _form(site, request, going, error.message, 401)
            return form.header(*challenges(error, request, as_page=True))
        site.visitors.sessions.end(site.visitors.session(request))
        return redirect(going).header(_cookie(site, site.visitors.sessions.begin(token.name)))

    @views.plain("/logout", methods=("POST",))
    def sign_out(request: Request) -> Reply:
        if site.visitors.signed_in(request):
            site.visitors.own_form(request, site.root(request))
            site.visitors.sessions.end(site.visitors.session(request))
        return redirect("/").header(_cookie(site, ""))

    return views


def _form(site: Site, request: Request, going: str, problem: str, status: int = 200) -> Reply:
    html = site.html(
        "login",
        request,
        site.visitors.signed_in(request),
        version=None,
        going=going,
        problem=problem,
    )
    return Reply(status, html.encode(), "text/html", (("Cache-Control", "no-store"),))


def _insecure(site: Site, request: Request) -> str:
    """Why nobody may sign in over this connection; empty when they may."""
    if is_https(site.settings) or is_loopback(request.root):
        return ""
    return (
        "anybody on the way could read your token: this server has no https address; its "
        "administrator puts a proxy with https in front of it and names that with --public-url"
    )


def _local(path: str | None) -> str:
    """Where to go after signing in: a path of this server, else BadInput."""
    if not path:
        return "/"
    if not _LOCAL.fullmatch(path):
        raise BadInput("next has to be a path of this server, such as /page/x")
    return quote(path, safe=_PATH_SAFE)


def _cookie(site: Site, session: str) -> tuple[str, str]:
    """The cookie of a session, or the end of it; gone when the browser is closed."""
    parts = [f"{cookie_name(site.settings)}={session}", "Path=/", "HttpOnly", "SameSite=Lax"]
    if is_https(site.settings):
        parts.append("Secure")
    if not session:
        parts.append("Max-Age=0")
    return "Set-Cookie", "; ".join(parts)
