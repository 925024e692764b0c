"""The bundled scripts of the pages, and their replies, which browsers keep for good."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import flask

from parley.errors import NotFound
from parley.web.compressing import coding
from parley.web.exchange import Reply, Request
from parley.web.site import Site
from parley.web.views import Views

BUILT = Path(__file__).parent / "static" / "built"
_NAME = re.compile(r"[A-Za-z]+-[A-Z0-9]+\.js")
_PACKED = {"br": ".br", "gzip": ".gz"}  # content coding: suffix of the file that holds it
_FOR_GOOD = "public, max-age=31536000, immutable"  # the name holds a hash of the content


def addresses(folder: Path = BUILT) -> Mapping[str, str]:
    """The address of each script by its plain name (`editor.js`); empty where none was bundled."""
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return {}
    names: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))
    return {plain: f"/static/built/{name}" for plain, name in names.items()}


def blueprint(site: Site) -> flask.Blueprint:
    """The addresses of the scripts and of the licences of what went into them."""
    views = Views("bundles", site)

    @views.plain("/static/built/<name>")
    def script(request: Request, name: str) -> Reply:
        """One script, in the smallest coding that the browser takes."""
        path = BUILT / name
        if name == "licenses.txt" and path.is_file():
            return Reply(200, path.read_bytes(), "text/plain", (("Cache-Control", "no-cache"),))
        if not _NAME.fullmatch(name) or not path.is_file():
            raise NotFound(f"there is no script {name}; reload the page that asks for it")
        headers = (("Cache-Control", _FOR_GOOD), ("Vary", "Accept-Encoding"))
        chosen = coding(request.header("Accept-Encoding"), tuple(_PACKED))
        if not chosen:
            return Reply(200, path.read_bytes(), "text/javascript", headers)
        body = path.with_name(name + _PACKED[chosen]).read_bytes()
        return Reply(200, body, "text/javascript", (*headers, ("Content-Encoding", chosen)))

    return views
