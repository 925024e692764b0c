"""What the store needs of the disk: durable names and bytes, locks, and errors in plain words."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.errors import StoreDamaged, Unwritable

_FULL = {errno.ENOSPC, errno.EDQUOT}
_CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


def sync_file(path: Path) -> None:
    """Returns once the bytes of a file, or the names in a folder, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_tree(folder: Path) -> None:
    """The same for every file of a folder and the folder itself."""
    for path in folder.iterdir():
        sync_file(path)
    sync_file(folder)


def link_tree(source: Path, target: Path) -> None:
    """Copies a closed RocksDB folder: tables, which never change, as hard links."""
    target.mkdir()
    for path in source.iterdir():
        if path.suffix == ".sst":
            os.link(path, target / path.name)
        else:
            shutil.copyfile(path, target / path.name)


def remove_tree(folder: Path) -> None:
    """Removes a folder if it is there, also while the engine's threads still write into it."""
    for _ in range(10):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def replace_file(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Writes a file as a whole or not at all; on the disk when this returns."""
    partial = path.with_name(path.name + ".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    with open(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    sync_file(path.parent)


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[bool]:
    """Holds the lock of a file, among threads and processes alike; waits for its turn.

    Unless told to `wait`, it tells at once whether it has the lock.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            had = True
        except BlockingIOError:
            had = False
        yield had
    finally:
        os.close(handle)


def passing(kind: str) -> str:
    """The beginning of a name for what this process makes and removes, such as `upload-4711-`."""
    return f"{kind}-{os.getpid()}-"


def sweep_passing(folder: Path) -> None:
    """Removes what processes that are gone made under a `passing` name and did not remove."""
    for path in folder.glob("*-*-*"):
        pid = path.name.split("-")[1]
        if pid.isdigit() and not _runs(int(pid)):
            if path.is_dir():
                remove_tree(path)
            else:
                path.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def explained(folder: Path, *, damage: bool = True) -> Iterator[None]:
    """Turns an OSError of the instance folder into Unwritable or StoreDamaged with the way out.

    With `damage` unset only a full or a write-protected disk is explained.
    """
    try:
        yield
    except OSError as error:
        text = str(error)
        if error.errno in _FULL or "No space left" in text:
            raise Unwritable(
                f"the disk that holds {folder} is full; nothing was changed: free some space "
                "and try again"
            ) from error
        if error.errno in _CLOSED or "Read-only file system" in text:
            raise Unwritable(
                f"{error.filename or folder} cannot be written ({error.strerror or text}); "
                "give this user the right to write there, or serve with --read-only"
            ) from error
        if not damage:
            raise
        raise StoreDamaged(
            f"{folder} is not as it should be: {text}; restore a backup, or rebuild the version "
            "from the ledger"
        ) from error
