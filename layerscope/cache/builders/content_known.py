"""Copied files as a key holds them: known, or made by a command."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

NO_BUILD = -1
"""The number of no build: what comes from outside."""


@dataclass(frozen=True, slots=True)
class Whence:
    """Which part of which stage was copied: its name and number, and the path.

    A file behind a URL is taken for a stage of its own.
    """

    stage: str
    index: int
    path: str

    def is_again(self, other: Whence) -> bool:
        """Is this the same part of the same stage of another build?"""
        same_stage = self.stage == other.stage or self.index == other.index
        return same_stage and self.path == other.path


@dataclass(frozen=True, slots=True)
class Known:
    """Copied files that are known.

    Attributes:
        value: Equal values, equal files as the builder compares them.
        whence: Where from; None for the context and images.
    """

    value: Hashable
    whence: Whence | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unknown:
    """Copied files that a command made.

    Attributes:
        origin: Which run of which command; equal origins, equal files.
        build: The build in which it ran; `NO_BUILD` for images from outside.
        path: What is taken of them.
        beside: What else is compared, and known.
        whence: Where from; None for images.
    """

    origin: Hashable
    build: int
    path: str
    beside: Hashable = ()
    whence: Whence | None = field(default=None, compare=False, repr=False)


Content = Known | Unknown
