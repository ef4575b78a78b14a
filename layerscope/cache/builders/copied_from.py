"""Where the sources of a COPY or ADD are taken from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.builders.content_known import Whence

if TYPE_CHECKING:
    from layerscope.cache.builders.rootfs import Rootfs


@dataclass(frozen=True, slots=True)
class CopiedFrom:
    """The context, a stage or an image.

    Attributes:
        name: As a selection has it.
        files: Of a stage or image; None for the context.
        line: Of the first miss in that stage; 0 for none.
        stage: Name and number of the stage, if it is one.
    """

    name: str
    files: Rootfs | None
    line: int = 0
    stage: tuple[str, int] | None = None

    def whence(self, path: str) -> Whence | None:
        """Which part of the stage `path` is; None where it is no stage."""
        return None if self.stage is None else Whence(*self.stage, path)
