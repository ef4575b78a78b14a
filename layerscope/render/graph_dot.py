r"""The layer forest in Graphviz's language: `dot -Tsvg` draws it.

Layers are boxes, images are ellipses below the layer that they end in, and layers of equal content
on different layers are joined by dotted lines, which have no say in the layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.render.graph_labels import image_labels, layer_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.report.graph_document import GraphDocument

HEAD = """digraph layers {
  rankdir=TB;
  node [fontname="sans-serif" fontsize=10];
"""


def graph_dot(document: GraphDocument) -> Iterator[bytes]:
    """The document as a `digraph`, in pieces of UTF-8."""
    yield HEAD.encode()
    numbers = {node.id: at for at, node in enumerate(document.nodes)}
    for at, node in enumerate(document.nodes):
        yield f"  l{at} [shape=box label={_text(layer_label(node))}];\n".encode()
    for at, lines in enumerate(image_labels(document)):
        yield f"  i{at} [shape=ellipse label={_text(lines)}];\n".encode()
    for edge in document.edges:
        yield f"  l{numbers[edge.source]} -> l{numbers[edge.target]};\n".encode()
    for at, image in enumerate(document.images):
        if image.top is not None:
            yield f"  l{numbers[image.top]} -> i{at} [style=dashed arrowhead=none];\n".encode()
    for link in document.cross_links:
        for first, second in zip(link.nodes, link.nodes[1:], strict=False):
            places = f"l{numbers[first]} -> l{numbers[second]}"
            yield f"  {places} [style=dotted dir=none constraint=false];\n".encode()
    yield b"}\n"


def _text(lines: Sequence[str]) -> str:
    r"""A quoted label; in it Graphviz reads backslashes, quotes and HTML entities.

    >>> _text(['a"b', r"c\N&lt;"])
    '"a\\"b\\nc\\\\N&amp;lt;"'
    """
    quoted = (each.replace("\\", r"\\").replace('"', r"\"").replace("&", "&amp;") for each in lines)
    return '"' + r"\n".join(quoted) + '"'
