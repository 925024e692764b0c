"""The application: every address of an instance behind one factory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import flask
from werkzeug.exceptions import HTTPException

from parley.files import Dataset
from parley.queries import SavedQuery
from parley.settings import Settings
from parley.store.backend import Backend
from parley.store.versions import Versions
from parley.web import (
    articles,
    bundles,
    citations,
    claims,
    desk,
    drawings,
    dumps,
    graphstore,
    health,
    history,
    linkeddata,
    login,
    pages,
    prefixes,
    queries,
    replica,
    review,
    sitemap,
    terms,
    timegates,
    translations,
    void,
)
from parley.web.authoring import views as authoring
from parley.web.cache import Cache
from parley.web.editing import views as editing
from parley.web.elsewhere import elsewhere
from parley.web.exchange import Request
from parley.web.failures import failed
from parley.web.fragments import views as fragments
from parley.web.front import front
from parley.web.rendering import Renderer
from parley.web.site import Site
from parley.web.views import response
from parley.web.watch import Watch


def create_app(
    settings: Settings,
    backend: Backend,
    dataset: Dataset,
    queries_by_name: Mapping[str, SavedQuery],
    versions: Versions | None = None,
) -> flask.Flask:
    """The WSGI application of one instance; `versions` lets readers ask for older ones."""
    site = Site(
        settings,
        backend,
        dataset,
        queries_by_name,
        Renderer(dataset.names, bundles.addresses()),
        Watch(settings),
        versions,
        Cache(settings.cache_bytes),
    )
    app = flask.Flask(__name__, static_folder="static", template_folder=None)
    app.url_map.strict_slashes = False
    for view in (
        pages,
        articles,
        bundles,
        citations,
        claims,
        desk,
        drawings,
        fragments,
        dumps,
        linkeddata,
        prefixes,
        queries,
        sitemap,
        terms,
        health,
        history,
        login,
        replica,
        editing,
        authoring,
        review,
        timegates,
        translations,
        void,
    ):
        app.register_blueprint(view.blueprint(site))

    app.register_blueprint(graphstore.blueprint(site))

    @app.errorhandler(Exception)
    def _failed(error: Exception) -> Any:  # Any: what Flask takes from a view
        if isinstance(error, HTTPException) and error.code is not None and error.code < 400:
            return error
        request = Request(flask.request.environ)
        return response(elsewhere(site, request, error) or failed(site, request, error))

    app.wsgi_app = front(site, app.wsgi_app)  # type: ignore[method-assign,assignment]  # as Flask's guide says
    return app
