"""What an input is, by its content: never by its name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from layerscope.errors import ContainerExportError, NotAnImageError

if TYPE_CHECKING:
    from layerscope.sources.folder import Folder
    from layerscope.sources.outer_archive import OuterArchive

ArchiveFormat = Literal["docker", "docker-v1", "oci"]
FolderFormat = Literal["oci", "dir", "folder"]

_MAGIC = (
    (re.compile(rb"PK\x03\x04|PK\x05\x06"), "a ZIP file"),
    (re.compile(rb"\x89PNG|\xff\xd8\xff|GIF8"), "a picture"),
    (re.compile(rb"\x7fELF"), "a program"),
    (re.compile(rb"%PDF"), "a PDF file"),
    (re.compile(rb"hsqs|sqsh"), "a squashfs file system"),
    (re.compile(rb"SIMG|#!.*singularity"), "a Singularity image"),
    (re.compile(rb"[\s]*[{\[]"), "a JSON document"),
    (re.compile(rb"[\t\n\r\x20-\x7e]{64,}"), "a text"),
)

_ROOT_FOLDERS = frozenset(
    b"bin boot dev etc home lib lib64 media mnt opt proc root run sbin srv sys tmp usr var".split()
)


def archive_format(archive: OuterArchive) -> ArchiveFormat:
    """Which documents an outer archive has.

    Raises: `ContainerExportError` for a root file system; the archive's own damage if that may have
        hidden the documents; `NotAnImageError` for all else.
    """
    if archive.has("manifest.json"):
        return "docker"
    if archive.has("index.json"):
        return "oci"
    if archive.has("repositories") and archive.damage is None:
        # Newer archives have `repositories` too, and theirs say nothing of what a damage took.
        return "docker-v1"
    if not archive.members:
        raise NotAnImageError(_what_else(archive), hint="layerscope reads tar archives of images")
    if archive.damage is not None:
        raise archive.damage
    if archive.has("oci-layout"):
        raise NotAnImageError("expected an OCI archive, found no index.json in it")
    if _is_root_file_system(archive):
        raise ContainerExportError(
            "expected an image, found the root file system of a container, which has no layers",
            hint="`docker save IMAGE` writes an image, `docker export` only its files; "
            "one layer's tar is read as layer:PATH",
        )
    raise NotAnImageError("found a tar with neither manifest.json nor index.json")


def _what_else(archive: OuterArchive) -> str:
    """What a file is that has no member."""
    if archive.region.size == 0:
        return "expected an archive, found an empty file"
    damage = archive.damage
    if damage is None:
        return "found a tar without members"
    head = archive.region.read(0, 512)
    for pattern, what in _MAGIC:
        if pattern.match(head):
            return f"expected a tar archive, found {what}"
    return f"expected a tar archive: {damage.problem}"


def _is_root_file_system(archive: OuterArchive) -> bool:
    """Whether the folders at the top are those of a running system.

    Docker puts `.dockerenv`, `dev`, `etc`, `proc` and `sys` into every container.
    """
    found = set()
    for name in archive.members:
        if name == b".dockerenv":
            return True
        first = name.split(b"/", 1)[0]
        if first in _ROOT_FOLDERS:
            found.add(first)
    return len(found) >= 3


def folder_format(folder: Folder) -> FolderFormat:
    """Whether a folder is an OCI layout, one of `dir:`, or a folder that may hold archives."""
    if folder.has("index.json") or folder.has("oci-layout"):
        return "oci"
    if folder.has("manifest.json"):
        return "dir"
    return "oci" if folder.has("blobs") and not folder.has("version") else "folder"
