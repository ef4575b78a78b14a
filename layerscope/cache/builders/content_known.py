"""Copied files as a key holds them: known, or made by a command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

NO_BUILD = -1
"""The number of no build: what comes from outside."""


@dataclass(frozen=True, slots=True)
class Known:
    """Copied files that are known; equal values, equal files as the builder compares them."""

    value: Hashable


@dataclass(frozen=True, slots=True)
class Unknown:
    """Copied files that a command made.

    Attributes:
        origin: Which run of which command; equal origins, equal files.
        build: The build in which it ran; `NO_BUILD` for images from outside.
        path: What is taken of them.
        beside: What else is compared, and known.
    """

    origin: Hashable
    build: int
    path: str
    beside: Hashable = ()


Content = Known | Unknown
