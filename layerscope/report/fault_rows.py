"""Rows of `faults` for inputs that could not be read at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.report.document import FaultRow

if TYPE_CHECKING:
    from layerscope.errors import InputError


def fault_row(error: InputError, name: str = "") -> FaultRow:
    """The row of an error.

    Args:
        error: What is wrong.
        name: The input as the user named it; empty where the error itself says what was read.
    """
    if name:
        return FaultRow(input=name, code=error.code, message=error.problem, hint=error.hint)
    return FaultRow(input=error.reading, code=error.code, message=error.problem, hint=error.hint)
