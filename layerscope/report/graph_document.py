"""The document `layerscope.graph/1`: the layer forest of a fleet, and what its images share.

`nodes` and `edges` are networkx's node-link form: `networkx.node_link_graph(document)` reads it.
Images are named by their positions in `images`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from layerscope.fleet.frames import SIZES
from layerscope.fleet.graph import forest
from layerscope.fleet.graph_tables import base_images, cross_links, layer_table
from layerscope.fleet.holdings import IDENTITIES
from layerscope.fleet.sharing import image_sharing, intersections, reuse, totals
from layerscope.report.answers import ImageName, image_name
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames
    from layerscope.report.document import ImageRow

Identity = Literal["blob", "diff_id", "chain_id", "docker"]
"""What makes two layers one; see `fleet.holdings.IDENTITIES`."""

INTERSECTIONS = 20
"""How many sets of images are listed for each identity."""


class LayerNode(Row, frozen=True, kw_only=True):
    """One layer on what it lies on.

    Attributes:
        id: The ChainID.
        parent: The ChainID of the layer below; None for a base layer.
        depth: How many layers are below it.
        images: How many images hold it; a manifest that an input lists several times counts once.
        tops: Positions of the images that end in it.
        digest: Of the blob of the first copy; another may be compressed otherwise.
        compressed_bytes: Of the first copy that was read.
        snapshot_bytes: What docker's overlay2 store counts: content and targets of symbolic links.
        created_by: The history line of the first copy.
    """

    id: str
    parent: str | None
    depth: int
    images: int
    tops: list[int]
    diff_id: str | None
    digest: str | None
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None
    snapshot_bytes: int | None
    created_by: str | None


class LayerEdge(Row, frozen=True, kw_only=True):
    """That the layer `target` is applied on the layer `source`: two ChainIDs."""

    source: str
    target: str


class CrossLink(Row, frozen=True, kw_only=True):
    """Layers of equal content that lie on different layers: they share no snapshot.

    Attributes:
        nodes: Their ChainIDs, in the order of `nodes` of the document.
    """

    diff_id: str
    nodes: list[str]


class BaseSigns(Row, frozen=True, kw_only=True):
    """What an image is built on, by each sign there is; images are positions.

    Attributes:
        by_layers: The image with the most layers that this one begins with and goes on from.
        shared_layers: How many those are.
        same_layers: The first other image with exactly these layers.
        named: What an annotation or a label calls the base.
        named_digest: The digest that it gives.
        named_how: `annotation` or `label`; the latter may be inherited from the base itself.
        by_name: The image here that has that digest, or that name for the same platform.
        name_holds: Whether this image begins with all its layers; if not, it was built anew since.
        history_layers: How many layers the base has by the history.
    """

    by_layers: int | None
    shared_layers: int | None
    same_layers: int | None
    named: str | None
    named_digest: str | None
    named_how: str | None
    by_name: int | None
    name_holds: bool | None
    history_layers: int | None


class Held(Row, frozen=True, kw_only=True):
    """Bytes that one image alone holds, and what others hold too; None if not all is known."""

    unique_bytes: int | None
    shared_bytes: int | None


class GraphImage(Row, frozen=True, kw_only=True):
    """One image of the fleet.

    Attributes:
        same_as: The first image of its input with the same manifest: often itself.
        layers: How many layers it has.
        top: The ChainID that it ends in; None if a DiffID is not known or it has no layer.
        blob: By blob digest, in bytes as stored.
        diff_id: By DiffID, in bytes of the tar.
        chain_id: By ChainID, in bytes of the tar.
        docker: By ChainID, in bytes as `docker system df -v` counts them.
    """

    image: ImageName
    same_as: int
    layers: int
    top: str | None
    base: BaseSigns
    blob: Held
    diff_id: Held
    chain_id: Held
    docker: Held


class IdentityTotal(Row, frozen=True, kw_only=True):
    """The sums by one identity; unique and shared bytes sum to what is stored.

    Attributes:
        layers: How often images hold a layer, each image a layer once.
        distinct: How many layers there are.
        shared_bytes: Of layers that several images hold, each once.
    """

    identity: Identity
    layers: int
    distinct: int
    referenced_bytes: int | None
    stored_bytes: int | None
    unique_bytes: int | None
    shared_bytes: int | None


class ReuseRow(Row, frozen=True, kw_only=True):
    """How many layers exactly `images` images hold."""

    identity: Identity
    images: int
    layers: int
    stored_bytes: int | None
    referenced_bytes: int | None


class IntersectionRow(Row, frozen=True, kw_only=True):
    """A set of images and the layers that all of them hold and no other does.

    Attributes:
        unknown: How many of the layers have no known size; they count 0.
    """

    identity: Identity
    images: list[int]
    layers: int
    stored_bytes: int
    unknown: int


class GraphDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.graph/1` document.

    Attributes:
        directed: For networkx: an edge has a direction.
        multigraph: For networkx: there are no two edges between two layers.
        nodes: In the order in which the images name them, so that a parent comes first.
        reuse: By identity, then by `images`.
        intersections: The largest by bytes, twenty for each identity at the most.
    """

    tool: Tool
    nodes: list[LayerNode]
    edges: list[LayerEdge]
    cross_links: list[CrossLink]
    images: list[GraphImage]
    totals: list[IdentityTotal]
    reuse: list[ReuseRow]
    intersections: list[IntersectionRow]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    directed: bool = True
    multigraph: bool = False
    schema: Literal["layerscope.graph/1"] = "layerscope.graph/1"


def graph_document(
    tool: Tool,
    rows: Sequence[ImageRow],
    frames: Frames,
    *,
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> GraphDocument:
    """The document of a fleet.

    Args:
        tool: Which program writes it.
        rows: The images, each as in a report.
        frames: The tables of the same images, in the same order.
        skipped: What was left out.
        faults: What is wrong.

    Raises: as `fleet.graph.forest` does.
    """
    graph = forest(frames)
    table = layer_table(frames, graph)
    names: list[str] = table["chain_id"].tolist()
    tops: list[list[int]] = [[] for _ in names]
    for image, node in enumerate(graph.top.tolist()):
        if node >= 0:
            tops[node].append(image)
    first = frames.image_layers.iloc[graph.row]
    places = zip(first["image"].tolist(), first["position"].tolist(), strict=True)
    told = [rows[image].layers[position].created_by for image, position in places]
    known = {name: _plain(table[name]) for name in ("diff_id", "digest", *SIZES)}
    parents = graph.parent.tolist()
    links = cross_links(frames, graph)
    return GraphDocument(
        tool=tool,
        nodes=[
            LayerNode(
                id=names[node],
                parent=None if parent < 0 else names[parent],
                depth=depth,
                images=images,
                tops=tops[node],
                created_by=told[node],
                **{name: values[node] for name, values in known.items()},
            )
            for node, (parent, depth, images) in enumerate(
                zip(parents, graph.depth.tolist(), graph.holders().tolist(), strict=True)
            )
        ],
        edges=[
            LayerEdge(source=names[parent], target=names[node])
            for node, parent in enumerate(parents)
            if parent >= 0
        ],
        cross_links=[
            CrossLink(diff_id=str(diff_id), nodes=[names[node] for node in group["node"]])
            for diff_id, group in links.groupby("diff_id", sort=False)
        ],
        images=_images(rows, frames, [names[node] if node >= 0 else None for node in graph.top]),
        totals=[
            IdentityTotal(identity=identity, **row)
            for identity, row in zip(_identities(), _rows(totals(frames)), strict=True)
        ],
        reuse=[
            ReuseRow(identity=identity, **row)
            for identity in _identities()
            for row in _rows(reuse(frames, identity))
        ],
        intersections=[
            IntersectionRow(identity=identity, **{**row, "images": list(row["images"])})
            for identity in _identities()
            for row in _rows(intersections(frames, identity, INTERSECTIONS).drop(columns="count"))
        ],
        skipped=list(skipped),
        faults=list(faults),
    )


def _images(
    rows: Sequence[ImageRow], frames: Frames, tops: Sequence[str | None]
) -> list[GraphImage]:
    signs = _rows(base_images(frames, forest(frames)).drop(columns="image"))
    shares = _rows(image_sharing(frames))
    return [
        GraphImage(
            image=image_name(row),
            same_as=same_as,
            layers=len(row.layers),
            top=top,
            base=BaseSigns(**sign),
            **{
                identity: Held(
                    unique_bytes=share[f"{identity}_unique_bytes"],
                    shared_bytes=share[f"{identity}_shared_bytes"],
                )
                for identity in IDENTITIES
            },
        )
        for row, same_as, top, sign, share in zip(
            rows, frames.images["same_as"].tolist(), tops, signs, shares, strict=True
        )
    ]


def _identities() -> list[Identity]:
    return ["blob", "diff_id", "chain_id", "docker"]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a data frame as plain values, None where one is missing."""
    columns = {str(name): _plain(frame[name]) for name in frame.columns}
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _plain(column: pd.Series[Any]) -> list[Any]:
    values = zip(column.tolist(), column.isna().tolist(), strict=True)
    return [None if missing else value for value, missing in values]
