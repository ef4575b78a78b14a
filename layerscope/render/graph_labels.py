"""What layers and images are called in drawings of the layer forest: safe texts on one line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from layerscope.render.escape import instruction, line, short_digest
from layerscope.render.page import UNKNOWN
from layerscope.units import bytes_text, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.answers import ImageName
    from layerscope.report.graph_document import GraphDocument, LayerNode

INSTRUCTION_CHARACTERS = 60


def layer_label(node: LayerNode) -> list[str]:
    """Lines about a layer: its ChainID, size and how many images hold it; what made it."""
    size = node.uncompressed_bytes
    about = [short_digest(node.id), UNKNOWN if size is None else bytes_text(size)]
    about.append(f"in {counted(node.images, 'image')}")
    words = instruction(node.created_by)
    if len(words) > INSTRUCTION_CHARACTERS:
        words = words[: INSTRUCTION_CHARACTERS - 1] + "…"
    return ["  ".join(about), words]


def image_titles(document: GraphDocument) -> list[str]:
    """What each image is called: its first name, else the input with the image's number.

    Those that would look alike have their input's name in front.
    """
    return titles_of([image.image for image in document.images])


def titles_of(images: Sequence[ImageName]) -> list[str]:
    """The same for images of any document."""
    titles = [_title(image) for image in images]
    kinds = [(title, str(image.platform)) for title, image in zip(titles, images, strict=True)]
    seen = Counter(kinds)
    return [
        title if seen[kind] == 1 else f"{line(image.input.rpartition('/')[2], 40)}: {title}"
        for title, kind, image in zip(titles, kinds, images, strict=True)
    ]


def image_labels(document: GraphDocument) -> list[list[str]]:
    """Lines about each image: what it is called, and what it runs on."""
    return [
        [title, line(str(image.image.platform), 40)]
        for title, image in zip(image_titles(document), document.images, strict=True)
    ]


def _title(image: ImageName) -> str:
    names = image.names
    if not names:
        return f"{line(image.input)}:@{image.index}"
    more = f" (+{len(names) - 1})" if len(names) > 1 else ""
    return line(names[0]) + more
