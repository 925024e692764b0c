"""Tokens: the names that may write, their roles, and the hashes of their secrets, in one file."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from pathlib import Path

from parley.errors import BadInput, NotFound, StoreDamaged
from parley.store.disk import explained, locked, replace_file

ROLES = ("curator", "admin")  # each may do what those before it may
TOKENS = "tokens.json"  # in the instance folder
ANONYMOUS = "anonymous"
_PREFIX = "parley_"  # lets scanners of published code and logs recognise a secret
_SECRET = re.compile(_PREFIX + r"[A-Za-z0-9_-]{43}")
_NAME = re.compile(r"\w(?:[\w .@'-]{0,62}[\w.])?")
_SHA256 = re.compile("[0-9a-f]{64}")
_LOG = logging.getLogger("parley.tokens")


@dataclass(frozen=True)
class Token:
    """One token: times in UTC, ISO 8601; `sha256` is of its secret, which is kept nowhere."""

    name: str
    role: str
    created: str
    expires: str | None
    revoked: str | None
    sha256: str

    def state(self, today: date) -> str:
        """`valid`, `revoked` or `expired`; a token is valid to the end of the day it names."""
        if self.revoked:
            return "revoked"
        if self.expires and date.fromisoformat(self.expires) < today:
            return "expired"
        return "valid"


def masked(text: str) -> str:
    """The text with every secret in it blotted out, for logs and error messages."""
    return _SECRET.sub(_PREFIX + "…", text) if _PREFIX in text else text


def refuse_secrets(message: str) -> None:
    """Raises BadInput where the message of a commit has a secret in it."""
    if masked(message) != message:
        raise BadInput("the message has a token in it, and messages are public; revoke that token")


def is_secret(text: str) -> bool:
    """Whether the text has the form of a secret."""
    return _SECRET.fullmatch(text) is not None


class Tokens:
    """The tokens of an instance folder; threads and processes may share them.

    What another process adds or revokes counts from the next question on. Every method raises
    StoreDamaged when the file cannot be read: then no token is valid.
    """

    def __init__(
        self, instance: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.path = instance / TOKENS
        self._now = now
        self._seen: tuple[object, tuple[Token, ...]] = (None, ())

    def all(self) -> tuple[Token, ...]:
        """All tokens ever made, the oldest first."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return ()
        mark = (found.st_mtime_ns, found.st_ino, found.st_size)
        seen, tokens = self._seen
        if seen != mark:
            tokens = _read(self.path)
            if found.st_mode & 0o077:
                _LOG.warning("%s can be read by others; run: chmod 600 %s", self.path, self.path)
            self._seen = (mark, tokens)
        return tokens

    def state(self, token: Token) -> str:
        """Whether a token is valid, revoked or expired today."""
        return token.state(self._now().date())

    def holder(self, secret: str) -> Token | None:
        """The valid token with this secret. Takes as long for one that is nearly right."""
        if not is_secret(secret):
            return None
        digest = _digest(secret)
        found = [t for t in self.all() if hmac.compare_digest(t.sha256, digest)]
        return found[0] if found and self.state(found[0]) == "valid" else None

    def named(self, name: str) -> Token | None:
        """The valid token of this name."""
        found = [token for token in self.all() if token.name == name]
        return found[0] if found and self.state(found[0]) == "valid" else None

    def add(self, name: str, role: str, expires: date | None = None) -> tuple[Token, str]:
        """A new token and its secret, which nobody can ask for again. Raises BadInput.

        A name is given once and for all, as the ledger calls authors by it.
        """
        name = unicodedata.normalize("NFC", name)
        if not _NAME.fullmatch(name):
            raise BadInput(
                "a name has 1 to 64 letters, digits, spaces or . _ - @ ', and begins and ends "
                "with a letter or a digit"
            )
        if role not in ROLES:
            raise BadInput(f"there is no role '{role}'; use {' or '.join(ROLES)}")
        now = self._now()
        if expires is not None and expires < now.date():
            raise BadInput(f"{expires} is past; a token expires today or later")
        secret = _PREFIX + secrets.token_urlsafe(32)
        with locked(self.path.with_suffix(".lock")):
            known = self.all()
            taken = {token.name.casefold() for token in known} | {ANONYMOUS}
            if name.casefold() in taken:
                raise BadInput(
                    f"the name '{name}' is taken or was; versions name their authors, so choose "
                    "another one"
                )
            ends = expires.isoformat() if expires else None
            token = Token(name, role, _time(now), ends, None, _digest(secret))
            self._write((*known, token))
        return token, secret

    def revoke(self, name: str) -> Token:
        """Ends a token; one that is revoked stays as it is. Raises NotFound."""
        name = unicodedata.normalize("NFC", name)
        with locked(self.path.with_suffix(".lock")):
            known = self.all()
            if name not in {token.name for token in known}:
                raise NotFound(f"there is no token '{name}'; see 'parley token list'")
            ended = _time(self._now())
            changed = tuple(
                replace(t, revoked=t.revoked or ended) if t.name == name else t for t in known
            )
            self._write(changed)
        return next(token for token in changed if token.name == name)

    def _write(self, tokens: tuple[Token, ...]) -> None:
        text = json.dumps({"tokens": [asdict(t) for t in tokens]}, ensure_ascii=False, indent=1)
        with explained(self.path.parent, damage=False):
            replace_file(self.path, text.encode() + b"\n", 0o600)


def _read(path: Path) -> tuple[Token, ...]:
    names = {field.name for field in fields(Token)}
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["tokens"]
        tokens = tuple(Token(**{name: row[name] for name in names}) for row in rows)
        for token in tokens:
            ROLES.index(token.role)
            token.state(date.min)
            if not (_NAME.fullmatch(token.name) and _SHA256.fullmatch(token.sha256)):
                raise ValueError(f"name or sha256 of {token.name}")
            if not (token.revoked is None or datetime.fromisoformat(token.revoked)):
                raise ValueError(f"revoked of {token.name}")
    except (OSError, ValueError, TypeError, LookupError) as error:
        raise StoreDamaged(
            f"{path.name} in the instance folder cannot be read ({type(error).__name__}), so "
            "nobody may write; restore it from a backup, or remove it and give out new tokens"
        ) from error
    return tokens


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
