"""Saved queries as commits: what a save or a deletion changes, and whether it may still be made."""

from __future__ import annotations

from dataclasses import dataclass, field

from parley.catalogue import catalogue_quads
from parley.errors import Stale
from parley.queries import SavedQuery
from parley.store.change import Change
from parley.store.versions import Version
from parley.web.conditions import check_resource
from parley.web.exchange import Request
from parley.web.site import Site


def change(site: Site, version: Version, name: str, wanted: SavedQuery | None) -> Change:
    """What turns the saved query of a version into the one that is wanted, None for none."""
    old, names = site.saved(version).get(name), site.dataset.names
    before = catalogue_quads({name: old}, names) if old else []
    after = catalogue_quads({name: wanted}, names) if wanted else []
    return Change.between(before, after)


@dataclass
class Conditions:
    """If-Match and If-None-Match of a request that writes a saved query (RFC 9110, section 13).

    `existed` says, once they were checked, whether the query was there.
    """

    site: Site
    request: Request
    name: str
    existed: bool = field(default=False, init=False)

    def check(self, version: Version) -> None:
        """Raises Stale where the query of a version is not as the request wants it."""
        self.existed = self.name in self.site.saved(version)
        match = self.request.header("If-Match").strip()
        unless = self.request.header("If-None-Match").strip()
        if match and not self.existed and match == "*":
            raise Stale(f"there is no saved query '{self.name}', and If-Match asks for one")
        if match:
            check_resource(self.site, self.request, self.site.dataset.names.query(self.name))
        if unless == "*" and self.existed:
            raise Stale(f"there is a saved query '{self.name}', and If-None-Match asks for none")
