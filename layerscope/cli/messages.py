"""What is said on standard error: one line for each problem, and at most one hint."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from layerscope.cli.exit_codes import DONE, INPUT
from layerscope.errors import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.errors import LayerscopeError
    from layerscope.report.document import FaultRow
    from layerscope.sources.image import Fault

LINE_CHARACTERS = 600
"""Longer lines are cut; parts that come from images were cut before."""


def say(text: str) -> None:
    """Write one line to standard error, escaped; a closed standard error is nobody's loss."""
    try:
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        safe = shown(text, LINE_CHARACTERS).encode(encoding, "backslashreplace").decode(encoding)
        sys.stderr.write(f"{safe}\n")
        sys.stderr.flush()
    except (OSError, ValueError):
        return


def say_error(error: LayerscopeError) -> int:
    """The exit status of the error, after it and its hint were written."""
    say(f"layerscope: {error}")
    if error.hint:
        say(f"hint: {error.hint}")
    return error.exit_status


def say_faults(faults: Sequence[FaultRow | Fault]) -> int:
    """The exit status of a run with these faults, after one line was written for each input.

    A fault that several images of an input share is counted once.
    """
    by_input: dict[str, dict[tuple[str, str], FaultRow | Fault]] = {}
    for fault in faults:
        by_input.setdefault(fault.input, {}).setdefault((fault.code, fault.message), fault)
    for name, distinct in by_input.items():
        first, *others = distinct.values()
        count = len(others)
        more = f" and {count} more fault{'s' * (count > 1)}" if others else ""
        say(f"layerscope: {shown(name)}: {shown(first.message, 400)} ({first.code}){more}")
    hint = next((fault.hint for fault in faults if fault.hint), "")
    if hint:
        say(f"hint: {hint}")
    return INPUT if faults else DONE
