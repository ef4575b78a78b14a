"""The layer forest as a Mermaid flowchart, which Markdown of forges shows as a drawing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from layerscope.render.graph_labels import image_labels, layer_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.report.graph_document import GraphDocument

_SPECIAL = re.compile(r"[^A-Za-z0-9 .,:/_@+=?()-]")


def graph_mermaid(document: GraphDocument) -> Iterator[bytes]:
    """The document as a `flowchart`, in pieces of ASCII.

    Layers are boxes, images are rounded, and layers of equal content on different layers are joined
    by dotted lines.
    """
    yield b"flowchart TD\n"
    numbers = {node.id: at for at, node in enumerate(document.nodes)}
    for at, node in enumerate(document.nodes):
        yield f'  l{at}["{_text(layer_label(node))}"]\n'.encode()
    for at, lines in enumerate(image_labels(document)):
        yield f'  i{at}(["{_text(lines)}"])\n'.encode()
    for edge in document.edges:
        yield f"  l{numbers[edge.source]} --> l{numbers[edge.target]}\n".encode()
    for at, image in enumerate(document.images):
        if image.top is not None:
            yield f"  l{numbers[image.top]} --- i{at}\n".encode()
    for link in document.cross_links:
        for first, second in zip(link.nodes, link.nodes[1:], strict=False):
            yield f"  l{numbers[first]} -.- l{numbers[second]}\n".encode()


def _text(lines: Sequence[str]) -> str:
    """A label; what Mermaid or HTML could read as their own becomes a numbered entity.

    >>> _text(['a"b', "<i>#1"])
    'a#34;b<br/>#60;i#62;#35;1'
    """
    return "<br/>".join(_SPECIAL.sub(lambda found: f"#{ord(found[0])};", each) for each in lines)
