"""What the headers of a tar say beside what a file table holds: dialect, PAX records, encodings.

Two tars of the same files may differ in nothing that unpacking shows. This walk, slower than that
of `files.walk`, tells in what. It keeps a few bytes for each member, whatever the headers hold.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from layerscope.errors import OverLimitError, TarError
from layerscope.tar import pax
from layerscope.tar.entry import End, read_entry
from layerscope.tar.header import (
    BLOCK,
    GNU_LONG_LINK,
    GNU_LONG_NAME,
    PAX,
    PAX_GLOBAL,
    format_of,
    text,
)
from layerscope.tar.numbers import numeric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HEADER_DIGEST_BYTES = 16
MOST_FORMS = 65_536
"""How many different forms members may have; real layers have a handful."""
LONGEST_WORD = 256
"""Names of owners and keys of records that are longer are kept as digests."""

TOLD_ELSEWHERE = frozenset((b"path", b"linkpath", b"size", b"uid", b"gid", b"mtime"))
"""Records whose values a file table has; so it does those of extended attributes."""


class Form(NamedTuple):
    """What many members have in common.

    Attributes:
        dialect: `v7`, `ustar`, `star`, `gnu`; `pax` if there are PAX records, `gnu-long` if there
            are GNU long names.
        typeflag: As stored: an old regular file is 0.
        records: Keys of the PAX records, sorted.
        uname: Name of the owner.
        gname: Name of the group.
        slash: Whether the name ends in a slash.
    """

    dialect: str
    typeflag: int
    records: tuple[bytes, ...]
    uname: bytes
    gname: bytes
    slash: bool


@dataclass(slots=True, repr=False)
class MemberHeaders:
    """The headers of a tar, one row for each member that is no PAX global header.

    Attributes:
        forms: The different forms.
        form_of: For each row the position of its form.
        headers: For each row `HEADER_DIGEST_BYTES` of digest of all its header blocks.
        records: For each row as many bytes of the PAX records that are not `TOLD_ELSEWHERE`.
        global_headers: How many PAX global headers there are.
        global_digest: Of those with their places.
        padding: How many rows have something else than zeros in the padding of their data.
        padding_digest: Of that with its places.
        end_bytes: How many bytes follow the last member.
        end_zero: Whether those are all zero.
        end_digest: Of those.
    """

    forms: list[Form] = field(default_factory=list)
    form_of: array[int] = field(default_factory=lambda: array("i"))
    headers: bytearray = field(default_factory=bytearray)
    records: bytearray = field(default_factory=bytearray)
    global_headers: int = 0
    global_digest: bytes = b""
    padding: int = 0
    padding_digest: bytes = b""
    end_bytes: int = 0
    end_zero: bool = True
    end_digest: bytes = b""

    def __repr__(self) -> str:
        """How many rows there are."""
        return f"<MemberHeaders of {len(self.form_of)} members>"

    def form(self, row: int) -> Form:
        """The form of a row."""
        return self.forms[self.form_of[row]]

    def header(self, row: int) -> bytes:
        """The digest of a row's header blocks."""
        return bytes(self.headers[row * HEADER_DIGEST_BYTES : (row + 1) * HEADER_DIGEST_BYTES])

    def record_values(self, row: int) -> bytes:
        """The digest of a row's PAX records that no file table has."""
        return bytes(self.records[row * HEADER_DIGEST_BYTES : (row + 1) * HEADER_DIGEST_BYTES])


def member_headers(pieces: Iterable[bytes], *, max_special: int, max_members: int) -> MemberHeaders:
    """The headers of a tar.

    Args:
        pieces: The bytes of the tar, in order.
        max_special: Bytes that a PAX header or a GNU long name may have.
        max_members: How many members there may be.

    Raises: `TarError` if the tar is damaged; `OverLimitError`.
    """
    found = MemberHeaders()
    stream = _Stream(iter(pieces))
    known: dict[Form, int] = {}
    globals_hash, padding_hash, end_hash = _hasher(), _hasher(), _hasher()
    while True:
        raw = [stream.take(BLOCK)]
        steps = read_entry(raw[0], max_special)
        try:
            wanted = next(steps)
            while True:
                raw.append(stream.take(wanted))
                wanted = steps.send(raw[-1])
        except StopIteration as done:
            entry = done.value
        if isinstance(entry, End):
            for piece in (*raw, *stream.rest()):
                found.end_bytes += len(piece)
                found.end_zero = found.end_zero and not piece.strip(b"\0")
                end_hash.update(piece)
            break
        row = len(found.form_of)
        if row >= max_members:
            raise OverLimitError(f"the layer has more than {max_members} entries")
        blocks = b"".join(raw)
        if entry.typeflag == PAX_GLOBAL:
            found.global_headers += 1
            globals_hash.update(b"%d:" % row + blocks)
            continue
        form, values = _form(blocks, slash=entry.name.endswith(b"/"))
        at = known.setdefault(form, len(known))
        if at >= MOST_FORMS:
            raise OverLimitError(f"members have more than {MOST_FORMS} different forms")
        found.form_of.append(at)
        found.headers += _hasher(blocks).digest()
        found.records += values
        stream.skip(entry.data_size)
        padding = stream.take(entry.padding)
        if padding.strip(b"\0"):
            found.padding += 1
            padding_hash.update(b"%d:" % row + padding)
    found.forms = [*known]
    found.global_digest, found.padding_digest = globals_hash.digest(), padding_hash.digest()
    found.end_digest = end_hash.digest()
    return found


def _hasher(data: bytes = b"") -> blake2b:
    return blake2b(data, digest_size=HEADER_DIGEST_BYTES)


def _form(blocks: bytes, *, slash: bool) -> tuple[Form, bytes]:
    """The form of a member whose header blocks these are, and a digest of its other records."""
    records: dict[bytes, bytes] = {}
    long_names = False
    position = 0
    while True:
        block = blocks[position : position + BLOCK]
        flag = block[156]
        position += BLOCK
        if flag not in {PAX, GNU_LONG_NAME, GNU_LONG_LINK}:
            break
        size = numeric(block[124:136])
        if flag == PAX:
            records = pax.records(blocks[position : position + size])
        else:
            long_names = True
        position += size + (-size % BLOCK)
    dialect = format_of(block)
    owner, group = (text(block[265:297]), text(block[297:329])) if dialect != "v7" else (b"", b"")
    form = Form(
        dialect="pax" if records else "gnu-long" if long_names else dialect,
        typeflag=flag,
        records=tuple(sorted(map(_word, records))),
        uname=_word(records.get(b"uname") or owner),
        gname=_word(records.get(b"gname") or group),
        slash=slash,
    )
    hasher = _hasher()
    for key, value in sorted(records.items()):
        if key not in TOLD_ELSEWHERE and not key.startswith(pax.XATTR_PREFIX):
            hasher.update(b"%d:%b%d:%b" % (len(key), key, len(value), value))
    return form, hasher.digest()


def _word(word: bytes) -> bytes:
    return word if len(word) <= LONGEST_WORD else b"blake2b:" + _hasher(word).hexdigest().encode()


class _Stream:
    """Bytes that come in pieces, taken in other ones."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._piece = b""
        self._at = 0

    def take(self, wanted: int) -> bytes:
        """The next bytes; fewer only where the input ends."""
        end = self._at + wanted
        if end <= len(self._piece):
            taken = self._piece[self._at : end]
            self._at = end
            return taken
        parts = [self._piece[self._at :]]
        missing = wanted - len(parts[0])
        while missing:
            self._piece, self._at = next(self._pieces, b""), 0
            if not self._piece:
                break
            parts.append(self._piece[:missing])
            self._at = len(parts[-1])
            missing -= self._at
        return b"".join(parts)

    def skip(self, count: int) -> None:
        """Leave the next bytes out. Raises: `TarError` if they end before."""
        self._at += count
        while self._at > len(self._piece):
            self._at -= len(self._piece)
            self._piece = next(self._pieces, b"")
            if not self._piece:
                raise TarError(f"the tar ends {self._at} bytes inside a member", truncated=True)

    def rest(self) -> Iterator[bytes]:
        """All that is left."""
        yield self._piece[self._at :]
        yield from self._pieces
