"""The patterns of `${name#…}`, `${name%…}` and `${name/…/…}`: `?`, `*` and escaped characters.

BuildKit turns such a pattern into a regular expression in which neither `?` nor `*` crosses a line
end. Here a pattern is a row of pieces between stars, which are looked for from left to right: the
first place of a piece is always as good as any later one. A later place lies on the same line, for
a star cannot leave it, and what comes next can therefore also start from the earlier place. Only
the last piece is looked for from the right where a star takes as much as it can. So no pattern
makes a search go back, and work is bounded.

Positions count characters. Both sides are given as runes (`words_text.runes`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from layerscope.dockerfile.words_text import scanned
from layerscope.errors import DockerfileError, shown

if TYPE_CHECKING:
    from layerscope.dockerfile.words_budget import Budget

_LONG_PIECE = 16
_PIECE_STEPS = 50  # A piece that is looked for costs about as much as 50 comparisons.


@dataclass(frozen=True, slots=True)
class Piece:
    """What stands between two stars.

    Attributes:
        text: The characters in order; those at `wild` count for nothing.
        wild: Where any character but a line end fits, in ascending order.
    """

    text: str
    wild: tuple[int, ...] = ()

    def first(self, value: str, low: int, high: int, budget: Budget) -> int:
        """The first place in `value[low:high]` where the piece fits; -1 where there is none."""
        if not self.wild:
            return value.find(self.text, low, high)
        found = re.compile(_expression(self.text, self.wild)).search(value, low, high)
        seen = (found.start() if found else high) - low + 1
        budget.work(max(seen, 0) * len(self.text))
        return found.start() if found else -1

    def last(self, value: str, low: int, high: int, budget: Budget) -> int:
        """The last place in `value[low:high]` where the piece fits; -1 where there is none."""
        size = len(self.text)
        if not self.wild and size < _LONG_PIECE:
            return value.rfind(self.text, low, high)
        # `rfind` is slow in the worst case and `find` is not, so look in the mirror.
        mirrored = Piece(self.text[::-1], tuple(size - 1 - at for at in reversed(self.wild)))
        seen = mirrored.first(value[low:high][::-1], 0, max(high - low, 0), budget)
        return -1 if seen < 0 else high - seen - size


@lru_cache(maxsize=64)
def _expression(text: str, wild: tuple[int, ...]) -> str:
    parts = []
    done = 0
    for at in wild:
        parts.append(re.escape(text[done:at]))
        parts.append("[^\n]")
        done = at + 1
    parts.append(re.escape(text[done:]))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class WordPattern:
    """A pattern, as the pieces around its stars: one piece more than there are stars."""

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, text: str) -> WordPattern:
        r"""The pattern that `text` spells.

        Raises:
            DockerfileError: A backslash escapes something else than `*`, `?`, `\`, `}` and `/`.
        """
        pieces: list[Piece] = []
        chars: list[str] = []
        wild: list[int] = []
        source = scanned(text)
        at = 0
        while at < len(source):
            char = source[at]
            at += 1
            if char == "*":
                pieces.append(Piece("".join(chars), tuple(wild)))
                chars, wild = [], []
                continue
            if char == "?":
                wild.append(len(chars))
            elif char == "\\":
                follows = source[at : at + 1]
                # The lexer keeps the backslash before `}` and `/`; it is not part of the pattern.
                if follows in ("}", "/"):
                    continue
                if follows not in ("*", "?", "\\"):
                    raise DockerfileError(
                        f"invalid pattern ({shown(text)}) in substitution:"
                        f" invalid escape '\\{shown(follows or chr(0xFFFD))}'"
                    )
                at += 1
                char = follows
            chars.append(char)
        pieces.append(Piece("".join(chars), tuple(wild)))
        return cls(tuple(pieces))

    def end_at(self, value: str, start: int, budget: Budget, *, greedy: bool) -> int | None:
        """Where a match that starts at `start` ends, as far as can be if `greedy`, else as near.

        None where nothing matches there.
        """
        head, *rest = self.pieces
        if head.text:
            reach = start + len(head.text)
            if reach > len(value) or head.first(value, start, reach, budget) != start:
                return None
            start = reach
        for number, piece in enumerate(rest, 1):
            budget.work(_PIECE_STEPS)
            size = len(piece.text)
            if not size and (not greedy or number < len(rest)):
                continue
            line_end = value.find("\n", start)
            if line_end < 0:
                line_end = len(value)
            if not size:
                return line_end
            seek = piece.last if greedy and number == len(rest) else piece.first
            found = seek(value, start, min(len(value), line_end + size), budget)
            if found < 0:
                return None
            start = found + size
        return start

    def search(self, value: str, start: int, budget: Budget) -> tuple[int, int] | None:
        """The leftmost match at or after `start`, as long as can be: where it starts and ends."""
        head = self.pieces[0]
        while start <= len(value):
            budget.work(_PIECE_STEPS)
            if head.text:
                start = head.first(value, start, len(value), budget)
                if start < 0:
                    return None
            end = self.end_at(value, start, budget, greedy=True)
            if end is not None:
                return start, end
            # What fails here fails wherever the first piece ends on the same line.
            line_end = value.find("\n", start + len(head.text))
            if line_end < 0:
                return None
            start = start + 1 if "\n" in head.text else line_end + 1 - len(head.text)
        return None
