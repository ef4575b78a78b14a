"""A folder as a store of documents and blobs, whose links are never followed."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from layerscope.errors import MissingBlobError, UnreadableInputError, UnsafeMemberError, shown
from layerscope.sources.region import Region

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder at `path`, which itself may be a link: the user named it."""

    path: str

    def has(self, name: str) -> bool:
        """Whether something of this name is in the folder, of any kind."""
        return os.path.lexists(os.path.join(self.path, name))

    def region_of(self, name: str, size: int | None = None) -> Region:  # noqa: ARG002 - the store's interface; a folder has one file of a name
        """The regular file `name`, a relative path that layerscope made itself.

        Each folder on the way is opened without following links, so that a link to `/` or to a
        device is refused, not read; O_NONBLOCK keeps a pipe from blocking.

        Raises: `MissingBlobError`, `UnsafeMemberError`, or `UnreadableInputError`.
        """
        at = -1
        try:
            at = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY)
            for part in name.split("/"):
                inner = os.open(part, _FLAGS, dir_fd=at)
                os.close(at)
                at = inner
            status = os.fstat(at)
        except FileNotFoundError:
            raise MissingBlobError(f"there is no {shown(name)}") from None
        except OSError as error:
            if self._is_irregular(name):
                raise UnsafeMemberError(f"{shown(name)} is a link or no regular file") from None
            raise UnreadableInputError(error.strerror or "cannot be opened", shown(name)) from error
        finally:
            if at >= 0:
                os.close(at)
        if not stat.S_ISREG(status.st_mode):
            raise UnsafeMemberError(f"{shown(name)} is no regular file")
        return Region(os.path.join(self.path, name), None, 0, status.st_size)

    def _is_irregular(self, name: str) -> bool:
        """Whether a part of `name` is neither a folder nor a regular file (a link, a socket)."""
        path = self.path
        for part in name.split("/"):
            path = os.path.join(path, part)
            try:
                mode = os.lstat(path).st_mode
            except OSError:
                return False
            if not stat.S_ISDIR(mode):
                return not stat.S_ISREG(mode)
        return False
