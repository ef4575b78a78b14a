from __future__ import annotations

import pytest

from layerscope.errors import TarError
from layerscope.tar.numbers import decimal, numeric, octal, pax_time_ns


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"0000644\0", 0o644),
        (b" 644 \0\0\0", 0o644),
        (b"\0\0\0\0", 0),
        (b"", 0),
        (b"77777777", 0o77777777),
        (b"12\0junk\0", 0o12),  # what follows a NUL is not part of the number
    ],
)
def test_octal_padded_field_gives_its_value(field: bytes, value: int) -> None:
    assert octal(field) == value


@pytest.mark.parametrize("field", [b"8", b"-1", b"+1", b"1_0", b"0x1", b"1 1", b"\xc2\xb2"])
def test_octal_anything_else_is_refused(field: bytes) -> None:
    with pytest.raises(TarError):
        octal(field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (b"\x80\0\0\0\0\0\0\x01", 1),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff", -1),
        (b"\xff" * 11 + b"\xfe", -2),
        (b"\x80\0\0\0" + (2**63 - 1).to_bytes(8, "big"), 2**63 - 1),
        (b"\xff\xff\xff\xff" + (-(2**63)).to_bytes(8, "big", signed=True), -(2**63)),
    ],
)
def test_numeric_base_256_gives_a_signed_value(field: bytes, value: int) -> None:
    assert numeric(field) == value


def test_numeric_base_256_over_64_bits_is_refused() -> None:
    with pytest.raises(TarError):
        numeric(b"\x80\0\0\0" + (2**63).to_bytes(8, "big"))


@pytest.mark.parametrize("text", [b"", b"1.0", b" 1", b"1_0", b"9223372036854775808", b"0x1"])
def test_decimal_anything_but_64_bits_is_refused(text: bytes) -> None:
    with pytest.raises(TarError):
        decimal(text)


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        (b"1", 10**9),
        (b"1.5", 1_500_000_000),
        (b"1.", 10**9),
        (b"-1.5", -1_500_000_000),
        (b"-0.5", -500_000_000),
        (b"1.0000000019", 1_000_000_001),
    ],
)
def test_pax_time_fraction_is_kept_to_nanoseconds(text: bytes, nanoseconds: int) -> None:
    assert pax_time_ns(text) == nanoseconds


@pytest.mark.parametrize("text", [b"", b"nan", b"1e3", b".5", b"1.-5", b"1.5.5"])
def test_pax_time_that_is_none_is_refused(text: bytes) -> None:
    with pytest.raises(TarError):
        pax_time_ns(text)
