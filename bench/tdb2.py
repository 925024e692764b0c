"""Jena: a TDB2 database behind the small HTTP endpoint in `bench/jena/`, compiled when needed."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from bench.data import Data

INSTALL = "apt-get install libapache-jena-java default-jdk-headless"
JARS = Path("/usr/share/java")
SOURCE = Path(__file__).parent / "jena/Endpoint.java"
_PARTS = """
jena-arq jena-base jena-cmds jena-core jena-dboe-base jena-dboe-index jena-dboe-storage
jena-dboe-trans-data jena-dboe-transaction jena-iri jena-rdfconnection jena-tdb jena-tdb2
commons-cli commons-codec commons-compress commons-csv commons-io commons-lang3
dexx.collection gson guava httpclient httpclient-cache httpcore jackson-annotations
jackson-core jackson-databind jakarta.json-api jcl-over-slf4j jsonld-java protobuf
slf4j-api slf4j-nop thrift titanium-json-ld
""".split()
_HEAP = "-Xmx2g"
# Debian's jar has these classes under another name than the messages that they look for.
_MESSAGES, _LOOKED_FOR = "org/apache/jena/ext/xerces/", "xerces/"


class Jena:
    """Apache Jena ARQ over TDB2, a heap of at most 2 GB, eight threads."""

    name = "jena"
    most_quads: int | None = None
    differs: Mapping[str, str] = MappingProxyType({})

    def missing(self) -> str | None:
        found = shutil.which("javac") and shutil.which("java") and (JARS / "jena-tdb2.jar").exists()
        return None if found else f"not installed: {INSTALL}"

    def version(self) -> str:
        names = sorted(jar.stem for jar in JARS.glob("jena-tdb2-*.jar"))
        return names[-1].removeprefix("jena-tdb2-") if names else "unknown"

    def load(self, data: Data, folder: Path) -> None:
        """Compile the endpoint and load the dump with TDB2's bulk loader."""
        folder.mkdir(parents=True)
        classes = folder / "classes"
        _run(["javac", "-cp", classpath(), "-d", str(classes), str(SOURCE)])
        place_messages(classes)
        loader = ["tdb2.tdbloader", "--loc", str(folder / "tdb2"), str(data.dump)]
        _run(["java", _HEAP, "-cp", f"{classes}:{classpath()}", *loader])

    def command(self, data: Data, folder: Path, port: int) -> list[str]:
        return [
            *("java", _HEAP, "-Dsun.net.httpserver.nodelay=true"),
            *("-cp", f"{folder / 'classes'}:{classpath()}"),
            *("Endpoint", str(folder / "tdb2"), str(port)),
        ]

    def url(self, port: int) -> str:
        return f"http://127.0.0.1:{port}/sparql"


def classpath() -> str:
    """The jars of Debian's Jena and what they need."""
    jars = (JARS / f"{part}.jar" for part in _PARTS)
    return ":".join(str(jar) for jar in jars if jar.exists())


def place_messages(classes: Path) -> None:
    """Put Jena's messages where its classes look for them, below this folder."""
    with zipfile.ZipFile(JARS / "jena-core.jar") as jar:
        for name in jar.namelist():
            if name.startswith(_MESSAGES) and name.endswith(".properties"):
                target = classes / _LOOKED_FOR / name.removeprefix(_MESSAGES)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(jar.read(name))


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600, check=False)
    if done.returncode:
        output = (done.stdout + done.stderr)[-2000:]
        raise RuntimeError(f"Jena could not be prepared: {command[0]}: {output}")
