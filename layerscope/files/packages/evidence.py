"""Which files of an image say something about packages, and what each of them says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import InputError
from layerscope.files.packages import apk, dpkg, gems, golang, java, npm, python, rpm
from layerscope.files.packages.claims import Evidence
from layerscope.units import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable

_MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Reader:
    """What reads a kind of file, and the longest file that it is given."""

    read: Callable[[bytes, bytes], Evidence]
    most_bytes: int


def _not_read(path: bytes, _content: bytes) -> Evidence:
    return Evidence(problem=f"unknown database: {_UNKNOWN[path]}")


_STATUS = _Reader(dpkg.read_status, 64 * _MB)
_SUMS = _Reader(dpkg.read_sums, 32 * _MB)
_LIST = _Reader(dpkg.read_list, 32 * _MB)
_METADATA = _Reader(python.read_metadata, 4 * _MB)
_RECORD = _Reader(python.read_record, 32 * _MB)
_INSTALLED_FILES = _Reader(python.read_installed_files, 32 * _MB)
_MANIFEST = _Reader(npm.read_manifest, 4 * _MB)
_ARCHIVE = _Reader(java.read_archive, 256 * _MB)
_SPECIFICATION = _Reader(gems.read_specification, 4 * _MB)
_PROGRAM = _Reader(golang.read_program, 256 * _MB)

_UNKNOWN = {
    b"/var/lib/pacman/local/ALPM_DB_VERSION": "pacman",
    b"/usr/lib/opkg/status": "opkg",
    b"/var/lib/opkg/status": "opkg",
    b"/nix/var/nix/db/db.sqlite": "nix",
    b"/var/db/xbps/pkgdb-0.38.plist": "xbps",
}
_AT = {
    dpkg.STATUS: _STATUS,
    dpkg.DIVERSIONS: _Reader(dpkg.read_diversions, 4 * _MB),
    **dict.fromkeys(apk.INSTALLED, _Reader(apk.read_installed, 128 * _MB)),
    **dict.fromkeys(rpm.DATABASES, _Reader(rpm.read_database, 256 * _MB)),
    **dict.fromkeys(rpm.LOGS, _Reader(rpm.read_log, 1024 * _MB)),
    # Nothing of these is read, so that no size is too large.
    **dict.fromkeys(_UNKNOWN, _Reader(_not_read, 1024 * _MB)),
}
_ENDS = (
    (npm.MANIFEST, npm.is_manifest, _MANIFEST),
    (python.METADATA_ENDS, None, _METADATA),
    (python.RECORD_END, None, _RECORD),
    (python.INSTALLED_END, None, _INSTALLED_FILES),
    (java.ENDS, None, _ARCHIVE),
    (gems.SPECIFICATION_END, gems.is_specification, _SPECIFICATION),
)
# One look at the end of a path tells most files apart from evidence.
_ANY_END = (
    npm.MANIFEST,
    *python.METADATA_ENDS,
    python.RECORD_END,
    python.INSTALLED_END,
    *java.ENDS,
    gems.SPECIFICATION_END,
)
_SHARED_OBJECT = b".so"
_RUNS = 0o111


def wanted(path: bytes, kind: str, size_bytes: int, mode: int) -> bool:
    """Whether the content of a file is evidence, to be given to `read`.

    Args:
        path: Clean and absolute.
        kind: One of `files.columns.KINDS`; only a `file` is evidence. For a hard link, ask with the
            kind and size of the file it names: the content found there is evidence of both paths.
        size_bytes: Bytes of its content.
        mode: Permission bits: a large file that may be run can be a Go program.
    """
    if kind != "file":
        return False
    reader = _reader(path)
    if reader is None:
        return _may_be_program(path, size_bytes, mode) and size_bytes <= _PROGRAM.most_bytes
    return size_bytes <= reader.most_bytes


def too_large(path: bytes, kind: str, size_bytes: int, mode: int) -> Evidence | None:
    """The evidence, a problem, of a file that `wanted` refuses only for its size; else None."""
    if kind != "file":
        return None
    reader = _reader(path)
    if reader is None and _may_be_program(path, size_bytes, mode):
        reader = _PROGRAM
    if reader is None or size_bytes <= reader.most_bytes:
        return None
    limit = bytes_text(reader.most_bytes)
    return Evidence(problem=f"not read: {bytes_text(size_bytes)} are over the limit of {limit}")


def read(path: bytes, content: bytes) -> Evidence | None:
    """What the file says about packages; None if it says nothing.

    Nothing is raised for bad content: it gives an `Evidence` with a `problem`. Time and memory are
    linear in the content, and in 256 MB more where a Java archive unpacks to that.

    Args:
        path: Clean and absolute, as given to `wanted`.
        content: All of its bytes.
    """
    reader = _reader(path) or _PROGRAM
    try:
        evidence = reader.read(path, content)
    except InputError as error:
        evidence = Evidence(problem=error.problem)
    return None if evidence == Evidence() else evidence


def _reader(path: bytes) -> _Reader | None:
    """What reads the file at `path`, by its path alone."""
    if path.startswith(b"/var/lib/dpkg/"):
        if dpkg.listed_as(path) is not None:
            return _LIST
        if path.startswith(dpkg.STATUS_D):
            return _SUMS if path.endswith(dpkg.SUMS_END) else _STATUS
    if path.endswith(_ANY_END):
        for end, is_right, reader in _ENDS:
            if path.endswith(end) and (is_right is None or is_right(path)):
                return reader
    return _AT.get(path)


def _may_be_program(path: bytes, size_bytes: int, mode: int) -> bool:
    """Whether it is worth a look for Go's mark: shared objects are not, and are half of Python."""
    return (
        bool(mode & _RUNS)
        and size_bytes >= golang.SMALLEST_BYTES
        and _SHARED_OBJECT not in path.rpartition(b"/")[2]
    )
