"""The columns of a table's file, found by where its layout says they are: no Parquet is parsed."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING

from layerscope.catalog.parquet_writer import body_of, cells_of, names_of, rows_there
from layerscope.files.columns import DIGEST_BYTES, KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.catalog.parquet_writer import Chunk

_NO_DIGEST = bytes(DIGEST_BYTES)
_RARELY = 8
"""One of so many is found faster by searching than by looking at each."""


class TableReader:
    """The columns of a file, each by its name. What is not as it should be is a `ValueError`."""

    def __init__(self, data: bytes, rows: int, chunks: Mapping[str, Chunk]) -> None:
        """Read a file of so many rows; `chunks` are the columns in which anything is."""
        self.rows = rows
        self._data = data
        self._chunks = chunks

    def body(self, name: str) -> bytes:
        """What the page of a column holds."""
        return body_of(self._data, self._chunks[name])

    def numbers(self, name: str, code: str) -> array[int]:
        """A column of numbers."""
        found = _array(code, self.body(name))
        if len(found) != self.rows:
            raise ValueError("rows are missing")
        return found

    def cells(self, name: str) -> dict[int, bytes]:
        """A column of bytes: the cells that are there, by row."""
        if name not in self._chunks:
            return {}
        there, values = rows_there(self.body(name), self.rows)
        found = _positions(there, "1")
        return dict(zip(found, cells_of(values, len(found)), strict=True))

    def rare_numbers(self, name: str) -> dict[int, int]:
        """A column of numbers: those that are there, by row."""
        if name not in self._chunks:
            return {}
        there, values = rows_there(self.body(name), self.rows)
        return dict(zip(_positions(there, "1"), _array("q", values), strict=True))

    def kinds(self) -> bytearray:
        """The kinds, positions in `KINDS`, behind their width and the length of their run."""
        body = self.body("kind")
        at = 1
        while body[at] & 0x80:
            at += 1
        kinds = bytearray(body[at + 1 : at + 1 + self.rows])
        if len(kinds) != self.rows or kinds.translate(None, bytes(range(len(KINDS)))):
            raise ValueError("kinds are missing")
        return kinds

    def names(self) -> bytearray:
        """Names as stored, each with a NUL byte behind it."""
        there = "0" * self.rows
        odd: list[bytes] = []
        if "name" in self._chunks:
            there, values = rows_there(self.body("name"), self.rows)
            odd = names_of(values, there.count("1"))
        if "0" in there:
            names = _without_slash(self.body("path"), self.rows)
            for row, name in zip(_positions(there, "1"), odd, strict=True):
                names[row] = name
        else:
            names = odd
        joined = bytearray(b"\0".join(names))
        joined += b"\0"
        if joined.count(0) != self.rows:
            raise ValueError("names are missing")
        return joined

    def contents(self) -> tuple[bytearray, list[int]]:
        """The digests, zeros where there is none; and the rows that have none."""
        there, values = rows_there(self.body("content"), self.rows)
        missing = _positions(there, "0")
        if len(values) != (self.rows - len(missing)) * DIGEST_BYTES:
            raise ValueError("digests are missing")
        pieces = []
        start = 0
        for before, row in enumerate(missing):
            stop = (row - before) * DIGEST_BYTES
            pieces += [values[start:stop], _NO_DIGEST]
            start = stop
        pieces.append(values[start:])
        return bytearray(b"".join(pieces)), missing


def _array(code: str, values: bytes) -> array[int]:
    found = array(code)
    found.frombytes(values)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def _positions(text: str, wanted: str) -> list[int]:
    """Where a character stands in a text."""
    if text.count(wanted) > len(text) // _RARELY:
        return [at for at, character in enumerate(text) if character == wanted]
    found = []
    at = text.find(wanted)
    while at >= 0:
        found.append(at)
        at = text.find(wanted, at + 1)
    return found


def _without_slash(paths: bytes, rows: int) -> list[bytes]:
    """All paths of a column, without the slash that each begins with."""
    # No path holds a NUL byte, so that in front of one shorter than 64 KiB, and nowhere else, there
    # are the two upper bytes of its length and its slash. Each piece has the next one's lower two.
    pieces = paths.split(b"\0\0/")
    if len(pieces) != rows + 1:
        return [path[1:] for path in cells_of(paths, rows)]
    names = [piece[:-2] for piece in pieces[1:]]
    names[-1] = pieces[-1]
    return names
