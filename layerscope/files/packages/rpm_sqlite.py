"""The headers in rpm's SQLite database, `rpmdb.sqlite` (rpm 4.16 and later; Fedora, RHEL 9).

The file comes from an image, so that nothing of its schema may run: no view, trigger or function,
and a query that takes too long is stopped.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from layerscope.errors import BadDocumentError, OverLimitError, shown

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

MAGIC = b"SQLite format 3\0"

MOST_STEPS = 5_000
"""How often 10,000 instructions of SQLite may pass before a query is stopped."""

_INSTRUCTIONS = 10_000
_MOST_VALUE_BYTES = 64 * 1024 * 1024
_VERSIONS_AT = 18
_ROLLBACK = b"\x01\x01"
_TABLE = "Packages"
_PRAGMAS = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA query_only = ON",
    "PRAGMA cell_size_check = ON",
)


def headers(content: bytes) -> Iterator[bytes]:
    """The header of every package, by the number rpm gave it.

    Raises: `BadDocumentError` if SQLite finds the database damaged or it is not rpm's;
    `OverLimitError` if the query takes too long.
    """
    import sqlite3  # noqa: PLC0415 - few images have such a database

    if not content.startswith(MAGIC):
        raise BadDocumentError("not a SQLite database")
    _expect_all_pages(content)
    connection = sqlite3.connect(":memory:")
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        # rpm writes ahead to a log beside the database, and a database in memory has no "beside":
        # SQLite opens it only if these two bytes do not ask for such a log.
        connection.deserialize(
            content[:_VERSIONS_AT] + _ROLLBACK + content[_VERSIONS_AT + len(_ROLLBACK) :]
        )
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE_BYTES)
        columns = connection.execute("PRAGMA table_xinfo(Packages)").fetchall()
        # SQLite itself attaches what it deserializes, so that this may be forbidden only now, and
        # asking for columns is a statement that is forbidden from here on.
        _harden(connection)
        if _computes(columns):
            raise BadDocumentError("unknown database: a table that computes its columns")
        yield from _blobs(connection, len(content))
    except sqlite3.Error as error:
        if "interrupted" in str(error):
            raise OverLimitError("the database takes too long to read") from error
        raise BadDocumentError(f"SQLite: {shown(str(error), 80)}") from error
    finally:
        connection.close()


def _blobs(connection: sqlite3.Connection, most_bytes: int) -> Iterator[bytes]:
    kinds = connection.execute("SELECT type FROM sqlite_master WHERE name = 'Packages'")
    if kinds.fetchall() != [("table",)]:
        raise BadDocumentError("unknown database: SQLite without rpm's table")
    given = 0
    for _, blob in connection.execute("SELECT hnum, blob FROM Packages NOT INDEXED ORDER BY hnum"):
        if not isinstance(blob, bytes):
            raise BadDocumentError("a header that is no blob")
        # No page is part of two values, so together they are not longer than the database.
        given += len(blob)
        if given > most_bytes:
            raise BadDocumentError("blobs overlap")
        yield blob


def _expect_all_pages(content: bytes) -> None:
    """SQLite reads what is there of a file that ends early, and would leave packages out.

    Raises: `BadDocumentError` if there are fewer pages than the header says, which counts only
        where the two counters of changes agree. Source: SQLite's file format, 1.3.
    """
    size = int.from_bytes(content[16:18], "big")
    size = 65536 if size == 1 else size
    pages = int.from_bytes(content[28:32], "big")
    if content[24:28] == content[92:96] and len(content) < size * pages:
        raise BadDocumentError(f"SQLite: expected {pages} pages, the file ends before")


def _computes(columns: list[tuple[object, ...]]) -> bool:
    """Whether a column is computed when it is read: its last value, `hidden`, is not 0.

    SQLite counts a call of a function as one instruction, so that one row could take any time.
    """
    return any(column[-1] for column in columns)


def _harden(connection: sqlite3.Connection) -> None:
    """Leaves nothing allowed but to read rpm's table, in bounded time and space."""
    import sqlite3  # noqa: PLC0415 - as above

    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, 100)

    def allowed(
        action: int, first: str | None, _second: str | None, _third: str | None, _by: str | None
    ) -> int:
        reads = action == sqlite3.SQLITE_READ and first in (_TABLE, "sqlite_master")
        return sqlite3.SQLITE_OK if reads or action == sqlite3.SQLITE_SELECT else 1

    steps = itertools.count(1)
    connection.set_authorizer(allowed)
    connection.set_progress_handler(lambda: next(steps) > MOST_STEPS, _INSTRUCTIONS)
