"""What a build context sends, and which of it no instruction uses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from layerscope import __version__
from layerscope.cache.simulate import chosen_version, simulate
from layerscope.cache.unused import CONTEXT, context_use
from layerscope.errors import UsageError, shown
from layerscope.journeys.build_inputs import Contexts, build_of
from layerscope.journeys.build_records import entry_rows, record_row
from layerscope.journeys.hidden_values import without_hidden
from layerscope.journeys.simulate import known_bases
from layerscope.report.context_document import ContextDocument, FolderRow, UseRow
from layerscope.report.document import Tool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from layerscope.cache.context import Context
    from layerscope.cache.filetree import FileTree
    from layerscope.cache.step import Prediction, StepFacts
    from layerscope.cache.unused import ContextUse
    from layerscope.journeys.build_inputs import BuildRequest


def context_of(
    request: BuildRequest,
    *,
    builder: str = "buildkit",
    version: str | None = None,
    bases: Sequence[str] = (),
    entries: bool = False,
    index: Path | None = None,
) -> ContextDocument:
    """What the context of a build holds, and what of it the build uses.

    Which files an instruction takes is found by BuildKit's rules, whichever the builder: it is the
    only one that names them exactly. The builder decides which ignore file counts.

    Args:
        request: The build.
        builder: Whose ignore files count.
        version: Of the builder; all of one builder take the same ignore files.
        bases: `NAME=IMAGE` texts, for triggers of base images.
        entries: Whether every file is listed, with its checksum: a record of the build.
        index: Where checksums are kept between runs; None keeps none.

    Raises: `UsageError` without a context, and for a builder or version that is not known; the
        `InputError` of what cannot be read.
    """
    if request.context is None:
        raise UsageError("expected --context DIR")
    chosen_version(builder, version)
    contexts = Contexts.empty(index, builder)
    build = build_of(request, contexts, known_bases(bases))
    opened = contexts.open(request.context, request.dockerfile)
    prediction = simulate([build])
    steps = [step.facts for step in prediction.steps]
    use = context_use(build.context, [each for step in steps for each in step.selections])
    known = prediction.failed is None
    document = ContextDocument(
        tool=Tool(version=__version__),
        ignore_file=_ignore_file(opened, request.context),
        patterns=opened.patterns,
        files=use.sent.files,
        bytes=use.sent.bytes,
        unused_files=use.unused.files if known else None,
        unused_bytes=use.unused.bytes if known else None,
        uses=_uses(steps, build.context),
        unused=_folders(use) if known else [],
        entries=None,
        record=None,
        notes=[*_notes(prediction, use), *contexts.keep()],
    )
    # A record says itself what it leaves out; its Dockerfile and paths must stay what they are.
    return msgspec.structs.replace(
        without_hidden(document, [build]),
        entries=entry_rows(build.context) if entries else None,
        record=record_row(build) if entries else None,
    )


def _ignore_file(opened: Context, folder: str) -> str | None:
    if opened.ignore_source is None:
        return None
    relative = os.path.relpath(opened.ignore_source, folder)
    return opened.ignore_source.name if relative.startswith("..") else relative


def _uses(steps: Sequence[StepFacts], tree: FileTree) -> list[UseRow]:
    """One row for each instruction that takes something, those of several platforms once."""
    # Triggers of a base all have the line of the FROM, but places of their own.
    rows: dict[tuple[int, int, int], UseRow] = {}
    for step in steps:
        taken = {
            path: node
            for selection in step.selections
            if selection.origin == CONTEXT and selection.entries is not None
            for path in selection.entries
            if (node := tree.node(path)) is not None and node.kind != "dir"
        }
        if taken:
            row = UseRow(
                line=step.line,
                instruction=step.instruction,
                files=len(taken),
                bytes=sum(node.size for node in taken.values() if node.kind == "file"),
            )
            rows.setdefault((step.line, step.stage_index, step.position), row)
    return [rows[place] for place in sorted(rows)]


def _folders(use: ContextUse) -> list[FolderRow]:
    return [
        FolderRow(
            path=folder.path,
            files=folder.amount.files,
            bytes=folder.amount.bytes,
            whole=folder.whole,
        )
        for folder in use.folders
    ]


def _notes(prediction: Prediction, use: ContextUse) -> list[str]:
    notes = [f"what {shown(source)} takes is not known" for source in use.unknown]
    if prediction.failed is not None:
        line = f"line {prediction.failed.line}: " if prediction.failed.line else ""
        notes.append(
            f"the build fails, so what it uses is not known: {line}{prediction.failed.message}"
        )
    return notes
