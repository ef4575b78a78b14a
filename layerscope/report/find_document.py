"""The document `layerscope.find/1`: every version of the paths that match a pattern."""

from __future__ import annotations

from typing import Literal

from layerscope.report.answers import FileRow, ImageName
from layerscope.report.document import Cause, FaultRow, Row, Tool

State = Literal["visible", "linked", "hidden", "whiteout", "opaque", "absent"]


class VersionRow(FileRow, frozen=True, kw_only=True):
    """One version of a path, as one layer has it; see `FileRow` for the fields of every file.

    A hard link has the size, content, mode, owner and time of what it is a name of.

    Attributes:
        path: Where a container meets it: through no symbolic link.
        created_by: The history line of its layer; None if there is none.
        state: `visible`; `linked`: its own name is hidden, another name of its file is visible;
            `hidden`; `whiteout` and `opaque`: a marker, which hides others and is in no tree;
            `absent`: an entry that cannot be unpacked.
        cause: Why its name is hidden; None if it is not.
        hidden_by_layer: The layer that took its name; None if none did.
        hidden_by_path: The path of the entry that took it: its own, one above it (a directory that
            was deleted or became a file), or one below it.
        hidden_by_created_by: The history line of that layer.
        visible_as: The visible name of a `linked` one.
    """

    created_by: str | None
    state: State
    cause: Cause | None
    hidden_by_layer: int | None
    hidden_by_path: str | None
    hidden_by_created_by: str | None
    visible_as: str | None


class FoundImage(Row, frozen=True, kw_only=True):
    """One image and what was found in it.

    Attributes:
        image: Which one.
        layers: How many it has.
        versions: By path, top layer first; None if a layer could not be read, so that nobody knows.
    """

    image: ImageName
    layers: int
    versions: list[VersionRow] | None


class FindDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.find/1` document; images in the order of the inputs, then of their indexes."""

    tool: Tool
    pattern: str
    images: list[FoundImage]
    faults: list[FaultRow]
    schema: Literal["layerscope.find/1"] = "layerscope.find/1"
