"""The words for differences that text and Markdown share; every text is escaped for a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.render.escape import exact, instruction, line
from layerscope.render.text import image_title
from layerscope.units import bytes_text, count_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.diff_document import (
        ChangedRow,
        FilesRow,
        InstructionPartRow,
        PackagePartRow,
        PairRow,
        PartRow,
        SettingRow,
        StepChangeRow,
        Value,
    )

SIZE_WORDS = {
    "visible_bytes": ("visible", "what a container sees"),
    "wasted_bytes": ("wasted", "stored, never seen"),
    "content_bytes": ("content", "files in all layers"),
    "uncompressed_bytes": ("uncompressed", "layers as tars"),
    "compressed_bytes": ("compressed", "layers as stored"),
}
"""By field of `SizesRow`, its word and what it means."""

FIELD_WORDS = {
    "kind": "kind",
    "size_bytes": "size",
    "content": "content",
    "content-unknown": "content not hashed",
    "link_target": "link target",
    "mode": "mode",
    "uid": "owner",
    "gid": "group",
    "mtime_ns": "time",
    "xattrs": "xattrs",
    "linked_to": "hard link",
}

STEP_WORDS = {"added": "+", "removed": "-", "changed": "~", "rebuilt": "rebuilt"}
VERSIONS_SHOWN = 3
PATH_CHARACTERS = 4096


def signed(count: int) -> str:
    """A change of bytes with its sign.

    >>> signed(4_100_000), signed(-12), signed(0)
    ('+4.1 MB', '-12 B', '0 B')
    """
    return f"{'+' if count > 0 else ''}{bytes_text(count)}"


def fitted(text: str, width: int) -> str:
    """A text cut in its middle to fit, since both ends of a path say something.

    >>> fitted("/usr/lib/python3/dist-packages/x.py", 20)
    '/usr/lib/…kages/x.py'
    """
    if len(text) <= width:
        return text
    head = (width - 1) // 2
    return f"{text[:head]}…{text[len(text) - (width - 1 - head) :]}"


def content_change(row: InstructionPartRow) -> int | None:
    """By how much more an instruction stores; None if not known."""
    if row.old_content_bytes is None or row.new_content_bytes is None:
        return None
    return row.new_content_bytes - row.old_content_bytes


def largest_step_first(row: InstructionPartRow) -> int:
    """What instructions are sorted by: the larger of their two changes."""
    return -max(abs(row.delta_bytes), abs(content_change(row) or 0))


def heading(pair: PairRow) -> str:
    """The names of both images, or the one that both have."""
    old, new = image_title(pair.old), image_title(pair.new)
    return old if old == new else f"{old} > {new}"


def verdict(pair: PairRow, *, semantic: bool) -> str:
    """One sentence: whether they differ, and by how many visible bytes."""
    counts = " that counts (--semantic)" if semantic else ""
    if pair.equal:
        return f"nothing differs{counts}"
    if pair.equal is None:
        return f"no difference found{counts}, but not everything was measured"
    delta = pair.sizes.visible_bytes.delta
    what = "visible" if delta is not None else "content"
    if delta is None:
        delta = pair.sizes.content_bytes.delta
    if delta is None:
        return "they differ; the sizes are not known"
    if delta == 0:
        return f"they differ, and have the same {what} size"
    return f"the {what} size changed by {signed(delta)}"


def versions(row: PackagePartRow) -> str:
    """`1.2 > 1.3`, `added 1.3`, `removed 1.2`, the version where it is the same."""
    old, new = _versions(row.old_versions), _versions(row.new_versions)
    words = {
        "version": f"{old} > {new}",
        "added": f"added {new}",
        "removed": f"removed {old}",
        "bytes": new,
        "unowned": "",
    }
    return words[row.change]


def _versions(texts: Sequence[str]) -> str:
    shown = [line(text, 40) for text in texts[:VERSIONS_SHOWN]]
    more = [f"and {len(texts) - VERSIONS_SHOWN} more"] if len(texts) > VERSIONS_SHOWN else []
    return ", ".join(shown + more)


def part_name(part: PartRow) -> str:
    """A folder or a type; a folder of which parts stand elsewhere says so."""
    name = exact(part.name, 400)
    return f"{name} (the rest of it)" if part.rest else name


def setting_name(row: SettingRow) -> str:
    """What differs: `env PATH`, `cmd`."""
    return f"{line(row.setting, 40)} {line(row.name, 80)}".strip()


def value_text(value: Value, limit: int) -> str:
    """A setting on one line; words of a list in quotes, as in a Dockerfile; `(none)`."""
    if value is None:
        return "(none)"
    if isinstance(value, str):
        return line(value, limit)
    words = ", ".join(f'"{word[:limit]}"' for word in value[:limit])
    return line(f"[{words}]", limit)


def kind_counts(rows: Sequence[StepChangeRow]) -> str:
    """`1 added, 2 rebuilt`."""
    counts = Counter(str(row.change) for row in rows)
    kinds = ("added", "removed", "changed", "rebuilt")
    return ", ".join(f"{count_text(counts[kind])} {kind}" for kind in kinds if counts[kind])


def kind_of_step(row: StepChangeRow) -> str:
    """A sign for what happened to an instruction, or the word where it made another layer."""
    return STEP_WORDS[row.change]


def step_words(row: StepChangeRow) -> str:
    """The instruction; one that changed as it is now."""
    side = row.new or row.old
    return instruction(side.created_by if side else None)


def fields_text(row: ChangedRow) -> str:
    """What differs at a path, in words: `mode, owner`; modes with both values."""
    words = []
    for name, (old, new) in row.fields.items():
        about = f" {line(str(old), 20)} > {line(str(new), 20)}" if name in {"mode", "kind"} else ""
        words.append(FIELD_WORDS.get(name, line(name, 40)) + about)
    return ", ".join(words)


PathLine = tuple[str, str, int | None, str]
"""A sign, an escaped path, a change of bytes or None, and words on it or nothing."""


def largest_paths(files: FilesRow, *, every: bool) -> list[PathLine]:
    """The paths that differ, the largest change first, then by path.

    Only those that change a size or a content, unless `every` one is asked for: directories and
    metadata come last then.
    """
    rows: list[tuple[int, str, PathLine]] = []

    def put(path: str, sign: str, delta: int, why: str = "") -> None:
        rows.append((-abs(delta), path, (sign, exact(path, PATH_CHARACTERS), delta, why)))

    for added in files.added:
        if every or added.size_bytes:
            put(added.path, "+", added.size_bytes)
    for removed in files.removed:
        if every or removed.size_bytes:
            put(removed.path, "-", -removed.size_bytes)
    for changed in files.changed:
        if every or not changed.metadata_only:
            put(changed.path, "~", changed.delta_bytes, fields_text(changed))
    rows.sort(key=lambda row: row[:2])
    lines = [row[2] for row in rows]
    for moved in files.moved:
        why = f"moved from {exact(moved.old_path, PATH_CHARACTERS)}"
        lines.append((">", exact(moved.new_path, PATH_CHARACTERS), None, why))
    return lines
