"""Where in a Dockerfile something stands."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """The lines of one instruction, both counted from 1; heredoc bodies are included.

    Both are 0 for an instruction that has no lines of its own (the one inside an `ONBUILD`).
    """

    first_line: int
    last_line: int
