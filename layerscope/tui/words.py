"""What the explorer says, as plain text: lines of the panes, and details of what is selected.

Every name from an image goes through `render.escape`, so that all of it is printable and on one
line. None of it is markup: widgets show these texts letter for letter.
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from layerscope.files.squash import IMPLIED_MODE
from layerscope.journeys.tree_rows import text_of
from layerscope.render.escape import exact, instruction, line, short_digest
from layerscope.tui.view import NO_ROW, State
from layerscope.units import bytes_text, counted

if TYPE_CHECKING:
    from layerscope.analysis.waste import Wasted
    from layerscope.report.document import ImageRow, LayerRow
    from layerscope.tui.model import Model
    from layerscope.tui.outline import Line, Outline
    from layerscope.tui.view import View

LETTERS = {State.UNCHANGED: " ", State.ADDED: "A", State.CHANGED: "M", State.REMOVED: "R"}
"""What stands before a path: dive's words for its states begin with these letters."""

STATE_WORDS = {
    State.UNCHANGED: "unmodified",
    State.ADDED: "added",
    State.CHANGED: "modified",
    State.REMOVED: "removed",
}

DEEPEST = 20
"""Deeper directories are not indented further: their names would leave the screen."""

PATH_CHARACTERS = 300
"""Of a path that is longer the details show the beginning; copying takes all of it."""

VERSIONS_SHOWN = 3

TREE_HEAD = f"   {'Size':>8} {'Hidden':>8} "
ATTRIBUTES_HEAD = f"{'Mode':10} {'Owner':>11} "
LAYERS_HEAD = f" {'#':>3} {'Content':>8} {'Hidden':>8} Instruction"
WASTE_HEAD = f" {'Hidden':>8} {'Layer':>5} {'By':>5} {'Cause':13} Path"

_FORMATS = {
    "file": stat.S_IFREG,
    "hardlink": stat.S_IFREG,
    "dir": stat.S_IFDIR,
    "symlink": stat.S_IFLNK,
    "char": stat.S_IFCHR,
    "block": stat.S_IFBLK,
    "fifo": stat.S_IFIFO,
}


def header(image: ImageRow) -> str:
    """The image's name and its sizes."""
    name = line(image.names[0] if image.names else image.input, 40)
    parts = [
        f"{name} ({line(str(image.platform), 40)})",
        counted(len(image.layers), "layer"),
        f"{_size(image.content_bytes)} files",
        f"{_size(image.visible_bytes)} visible",
        f"{_size(image.wasted_bytes)} hidden",
    ]
    return " · ".join(parts)


def layer_line(layer: LayerRow) -> str:
    """One line of the list of layers."""
    hidden = bytes_text(layer.hidden_bytes) if layer.hidden_bytes else ""
    text = instruction(layer.created_by)
    return f"{layer.index:>3} {_size(layer.content_bytes):>8} {hidden:>8} {text}"


def tree_line(model: Model, view: View, at: Line, *, attributes: bool) -> str:
    """One line of the tree: state, size, hidden bytes, perhaps mode and owner, and the name."""
    node = at.node
    hidden = view.hidden_total(node)
    start = f"{LETTERS[view.state(node)]} {bytes_text(view.total(node)):>8} "
    start += f"{bytes_text(hidden) if hidden else '':>8} "
    row = view.rows[node]
    if attributes:
        start += f"{_mode(model, row):10} {_owner(model, row):>11} "
    mark = ("▾ " if at.opened else "▸ ") if at.folder else "  "
    name = exact(text_of(view.index.name(node)))
    if _kind(model, row) == "dir":
        name += "/"
    target = _target(model, row)
    indent = "  " * min(at.depth, DEEPEST)
    return f"{start}{indent}{mark}{name}{'' if target is None else f' -> {target}'}"


def waste_line(each: Wasted) -> str:
    """One line of the list of hidden copies."""
    by = "-" if each.hidden_by_layer is None else str(each.hidden_by_layer)
    path = exact(text_of(each.path))
    return f"{bytes_text(each.size_bytes):>8} {each.layer:>5} {by:>5} {each.cause:13} {path}"


def layer_details(layer: LayerRow) -> list[str]:
    """All that is known of a layer."""
    return [
        f"layer {layer.index}: {instruction(layer.created_by)}",
        f"DiffID {short_digest(layer.diff_id)} blob {short_digest(layer.digest)}",
        f"{_size(layer.content_bytes)} of files, {_size(layer.hidden_bytes)} hidden",
        f"{_size(layer.compressed_bytes)} stored, {_size(layer.uncompressed_bytes)} as a tar",
        f"{'?' if layer.entries is None else counted(layer.entries, 'entry', 'entries')}",
    ]


def path_details(model: Model, view: View, node: int) -> list[str]:
    """All that is known of a path in a view: what it is, which layer stored it, what hides it."""
    path, row = view.index.paths[node], view.rows[node]
    kind = _kind(model, row)
    said = [f"{exact(text_of(path), PATH_CHARACTERS)}  ({STATE_WORDS[view.state(node)]})"]
    size = f"{view.total(node):,} B" + (" in it" if kind == "dir" else "")
    if kind == "hardlink":
        size = f"{model.squashed.size(model.squashed.inode(row)):,} B, counted at one name"
    facts = [_KIND_WORDS.get(kind, kind), _mode(model, row), _owner(model, row), size]
    target = _target(model, row)
    if target is not None:
        facts.append(f"-> {target}")
    said.append(" · ".join(fact for fact in facts if fact))
    content = None if row < 0 else model.squashed.content(model.squashed.inode(row))
    if content is not None:
        layer, _ = model.squashed.place(model.squashed.inode(row))
        said.append(f"{model.squashed.layers[layer].hashed}:{content.hex()}")
    said += _where(model, row)
    hidden = view.hidden_total(node)
    if hidden and view.index.ends[node] > node + 1:
        said.append(f"{hidden:,} B here and below are hidden")
    said += _versions(model, path, shown=row)
    return said


def counts(view: View, outline: Outline) -> str:
    """How many paths are shown, and what keeps others from being shown."""
    parts = [counted(outline.matches(view), "path")]
    off = [STATE_WORDS[state] for state in State if state not in outline.states]
    if off:
        parts.append(f"not shown: {', '.join(off)}")
    if outline.hidden_only:
        parts.append("only with hidden bytes")
    if outline.query:
        parts.append(f"with {line(outline.query, 40)!r}")
    parts.append(f"by {outline.order}")
    return " · ".join(parts)


def copied(path: bytes) -> str:
    """A path as it is put on the clipboard: itself, or escaped if it is not all printable.

    A line break in what is pasted would end a command of the shell.
    """
    text = text_of(path)
    return text if text.isprintable() else line(text, len(text) + 1)


_KIND_WORDS = {"dir": "directory", "symlink": "symbolic link", "hardlink": "hard link"}


def _where(model: Model, row: int) -> list[str]:
    if row == NO_ROW:
        return ["no layer has an entry for it"]
    layer = model.squashed.place(row)[0]
    by = instruction(model.layers[layer].created_by)
    if row < 0:
        return [f"no layer has an entry for it; layer {layer} stores what is in it: {by}"]
    said = [f"stored by layer {layer}: {by}"]
    taker = model.squashed.hidden.get(row)
    if taker is not None:
        over = model.squashed.place(taker)[0]
        taken = _taken(_kind(model, row), _kind(model, taker))
        said.append(f"{taken} by layer {over}: {instruction(model.layers[over].created_by)}")
    return said


def _taken(kind: str, by: str) -> str:
    """What an entry did to that whose name it took."""
    if by in {"whiteout", "opaque"}:
        return "removed"
    return "listed again" if kind == by == "dir" else "replaced"


def _versions(model: Model, path: bytes, shown: int) -> list[str]:
    versions = model.versions(path)
    said = []
    for each in versions[-VERSIONS_SHOWN:]:
        what = "its" if each.row == shown else f"{each.size_bytes:,} B of layer {each.layer}:"
        over = "" if each.hidden_by_layer is None else f" by layer {each.hidden_by_layer}"
        end = "bytes are hidden" if each.row == shown else "hidden"
        said.append(f"{what} {end}{over} ({each.cause})")
    if len(versions) > VERSIONS_SHOWN:
        said.append(
            f"and {counted(len(versions) - VERSIONS_SHOWN, 'earlier copy', 'earlier copies')}"
        )
    return said


def _size(count: int | None) -> str:
    return "?" if count is None else bytes_text(count)


def _kind(model: Model, row: int) -> str:
    return model.squashed.kind(row)


def _mode(model: Model, row: int) -> str:
    if row == NO_ROW:
        return ""
    kind = _kind(model, row)
    mode = IMPLIED_MODE
    if row >= 0:
        layer, at = model.squashed.place(model.squashed.inode(row))
        mode = model.squashed.layers[layer].modes[at] & 0o7777
    letters = stat.filemode(_FORMATS.get(kind, 0) | mode)
    return letters if kind in _FORMATS else f"?{letters[1:]}"


def _owner(model: Model, row: int) -> str:
    if row == NO_ROW:
        return ""
    if row < 0:
        return "0:0"
    layer, at = model.squashed.place(model.squashed.inode(row))
    columns = model.squashed.layers[layer]
    return f"{columns.uids[at]}:{columns.gids[at]}"


def _target(model: Model, row: int) -> str | None:
    if row < 0:
        return None
    layer, at = model.squashed.place(row)
    link = model.squashed.layers[layer].links.get(at)
    return None if link is None else exact(text_of(link))
