"""What one layer holds, told in a few lines, and the tar it becomes, the same bytes each time.

Headers come from the standard library's `tarfile`, not from layerscope's own reader, so that a test
which reads a layer back does not check layerscope against itself.
"""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import BinaryIO

FIXED_TIME = 1_700_000_000
"""The modification time of every member, in seconds: 2023-11-14T22:13:20Z."""

FIXED_DATE = "2023-11-14T22:13:20Z"
"""`FIXED_TIME` as the documents of an image write it."""

BLOCK_BYTES = 512

TarFormat = Literal[0, 1, 2]

FORMATS: Mapping[str, TarFormat] = {"ustar": 0, "gnu": 1, "pax": 2}
"""The numbers of `tarfile.USTAR_FORMAT`, `GNU_FORMAT` and `PAX_FORMAT`."""

_TYPES = {
    "file": tarfile.REGTYPE,
    "dir": tarfile.DIRTYPE,
    "symlink": tarfile.SYMTYPE,
    "hardlink": tarfile.LNKTYPE,
    "char": tarfile.CHRTYPE,
    "block": tarfile.BLKTYPE,
    "fifo": tarfile.FIFOTYPE,
}


@dataclass(frozen=True, slots=True)
class TreeMember:
    """One tar member to be written.

    Attributes:
        name: As it will be stored, without the slash that ends a folder's name; bytes that are no
            UTF-8 stand as `surrogateescape` has them.
        kind: One of `file dir symlink hardlink char block fifo`.
        content: Bytes of a regular file, else empty.
        mode: Permission bits.
        uid: Owner.
        gid: Group.
        mtime: Seconds since the epoch; a float needs the format `pax`.
        link: Target of a symlink or hard link, else empty.
        device: Major and minor number of a device.
        xattrs: Extended attributes; they need the format `pax`.
    """

    name: str
    kind: str
    content: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: float = FIXED_TIME
    link: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: Mapping[str, bytes] = field(default_factory=dict)

    def tar_info(self) -> tarfile.TarInfo:
        """The member as the standard library's `tarfile` takes it."""
        info = tarfile.TarInfo(self.name)
        info.type = _TYPES[self.kind]
        info.size = len(self.content)
        info.mode = self.mode
        info.uid, info.gid = self.uid, self.gid
        info.mtime = self.mtime
        info.linkname = self.link
        info.devmajor, info.devminor = self.device
        info.pax_headers = {
            f"SCHILY.xattr.{name}": value.decode("utf-8", "surrogateescape")
            for name, value in sorted(self.xattrs.items())
        }
        return info

    def header(self, tar_format: TarFormat) -> bytes:
        """The member's header blocks, extension headers before it included.

        Raises: `ValueError` if the format cannot hold the member.
        """
        if self.xattrs and tar_format != tarfile.PAX_FORMAT:
            raise ValueError(f"extended attributes of {self.name!r} need the format pax")
        return self.tar_info().tobuf(tar_format, "utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class Tree:
    """The members of one layer, in tar order. Every method gives back a longer tree.

    >>> tree = Tree().dir("etc").file("etc/motd", b"hello", mode=0o600).whiteout("etc/issue")
    >>> [member.name for member in tree.members]
    ['etc', 'etc/motd', 'etc/.wh.issue']
    """

    members: tuple[TreeMember, ...] = ()

    def plus(self, members: Iterable[TreeMember]) -> Tree:
        """This tree with `members` behind its own."""
        return Tree((*self.members, *members))

    def file(
        self,
        name: str | bytes,
        content: bytes = b"",
        *,
        mode: int = 0o644,
        uid: int = 0,
        gid: int = 0,
        mtime: float = FIXED_TIME,
        xattrs: Mapping[str, bytes] | None = None,
    ) -> Tree:
        """With a regular file."""
        attributes = dict(xattrs or {})
        member = TreeMember(_text(name), "file", content, mode, uid, gid, mtime, xattrs=attributes)
        return self.plus([member])

    def dir(
        self,
        name: str | bytes,
        *,
        mode: int = 0o755,
        uid: int = 0,
        gid: int = 0,
        mtime: float = FIXED_TIME,
        xattrs: Mapping[str, bytes] | None = None,
    ) -> Tree:
        """With a folder."""
        attributes = dict(xattrs or {})
        member = TreeMember(_text(name), "dir", b"", mode, uid, gid, mtime, xattrs=attributes)
        return self.plus([member])

    def symlink(self, name: str | bytes, target: str | bytes) -> Tree:
        """With a symbolic link."""
        return self.plus([TreeMember(_text(name), "symlink", mode=0o777, link=_text(target))])

    def hardlink(self, name: str | bytes, target: str | bytes, *, mode: int = 0o644) -> Tree:
        """With another name of the earlier member `target`."""
        return self.plus([TreeMember(_text(name), "hardlink", mode=mode, link=_text(target))])

    def fifo(self, name: str | bytes, *, mode: int = 0o644) -> Tree:
        """With a named pipe."""
        return self.plus([TreeMember(_text(name), "fifo", mode=mode)])

    def device(
        self, name: str | bytes, major: int, minor: int, *, kind: str = "char", mode: int = 0o644
    ) -> Tree:
        """With a device of the kind `char` or `block`."""
        return self.plus([TreeMember(_text(name), kind, mode=mode, device=(major, minor))])

    def whiteout(self, path: str | bytes) -> Tree:
        """With the marker that deletes `path` of the layers below (OCI layer.md, 'Whiteouts')."""
        parent, slash, name = _text(path).rpartition("/")
        return self.plus([TreeMember(f"{parent}{slash}.wh.{name}", "file")])

    def opaque(self, path: str | bytes) -> Tree:
        """With the marker that hides all that the layers below put into the folder `path`."""
        folder = _text(path)
        name = f"{folder}/.wh..wh..opq" if folder else ".wh..wh..opq"
        return self.plus([TreeMember(name, "file")])

    def write_tar(self, stream: BinaryIO, *, tar_format: str = "pax") -> None:
        """Write the layer's tar: headers of `FORMATS[tar_format]`, then two blocks of zeros.

        Like Go's archive/tar it does not pad to ten KiB, as `tarfile` itself would.
        """
        number = FORMATS[tar_format]
        for member in self.members:
            stream.write(member.header(number))
            stream.write(member.content)
            stream.write(bytes(-len(member.content) % BLOCK_BYTES))
        stream.write(bytes(2 * BLOCK_BYTES))

    def layer_tar(self, *, tar_format: str = "pax") -> bytes:
        """The bytes that `write_tar` writes."""
        stream = BytesIO()
        self.write_tar(stream, tar_format=tar_format)
        return stream.getvalue()


def _text(name: str | bytes) -> str:
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
