"""What a look-up found, for people: by image and path, the version in the top layer first."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from layerscope.render.escape import exact, instruction, line
from layerscope.render.listing_text import (
    PATH_CHARACTERS,
    kind_and_mode,
    short_content,
    time_text,
)
from layerscope.render.page import Page
from layerscope.render.text import DEFAULT_WIDTH, image_title, whence
from layerscope.units import bytes_text, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.report.find_document import FindDocument, FoundImage, VersionRow

_BOLD, _PLAIN = "\x1b[1m", "\x1b[0m"
_DATE = len("2023-11-14")
_TIME = len("2023-11-14 22:13")


def find_text(
    document: FindDocument, *, width: int = DEFAULT_WIDTH, styled: bool = False
) -> Iterator[bytes]:
    """Pieces of UTF-8 text; what the layers were made by stands below the paths of each image.

    Args:
        document: What was found.
        width: Columns.
        styled: Whether to print paths and titles bold.
    """
    shown = [found for found in document.images if found.versions]
    for number, found in enumerate(shown):
        if number:
            yield b"\n"
        page = Page(width, styled=styled)
        page.title(image_title(found.image), line(str(found.image.platform), 40))
        page.line(whence(found.image))
        yield page.encoded()
        for text in _image(found, width, styled=styled):
            yield f"{text}\n".encode("utf-8", "backslashreplace")
    searched = [found for found in document.images if found.versions is not None]
    if searched and not shown:
        where = f" in {counted(len(searched), 'image')}" if len(searched) > 1 else ""
        yield f"nothing matches {exact(document.pattern)}{where}\n".encode()
    elif len(searched) > len(shown):
        yield f"\nnothing matches in {counted(len(searched) - len(shown), 'more image')}\n".encode()


def _image(found: FoundImage, width: int, *, styled: bool) -> Iterator[str]:
    versions = found.versions or []
    layers = max(len(str(row.layer)) for row in versions)
    owners = max(len(_owner(row)) for row in versions)
    digests = any(row.content for row in versions)
    # Version, then 8 letters of state, kind and mode, owner, size, time, digest, and blanks.
    others = 2 + 6 + layers + 2 + 8 + 2 + 11 + 1 + owners + 1 + 8 + 2 + (2 + 12 if digests else 0)
    time = _TIME if others + _TIME <= width else _DATE
    for path, rows in groupby(versions, key=lambda row: row.path):
        name = exact(path, PATH_CHARACTERS)
        yield ""
        yield f"{_BOLD}{name}{_PLAIN}" if styled else name
        for row in rows:
            about = (
                f"  layer {row.layer:>{layers}}  {row.state:<8}  {kind_and_mode(row)}"
                f" {_owner(row):<{owners}} {bytes_text(row.size_bytes):>8}"
                f"  {time_text(row.mtime_ns)[:time]}  {short_content(row.content)}"
            )
            yield about.rstrip()
            for remark in _remarks(row):
                yield f"{'':{10 + layers}}{remark}"
    yield ""
    yield from _made_by(versions, layers, width)


def _owner(row: VersionRow) -> str:
    return f"{row.uid}:{row.gid}"


def _remarks(row: VersionRow) -> Iterator[str]:
    if row.kind == "hardlink" and row.hardlink_to is not None:
        yield f"hard link to {exact(row.hardlink_to, PATH_CHARACTERS)}"
    elif row.kind == "symlink" and row.link_target is not None:
        yield f"-> {exact(row.link_target, PATH_CHARACTERS)}"
    if row.kind not in {"whiteout", "opaque"} and "/" + row.name.removeprefix("./") != row.path:
        yield f"stored as {exact(row.name, PATH_CHARACTERS)}"
    if row.state == "whiteout":
        yield "deletes what layers below have there"
    elif row.state == "opaque":
        yield "hides what layers below have in it"
    elif row.state == "absent":
        yield "cannot be unpacked"
    elif row.cause is not None:
        yield _why(row)
    if row.visible_as is not None:
        yield f"the file is still visible as {exact(row.visible_as, PATH_CHARACTERS)}"


def _why(row: VersionRow) -> str:
    """Which entry took the name of a version, in words."""
    layer = f"layer {row.hidden_by_layer}"
    other = row.hidden_by_path or row.path
    place = "" if other == row.path else exact(other, PATH_CHARACTERS)
    with_place, by_place = (f", with {place}", f", by {place}") if place else ("", "")
    words = {
        "deleted": f"deleted by {layer}{with_place}",
        "opaque": f"hidden by {layer}, which starts {place or 'it'} anew",
        "type-changed": f"replaced by {layer}{by_place or ', by another kind of file'}",
        "same-layer": f"stored once more in the same layer{by_place}",
        "metadata-only": f"described again by {layer}"
        if row.kind == "dir"
        else f"stored again by {layer}, same content",
        "repeated-layer": f"stored again by {layer}, which is the same layer",
    }
    return words.get(row.cause or "", f"overwritten by {layer}")


def _made_by(versions: Sequence[VersionRow], layers: int, width: int) -> Iterator[str]:
    """A line for each layer that was named, from the top down: what made it."""
    made = {row.layer: row.created_by for row in versions}
    made.update(
        (row.hidden_by_layer, row.hidden_by_created_by)
        for row in versions
        if row.hidden_by_layer is not None
    )
    for layer in sorted(made, reverse=True):
        start = f"layer {layer:>{layers}}  "
        text = instruction(made[layer]) or "(the record says nothing)"
        room = max(width - len(start), 20)
        yield start + (text if len(text) <= room else text[: room - 1] + "…")
