"""The index of an outer archive: where each member's bytes lie, links followed inside it only.

Engines unpack such an archive into a folder before they read it, so the same rules hold here: of
two members with one name the later counts, `./x` is `x`, a symlink counts from its own folder,
a hard link and an absolute symlink from the archive's root. Nothing is unpacked: a name gives the
bytes' place in the file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import (
    CorruptArchiveError,
    InputError,
    MissingBlobError,
    TarError,
    UnsafeMemberError,
    shown,
)
from layerscope.tar.header import BLOCK
from layerscope.tar.members import Member, members

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.sources.limits import Limits
    from layerscope.sources.region import Region

MAX_LINKS = 40
"""Links followed for one name, as Linux has it."""

MAX_NAME = 4096
"""Bytes of a name that a document may ask for, as Linux has it."""

WINDOW = 32 * 1024


@dataclass(frozen=True, slots=True)
class OuterArchive:
    """The members of an outer archive by clean name.

    Attributes:
        region: The whole archive.
        members: By name without `./`; of equal names the last.
        shadowed: The earlier members of names that are stored more than once, in order.
        damage: Why the archive could not be read to its end, or None. The members before the
            damage are there; one that is cut is there too and refused when it is asked for.
        is_ended: Whether something follows the last member, as the blocks of zeros should. An
            archive without them may be whole, or cut between two members.
    """

    region: Region
    members: dict[bytes, Member]
    shadowed: dict[bytes, list[Member]]
    damage: InputError | None
    is_ended: bool

    @classmethod
    def read(cls, region: Region, limits: Limits) -> OuterArchive:
        """The index of the tar in `region`; damage is kept in it, not raised.

        Raises: `UnreadableInputError` if the file cannot be read.
        """
        found: dict[bytes, Member] = {}
        shadowed: dict[bytes, list[Member]] = {}
        damage: InputError | None = None
        end = 0
        with region.open() as descriptor:
            walk = members(
                _reader(descriptor, region),
                region.size,
                max_members=limits.members,
                max_name_bytes=limits.name_bytes,
            )
            try:
                for member in walk:
                    end = member.offset + member.size
                    name = _clean_name(member.name)
                    if name is None:
                        continue
                    if name in found:
                        shadowed.setdefault(name, []).append(found[name])
                    found[name] = member
            except TarError as error:
                damage = CorruptArchiveError(error.problem, truncated=error.truncated)
            except InputError as error:
                damage = error.with_traceback(None)
        is_ended = end + -end % BLOCK < region.size
        return cls(region, found, shadowed, damage, is_ended)

    def has(self, name: str) -> bool:
        """Whether a member of this clean name is stored, of any kind."""
        return os.fsencode(name) in self.members

    def region_of(self, name: str, size: int | None = None) -> Region:
        """The bytes of the regular file `name`, links followed.

        Args:
            name: As a document has it; `./x` and `a//b` are spelled `x` and `a/b`.
            size: What a descriptor claims. If the name is stored more than once, the last member of
                this size counts; digests then show whether it is the right one.

        Raises: `MissingBlobError` if there is none; `UnsafeMemberError` if the name leads out of
            the archive, in a circle, or to something that is no file; `CorruptArchiveError` if the
            archive ends inside its bytes.
        """
        key, member = self._resolve(name)
        for earlier in reversed(self.shadowed.get(key, ())):
            if size is None or member.size == size:
                break
            if earlier.kind == "file" and earlier.size == size:
                member = earlier
        if member.offset + member.size > self.region.size:
            raise CorruptArchiveError(
                f"the archive ends inside {shown(name)}",
                hint="copy or export the image again; the archive is not whole",
                truncated=True,
            )
        return self.region.part(member.offset, member.size)

    def _resolve(self, name: str) -> tuple[bytes, Member]:
        """The clean name and the member of the regular file that `name` leads to."""
        wanted = os.fsencode(name) if _encodable(name) else b""
        member = self.members.get(wanted)
        if member is not None and member.kind == "file":
            return wanted, member
        if not wanted or len(wanted) > MAX_NAME or b"\0" in wanted:
            raise MissingBlobError(f'the archive has no "{shown(name)}"')
        if wanted.startswith(b"/"):
            raise UnsafeMemberError(f'"{shown(name)}" leads out of the archive')
        key, is_absolute = self._followed(wanted, name)
        member = self.members.get(key)
        if member is None:
            if is_absolute:
                # Meant for the machine's own root: that it is not there is not all to be said.
                raise UnsafeMemberError(f'"{shown(name)}" leads out of the archive')
            raise MissingBlobError(f'the archive has no "{shown(name)}"')
        if member.kind != "file":
            raise UnsafeMemberError(f'"{shown(name)}" is no regular file but: {member.kind}')
        return key, member

    def _followed(self, path: bytes, name: str) -> tuple[bytes, bool]:
        """The clean name that a path stands for when the links on the way are followed.

        With it, whether a link on the way was absolute.
        """
        links = 0
        is_absolute = False
        todo = _parts(path)
        done: list[bytes] = []
        while todo:
            part = todo.pop()
            if part == b"..":
                if not done:
                    raise UnsafeMemberError(f'"{shown(name)}" leads out of the archive')
                done.pop()
                continue
            done.append(part)
            member = self.members.get(b"/".join(done))
            if member is None or member.kind not in ("symlink", "hardlink"):
                continue
            links += 1
            if links > MAX_LINKS or len(member.link) > MAX_NAME:
                raise UnsafeMemberError(f'"{shown(name)}" is a link that leads nowhere')
            if member.kind == "hardlink" or member.link.startswith(b"/"):
                done.clear()
            else:
                done.pop()
            is_absolute = is_absolute or member.link.startswith(b"/")
            todo.extend(_parts(member.link))
        return b"/".join(done), is_absolute


def _encodable(name: str) -> bool:
    """Whether a text of a document can be a member's name at all."""
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _parts(path: bytes) -> list[bytes]:
    """The components of a path, last first."""
    return [part for part in reversed(path.split(b"/")) if part not in (b"", b".")]


def _clean_name(name: bytes) -> bytes | None:
    """A name without `./` and `//`; None if it is absolute or climbs, so that none asks for it."""
    if name.startswith((b"/", b"./", b"../")) or b"//" in name or b"/." in name:
        if name.startswith(b"/"):
            return None
        parts = [part for part in name.split(b"/") if part not in (b"", b".")]
        if b".." in parts:
            return None
        name = b"/".join(parts)
    return None if name in (b"", b".", b"..") else name


def _reader(descriptor: int, region: Region) -> Callable[[int, int], bytes]:
    """`read(start, length)` over the region, with a window: headers often stand close together."""
    window = b""
    window_start = 0

    def read(start: int, length: int) -> bytes:
        nonlocal window, window_start
        length = max(min(length, region.size - start), 0)
        inside = start - window_start
        if inside < 0 or inside + length > len(window):
            wanted = max(length, min(WINDOW, region.size - start))
            window = os.pread(descriptor, wanted, region.offset + start) if length else b""
            window_start, inside = start, 0
        return window[inside : inside + length]

    return read
