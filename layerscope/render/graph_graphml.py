"""The layer forest as GraphML, which Gephi, yEd and networkx read.

Nodes are layers by their ChainIDs, edges go from a layer to one applied on it. Layers of equal
content have the same `diff_id`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from layerscope.render.escape import instruction, line
from layerscope.render.graph_labels import image_titles

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from layerscope.report.graph_document import GraphDocument, LayerNode

SPACE = "http://graphml.graphdrawing.org/xmlns"
KEYS = {
    "diff_id": "string",
    "digest": "string",
    "depth": "long",
    "images": "long",
    "compressed_bytes": "long",
    "uncompressed_bytes": "long",
    "content_bytes": "long",
    "snapshot_bytes": "long",
    "created_by": "string",
    "tops": "string",
}
"""What is said of a node, and its type; `tops` names the images that end there."""


def graph_graphml(document: GraphDocument) -> Iterator[bytes]:
    """The document as GraphML, in pieces of UTF-8; what is not known is left out."""
    yield b'<?xml version="1.0" encoding="UTF-8"?>\n'
    yield f'<graphml xmlns="{SPACE}">\n'.encode()
    for name, kind in KEYS.items():
        key = f'id="{name}" for="node" attr.name="{name}" attr.type="{kind}"'
        yield f"  <key {key}/>\n".encode()
    yield b'  <graph id="layers" edgedefault="directed">\n'
    titles = image_titles(document)
    for node in document.nodes:
        yield f"    <node id={quoteattr(line(node.id))}>\n".encode()
        for name, value in _told(titles, node).items():
            if value is not None:
                yield f'      <data key="{name}">{escape(str(value))}</data>\n'.encode()
        yield b"    </node>\n"
    for edge in document.edges:
        source, target = quoteattr(line(edge.source)), quoteattr(line(edge.target))
        yield f"    <edge source={source} target={target}/>\n".encode()
    yield b"  </graph>\n</graphml>\n"


def _told(titles: Sequence[str], node: LayerNode) -> dict[str, str | int | None]:
    """The values of `KEYS`: numbers as they are, texts without what XML cannot hold."""
    values: dict[str, str | int | None] = {}
    for name in KEYS:
        value = getattr(node, name)
        values[name] = line(value) if isinstance(value, str) else value
    values["created_by"] = None if node.created_by is None else instruction(node.created_by)
    values["tops"] = ", ".join(titles[at] for at in node.tops) or None
    return values
