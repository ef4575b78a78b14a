"""A row of items as an automaton whose states are made when a path first needs them.

A state is a set of steps of the row, one bit each, that a path can be at after some characters.
Each character of a path makes at most one new state, so time grows with the length of a path,
whatever the pattern; and paths of one build are alike, so new states soon are rare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.dockerfile.ignore_items import NOT_LINE_END, SLASH, CharClass, Item, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_MOVES = 20_000
"""After as many moves between states all are forgotten, and made again if they are needed."""

_NOTHING = CharClass(())
_ANY = CharClass((), negated=True)


class _State:
    __slots__ = ("accepting", "moves", "steps")

    def __init__(self, steps: int, *, accepting: bool) -> None:
        self.steps = steps
        self.accepting = accepting
        self.moves: dict[str, _State] = {}


class Automaton:
    """An automaton for one row of items."""

    def __init__(self, items: Sequence[Item]) -> None:
        """Number the steps: each takes a character and stays or goes on to the next one.

        `(.*/)?` is three steps: an entry that takes no character, a star, and a slash. From the
        entry one may leap over all three.
        """
        self._readers: dict[CharClass, int] = {}
        self._stays = 0
        self._passes = 0
        self._leaps = 0
        self._size = 0
        for item in items:
            if item.kind is Kind.FOLDERS:
                self._leaps |= 1 << self._size
                self._passes |= 1 << self._size
                self._add(_NOTHING, stays=False)
                self._add(NOT_LINE_END, stays=True)
                self._add(SLASH, stays=False)
            elif item.kind in (Kind.ONE, Kind.MANY):
                self._add(item.chars, stays=item.kind is Kind.MANY)
        if not items or items[-1].kind is not Kind.END:
            self._add(_ANY, stays=True)
        self._reading: dict[str, int] = {}
        self._states: dict[int, _State] = {}
        self._moves = 0
        self._start = self._state(1)

    @staticmethod
    def takes(items: Sequence[Item]) -> bool:
        """Is the row one that an automaton can be made of: no anchors but at both ends?"""
        inside = [item.kind for item in items[:-1]]
        if inside and inside[0] is Kind.START:
            inside = inside[1:]
        last = [item.kind for item in items[-1:]]
        anchors = (Kind.START, Kind.END, Kind.EDGE, Kind.NO_EDGE)
        return not any(kind in anchors for kind in inside) and last != [Kind.START]

    def matches(self, path: str) -> bool:
        """Does the row match `path` (runes)?"""
        state = self._start
        for char in path:
            state = state.moves.get(char) or self._move(state, char)
            if not state.steps:
                return False
        return state.accepting

    def _add(self, chars: CharClass, *, stays: bool) -> None:
        bit = 1 << self._size
        self._readers[chars] = self._readers.get(chars, 0) | bit
        if stays:
            self._stays |= bit
            self._passes |= bit
        self._size += 1

    def _move(self, state: _State, char: str) -> _State:
        reading = self._reading.get(char)
        if reading is None:
            reading = 0
            for chars, steps in self._readers.items():
                if chars.holds(char):
                    reading |= steps
            self._reading[char] = reading
        taken = state.steps & reading
        made = self._state((taken & self._stays) | ((taken & ~self._stays) << 1))
        state.moves[char] = made
        self._moves += 1
        if self._moves > MAX_MOVES:
            self._forget()
        return made

    def _state(self, steps: int) -> _State:
        """The state for these steps and those that are reached from them without a character."""
        before = 0
        while before != steps:
            before = steps
            # The sum carries from a step to the end of the stars that follow one another.
            steps |= (self._passes + (steps & self._passes)) ^ self._passes
            steps |= (steps & self._leaps) << 3
        state = self._states.get(steps)
        if state is None:
            state = _State(steps, accepting=bool(steps >> self._size))
            self._states[steps] = state
        return state

    def _forget(self) -> None:
        self._moves = 0
        self._states = {self._start.steps: self._start}
        self._start.moves.clear()
        self._reading.clear()
