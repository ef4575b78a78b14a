"""Fleets made of letters as a registry holds them: an image has a config and a manifest too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.fleet.registry_blobs import documents_of
from tests.fleet.made import digest, fleet

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from layerscope.fleet.frames import Frames

CONFIG_BYTES, MANIFEST_BYTES = 3, 7


def config(word: str) -> str:
    """The config digest of an image: it names DiffIDs, so it is the same in either case."""
    return digest(f"config {word.lower()}")


def manifest(word: str) -> str:
    """The manifest digest of an image."""
    return digest(f"manifest {word}")


def pushed(*words: str, hidden: Collection[int] = ()) -> tuple[Frames, pd.DataFrame]:
    """The tables of images given as words (see `made.fleet`), and what they lack.

    A blob has half the bytes of its tar, so a is 5, b 50, c 500 … Of the images `hidden` only
    uncompressed layers are at hand, as `docker save` writes them.
    """
    frames = fleet(
        *words,
        config_digest=[config(word) for word in words],
        manifest_digest=[None if at in hidden else manifest(word) for at, word in enumerate(words)],
    )
    rows = [
        (None if at in hidden else MANIFEST_BYTES, CONFIG_BYTES, at not in hidden)
        for at in range(len(words))
    ]
    return frames, documents_of(rows)
