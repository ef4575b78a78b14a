"""How far reading has come, on a terminal's standard error and nowhere else."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from layerscope.cli.messages import say
from layerscope.units import bytes_text, duration_text, share_text

if TYPE_CHECKING:
    from types import TracebackType

SECONDS_BETWEEN = 0.1


class Progress:
    """A line that says how many bytes were read and how fast; call it with bytes done and in all.

    Args:
        quiet: Whether to write nothing.
        verbose: Whether to say at the end what was read, terminal or not.
    """

    def __init__(self, *, quiet: bool, verbose: bool) -> None:
        self._shown = not quiet and sys.stderr is not None and sys.stderr.isatty()
        self._summary = verbose and not quiet
        self._started = time.monotonic()
        self._last = 0.0
        self._done = 0
        self._width = 0

    def __enter__(self) -> Self:
        return self

    def __call__(self, done: int, total: int) -> None:
        """Show the state, but no more often than an eye can follow."""
        self._done = done
        now = time.monotonic()
        if self._shown and now - self._last >= SECONDS_BETWEEN:
            self._last = now
            of_all = f" of {bytes_text(total)} ({share_text(done, total)})" if total else ""
            self._write(f"{bytes_text(done)}{of_all}, {self._rate(now)}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the line, so that what follows starts on a clean one."""
        if self._width:
            self._write("")
        if self._summary and kind is None:
            now = time.monotonic()
            took = duration_text(now - self._started)
            say(f"read {bytes_text(self._done)} in {took}, {self._rate(now)}")

    def _rate(self, now: float) -> str:
        return f"{bytes_text(round(self._done / max(now - self._started, 0.001)))}/s"

    def _write(self, text: str) -> None:
        # Blanks cover what is left of a longer line before; the cursor goes back to the start.
        sys.stderr.write(f"\r{text:<{self._width}}" if text else f"\r{'':<{self._width}}\r")
        sys.stderr.flush()
        self._width = len(text)
