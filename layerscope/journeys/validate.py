"""Every fault of every input: all documents checked, every stored byte read and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.journeys.faults import with_no_image_faults
from layerscope.journeys.pool import read_layers
from layerscope.report.answers import NoteRow, ValidatedInput, ValidateDocument
from layerscope.report.from_results import build
from layerscope.sources.transport import open_inputs
from layerscope.sources.validate import check, notes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from layerscope.oci.platform import Platform
    from layerscope.report.document import Report
    from layerscope.sources.image import OpenedInput
    from layerscope.sources.limits import Limits


def validate(
    inputs: Sequence[str],
    *,
    platform: Platform | None,
    limits: Limits,
    jobs: int | None,
    stdin: BinaryIO | None,
    progress: Callable[[int, int], None] | None = None,
) -> ValidateDocument:
    """What is wrong with the inputs, all of it; see `analyze` for the arguments.

    Raises: `UsageError` for an input that makes no sense as one.
    """
    opened = with_no_image_faults(
        open_inputs(inputs, platform=platform, limits=limits, stdin=stdin)
    )
    report = build(
        opened, read_layers(opened, jobs=jobs, limits=limits, content=None, progress=progress)
    )
    return verdicts(opened, report)


def verdicts(opened: Sequence[OpenedInput], report: Report) -> ValidateDocument:
    """The document, from the inputs and the report on them.

    What is broken and still can be read without doubt, such as a config that names no architecture,
    is a note with a code: `analyze` and `validate` agree on which inputs are faulty.
    """
    faulty = {fault.input for fault in report.faults}
    return ValidateDocument(
        tool=report.tool,
        valid=not report.faults,
        inputs=[
            ValidatedInput(
                input=one.input,
                source=one.source,
                images=len(one.images),
                layers=sum(len(image.layers) for image in one.images),
                valid=one.input not in faulty,
            )
            for one in opened
        ],
        skipped=report.skipped,
        faults=report.faults,
        notes=[row for one in opened for row in _document_notes(one, report)]
        + [
            NoteRow(input=image.input, message=note, image=image.index, layer=layer.index)
            for image in report.images
            for layer in image.layers
            for note in layer.notes
        ],
    )


def _document_notes(one: OpenedInput, report: Report) -> list[NoteRow]:
    """What the documents of an input break, and what is odd in them, faults left out."""
    told = {(row.input, row.code, row.layer) for row in report.faults}
    known = set(one.faults)
    broken = [
        NoteRow(
            input=fault.input,
            message=fault.message,
            image=fault.image,
            layer=fault.layer,
            code=fault.code,
        )
        for fault in check(one)
        # A blob of the wrong length is met again, as a fault, when it is read.
        if fault not in known and (fault.input, fault.code, fault.layer) not in told
    ]
    return broken + [
        NoteRow(input=note.input, message=note.message, image=note.image, layer=note.layer)
        for note in notes(one)
    ]
