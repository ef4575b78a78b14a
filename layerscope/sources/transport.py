"""Images wherever they live: the entry point of this room.

>>> from layerscope.sources.transport import open_inputs
>>> open_inputs(["no-such-file.tar"])[0].faults[0].code
'unreadable'
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from layerscope.errors import (
    InputError,
    NotAnImageError,
    UnreadableInputError,
    UnsafeMemberError,
    shown,
)
from layerscope.sources import compression
from layerscope.sources.arguments import STDIN, wanted
from layerscope.sources.bare_layer import bare_layer
from layerscope.sources.detect import archive_format, folder_format
from layerscope.sources.dir import read_dir
from layerscope.sources.docker_archive import read_docker_archive
from layerscope.sources.docker_v1 import read_v1_archive
from layerscope.sources.folder import Folder
from layerscope.sources.image import Fault, OpenedInput
from layerscope.sources.layout import read_layout
from layerscope.sources.limits import DEFAULT_LIMITS, Limits
from layerscope.sources.listed import Listing, Origin
from layerscope.sources.outer_archive import OuterArchive
from layerscope.sources.region import Region
from layerscope.sources.select import check_platform, select
from layerscope.sources.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.oci.platform import Platform
    from layerscope.sources.arguments import Wanted
    from layerscope.sources.select import Pick

STREAM_PIECE = 1024 * 1024
UNKNOWN = "unknown"
"""The `source` of an input that was recognised as nothing."""


def open_inputs(
    texts: Sequence[str],
    *,
    platform: Platform | None = None,
    limits: Limits = DEFAULT_LIMITS,
    stdin: BinaryIO | None = None,
    spool: Spool | None = None,
) -> list[OpenedInput]:
    """What each file or folder holds that the texts name, in order; a file named twice once.

    Documents are read and verified; of layers only the place is found. An input that cannot be
    read, is damaged or holds no image is one with faults, never an exception.

    Args:
        texts: IMAGE arguments, `[transport:]path[:ref|:@index]`, globs, folders, `@list`, `-`.
        platform: Keep only images for it.
        limits: Bounds on what is read.
        stdin: Where `-` is read from.
        spool: Where compressed archives and streams are unpacked to; one is made if none is given.
            It must stay open for as long as layers are read.

    Raises: `UsageError` for texts that stand for nothing, or a choice that fits no image.
    """
    groups: dict[object, _Group] = {}
    for one in _expanded(wanted(texts)):
        key = (one.transport, _identity(one))
        group = groups.setdefault(key, _Group(one))
        if one.pick is None:
            group.everything = True
        elif one.pick not in group.picks:
            group.picks.append(one.pick)
    space = spool if spool is not None else Spool(limits.spool_bytes)
    opener = _Opener(limits, space, stdin)
    opened = [
        select(
            group.first.path,
            opener.listing(group.first),
            () if group.everything else group.picks,
            platform,
        )
        for group in groups.values()
    ]
    check_platform(opened, platform)
    return opened


def open_one(
    text: str, *, platform: Platform | None = None, limits: Limits = DEFAULT_LIMITS
) -> OpenedInput:
    """What one text names; see `open_inputs`. A folder or glob of several gives the first."""
    return open_inputs([text], platform=platform, limits=limits)[0]


@dataclass(slots=True)
class _Group:
    """All texts that name one file: it is read once, for all that they pick."""

    first: Wanted
    picks: list[Pick] = field(default_factory=list)
    everything: bool = False


def _identity(one: Wanted) -> object:
    """What two names of one file have in common."""
    if one.error is not None or one.path == STDIN:
        return one.path
    try:
        status = os.stat(one.path)
    except (OSError, ValueError):
        return one.path
    return (status.st_dev, status.st_ino)


def _expanded(ones: list[Wanted]) -> Iterator[Wanted]:
    """Folders that are no image replaced by the images in them."""
    for one in ones:
        is_folder = one.error is None and one.path != STDIN and os.path.isdir(one.path)
        inside = []
        if is_folder and one.transport in (None, "docker-archive", "oci-archive", "layer"):
            folder = Folder(one.path)
            if one.transport is not None or folder_format(folder) == "folder":
                inside = _archives_in(folder)
        if inside:
            for path in inside:
                yield type(one)(path, one.transport, one.pick)
        else:
            yield one


def _archives_in(folder: Folder) -> list[str]:
    """The archives and layouts directly in a folder, by name; everything else is passed over."""
    try:
        names = sorted(os.listdir(folder.path))
    except OSError:
        return []
    paths = [os.path.join(folder.path, name) for name in names]
    return [path for path in paths if _may_be_image(path)]


def _may_be_image(path: str) -> bool:
    """Whether a file begins like a tar or a compressed stream, or a folder is a layout."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            return folder_format(Folder(path)) != "folder"
        if not stat.S_ISREG(status.st_mode):
            return False
        head = Region.of_file(path).read(0, 512)
    except (OSError, InputError):
        return False
    return head[257:262] == b"ustar" or compression.detect(head) != "none"


@dataclass(slots=True)
class _Opener:
    """Opens one input after the other; the spool is theirs together."""

    limits: Limits
    spool: Spool
    stdin: BinaryIO | None

    def listing(self, one: Wanted) -> Listing:
        """All that an input lists; what keeps it from being read is a fault of the listing."""
        source = one.transport or UNKNOWN
        try:
            if one.error is not None:
                raise one.error
            return self._listing(one)
        except InputError as error:
            return Listing(source, faults=(Fault.of(one.path, error),))
        except OSError as error:
            unreadable = UnreadableInputError(error.strerror or "cannot be read")
            return Listing(source, faults=(Fault.of(one.path, unreadable),))

    def _listing(self, one: Wanted) -> Listing:
        if one.path == STDIN:
            region, damage = self._streamed()
        else:
            mode = _mode(one.path)
            if stat.S_ISDIR(mode):
                return self._folder(one)
            if not stat.S_ISREG(mode):
                raise UnsafeMemberError(
                    "expected a file or a folder, found a device, a pipe or a socket",
                    hint="give a stream on standard input, as `-`",
                )
            region, damage = Region.of_file(one.path), None
        if one.transport == "layer":
            listing = bare_layer(Origin(one.path, "layer", self.limits), region)
        else:
            head = region.read(0, 512)
            compressed = compression.detect(head)
            # The name of a first member may begin like a compressed stream: `BZh` is a fine name.
            if compressed != "none" and head[257:262] != b"ustar":
                unpacked = compression.decoded(region, compressed, self.limits)
                region, damage = self.spool.add(unpacked)
            listing = self._archive(one, region, damage)
        return listing

    def _folder(self, one: Wanted) -> Listing:
        folder = Folder(one.path)
        found = folder_format(folder)
        if found == "folder":
            raise NotAnImageError(
                "expected an image, found a folder with neither index.json nor manifest.json nor "
                "archives in it"
            )
        expected = one.transport or found
        if expected not in ("oci", "dir"):
            raise _other_format(expected, "a folder")
        origin = Origin(one.path, expected, self.limits)
        try:
            return read_layout(origin, folder) if expected == "oci" else read_dir(origin, folder)
        except InputError as error:
            return Listing(expected, faults=(Fault.of(one.path, error),))

    def _archive(self, one: Wanted, region: Region, damage: InputError | None) -> Listing:
        archive = OuterArchive.read(region, self.limits)
        if damage is not None and not archive.members:
            raise damage
        found = archive_format(archive)
        source = "oci-archive" if found == "oci" else "docker-archive"
        if one.transport == "oci-archive" and archive.has("index.json"):
            # Both documents are there, and the user says which one counts.
            found, source = "oci", "oci-archive"
        if one.transport not in (None, source):
            raise _other_format(one.transport or "", source)
        origin = Origin(one.path, source, self.limits)
        damages = tuple(
            Fault.of(one.path, error) for error in (damage or archive.damage,) if error is not None
        )
        try:
            if found == "docker":
                listing = read_docker_archive(origin, archive)
            elif found == "oci":
                listing = read_layout(origin, archive)
            else:
                listing = read_v1_archive(origin, archive)
        except InputError as error:
            listing = Listing(source, faults=(Fault.of(one.path, error),))
        return Listing(
            source,
            listing.rows,
            (*damages, *listing.faults),
            listing.breaches,
            may_be_cut=not archive.is_ended,
        )

    def _streamed(self) -> tuple[Region, InputError | None]:
        stream = self.stdin
        if stream is None:
            raise UnreadableInputError("there is no standard input")
        return self.spool.add(iter(lambda: stream.read(STREAM_PIECE), b""))


def _mode(path: str) -> int:
    try:
        return os.stat(path).st_mode
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UnreadableInputError(reason or "no such file or folder") from None


def _other_format(expected: str, found: str) -> NotAnImageError:
    return NotAnImageError(
        f"expected {shown(expected)}, found {shown(found)}",
        hint="leave the transport out: inputs are recognised by content",
    )
