"""What an EDTF value fixes of a time span's bounds."""

from __future__ import annotations

import datetime

import pytest

from parley.check.dates import BOUNDS, bounds


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2023-12-05", ("2023-12-05", None, None, "2023-12-05")),
        ("2023-12", ("2023-12-01", None, None, "2023-12-31")),
        ("2024-02", ("2024-02-01", None, None, "2024-02-29")),
        ("2023-12~", ("2023-12-01", None, None, "2023-12-31")),
        ("2015?", ("2015-01-01", None, None, "2015-12-31")),
        ("2015-22", ("2015-06-01", None, None, "2015-08-31")),
        ("2015-24", ("2015-12-01", None, None, "2016-02-29")),
        ("201X", ("2010-01-01", None, None, "2019-12-31")),
        ("[2023-12-01..2023-12-10]", ("2023-12-01", None, None, "2023-12-10")),
        ("[..2020-05-01]", (None, None, None, "2020-05-01")),
        ("[2020-05-01..]", ("2020-05-01", None, None, None)),
        ("2010/2012", ("2010-01-01", "2010-12-31", "2012-01-01", "2012-12-31")),
        ("2010/..", ("2010-01-01", "2010-12-31", None, None)),
        ("../2010", (None, None, "2010-01-01", "2010-12-31")),
        ("/2010", (None, None, "2010-01-01", "2010-12-31")),
    ],
)
def test_bounds(text: str, days: tuple[str | None, ...]) -> None:
    wanted = {
        name: datetime.date.fromisoformat(day)
        for name, day in zip(BOUNDS, days, strict=True)
        if day
    }
    assert bounds(text) == wanted


@pytest.mark.parametrize(
    "text", ["", "2023-13", "2023-02-30", "early 2023", "2023-1x", "2010/2009"]
)
def test_what_is_no_edtf(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        bounds(text)
