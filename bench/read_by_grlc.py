"""What grlc makes of saved queries: `python bench/read_by_grlc.py FILE…`, by a Python with grlc.

grlc (PyPI) needs other libraries than Parley, so it lives in an environment of its own, and this
file imports nothing of ours. Prints JSON: for each file what grlc reads of its metadata and its
parameters, and the query as grlc would send it with the default of each parameter.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from grlc import gquery

_ENDPOINT = "http://127.0.0.1:9/sparql"  # nobody listens; nothing here may ask it


def read(path: Path) -> dict[str, Any]:
    """One file as grlc reads it."""
    text = path.read_text(encoding="utf-8")
    metadata = gquery.get_metadata(text, _ENDPOINT)
    metadata = {key: metadata.get(key) for key in ("summary", "tags", "pagination", "type")}
    decorators = gquery.get_yaml_decorators(text)
    parameters = gquery.get_parameters(decorators["query"], _ENDPOINT, decorators)
    values = {name: str(p["default"]) for name, p in parameters.items() if "default" in p}
    sent = gquery.rewrite_query(decorators["query"], parameters, values)
    return {**metadata, "parameters": parameters, "sent": sent}


if __name__ == "__main__":
    found = {Path(name).stem: read(Path(name)) for name in sys.argv[1:]}
    json.dump(found, sys.stdout, default=str)
