"""Local archives, which ADD unpacks."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, TYPE_CHECKING, cast

from layerscope.cache.filetree import FileNode
from layerscope.errors import CorruptArchiveError, OverLimitError, shown

if TYPE_CHECKING:
    import tarfile
    from collections.abc import Iterator

    from layerscope.cache.filetree import FileKind, FileTree

MAX_STORED = 1 << 30
MAX_UNPACKED = 4 << 30
MAX_MEMBERS = 1_000_000
PIECE = 1 << 20
BLOCK = 512
MAGIC = slice(257, 265)
ZSTANDARD = b"\x28\xb5\x2f\xfd"
TYPE_KINDS: dict[bytes, FileKind] = {
    b"2": "symlink",
    b"3": "char",
    b"4": "block",
    b"5": "dir",
    b"6": "fifo",
}


@dataclass(frozen=True, slots=True)
class Member:
    """One member, as it is unpacked.

    Attributes:
        name: As stored.
        node: How it lies there afterwards; a hard link is a file.
        content: Digest of its bytes.
        rest: What else its header says, apart from times.
    """

    name: str
    node: FileNode
    content: bytes
    rest: tuple[object, ...]


def is_archive(tree: FileTree, path: str) -> bool:
    """Is this regular file a tar, compressed or not, with a member in it?"""
    node = tree.node(path)
    if node is None or node.kind != "file" or not 0 < node.size <= MAX_STORED:
        return False
    try:
        return next(members(tree.read(path)), None) is not None
    except (CorruptArchiveError, OverLimitError):
        return False


def members(data: bytes) -> Iterator[Member]:
    """The members of an archive, in its order.

    Raises: `CorruptArchiveError` if it is damaged or none; `OverLimitError`.
    """
    import lzma  # noqa: PLC0415 - few builds unpack an archive
    import tarfile  # noqa: PLC0415 - likewise
    import zlib  # noqa: PLC0415 - likewise

    class Info(tarfile.TarInfo):
        """A member that remembers which kind of tar it is of."""

        magic = b""

        @classmethod
        def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Info:
            info = super().frombuf(buf, encoding, errors)
            info.magic = bytes(buf[MAGIC])
            return info

    unpacked = 0
    try:
        with tarfile.open(
            fileobj=_plain(data), mode="r|*", tarinfo=Info, errors="surrogateescape"
        ) as archive:
            for count, info in enumerate(archive):
                unpacked += info.size
                if count >= MAX_MEMBERS or unpacked > MAX_UNPACKED:
                    problem = "an archive that ADD unpacks is too large"
                    raise OverLimitError(problem)
                yield _member(archive, info, getattr(info, "magic", b""))
    except (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError) as error:
        raise CorruptArchiveError(shown(str(error))) from None


def _plain(data: bytes) -> IO[bytes]:
    if not data.startswith(ZSTANDARD):
        return io.BytesIO(data)
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - few archives are of this kind
    else:
        from backports import zstd  # noqa: PLC0415 - likewise
    return cast("IO[bytes]", zstd.ZstdFile(io.BytesIO(data)))


def _member(archive: tarfile.TarFile, info: tarfile.TarInfo, magic: bytes) -> Member:
    kind = TYPE_KINDS.get(info.type, "file")
    digest = b""
    file = archive.extractfile(info) if info.isreg() else None
    if file is not None:
        hashing = sha256()
        while piece := file.read(PIECE):
            hashing.update(piece)
        digest = hashing.digest()
    xattrs = tuple(
        sorted(
            (name, value.encode("utf-8", "surrogateescape"))
            for name, value in info.pax_headers.items()
            if name.startswith("SCHILY.xattr.")
        )
    )
    node = FileNode(
        kind,
        info.mode & 0o7777,
        info.uid,
        info.gid,
        info.size if kind == "file" else 0,
        info.linkname if info.issym() or info.islnk() else "",
        xattrs,
        device=(info.devmajor, info.devminor),
    )
    return Member(info.name, node, digest, (info.type, info.mode, info.uname, info.gname, magic))
