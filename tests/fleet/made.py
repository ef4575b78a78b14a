"""Fleets made of letters: an image is a word, and each letter of it is a layer."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from layerscope.fleet.frames import frames_of_columns
from layerscope.report.document import ImageRow, LayerRow, PlatformRow, Tool
from layerscope.report.graph_document import graph_document

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.fleet.frames import Frames
    from layerscope.report.graph_document import GraphDocument

UNKNOWN = "?"
"""A layer of which nothing is known."""


def digest(text: str) -> str:
    """A digest that stands for a text."""
    return f"sha256:{sha256(text.encode()).hexdigest()}"


def bytes_of(letter: str) -> int:
    """A tenth of the bytes of a tar: 1 for a, 10 for b, 100 for c … so that sums can be read.

    Letters after h have 1 as well.
    """
    place = ord(letter.lower()) - ord("a")
    return int(10**place) if place < 8 else 1


def fleet(*words: str, **columns: Sequence[Any]) -> Frames:
    """The tables of images given as words.

    An upper-case letter is the same content as the lower-case one, compressed otherwise. Blobs are
    half, snapshots and content a tenth less than the tar. `columns` are of the table of images.
    """
    rows: dict[str, list[Any]] = {}
    for image, word in enumerate(words):
        for position, letter in enumerate(word):
            known = letter != UNKNOWN
            whole = UNKNOWN not in word[: position + 1]
            size = bytes_of(letter) * 10 if known else None
            row = {
                "image": image,
                "position": position,
                "digest": digest(f"blob {letter}") if known else None,
                "diff_id": digest(letter.lower()) if known else None,
                "chain_id": digest(f"chain {word[: position + 1].lower()}") if whole else None,
                "compressed_bytes": None if size is None else size // 2,
                "uncompressed_bytes": size,
                "content_bytes": None if size is None else size - size // 10,
                "snapshot_bytes": None if size is None else size - size // 10,
                "created_by": f"RUN {letter}",
            }
            for name, value in row.items():
                rows.setdefault(name, []).append(value)
    images = {"input": [f"{word}.tar" for word in words], "platform": ["linux/amd64"] * len(words)}
    return frames_of_columns({**images, **columns}, rows or {"image": [], "position": []})


def document_of(
    *words: str, names: Sequence[Sequence[str]] = (), created_by: str = "", **columns: Sequence[Any]
) -> GraphDocument:
    """The document of images given as words; all layers were made by `created_by` if it is given.

    Names go into the rows only: those of documents hold what the image holds.
    """
    frames = fleet(*words, **columns)
    rows = [
        image_row(word, names[at] if names else [word], created_by) for at, word in enumerate(words)
    ]
    return graph_document(Tool(version="1"), rows, frames)


def image_row(word: str, names: Sequence[str], created_by: str) -> ImageRow:
    """The row in a report of an image given as a word; of its layers nothing was measured."""
    layers = [
        LayerRow(
            index=index,
            digest=None,
            diff_id=None,
            chain_id=None,
            media_type=None,
            compression=None,
            verified="read",
            compressed_bytes=None,
            uncompressed_bytes=None,
            content_bytes=None,
            entries=None,
            files=None,
            created_by=created_by or f"RUN {letter}",
        )
        for index, letter in enumerate(word)
    ]
    return ImageRow(
        input=f"{word}.tar",
        source="oci-archive",
        index=0,
        names=list(names),
        platform=PlatformRow(os="linux", architecture="amd64"),
        manifest_digest=None,
        config_digest=None,
        created=None,
        compressed_bytes=None,
        uncompressed_bytes=None,
        content_bytes=None,
        layers=layers,
        history=[],
    )
