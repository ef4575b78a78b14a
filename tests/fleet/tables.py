"""File tables of layers that `synth` makes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3

from layerscope.files.walk import Walk
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.synth.tree import Tree

if TYPE_CHECKING:
    from layerscope.files.columns import FileColumns
    from layerscope.sources.limits import Limits


def table(layer: Tree | bytes, limits: Limits = DEFAULT_LIMITS) -> FileColumns:
    """The file table of a tree's tar, or of the bytes of a tar."""
    walk = Walk(limits, blake3)
    walk.feed(layer.layer_tar() if isinstance(layer, Tree) else layer)
    walk.finish()
    return walk.columns
