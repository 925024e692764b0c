"""Files that are made of versions by processes of their own: `figures/000042-….json`, `search/…`.

A file belongs to an entry of the ledger, and is written beside and renamed when it is whole. It may
be deleted at any time: it is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from parley.errors import NotFound, ParleyError
from parley.store.disk import locked
from parley.store.versions import Versions

PAUSE = 30.0  # seconds before what failed is tried again
_PARTIAL = ".partial"
_LOG = logging.getLogger(__name__)


class Making:
    """Files of one kind, the `keep` newest, in a folder of the instance; threads may share it.

    `python -m MODULE INSTANCE NUMBER ARGUMENT…` makes the file of a version. `form` is the form of
    the files: a release that writes another one has files of its own, and so have other arguments.
    """

    def __init__(
        self,
        versions: Versions,
        module: str,
        *arguments: str,
        folder: str,
        ending: str,
        form: str,
        keep: int,
    ) -> None:
        self.folder = versions.instance / folder
        self._versions = versions
        self._module = module
        self._arguments = arguments
        self._ending = ending
        self._form = form
        self._keep = keep
        self._lock = threading.Lock()
        self._pid = 0  # of the process that makes one
        self._tried = (0, 0.0)  # the version, and when
        self._failed = 0  # the version of which none could be made a moment ago

    def path(self, number: int) -> Path:
        """Where the file of a version is, or would be. Raises NotFound."""
        entry = self._versions.ledger.entry(number).sha256
        told = " ".join((self._form, entry, *self._arguments))
        digest = hashlib.sha256(told.encode()).hexdigest()
        return self.folder / f"{number:06}-{digest[:16]}{self._ending}"

    def there(self) -> list[int]:
        """The versions of this instance's own history that have their file."""
        found = []
        for path in self.folder.glob(f"*{self._ending}"):
            number = int(path.name.partition("-")[0])
            with contextlib.suppress(NotFound):  # of another history, before a restore
                if path == self.path(number):
                    found.append(number)
        return sorted(found)

    def want(self, number: int) -> bool:
        """Has the file of a version made in the background, unless one is being made.

        Whether there is hope: not when it failed a moment ago.
        """
        with self._lock:
            if self._is_making():
                return True
            before, when = self._tried
            now = time.monotonic()
            if number == before and now - when < PAUSE:
                return number != self._failed
            self._tried, self._failed = (number, now), 0
            command = [sys.executable, "-m", self._module, str(self._versions.instance)]
            command += [str(number), *self._arguments]
            self._pid = os.posix_spawn(sys.executable, command, os.environ)
            return True

    def _is_making(self) -> bool:
        if self._pid:
            with contextlib.suppress(ChildProcessError):  # somebody else has waited for it
                pid, status = os.waitpid(self._pid, os.WNOHANG)
                if not pid:
                    return True
                self._failed = self._tried[0] if status else 0
            self._pid = 0
        return False

    def follow(self, seconds: float) -> None:
        """Has the file of each new version made, from now on; looks for one every so often."""

        def look() -> None:
            while True:
                time.sleep(seconds)
                try:
                    number = self._versions.number()
                    if number and not self.path(number).exists():
                        self.want(number)
                except (ParleyError, OSError) as error:
                    _LOG.warning("nothing is made in %s: %s", self.folder, error)

        threading.Thread(target=look, name=self.folder.name, daemon=True).start()

    def make(self, number: int, write: Callable[[Path], None], *, wait: bool) -> bool:
        """Has `write` make the file of a version in this process, unless it is there.

        Where another process is making one, it waits for that, or is False at once.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder / "lock", wait=wait) as alone:
            if alone and not self.path(number).exists():
                for left in self.folder.glob(f"*{_PARTIAL}"):
                    left.unlink()
                partial = self.path(number).with_suffix(_PARTIAL)
                write(partial)
                partial.rename(self.path(number))
                files = self.folder.glob(f"*{self._ending}")
                for old in sorted(files, key=lambda file: file.stat().st_mtime)[: -self._keep]:
                    old.unlink(missing_ok=True)
            return alone
