"""Every setting of an instance: one frozen object, each field with its default and its help."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from parley.errors import BadInput

PREFIX = "PARLEY_"
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}
_MOMENT = 0.001  # seconds: a deadline lies ahead

Networks = tuple[str, ...]


def _setting(  # Any: dataclasses.field is typed so too
    default: object, help_text: str, least: float = 0, most: float = math.inf
) -> Any:
    return field(default=default, metadata={"help": help_text, "least": least, "most": most})


@dataclass(frozen=True)
class Settings:
    """What an instance may be told; sizes in bytes, times in seconds."""

    instance: Path = _setting(
        Path("var"), "Folder of the instance's state: versions, ledger, tokens, articles, spool."
    )
    dataset: Path | None = _setting(
        None, "Folder with ontology/, data/ and queries/; none means the dataset that came along."
    )
    store: str | None = _setting(
        None,
        "Address at which a SPARQL 1.1 store takes queries, to be asked in the place of the "
        "instance's own versions; one without a path stands for /query and /update there.",
    )
    store_update: str | None = _setting(
        None, "Address at which that store takes updates; none means where it takes queries."
    )
    store_union: bool = _setting(
        False, "That store's default graph is the union of its graphs: queries need not name them."
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8000, "Port to listen on.", least=1, most=65535)
    workers: int = _setting(1, "Web processes.", least=1)
    public_url: str | None = _setting(
        None,
        "Address under which clients reach this server, such as https://data.example.org; "
        "none means the one a request was sent to.",
    )
    read_only: bool = _setting(False, "Refuse every write.")
    replica_of: str | None = _setting(
        None,
        "Address of the server whose versions are copied and served here, read-only; or a folder "
        "that holds an instance or a backup.",
    )
    version_wait: float = _setting(
        1.0, "Longest wait for the version that X-Parley-Version-At-Least names; then 503."
    )
    open: bool = _setting(
        False,
        "Let anyone write without a token; only on a loopback address, for trying things out.",
    )
    session_idle: float = _setting(
        7200.0, "A browser that sends nothing for so long has to sign in again."
    )
    session_lifetime: float = _setting(43200.0, "Longest time until a browser signs in again.")
    attempts_per_minute: int = _setting(
        60, "Sign-ins, and writes without a valid token, of one client in a minute; 0 is no limit."
    )
    trusted_proxies: Networks = _setting(
        (),
        "Addresses or networks of proxies whose X-Forwarded-For is believed, separated by commas.",
    )
    service_hosts: tuple[str, ...] = _setting(
        (),
        "Hosts that SERVICE may ask, separated by commas: host or host:port for https, "
        "http://host for plain http. Private addresses are never asked.",
    )
    query_timeout: float = _setting(
        30.0, "Longest time one query may take; timeout= lowers it.", least=_MOMENT
    )
    query_memory: int = _setting(1 << 30, "Most memory one query may take.", least=1)
    row_limit: int = _setting(1_000_000, "Most rows or triples in one answer.", least=1)
    query_text_limit: int = _setting(1 << 20, "Longest text of a query or an update.")
    upload_limit: int = _setting(64 << 20, "Largest graph that may be uploaded.")
    request_timeout: float = _setting(
        10.0,
        "Longest time for the headers of a request, and for each 64 KiB of its body.",
        least=_MOMENT,
    )
    concurrent_queries: int = _setting(8, "Queries that run at once.", least=1)
    queue_length: int = _setting(32, "Queries that may wait for a place; more are sent away.")
    memory_store_limit: int = _setting(
        2_000_000, "A version of up to this many quads is held in memory, a larger one on disk."
    )
    download_timeout: float = _setting(
        600.0, "Longest time to write a whole version, or a large graph, to a file.", least=_MOMENT
    )
    download_bytes: int = _setting(
        4 << 30, "Disk for such files; the least used go first, and none may be larger."
    )
    keep_versions: int = _setting(
        0,
        "Versions that keep their folder, tagged ones apart; 0 keeps all. Any other version is "
        "made again from the ledger when it is asked for.",
    )
    cache_bytes: int = _setting(64 << 20, "Memory for finished answers of the current version.")
    access_log: str | None = _setting(
        None, "File for one line of JSON a request; - is standard error, none writes nothing."
    )
    log_queries: bool = _setting(False, "Write the texts of queries to the access log, too.")
    spool_bytes: int = _setting(
        1 << 20, "An answer larger than this is spooled to a file instead of memory."
    )


def variable(name: str) -> str:
    """The environment variable of a setting: `PARLEY_PORT` of `port`."""
    return PREFIX + name.upper()


def _number(text: str) -> int:
    return int(text.replace("_", ""))


def _truth(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise ValueError(text)


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip().lower() for part in text.split(",") if part.strip())


def _networks(text: str) -> Networks:
    found = _names(text)
    for name in found:
        ipaddress.ip_network(name, strict=False)
    return found


# The declared type of a field, how its text is read, and what to call it in an error.
_READERS: dict[str, tuple[Callable[[str], object], str]] = {
    "Path": (Path, "a path"),
    "Path | None": (lambda text: Path(text) if text else None, "a path"),
    "str": (str, "a text"),
    "str | None": (lambda text: text or None, "a text"),
    "int": (_number, "a whole number"),
    "float": (float, "a number"),
    "bool": (_truth, "yes or no"),
    "tuple[str, ...]": (_names, "names separated by commas"),
    "Networks": (_networks, "addresses or networks such as 10.0.0.0/8, separated by commas"),
}


def read(name: str, text: str) -> object:
    """The value of a setting from its text; raises ValueError that names the kind or the range."""
    setting = next(f for f in fields(Settings) if f.name == name)
    convert, wanted = _READERS[str(setting.type)]
    try:
        value = convert(text)
    except ValueError as error:
        raise ValueError(f"'{text}' is not {wanted}") from error
    least, most = setting.metadata["least"], setting.metadata["most"]
    if isinstance(value, int | float) and not (math.isfinite(value) and least <= value <= most):
        span = f"at least {least}" if most == math.inf else f"from {least} to {most}"
        raise ValueError(f"'{text}' is not {span}")
    return value


def refuse_unknown(environ: Mapping[str, str] = os.environ) -> None:
    """Raises BadInput for a `PARLEY_` variable that is no setting: a misspelt one does nothing."""
    known = [variable(f.name) for f in fields(Settings)]
    for given in sorted(name for name in environ if name.startswith(PREFIX)):
        if given not in known:
            near = get_close_matches(given, known, 1)
            hint = f"is {near[0]} meant?" if near else "'parley serve --help' lists them"
            raise BadInput(f"is no setting; {hint}", source=given)


def from_environ(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `PARLEY_…` variables give, defaults for the rest.

    Raises BadInput for a value of the wrong kind and for a `PARLEY_` variable that is no setting.
    """
    refuse_unknown(environ)
    values: dict[str, Any] = {}  # Any: each field has its own type, read just below
    for name in (f.name for f in fields(Settings) if variable(f.name) in environ):
        try:
            values[name] = read(name, environ[variable(name)])
        except ValueError as error:
            raise BadInput(str(error), source=variable(name)) from error
    return Settings(**values)
