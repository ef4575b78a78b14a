"""A mapping that is never changed, and of which a changed one shares what stayed the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = TypeVar("Value")


class Overlay(Mapping[str, Value]):
    """Values by path, in some mappings on top of each other.

    Each step of a build has files of its own, nearly all of them those of the step before: copying
    100,000 entries for each of 200 steps would take gigabytes.

    >>> below = Overlay({"a": 1, "b": 2})
    >>> above = below.with_values({"b": 3})
    >>> dict(above), below["b"], len(above)
    ({'a': 1, 'b': 3}, 2, 2)
    """

    __slots__ = ("_length", "_levels")

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        """`values` are taken over, not copied: nobody may change them."""
        self._levels: tuple[Mapping[str, Value], ...] = (values,) if values else ()
        self._length = -1

    def with_values(self, values: Mapping[str, Value]) -> Overlay[Value]:
        """These on top; `values` are taken over, not copied."""
        if not values:
            return self
        levels = list(self._levels)
        top = values
        # A level is at least twice as large as the one above it, so there are few of them, and an
        # entry is copied as often as there can be levels.
        while levels and len(levels[-1]) < 2 * len(top):
            top = {**levels.pop(), **top}
        found: Overlay[Value] = Overlay()
        found._levels = (*levels, top)
        return found

    def as_dict(self) -> dict[str, Value]:
        """All in one mapping, which is faster to go through."""
        found: dict[str, Value] = {}
        for level in self._levels:
            found.update(level)
        return found

    def __getitem__(self, path: str) -> Value:
        """The value on top."""
        for level in reversed(self._levels):
            if path in level:
                return level[path]
        raise KeyError(path)

    def __iter__(self) -> Iterator[str]:
        """Every path once, in no order that means anything."""
        for number, level in enumerate(self._levels):
            above = self._levels[number + 1 :]
            for path in level:
                if not any(path in each for each in above):
                    yield path

    def __len__(self) -> int:
        """How many paths there are."""
        if self._length < 0:
            self._length = sum(1 for _ in self)
        return self._length
