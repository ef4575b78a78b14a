"""Where the parts of an ELF file are: as much of the format as a look-up in a program needs."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_LOAD, _WRITABLE, _EXECUTABLE = 1, 2, 1
_NO_BITS = 8


@dataclass(frozen=True, slots=True)
class Elf:
    """The tables of an ELF file.

    Attributes:
        segments: Of each loaded segment: flags, offset, address, bytes in the file.
        sections: Of each section that is in the file: its name, offset, bytes.
    """

    segments: tuple[tuple[int, int, int, int], ...]
    sections: tuple[tuple[bytes, int, int], ...]

    @classmethod
    def read(cls, content: bytes) -> Elf | None:
        """The tables of `content`; None if it is no ELF file or they are not in it."""
        if len(content) < 64 or not content.startswith(b"\x7fELF") or content[4] not in (1, 2):
            return None
        wide = content[4] == 2
        order = ">" if content[5] == 2 else "<"
        segments_at, sections_at = struct.unpack_from(
            order + ("QQ" if wide else "II"), content, 32 if wide else 28
        )
        counts = struct.unpack_from(order + "5H", content, 54 if wide else 42)
        segment_bytes, segments, section_bytes, sections, names = counts
        program = struct.Struct(order + ("IIQQQQQQ" if wide else "8I"))
        section = struct.Struct(order + ("IIQQQQIIQQ" if wide else "10I"))
        return cls(
            segments=_segments(
                _table(content, segments_at, program, segment_bytes, segments), wide=wide
            ),
            sections=_sections(
                content, _table(content, sections_at, section, section_bytes, sections), names
            ),
        )

    def section(self, name: bytes) -> tuple[int, int] | None:
        """Start and end of the section of that name in the file."""
        for found, offset, size in self.sections:
            if found == name:
                return offset, offset + size
        return None

    def data_segment(self) -> tuple[int, int] | None:
        """Start and end of the first segment that is written to and not run."""
        for flags, offset, _, size in self.segments:
            if flags & (_WRITABLE | _EXECUTABLE) == _WRITABLE:
                return offset, offset + size
        return None

    def offset_of(self, address: int) -> int | None:
        """Where in the file the byte is that has this address in the running program."""
        for _, offset, start, size in self.segments:
            if start <= address < start + size:
                return offset + address - start
        return None


def _table(
    content: bytes, start: int, form: struct.Struct, row_bytes: int, rows: int
) -> list[tuple[int, ...]]:
    """The rows of a table; none if it is not in the file or of another layout."""
    end = start + form.size * rows
    if row_bytes != form.size or end > len(content):
        return []
    return list(form.iter_unpack(content[start:end]))


def _segments(rows: list[tuple[int, ...]], *, wide: bool) -> tuple[tuple[int, int, int, int], ...]:
    if wide:
        return tuple((r[1], r[2], r[3], r[5]) for r in rows if r[0] == _LOAD)
    return tuple((r[6], r[1], r[2], r[4]) for r in rows if r[0] == _LOAD)


def _sections(
    content: bytes, rows: list[tuple[int, ...]], names: int
) -> tuple[tuple[bytes, int, int], ...]:
    if names >= len(rows):
        return ()
    texts, length = rows[names][4:6]
    found = []
    for row in rows:
        if row[1] != _NO_BITS and row[0] < length:
            start = texts + row[0]
            # The longest name that anybody looks for has 14 letters.
            name = content[start : min(start + 32, texts + length)].partition(b"\0")[0]
            found.append((name, row[4], row[5]))
    return tuple(found)
