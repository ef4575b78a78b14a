from __future__ import annotations

import pytest

from layerscope.errors import UsageError
from layerscope.units import bytes_text, counted, duration_text, parse_bytes, share_text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1, "1 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1049, "1.0 kB"),
        (1051, "1.1 kB"),
        (999_949, "999.9 kB"),
        (999_951, "1.0 MB"),
        (20_000_000, "20.0 MB"),
        (3_210_000_000, "3.2 GB"),
        (5 * 10**18, "5.0 EB"),
        (5 * 10**21, "5000.0 EB"),
    ],
)
def test_bytes_text_picks_a_decimal_unit(count: int, text: str) -> None:
    assert bytes_text(count) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0", 0),
        ("7", 7),
        ("7 B", 7),
        ("20 MB", 20_000_000),
        ("20MB", 20_000_000),
        ("20Mb", 20_000_000),
        ("20m", 20_000_000),
        ("20 MiB", 20 * 1024 * 1024),
        ("20mi", 20 * 1024 * 1024),
        ("1.5 GB", 1_500_000_000),
        ("0.1 kB", 100),
        (" 3 kB ", 3000),
        ("2 TiB", 2 * 1024**4),
    ],
)
def test_parse_bytes_reads_decimal_and_binary_units(text: str, count: int) -> None:
    assert parse_bytes(text) == count


@pytest.mark.parametrize(
    "text", ["", "MB", "-1", "1,000", "1e3", "20 MXB", "1 . 5", "0x10", "٣", "9" * 50, "\x1b[2J"]
)
def test_parse_bytes_of_what_is_no_size_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="expected a size such as") as caught:
        parse_bytes(text)

    assert str(caught.value).isprintable()


def test_counted_uses_the_plural_unless_there_is_one() -> None:
    assert counted(0, "layer") == "0 layers"
    assert counted(1, "layer") == "1 layer"
    assert counted(12345, "copy", "copies") == "12,345 copies"


def test_share_text_of_nothing_is_zero() -> None:
    assert share_text(0, 0) == "0.0%"
    assert share_text(2, 3) == "66.7%"


def test_duration_text_changes_unit_before_the_number_gets_long() -> None:
    assert duration_text(0.25) == "250 ms"
    assert duration_text(0.9999) == "1.0 s"
    assert duration_text(120) == "2 min 0 s"
