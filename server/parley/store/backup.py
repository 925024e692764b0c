"""Copies of an instance: made while it is served, verified, and put back.

A backup is laid out like an instance folder with one version, the current one of that moment; any
other is in its ledger. `backup.json` is written last and says what it holds. On one file system
the files are hard links, which is safe because none of them is ever changed.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from parley.errors import BadInput, NotFound, StoreDamaged
from parley.store.difference import difference
from parley.store.disk import explained, locked, remove_tree, replace_file, sync_file, sync_tree
from parley.store.folders import Folders
from parley.store.ledger import Ledger
from parley.store.rebuilding import make
from parley.store.version import FORMAT, Version
from parley.store.versions import Versions

ABOUT = "backup.json"
ARTICLES = "articles"
_SMALL = ("tags.json",)
_TRIES = 5  # a version may be pruned while it is copied


@dataclass(frozen=True)
class Backup:
    """What a backup holds: the version, its quads, the name of its ledger entry, and private files.

    `files` are article texts, tags and tokens, by path, with the SHA-256 of each.
    """

    format: int
    version: int
    quads: int
    entry: str
    files: dict[str, str]


def back_up(
    versions: Versions, target: Path, *, articles: bool = True, also: Iterable[str] = ()
) -> Backup:
    """Makes `target` a backup of the current version; what an earlier one left there is used.

    `also` names further files of the instance, such as its tokens. Raises BadInput when `target`
    is something else, StoreDamaged when the instance is damaged: a backup is never made worse.
    """
    with explained(target):
        _refuse_other(target)
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        with locked(target / "backup.lock"):
            for _ in range(_TRIES):
                version = versions.current()
                if version is None:
                    raise NotFound("there is no version to back up yet")
                try:
                    return _copy(versions, version, target, articles, tuple(also))
                except FileNotFoundError:
                    if version.folder.exists():
                        raise
    raise StoreDamaged("the current version was pruned again and again while it was copied")


def read_backup(folder: Path) -> Backup:
    """What a backup says it holds. Raises NotFound, StoreDamaged."""
    try:
        found = Backup(**json.loads((folder / ABOUT).read_bytes()))
    except FileNotFoundError as error:
        raise NotFound(f"{folder} is no backup: it has no {ABOUT}") from error
    except (ValueError, TypeError) as error:
        raise StoreDamaged(f"it cannot be read: {error}", source=str(folder / ABOUT)) from error
    if found.format > FORMAT:
        raise StoreDamaged(f"a newer release of Parley made it (format {found.format})")
    return found


def verify(folder: Path) -> Backup:
    """Reads every byte of a backup. Raises StoreDamaged when it is not what was written."""
    about = read_backup(folder)
    ledger, folders = Ledger(folder / "ledger"), Folders(folder)
    for number in range(1, about.version + 1):
        entry = ledger.verify(number)
    version = folders.kept(about.version)
    if version is None or entry.sha256 != about.entry or version.quads != about.quads:
        raise StoreDamaged(f"it does not hold version {about.version}", source=str(folder))
    damage = version.damage(closely=True)
    if damage is not None:
        raise StoreDamaged(damage, source=str(version.folder))
    for name, digest in about.files.items():
        if _digest(folder / name) != digest:
            raise StoreDamaged("it is not what was written", source=str(folder / name))
    return about


def restore(source: Path, instance: Path, *, force: bool = False, quick: bool = False) -> Version:
    """Puts a verified backup in place as an instance; nothing may serve that meanwhile.

    Unless `quick`, the ledger is replayed from its first entry and has to lead to the same quads.
    With `force` what the instance holds is set aside in a folder `before-restore…` of it.
    """
    about = verify(source)
    work = instance / "restoring"
    with explained(instance), locked(instance / "write.lock"):
        if _is_used(instance) and not force:
            raise BadInput(
                f"{instance} holds versions already; take another folder, or set them aside "
                "with --force"
            )
        remove_tree(work)
        try:
            _fetch(source, about, work)
            if not quick:
                _prove(work, about)
            names = [path.name for path in work.iterdir()]
            _set_aside(instance, names)
            for name in names:
                (work / name).rename(instance / name)
            Folders(instance).point_to(about.version)
        finally:
            remove_tree(work)
    version = Folders(instance).kept(about.version)
    assert version is not None
    return version


def _refuse_other(target: Path) -> None:
    if target.exists() and not (target / ABOUT).exists():
        there = {path.name for path in target.iterdir()} - {"backup.lock"}
        begun = {"ledger", "versions", *_SMALL, ARTICLES} >= there and not (
            target / "current"
        ).exists()
        if there and not begun:
            raise BadInput(f"{target} is neither empty nor a backup; take another folder")


def _copy(
    versions: Versions, version: Version, target: Path, articles: bool, also: tuple[str, ...]
) -> Backup:
    damage = version.damage(closely=True)
    if damage is not None:
        raise StoreDamaged(f"version {version.number} is damaged: {damage}", source=str(target))
    _copy_ledger(versions.ledger, Ledger(target / "ledger"), version.number)
    folders = Folders(target)
    held = folders.kept(version.number)
    if held is None or held.damage() is not None:
        _copy_version(version, folders)
    wanted = [name for name in (*_SMALL, *also) if (versions.instance / name).exists()]
    if articles:
        wanted += sorted(
            f"{ARTICLES}/{path.name}" for path in (versions.instance / ARTICLES).glob("*.txt")
        )
    files = {name: _copy_private(versions.instance / name, target / name) for name in wanted}
    entry = versions.ledger.entry(version.number).sha256
    about = Backup(FORMAT, version.number, version.quads, entry, files)
    before = read_backup(target).files if (target / ABOUT).exists() else {}
    folders.point_to(version.number)
    replace_file(target / ABOUT, json.dumps(asdict(about), indent=1).encode() + b"\n", 0o600)
    for name in before.keys() - files.keys():
        (target / name).unlink(missing_ok=True)
    for number in folders.numbers():
        if number != version.number:
            folders.discard(number)
    return about


def _copy_ledger(source: Ledger, target: Ledger, upto: int) -> None:
    target.folder.mkdir(exist_ok=True)
    there = target.newest()
    last = min(there, upto)
    if there > upto or (last and target.entry(last).sha256 != source.entry(last).sha256):
        raise BadInput(
            f"{target.folder.parent} is a backup of another history; take another folder"
        )
    for number in range(there + 1, upto + 1):
        source.verify(number)
        _link_or_copy(source.path(number), target.path(number).with_suffix(".new"))
        target.path(number).with_suffix(".new").replace(target.path(number))
    sync_file(target.folder)


def _copy_version(version: Version, folders: Folders) -> None:
    partial = folders.versions / "partial"
    remove_tree(partial)
    partial.mkdir(parents=True)
    held = {p.name: p for n in folders.numbers() for p in folders.path(n).glob("*.sst")}
    for path in version.folder.iterdir():
        _link_or_copy(path, partial / path.name, held.get(path.name))
    sync_tree(partial)
    folders.discard(version.number)
    partial.rename(folders.path(version.number))
    sync_file(folders.versions)
    damage = Version(version.number, "", 0, folders.path(version.number)).damage(closely=True)
    if damage is not None:
        raise StoreDamaged(f"the copy is not what was read: {damage}", source=str(folders.versions))


def _link_or_copy(source: Path, target: Path, held: Path | None = None) -> None:
    """A hard link, where it is another file system a copy, or a link to one held from before."""
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP):
            raise
        if held is not None and _digest(held) == _digest(source):
            os.link(held, target)
            return
        shutil.copyfile(source, target)
        sync_file(target)


def _copy_private(source: Path, target: Path) -> str:
    data = source.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    target.parent.mkdir(exist_ok=True, mode=0o700)
    if not target.exists() or _digest(target) != digest:
        replace_file(target, data, 0o600)
    return digest


def _fetch(source: Path, about: Backup, work: Path) -> None:
    _copy_folder(source / "ledger", work / "ledger", f"{about.version:06d}.rdfp")
    name = f"versions/{about.version:06d}"
    _copy_folder(source / name, work / name)
    for private in about.files:
        (work / private).parent.mkdir(exist_ok=True, mode=0o700)
        _copy_private(source / private, work / private)


def _copy_folder(source: Path, target: Path, last: str = "~") -> None:
    target.mkdir(parents=True)
    for path in source.iterdir():
        if path.name <= last:
            _link_or_copy(path, target / path.name)
    sync_tree(target)


def _prove(work: Path, about: Backup) -> None:
    ledger, proof = Ledger(work / "ledger"), work / "proof"
    proof.mkdir()
    make(ledger, ledger.entry(about.version), None, proof)
    restored, replayed = Folders(work).kept(about.version), Version(0, "", 0, proof / "version")
    assert restored is not None
    found = difference(restored.open(), replayed.open(), proof / "difference")
    remove_tree(proof)
    if found.added or found.removed:
        raise StoreDamaged(
            f"the ledger leads to other quads than version {about.version} holds: {found.removed} "
            f"are in the version only, {found.added} in the ledger only"
        )


def _is_used(instance: Path) -> bool:
    return (instance / "current").is_symlink() or any(
        (instance / name).exists() for name in ("ledger", "versions")
    )


def _set_aside(instance: Path, names: Iterable[str]) -> None:
    there = [name for name in ("current", *names) if os.path.lexists(instance / name)]
    number = 1
    while (aside := instance / f"before-restore-{number}").exists():
        number += 1
    if there:
        aside.mkdir()
    for name in there:
        (instance / name).rename(aside / name)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""
