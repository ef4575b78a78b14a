from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.errors import BadDocumentError, InputError, OverLimitError, UnreadableInputError
from layerscope.journeys.rollout_trace import STARTS, TraceRow, parse_trace, read_trace

if TYPE_CHECKING:
    from pathlib import Path


def test_csv_and_json_say_the_same() -> None:
    rows = [
        TraceRow(1_500_000_000, "a:1", 2, 3, 1),
        TraceRow(0, "b", None, 1, 0),
    ]

    assert (
        parse_trace(b"time,image,node,count,seconds\n1.5,a:1,2,3,0.000000001\n\n0,b,,,\n") == rows
    )
    assert (
        parse_trace(
            b'[{"time": 1.5, "image": "a:1", "node": 2, "count": 3, "seconds": 0.000000001},'
            b' {"time": 0, "image": "b", "node": null}]'
        )
        == rows
    )


def test_columns_may_come_in_any_order() -> None:
    assert parse_trace(b"\xef\xbb\xbfimage , time\r\nb,7\r\n") == [
        TraceRow(7_000_000_000, "b", None, 1, 0)
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "time and image"),
        (b"time\n1\n", "time and image"),
        (b"time,time,image\n1,1,a\n", "time and image"),
        (b"time,image\n1\n", "line 2: expected 2 cells, found 1"),
        (b"time,image\n,a\n", "line 2: expected time and image"),
        (b"time,image\nnow,a\n", "expected a number as time, found 'now'"),
        (b"time,image\n-1,a\n", "between 0 and"),
        (b"time,image\n1e99,a\n", "between 0 and"),
        (b"time,image\nNaN,a\n", "expected a number as time"),
        (b"time,image\n0.0000000001,a\n", "nine decimals"),
        (b"time,image,node\n1,a,1.5\n", "a whole number as node"),
        (b"time,image,node\n1,a,-1\n", "a whole number as node"),
        (b"time,image,nodes\n1,a,1\n", "line 2: expected one of count, image, node"),
        (b'time,image\n1,"a\n', "expected CSV"),
        (b"time,image\n1,\xff\n", "expected UTF-8"),
        (b"[", "expected JSON"),
        (b"{}", "an array of objects"),
        (b"[1]", "row 0: expected an object"),
        (b'[{"time": 1}]', "row 0: expected time and image"),
        (b'[{"time": true, "image": "a"}]', "expected a number as time"),
        (b'[{"time": NaN, "image": "a"}]', "expected a number as time"),
        (b'[{"time": 1, "image": 2}]', "the name of an image"),
        (b"[" * 100_000, "expected JSON"),
    ],
)
def test_trace_that_is_wrong_says_where(text: bytes, says: str) -> None:
    with pytest.raises(BadDocumentError) as caught:
        parse_trace(text)

    assert says in str(caught.value)


def test_trace_of_too_many_starts_is_refused() -> None:
    with pytest.raises(OverLimitError):
        parse_trace(b"time,image,count\n1,a,%d\n1,a,1\n" % STARTS)


def test_trace_is_read_from_a_file_or_standard_input(tmp_path: Path) -> None:
    data = b"time,image\n1,a\n"
    (tmp_path / "t.csv").write_bytes(data)

    assert read_trace(str(tmp_path / "t.csv")) == read_trace("-", BytesIO(data))
    with pytest.raises(UnreadableInputError):
        read_trace(str(tmp_path / "none.csv"))


@given(st.binary(max_size=60) | st.text('[]{}:",time1image.\n', max_size=60).map(str.encode))
def test_any_bytes_are_rows_or_an_error_of_ours(data: bytes) -> None:
    try:
        rows = parse_trace(data)
    except InputError:
        return
    assert all(row.time_ns >= 0 for row in rows)
