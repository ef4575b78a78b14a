"""Where objects of the catalog lie: a folder, or whatever fsspec reaches by a URL."""

from __future__ import annotations

import os
import posixpath
import time
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from layerscope.errors import UsageError, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES = 4 * 1024**3
"""A longer object is none of ours."""

TEMPORARY = ".tmp-"
"""Begins the name of an object that is being written, or whose writer was killed."""

_OBJECT_STORES = frozenset({"s3", "gs", "gcs", "abfs", "az", "oss", "oci"})
"""Stores of fsspec in which a folder is nothing of its own."""

USED_STEP_SECONDS = 24 * 3600
"""How exactly the time of last use is known: a step of a day costs next to nothing."""


class StoredObject(msgspec.Struct, frozen=True):
    """One object: its name below the place, its bytes, and when it was last of use."""

    name: str
    size_bytes: int
    used_seconds: float


class Place(Protocol):
    """A flat store of whole objects by name; `/` in names makes folders where there are any."""

    def read(self, name: str) -> bytes | None:
        """All bytes of an object; None if it is not there. Raises: `OSError`."""

    def write(self, name: str, data: bytes) -> None:
        """Put an object whole: others see the old one or the new one. Raises: `OSError`."""

    def remove(self, name: str) -> None:
        """Take an object away; it is no error if somebody else did. Raises: `OSError`."""

    def objects(self) -> Iterator[StoredObject]:
        """All objects, unfinished ones included, in no order. Raises: `OSError`."""


def place_at(text: str) -> Place:
    """The place that a folder or a URL names; nothing is made or looked at yet.

    Raises: `UsageError` for a URL of a kind that is not known or whose package is not installed.
    """
    if "://" not in text:
        return Folder(text)
    if text.startswith("file://"):
        return Folder(text.removeprefix("file://"))
    return Remote(text)


class Folder:
    """A folder of this machine; made when something is put there."""

    def __init__(self, path: str) -> None:
        """Take the path of the folder."""
        self.path = os.path.abspath(path)

    def read(self, name: str) -> bytes | None:
        """As `Place.read`. An object that was read counts as used."""
        try:
            descriptor = os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        with open(descriptor, "rb", buffering=0) as file:
            status = os.fstat(descriptor)
            if status.st_size > MOST_BYTES:
                return None
            data = file.readall()
            if time.time() - status.st_mtime > USED_STEP_SECONDS:
                with suppress(OSError):
                    os.utime(descriptor)
        return data

    def write(self, name: str, data: bytes) -> None:
        """As `Place.write`: to a name of its own, then renamed in one step."""
        path = self._path(name)
        folder, base = os.path.split(path)
        beside = os.path.join(folder, f"{TEMPORARY}{os.urandom(8).hex()}-{base[:64]}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            descriptor = os.open(beside, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            descriptor = os.open(beside, flags, 0o600)
        try:
            with open(descriptor, "wb", buffering=0) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
            os.replace(beside, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside)
            raise

    def remove(self, name: str) -> None:
        """As `Place.remove`."""
        with suppress(FileNotFoundError):
            os.unlink(self._path(name))

    def objects(self) -> Iterator[StoredObject]:
        """As `Place.objects`."""
        todo = [""]
        while todo:
            below = todo.pop()
            with suppress(FileNotFoundError), os.scandir(self._path(below)) as entries:
                for entry in entries:
                    name = posixpath.join(below, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(name)
                    elif entry.is_file(follow_symlinks=False):
                        # Another process may take it away in this moment.
                        with suppress(FileNotFoundError):
                            status = entry.stat(follow_symlinks=False)
                            yield StoredObject(name, status.st_size, status.st_mtime)

    def _path(self, name: str) -> str:
        return os.path.join(self.path, name) if name else self.path


class Remote:
    """What fsspec reaches by a URL; an object is put there by one call, whole.

    Where a store does not do that in one step, a reader may meet half an object; its seal tells.
    """

    def __init__(self, url: str) -> None:
        """Find the file system of the URL. Raises: `UsageError` if there is none."""
        try:
            from fsspec.core import url_to_fs  # noqa: PLC0415 - only URLs need it
        except ImportError as error:
            hint = "pip install fsspec"
            raise UsageError("a catalog at a URL needs fsspec", shown(url), hint) from error
        try:
            fs, root = url_to_fs(url)
        except (ValueError, ImportError, OSError) as error:
            raise UsageError(f"no catalog there: {shown(error)}", shown(url)) from error
        self._fs: Any = fs
        self._protocols = {fs.protocol} if isinstance(fs.protocol, str) else set(fs.protocol)
        self._root = root.rstrip("/")

    def read(self, name: str) -> bytes | None:
        """As `Place.read`."""
        try:
            data: bytes = self._fs.cat_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return None
        except Exception as error:
            raise _as_os_error(error) from error
        return data

    def write(self, name: str, data: bytes) -> None:
        """As `Place.write`."""
        path = f"{self._root}/{name}"
        try:
            try:
                self._fs.pipe_file(path, data)
            except FileNotFoundError:
                # A store with folders wants them made. An object store has none: there the bucket
                # is missing, and to make one is for its owner, not for a misspelt name.
                if not _OBJECT_STORES.isdisjoint(self._protocols):
                    raise
                self._fs.makedirs(posixpath.dirname(path), exist_ok=True)
                self._fs.pipe_file(path, data)
        except Exception as error:
            raise _as_os_error(error) from error

    def remove(self, name: str) -> None:
        """As `Place.remove`."""
        try:
            self._fs.rm_file(f"{self._root}/{name}")
        except FileNotFoundError:
            return
        except Exception as error:
            raise _as_os_error(error) from error

    def objects(self) -> Iterator[StoredObject]:
        """As `Place.objects`. Stores do not say when an object was read, only when it was put."""
        try:
            found = self._fs.find(self._root, detail=True)
        except FileNotFoundError:
            return
        except Exception as error:
            raise _as_os_error(error) from error
        start = len(self._root) + 1
        for path, about in found.items():
            yield StoredObject(path[start:], about.get("size") or 0, _seconds(about))


class Nowhere:
    """A place that keeps nothing, for a machine that has none."""

    def read(self, name: str) -> bytes | None:
        """None. As `Place.read`."""

    def write(self, name: str, data: bytes) -> None:
        """As `Place.write`."""

    def remove(self, name: str) -> None:
        """As `Place.remove`."""

    def objects(self) -> Iterator[StoredObject]:
        """None at all. As `Place.objects`."""
        return iter(())


def _seconds(about: dict[str, Any]) -> float:
    for key in ("LastModified", "mtime", "last_modified", "created", "updated"):
        value = about.get(key)
        if isinstance(value, datetime):
            return value.timestamp()
        if isinstance(value, int | float):
            return float(value)
    return 0.0


def _as_os_error(error: Exception) -> OSError:
    """Each store has exceptions of its own; to the catalog they all say that it did not work."""
    return error if isinstance(error, OSError) else OSError(f"{type(error).__name__}: {error}")
