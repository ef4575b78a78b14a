"""How much one word may grow and how long it may take: its variables are untrusted."""

from __future__ import annotations

from layerscope.errors import DockerfileError

MAX_CHARACTERS = 1 << 20
"""What one word may become. Linux takes 128 KiB for an argument or a variable; BuildKit has no
limit here and would build until memory ends."""

MAX_DEPTH = 4_000
"""How deep parts may be nested, four for each level of `${a:-${b:-…}}`. BuildKit has no limit
here; without one, a line of 64 KiB could hold 13,000 levels."""

MAX_STEPS = 50_000_000
"""Comparisons of characters for all patterns of one word."""


class Budget:
    """What is left of the limits for one word."""

    __slots__ = ("_characters", "_steps")

    def __init__(self) -> None:
        self._characters = MAX_CHARACTERS
        self._steps = MAX_STEPS

    def grow(self, characters: int) -> None:
        """Take `characters` off.

        Raises:
            DockerfileError: No more are left.
        """
        self._characters -= characters
        if self._characters < 0:
            raise DockerfileError(f"a word that expands to more than {MAX_CHARACTERS} characters")

    def work(self, steps: int) -> None:
        """Take `steps` off.

        Raises:
            DockerfileError: No more are left.
        """
        self._steps -= steps
        if self._steps < 0:
            raise DockerfileError("a pattern in ${} that takes too long to look for")
