from __future__ import annotations

import pytest

from layerscope.errors import TarError
from layerscope.tar.pax import records


def test_records_last_of_equal_keys_counts() -> None:
    assert records(b"10 path=a\n10 path=b\n") == {b"path": b"b"}


def test_records_value_may_hold_line_feeds_and_equals_signs() -> None:
    assert records(b"9 k=a\n=b\n") == {b"k": b"a\n=b"}


def test_records_sparse_pairs_become_one_map() -> None:
    body = b"24 GNU.sparse.offset=10\n" + b"26 GNU.sparse.numbytes=20\n"
    assert records(body) == {b"GNU.sparse.map": b"10,20"}


@pytest.mark.parametrize(
    "body",
    [
        b"10 path=a",  # one byte short
        b"8 path=a\n",  # the length is wrong
        b"7 path\n",  # no equals sign
        b"7 =abc\n",  # no key
        b"12 pa\0th=abc\n",  # NUL in a key
        b"11 path=\0a\n",  # NUL in a name
        b"path=a\n",
        b"-5 a=b\n",
        b"26 GNU.sparse.numbytes=20\n",  # before its offset
    ],
)
def test_records_malformed_are_refused(body: bytes) -> None:
    with pytest.raises(TarError):
        records(body)


def test_records_a_mebibyte_of_digits_is_refused() -> None:
    with pytest.raises(TarError):
        records(b"1" * 2**20)
