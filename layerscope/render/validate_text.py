"""The result of a validation for people: one line for each input, then what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.escape import line
from layerscope.units import counted

if TYPE_CHECKING:
    from layerscope.report.answers import NoteRow, ValidateDocument
    from layerscope.report.document import FaultRow


UNKNOWN_SOURCE = "unknown"
"""What a document calls the kind of an input that could not be told."""


def validate_text(document: ValidateDocument) -> bytes:
    """The document as UTF-8 text."""
    lines = []
    for position, one in enumerate(document.inputs):
        word = "ok    " if one.valid else "FAULTY"
        held = f"{counted(one.images, 'image')}, {counted(one.layers, 'layer')}"
        about = held if one.images or one.valid else "no image could be read"
        kind = "" if one.source == UNKNOWN_SOURCE else f"{line(one.source, 40)}, "
        lines.append(f"{word}  {line(one.input)}  {kind}{about}")
        first = all(earlier.input != one.input for earlier in document.inputs[:position])
        lines += [_fault(fault) for fault in document.faults if first and fault.input == one.input]
    lines += [_note(note) for note in document.notes]
    lines += [
        f"skipped {line(item.input)}: {line(item.what)} {line(item.digest or '')}".rstrip()
        for item in document.skipped
    ]
    return "".join(f"{text}\n" for text in lines).encode("utf-8", "backslashreplace")


def _fault(fault: FaultRow) -> str:
    return f"        {line(fault.message, 400)} ({line(fault.code)})"


def _note(note: NoteRow) -> str:
    image = "" if note.image is None else f"image {note.image}: "
    layer = "" if note.layer is None else f"layer {note.layer}: "
    code = f" ({line(note.code)})" if note.code else ""
    return f"note    {line(note.input)}: {image}{layer}{line(note.message, 400)}{code}"
