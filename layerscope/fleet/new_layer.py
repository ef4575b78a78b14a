"""A layer that a plan would write: its members, and what keeps it from being written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from layerscope.files.tree import PATH_BYTES, ROOT
from layerscope.fleet.tar_form import TarPart, content_bytes
from layerscope.fleet.tar_size import parts_bytes


class Refused(NamedTuple):
    """A path that keeps a layer from being written, and why, in a few words."""

    path: bytes
    why: str


@dataclass(frozen=True, slots=True)
class NewLayer:
    """A layer that is yet to be written.

    Attributes:
        parts: Its members: the layer of the image that content comes from, None where there is
            none, and which members.
        refused: What keeps it from being written; its size is not known then.
    """

    parts: list[tuple[int | None, TarPart]]
    refused: list[Refused] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """How many members it has."""
        return sum(len(part.rows) for _, part in self.parts)

    @property
    def uncompressed_bytes(self) -> int | None:
        """Bytes of its tar; None if it cannot be written."""
        return None if self.refused else parts_bytes(part for _, part in self.parts)

    @property
    def content_bytes(self) -> int | None:
        """Bytes of the regular files in it; None if it cannot be written."""
        if self.refused:
            return None
        return sum(
            content_bytes(part, at) for _, part in self.parts for at in range(len(part.rows))
        )


def add_ancestors(found: set[bytes], path: bytes) -> list[bytes]:
    """Puts the directories on the way to a path into a set; gives back those that were not there.

    The way up ends at the first that is there, so that deep trees cost no more than they have
    directories. Paths that no system could open have none, as in `files.tree`.
    """
    added: list[bytes] = []
    if path == ROOT or len(path) > PATH_BYTES:
        return added
    while path != ROOT:
        path = path.rpartition(b"/")[0] or ROOT
        if path in found:
            break
        found.add(path)
        added.append(path)
    return added
