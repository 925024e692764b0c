"""`python -m bench.clients` runs what the documentation shows, with packages in known versions.

The examples that need neither Node nor Java run in tests/web/test_documented_clients.py.
"""

from __future__ import annotations

import json
import re

from bench.clients import NPM
from bench.examples import read


def test_npm_packages_are_pinned_and_name_no_registry() -> None:
    wanted = json.loads((NPM / "package.json").read_text("utf-8"))
    lock = json.loads((NPM / "package-lock.json").read_text("utf-8"))["packages"]
    pinned = wanted["dependencies"] | wanted["overrides"]
    assert len(pinned) >= 5
    for name, version in pinned.items():
        found = {v["version"] for k, v in lock.items() if k.endswith(f"node_modules/{name}")}
        assert found == {version}
    assert not any("resolved" in package for package in lock.values())
    assert all(package.get("integrity") for key, package in lock.items() if key)


def test_examples_are_read_from_the_documentation() -> None:
    text = """
## Clients

```turtle
<s:a> <p:b> 1 .
```

### One

Nothing.

```sh
echo 'here' |
  curl http://127.0.0.1:8000/x
```

```text
printed
```

```sh
not run: nothing is promised
```

### Two

```python
print("http://127.0.0.1:8001")
```

```text
http://127.0.0.1:8001
```

## Another chapter

```sh
curl
```

```text
no
```
"""
    (one, two), data = read(text)
    assert data == "<s:a> <p:b> 1 .\n"
    assert (one.client, one.program, one.printed) == ("One", "curl", "printed\n")
    assert "http://x:1/x" in one.at({"http://127.0.0.1:8000": "http://x:1"})
    assert not one.differs("printed\r\n")
    assert one.differs("something else")
    assert (two.program, two.language) == ("python", "python")


def test_every_example_says_how_it_runs() -> None:
    examples, _ = read()
    assert {example.program for example in examples} == {
        *("curl", "python", "npx", "node", "rsparql"),
    }
    assert all(re.search(r"127\.0\.0\.1:800[01]", example.text) for example in examples)
