"""How a gate reads images, when it reads any: the options of the command, kept together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.cli.options import CommonOptions, ReadOptions


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read and what it may cost, and what is said meanwhile."""

    options: ReadOptions
    common: CommonOptions
