"""Tokens: given out once, kept as hashes, ended for good; and a damaged file opens no door."""

import json
import logging
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from parley.cli import main
from parley.errors import BadInput, StoreDamaged
from parley.tokens import TOKENS, Tokens, is_secret, masked


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["token", *arguments, "--instance", str(folder)])


def test_a_secret_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    made = run(tmp_path, "add", "Anna Kovač", "--role", "curator")
    assert made.exit_code == 0
    secret = made.stdout.strip()
    assert is_secret(secret)
    assert "not shown again" in made.stderr
    holder = Tokens(tmp_path).holder(secret)
    assert holder is not None
    assert (holder.name, holder.role) == ("Anna Kovač", "curator")
    listed = run(tmp_path, "list", "--json")
    assert [row["name"] for row in json.loads(listed.stdout)] == ["Anna Kovač"]
    for place in tmp_path.iterdir():
        assert secret not in place.read_text()
    assert secret not in listed.stdout
    assert stat.S_IMODE((tmp_path / TOKENS).stat().st_mode) == 0o600


def test_a_secret_that_is_nearly_right_has_no_holder(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    _, secret = tokens.add("anna", "curator")
    last = "A" if secret[-1] != "A" else "B"
    for wrong in (secret[:-1], secret[:-1] + last, secret + "\n", secret.upper(), "", "parley_"):
        assert tokens.holder(wrong) is None
    assert tokens.holder(secret) is not None


def test_a_name_is_given_once_and_for_all(tmp_path: Path) -> None:
    assert run(tmp_path, "add", "anna", "--role", "curator").exit_code == 0
    assert run(tmp_path, "revoke", "anna").exit_code == 0
    again = run(tmp_path, "add", "Anna", "--role", "admin")
    assert again.exit_code == 1
    assert "is taken or was" in again.stderr
    for name in ("anonymous", "", " a", "a\nb", "a" * 65, "<b>", "a\0"):
        with pytest.raises(BadInput):
            Tokens(tmp_path).add(name, "curator")
    assert len(Tokens(tmp_path).all()) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("revoke", "nobody"), 2),
        (("add", "ben"), 2),
        (("add", "ben", "--role", "king"), 2),
        (("add", "ben", "--role", "admin", "--expires", "soon"), 2),
        (("add", "ben", "--role", "admin", "--expires", "2001-01-01"), 1),
        (("list",), 0),
    ],
)
def test_exit_codes(tmp_path: Path, arguments: tuple[str, ...], code: int) -> None:
    assert run(tmp_path, *arguments).exit_code == code
    assert not (tmp_path / TOKENS).exists()


def test_another_process_revokes_at_once(tmp_path: Path) -> None:
    here, there = Tokens(tmp_path), Tokens(tmp_path)
    _, secret = there.add("anna", "curator")
    assert here.holder(secret) is not None
    first = there.revoke("anna")
    assert here.holder(secret) is None
    assert here.named("anna") is None
    assert there.revoke("anna") == first  # revoked stays revoked, as of the first time


def test_a_token_holds_to_the_end_of_its_last_day(tmp_path: Path) -> None:
    now = datetime(2027, 1, 30, 12, tzinfo=UTC)
    tokens = Tokens(tmp_path, lambda: now)
    _, secret = tokens.add("anna", "curator", date(2027, 1, 31))
    now = datetime(2027, 1, 31, 23, 59, 59, tzinfo=UTC)
    assert tokens.holder(secret) is not None
    now = datetime(2027, 2, 1, tzinfo=UTC)
    assert tokens.holder(secret) is None
    assert tokens.named("anna") is None
    assert tokens.state(tokens.all()[0]) == "expired"


def test_tokens_that_are_made_at_once_are_all_kept(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: Tokens(tmp_path).add(f"t{n}", "curator"), range(16)))
    assert len(Tokens(tmp_path).all()) == 16
    assert all(Tokens(tmp_path).holder(secret) == token for token, secret in made)


@pytest.mark.parametrize("damage", ["cut", "empty", "list", "role", "hash", "date", "binary"])
def test_a_damaged_file_is_an_error_and_opens_no_door(tmp_path: Path, damage: str) -> None:
    tokens = Tokens(tmp_path)
    _, secret = tokens.add("anna", "curator", date(2999, 1, 1))
    place = tmp_path / TOKENS
    text = place.read_text()
    place.write_bytes(
        {
            "cut": text[:-30].encode(),
            "empty": b"",
            "list": b"[]",
            "role": text.replace("curator", "king").encode(),
            "hash": text.replace('"sha256": "', '"sha256": "x').encode(),
            "date": text.replace("2999-01-01", "never").encode(),
            "binary": b"\xff\xfe\0",
        }[damage]
    )
    for reader in (tokens, Tokens(tmp_path)):
        with pytest.raises(StoreDamaged, match="nobody may write"):
            reader.holder(secret)
    with pytest.raises(StoreDamaged):
        tokens.add("ben", "admin")
    listed = run(tmp_path, "list")
    assert listed.exit_code == 1
    assert "tokens.json" in listed.stderr


def test_a_file_that_others_can_read_is_warned_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, secret = Tokens(tmp_path).add("anna", "curator")
    os.chmod(tmp_path / TOKENS, 0o644)
    with caplog.at_level(logging.WARNING):
        assert Tokens(tmp_path).holder(secret) is not None
    assert "chmod 600" in caplog.text


def test_secrets_in_a_text_are_blotted_out(tmp_path: Path) -> None:
    _, secret = Tokens(tmp_path).add("anna", "curator")
    assert masked(f"a {secret} b") == "a parley_… b"
    assert masked("parley_token and parley:Claim") == "parley_token and parley:Claim"
