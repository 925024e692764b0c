"""Settings: every one is an option, a variable, and a row of the operator's guide."""

import dataclasses
from pathlib import Path

import pytest
from click.testing import CliRunner

from parley.cli import main
from parley.errors import BadInput
from parley.settings import Settings, from_environ, variable

GUIDE = Path(__file__).parents[1] / "docs/operating.md"


def guide_rows() -> list[str]:
    """The table of settings as the guide must have it."""
    rows = ["| option of `parley serve` | variable | default | meaning |", "|---|---|---|---|"]
    for field in dataclasses.fields(Settings):
        flag = "--" + field.name.replace("_", "-")
        default = field.default if field.default not in (None, ()) else "none"
        if isinstance(default, bool):
            default = "yes" if default else "no"
        help_text = field.metadata["help"]
        rows.append(f"| `{flag}` | `{variable(field.name)}` | {default} | {help_text} |")
    return rows


def test_the_guide_lists_every_setting_with_its_default() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    table = text.partition("<!-- settings -->\n")[2].partition("\n<!-- /settings -->")[0]
    assert table.splitlines() == guide_rows(), "\n".join(guide_rows())


def test_serve_has_an_option_for_every_setting() -> None:
    result = CliRunner().invoke(main, ["serve", "--help"], terminal_width=200)
    assert result.exit_code == 0
    for field in dataclasses.fields(Settings):
        assert f"--{field.name.replace('_', '-')}" in result.output
        assert variable(field.name) in result.output


def test_variables_are_read_by_kind() -> None:
    settings = from_environ({"PARLEY_PORT": "8080", "PARLEY_READ_ONLY": "yes", "HOME": "/"})
    assert settings.port == 8080
    assert settings.read_only is True
    with pytest.raises(BadInput, match="PARLEY_PORT: 'many' is not a whole number"):
        from_environ({"PARLEY_PORT": "many"})
    assert from_environ({"PARLEY_TRUSTED_PROXIES": "::1, 10.0.0.0/8"}).trusted_proxies[0] == "::1"
    with pytest.raises(BadInput, match="is not addresses or networks such as"):
        from_environ({"PARLEY_TRUSTED_PROXIES": "proxy.example.org"})
    with pytest.raises(BadInput, match="PARLEY_PROT: is no setting"):
        from_environ({"PARLEY_PROT": "8080"})


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("PARLEY_PORT", "70000", "'70000' is not from 1 to 65535"),
        ("PARLEY_WORKERS", "0", "'0' is not at least 1"),
        ("PARLEY_QUERY_TIMEOUT", "nan", "'nan' is not at least 0.001"),
        ("PARLEY_CACHE_BYTES", "-1", "'-1' is not at least 0"),
    ],
)
def test_a_number_out_of_range_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        from_environ({name: text})
