"""The trace of a rollout: which image is started when and where, read from CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from layerscope.errors import BadDocumentError, OverLimitError, UnreadableInputError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import BinaryIO

TRACE_BYTES = 256 * 1024 * 1024
"""The longest trace that is read."""
STARTS = 5_000_000
"""How many starts a trace may stand for: `count` is a short word for many."""
SECONDS = 1_000_000_000
"""The last second, and the longest run: thirty years."""
COLUMNS = frozenset({"time", "image", "node", "count", "seconds"})
NEEDED = frozenset({"time", "image"})


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One row of a trace.

    Attributes:
        time_ns: When, in nanoseconds.
        image: As the trace names it.
        node: Where; None means nodes in turn.
        count: How many times it is started.
        run_ns: How long each runs once it is there.
    """

    time_ns: int
    image: str
    node: int | None
    count: int
    run_ns: int


def read_trace(path: str, stdin: BinaryIO | None = None) -> list[TraceRow]:
    """The rows of a trace, in the order of the file.

    CSV has a header with `time` and `image`, and `node`, `count`, `seconds` if they are wanted;
    JSON is an array of objects with those fields. Times are seconds, with nine decimals at most.

    Args:
        path: A file; `-` is standard input.
        stdin: Where `-` reads from.

    Raises: `UnreadableInputError`; `OverLimitError`; `BadDocumentError` with the row that is wrong.
    """
    try:
        if path == "-" and stdin is not None:
            data = stdin.read(TRACE_BYTES + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(TRACE_BYTES + 1)
    except OSError as error:
        raise UnreadableInputError(f"cannot be read: {error.strerror}", shown(path)) from error
    if len(data) > TRACE_BYTES:
        raise OverLimitError(f"the trace has more than {TRACE_BYTES} bytes", shown(path))
    try:
        return parse_trace(data)
    except (BadDocumentError, OverLimitError) as error:
        error.within(shown(path))
        raise


def parse_trace(data: bytes) -> list[TraceRow]:
    """The rows of a trace in its bytes. Raises: as `read_trace` does."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadDocumentError("expected UTF-8 text") from error
    rows = []
    starts = 0
    is_json = text.lstrip().startswith(("[", "{"))
    for where, told in _json_rows(text) if is_json else _csv_rows(text):
        try:
            row = _row(told)
        except ValueError as error:
            raise BadDocumentError(str(error), where) from None
        starts += row.count
        if starts > STARTS:
            raise OverLimitError(f"the trace has more than {STARTS:,} starts", where)
        rows.append(row)
    return rows


def _csv_rows(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not set(header) >= NEEDED or len(set(header)) < len(header):
            raise BadDocumentError("expected a first line with the columns time and image")
        for cells in reader:
            if not cells:
                continue
            if len(cells) != len(header):
                problem = f"expected {len(header)} cells, found {len(cells)}"
                raise BadDocumentError(problem, f"line {reader.line_num}")
            named = zip(header, map(str.strip, cells), strict=True)
            # An empty cell says as little as a column that is not there.
            yield f"line {reader.line_num}", {name: cell for name, cell in named if cell}
    except csv.Error as error:
        raise BadDocumentError(f"expected CSV: {error}", f"line {reader.line_num}") from None


def _json_rows(text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        rows = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=str)
    except (ValueError, RecursionError, InvalidOperation):
        raise BadDocumentError("expected JSON or CSV, and the text begins like JSON") from None
    if not isinstance(rows, list):
        raise BadDocumentError("expected an array of objects")
    for at, row in enumerate(rows):
        if not isinstance(row, dict):
            raise BadDocumentError("expected an object", f"row {at}")
        yield f"row {at}", {name: value for name, value in row.items() if value is not None}


def _row(told: Mapping[str, Any]) -> TraceRow:
    """A row of its fields. Raises: `ValueError`."""
    if not told.keys() >= NEEDED:
        raise ValueError("expected time and image")
    for name in told:
        if name not in COLUMNS:
            raise ValueError(f"expected one of {', '.join(sorted(COLUMNS))}, found {shown(name)!r}")
    image = told["image"]
    if not isinstance(image, str):
        raise ValueError("expected the name of an image")  # noqa: TRY004 - a fault of the document
    node = told.get("node")
    return TraceRow(
        time_ns=_nanoseconds("time", told["time"]),
        image=image,
        node=None if node is None else _whole("node", node),
        count=_whole("count", told.get("count", "1")),
        run_ns=_nanoseconds("seconds", told.get("seconds", "0")),
    )


def _nanoseconds(name: str, value: object) -> int:
    number = _number(name, value)
    if not 0 <= number <= SECONDS:
        raise ValueError(f"expected {name} between 0 and {SECONDS:,} seconds")
    scaled = number.scaleb(9)
    if scaled != scaled.to_integral_value():
        raise ValueError(f"expected {name} with nine decimals at most")
    return int(scaled)


def _whole(name: str, value: object) -> int:
    number = _number(name, value)
    if not 0 <= number <= STARTS or number != number.to_integral_value():
        raise ValueError(f"expected a whole number as {name}, from 0 to {STARTS:,}")
    return int(number)


def _number(name: str, value: object) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    if isinstance(value, str):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise ValueError(f"expected a number as {name}, found {shown(str(value), 40)!r}")
