"""The walk over a layer's tar: bytes in, rows of a file table out, each file hashed as it passes.

This is the hot loop of layerscope. A common header (checksum right, name in one field, plain octal
numbers, a regular file or a directory, nothing pending) is decoded here in a few comparisons; its
unchanging parts (owner and mode; everything from the magic on) are looked up in small caches, which
hold what `tar.header.decode` said of them. Every other header goes to `tar.entry.read_entry`, which
knows all the rules, so both paths give the same rows (tests compare them on the same tars).
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING
from zlib import adler32

from layerscope.errors import OverLimitError, TarError
from layerscope.files.columns import (
    KEPT_BYTES,
    KEPT_NAMES,
    KINDS,
    NO_OFFSET,
    FileColumns,
    marked_kind,
)
from layerscope.files.hashing import NO_DIGEST, Unhashed, hash_zeros
from layerscope.files.header_parts import MODE_BITS, owner_of, tail_of
from layerscope.tar.entry import End, read_entry
from layerscope.tar.header import (
    BLOCK,
    DEVICES,
    DIRECTORY,
    HARDLINK,
    KIND_OF_TYPE,
    PAX_GLOBAL,
    REGULAR,
    REGULAR_TYPES,
    SYMLINK,
)
from layerscope.tar.numbers import NANOSECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from layerscope.files.hashing import ContentHasher
    from layerscope.sources.limits import Limits
    from layerscope.tar.entry import Entry

_FILE, _DIR = KINDS.index("file"), KINDS.index("dir")
_OTHER = KINDS.index("other")
_KIND_CODES = {flag: KINDS.index(kind) for flag, kind in KIND_OF_TYPE.items()}
_INT64 = 2**63 - 1
_CACHED_FORMS = 4096

# name; mode, uid, gid; size, its last byte; mtime, its last byte; checksum; type; link; the rest
_FIELDS = Struct("100s24s11sB11sB8sB100s255s")
_NO_LINK = bytes(100)
_SPACES_LESS_ONE = 8 * ord(" ") - 1
"""The checksum field counts as spaces; Adler-32 starts from one."""


class Walk:
    """A walk over one tar, fed piece by piece.

    Usage: `feed` every piece in order, then `finish`; the results are in the attributes.

    Attributes:
        columns: Rows so far.
        entries: Members, PAX global headers counted (as Go's archive/tar returns them).
        files: Members with a regular-file type flag, whiteout markers included.
        content_bytes: Sum of the sizes of those.
        marked: Whether end-of-archive blocks were there. These four are known after `finish`.
    """

    def __init__(self, limits: Limits, new_hasher: Callable[..., ContentHasher] | None) -> None:
        """Start at the beginning of a tar.

        Args:
            limits: Bounds on entries, names and holes.
            new_hasher: `blake3` or a hashlib constructor; None leaves content unhashed.
        """
        self.columns = FileColumns()
        self.entries = 0
        self.files = 0
        self.content_bytes = 0
        self.marked = False
        self._limits = limits
        self._new_hasher = new_hasher
        self._empty = new_hasher(b"").digest() if new_hasher else NO_DIGEST
        self._hole_budget = limits.hole_bytes
        self._chunk = b""
        self._position = 0
        self._base = 0  # Where in the tar the chunk starts.
        self._ended = False
        self._steps = self._run()
        next(self._steps)

    def feed(self, piece: bytes) -> None:
        """Take in the next bytes. Raises: `TarError`, `OverLimitError`."""
        if piece and not self._ended:
            self._send(piece)

    def finish(self) -> None:
        """Say that the input has ended. Raises: `TarError` if the tar has not."""
        while not self._ended:
            self._send(b"")

    def _send(self, piece: bytes) -> None:
        try:
            self._steps.send(piece)
        except StopIteration:
            self._ended = True

    def _run(self) -> Generator[None, bytes, None]:  # noqa: C901, PLR0912, PLR0915 - the hot loop: a call costs more than a branch
        columns = self.columns
        names, kinds, contents = columns.names, columns.kinds, columns.contents
        add_size, add_mode = columns.size_bytes.append, columns.modes.append
        add_uid, add_gid = columns.uids.append, columns.gids.append
        add_mtime, add_offset = columns.mtimes_ns.append, columns.offsets.append
        new_hasher, empty = self._new_hasher, self._empty
        unpack = _FIELDS.unpack_from
        owners: dict[bytes, tuple[int, int, int, int]] = {}
        tails: dict[bytes, tuple[int, bytes]] = {}
        last_tail = prefix = b""
        tail_sum = -1
        entries = files = total_size = 0

        chunk = yield
        view = memoryview(chunk)
        length = len(chunk)
        position = base = 0
        while True:
            if position + BLOCK <= length:
                source, at = chunk, position
                position += BLOCK
            else:
                self._chunk, self._position = chunk, position
                source, at = (yield from self._take(BLOCK)), 0
                chunk, position, base = self._chunk, self._position, self._base
                view = memoryview(chunk)
                length = len(chunk)
                if len(kinds) > self._limits.entries:
                    raise OverLimitError(f"the layer has more than {self._limits.entries} entries")

            if len(source) >= BLOCK:
                (
                    name,
                    owner,
                    size_text,
                    size_end,
                    time_text,
                    time_end,
                    checksum,
                    typeflag,
                    link,
                    tail,
                ) = unpack(source, at)
                if (typeflag == REGULAR or typeflag == DIRECTORY) and link == _NO_LINK:  # noqa: PLR1714, SIM109 - building a tuple or set costs more here
                    if tail != last_tail:
                        found = tails.get(tail)
                        if found is None:
                            if len(tails) >= _CACHED_FORMS:
                                tails.clear()
                            found = tails[tail] = tail_of(tail)
                        tail_sum, prefix = found
                        last_tail = tail
                    known = owners.get(owner)
                    if known is None:
                        if len(owners) >= _CACHED_FORMS:
                            owners.clear()
                        known = owners[owner] = owner_of(owner)
                    mode, uid, gid, owner_sum = known
                    try:
                        size, mtime = int(size_text, 8), int(time_text, 8)
                    except ValueError:
                        size = mtime = -1
                    # The header's sum: each part has under 65,521, so Adler-32's low half is exact.
                    total = (
                        (adler32(time_text, adler32(size_text, adler32(name))) & 0xFFFF)
                        + size_end
                        + time_end
                        + typeflag
                        + owner_sum
                        + tail_sum
                        + _SPACES_LESS_ONE
                    )
                    # A number field ends in a NUL or a space, and holds nothing but octal digits.
                    if (
                        checksum == b"%06o\0 " % total
                        and tail_sum >= 0
                        and owner_sum >= 0
                        and (size_end | time_end) & 0xDF == 0
                        and size_text.isdigit()
                        and time_text.isdigit()
                        and size >= 0
                    ):
                        end = name.find(b"\0")
                        if end >= 0:
                            name = name[:end]
                        if prefix:
                            name = prefix + name
                        if typeflag == REGULAR:
                            kind = _FILE
                            files += 1
                            total_size += size
                            add_size(size)
                        else:
                            kind = _DIR
                            add_size(0)
                        if name.endswith(b"/"):
                            name = name.rstrip(b"/")
                        if b".wh." in name:
                            kind = marked_kind(name, kind)
                        names += name
                        names += b"\0"
                        kinds.append(kind)
                        add_mode(mode)
                        add_uid(uid)
                        add_gid(gid)
                        add_mtime(mtime * NANOSECONDS)
                        add_offset(base + position)
                        entries += 1
                        if typeflag == DIRECTORY:
                            contents += NO_DIGEST
                            continue
                        if size == 0:
                            contents += empty
                            continue
                        if name in KEPT_NAMES and size <= KEPT_BYTES:
                            self._chunk, self._position = chunk, position
                            contents += yield from self._kept_content(size)
                            chunk, position = self._chunk, self._position + (-size & 511)
                            base = self._base
                            view = memoryview(chunk)
                            length = len(chunk)
                            continue
                        stop = position + size
                        if stop <= length:
                            if new_hasher is None:
                                contents += NO_DIGEST
                            else:
                                contents += new_hasher(view[position:stop]).digest()
                            position = stop + (-size & 511)
                            continue
                        hasher = new_hasher() if new_hasher else Unhashed()
                        self._chunk, self._position = chunk, position
                        yield from self._each(size, hasher.update)
                        contents += hasher.digest()
                        chunk, position = self._chunk, self._position + (-size & 511)
                        base = self._base
                        view = memoryview(chunk)
                        length = len(chunk)
                        continue

            self._chunk, self._position = chunk, position
            entry = yield from self._slow_entry(source[at : at + BLOCK])
            if entry is None:
                self.entries += entries
                self.files += files
                self.content_bytes += total_size
                return
            chunk, position, base = self._chunk, self._position, self._base
            view = memoryview(chunk)
            length = len(chunk)

    def _take(self, wanted: int) -> Generator[None, bytes, bytes]:
        """The next `wanted` bytes; fewer only where the input ends."""
        chunk, position = self._chunk, self._position
        while position >= len(chunk):
            # The position may lie behind the chunk: padding is skipped without being looked at.
            position -= len(chunk)
            self._base += len(chunk)
            chunk = yield
            if not chunk:
                self._chunk, self._position = b"", 0
                return b""
        piece = chunk[position : position + wanted]
        position += len(piece)
        if len(piece) < wanted:
            pieces = [piece]
            missing = wanted - len(piece)
            while missing:
                self._base += len(chunk)
                chunk = yield
                if not chunk:
                    position = 0
                    break
                piece = chunk[:missing]
                pieces.append(piece)
                missing -= len(piece)
                position = len(piece)
            piece = b"".join(pieces)
        self._chunk, self._position = chunk, position
        return piece

    def _each(
        self, wanted: int, use: Callable[[memoryview], object]
    ) -> Generator[None, bytes, None]:
        """Hands the next `wanted` bytes to `use` as they pass. Raises: `TarError` if they end."""
        chunk, position = self._chunk, self._position
        while True:
            piece = memoryview(chunk)[position : position + wanted]
            if piece:
                use(piece)
            wanted -= len(piece)
            position += len(piece)
            if not wanted:
                break
            position -= len(chunk)
            self._base += len(chunk)
            chunk = yield
            if not chunk:
                raise TarError(f"the tar ends {wanted} bytes inside a member", truncated=True)
        self._chunk, self._position = chunk, position

    def _slow_entry(self, block: bytes) -> Generator[None, bytes, Entry | None]:
        """One entry by all the rules, its row added; None at the end of the tar."""
        steps = read_entry(block, self._limits.name_bytes)
        try:
            wanted = next(steps)
            while True:
                wanted = steps.send((yield from self._take(wanted)))
        except StopIteration as done:
            entry: Entry | End = done.value
        if isinstance(entry, End):
            self.marked = entry.marked
            return None
        self.entries += 1
        if entry.typeflag == PAX_GLOBAL:
            return entry
        self._add_row(entry)
        self.columns.contents += yield from self._content(entry)
        self._position += entry.padding
        return entry

    def _content(self, entry: Entry) -> Generator[None, bytes, bytes]:
        """The digest of an entry's content, its data consumed."""
        regular = entry.typeflag in REGULAR_TYPES
        if self._new_hasher is None or not regular:
            yield from self._each(entry.data_size, Unhashed().update)
            return NO_DIGEST
        hasher = self._new_hasher()
        if entry.fragments is None:
            if entry.name in KEPT_NAMES and entry.data_size <= KEPT_BYTES:
                return (yield from self._kept_content(entry.data_size))
            yield from self._each(entry.data_size, hasher.update)
            return hasher.digest()
        holes = entry.size - entry.data_size
        if holes > self._hole_budget:
            self.columns.unhashed.add(len(self.columns) - 1)
            yield from self._each(entry.data_size, Unhashed().update)
            return NO_DIGEST
        self._hole_budget -= holes
        filled = 0
        for offset, size in entry.fragments:
            hash_zeros(hasher, offset - filled)
            yield from self._each(size, hasher.update)
            filled = offset + size
        hash_zeros(hasher, entry.size - filled)
        return hasher.digest()

    def _kept_content(self, size: int) -> Generator[None, bytes, bytes]:
        """The digest of the last row's content, which is also kept."""
        pieces: list[bytes] = []
        yield from self._each(size, lambda piece: pieces.append(bytes(piece)))
        content = b"".join(pieces)
        self.columns.kept[len(self.columns) - 1] = content
        return self._new_hasher(content).digest() if self._new_hasher else NO_DIGEST

    def _add_row(self, entry: Entry) -> None:
        columns = self.columns
        row = len(columns)
        regular = entry.typeflag in REGULAR_TYPES
        name = entry.name.rstrip(b"/")
        kind = _KIND_CODES.get(entry.typeflag, _OTHER)
        if b".wh." in name:
            kind = marked_kind(name, kind)
        columns.names += name + b"\0"
        columns.kinds.append(kind)
        columns.size_bytes.append(entry.size if regular else 0)
        columns.modes.append(entry.mode & MODE_BITS)
        columns.uids.append(entry.uid)
        columns.gids.append(entry.gid)
        columns.mtimes_ns.append(max(-_INT64, min(entry.mtime_ns, _INT64)))
        sparse = entry.fragments is not None
        columns.offsets.append(NO_OFFSET if sparse else self._base + self._position)
        if entry.typeflag in DEVICES:
            columns.devices[row] = entry.device
        if entry.typeflag in (SYMLINK, HARDLINK):
            columns.links[row] = entry.link
        if entry.xattrs:
            columns.xattrs[row] = entry.xattrs
        if regular:
            self.files += 1
            self.content_bytes += entry.size
