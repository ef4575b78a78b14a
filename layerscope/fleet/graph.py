"""The layer forest: a node is a ChainID, and an edge says that a layer is applied on another.

Arrays, since a fleet of 100,000 images has a million layers: networkx would need ten times the time
and the memory. `fleet.graph_tables` turns them into data frames and networkx graphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from layerscope.errors import BadDocumentError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from layerscope.fleet.frames import Frames

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, repr=False)
class Forest:
    """The layers of a fleet, each once, and what lies on what; nodes are numbered from 0.

    A node's number is greater than that of its parent, and nodes come in the order in which the
    images name them. Images are numbered as in the table of images.

    Attributes:
        names: For each node the code of its ChainID among the categories of `chain_id`.
        parent: For each node the node below it, -1 for a base layer.
        depth: How many layers are below it.
        row: For each node its first row in the table of layers.
        top: For each image the node that it ends in; -1 if it has no layer or its layers are not
            all known.
        layer_start: The nodes of image `i`, base first, are
            `layers[layer_start[i]:layer_start[i + 1]]`. They end before the first layer whose
            ChainID is not known.
        layers: See `layer_start`.
        image_start: The images that hold node `n` are `images[image_start[n]:image_start[n + 1]]`,
            in order; one manifest that an input lists several times is there once (`same_as`).
        images: See `image_start`.
    """

    names: Ints
    parent: Ints
    depth: Ints
    row: Ints
    top: Ints
    layer_start: Ints
    layers: Ints
    image_start: Ints
    images: Ints

    def __repr__(self) -> str:
        """How large it is."""
        return f"<Forest of {len(self)} layers in {len(self.top)} images>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the size of the forest, and the layers that most images hold."""
        import numpy as np  # noqa: PLC0415 - see `holders`

        from layerscope.fleet import notebook  # noqa: PLC0415 - only notebooks ask for it

        holders = self.holders()
        most = np.argsort(-holders, kind="stable")[: notebook.HEAD_ROWS]
        rows = [(int(node), int(self.depth[node]), int(holders[node])) for node in most]
        title = (
            f"Forest of {len(self):,} layers on {int((self.parent < 0).sum()):,} base layers, "
            f"in {len(self.top):,} images, up to {int(self.depth.max(initial=-1)) + 1:,} deep"
        )
        heads = ("node", "layers below", "images")
        return notebook.page(title, notebook.table(heads, rows, len(self) - len(rows)))

    def __len__(self) -> int:
        """How many nodes there are."""
        return len(self.parent)

    @property
    def bytes(self) -> int:
        """Memory that the arrays take."""
        return sum(int(getattr(self, name).nbytes) for name in self.__slots__)

    def layers_of(self, image: int) -> Ints:
        """The nodes of an image, base first."""
        return self.layers[self.layer_start[image] : self.layer_start[image + 1]]

    def images_with(self, node: int) -> Ints:
        """The images that hold a node."""
        return self.images[self.image_start[node] : self.image_start[node + 1]]

    def holders(self) -> Ints:
        """For each node, how many images hold it."""
        import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

        return np.diff(self.image_start)

    def children(self) -> tuple[Ints, Ints]:
        """Where the children of each node start, and the children: both as `image_start`.

        The last piece of the first array is that of node `len(self)`: the base layers.
        """
        import numpy as np  # noqa: PLC0415 - see `holders`

        count = len(self)
        above = np.where(self.parent < 0, count, self.parent)
        return starts(above, count + 1), np.argsort(above, kind="stable").astype(np.int32)

    def images_sharing_with(self, image: int) -> Ints:
        """The images that have a layer in common with this one, itself among them, in order.

        They are those that hold its base layer: whoever shares a layer shares all below it.
        """
        own = self.layers_of(image)
        return self.images_with(int(own[0])) if len(own) else own

    def levels(self) -> list[Ints]:
        """The nodes by depth, base layers first."""
        import numpy as np  # noqa: PLC0415 - see `holders`

        if not len(self):
            return []
        order = np.argsort(self.depth, kind="stable").astype(np.int32)
        return np.split(order, np.cumsum(np.bincount(self.depth))[:-1])

    def nearest(self, marked: Ints) -> Ints:
        """For each node the first marked node from it down, itself included; -1 if there is none.

        Args:
            marked: For each node a mark, -1 for none; the mark is what comes back.
        """
        found = marked.copy()
        for nodes in self.levels()[1:]:
            bare = nodes[found[nodes] < 0]
            found[bare] = found[self.parent[bare]]
        return found


def forest(frames: Frames) -> Forest:
    """The layer forest of a fleet.

    Raises: `BadDocumentError` if a ChainID is claimed to lie on two different layers, which a hash
        does not do and a forged report may; `ValueError` if the rows of the table of layers are
        not sorted or not whole.
    """
    import numpy as np  # noqa: PLC0415 - see `Forest.holders`

    table = frames.image_layers
    image = table["image"].to_numpy()
    position = table["position"].to_numpy()
    count = len(frames.images)
    if len(image) and (image[0] < 0 or image[-1] >= count or (np.diff(image) < 0).any()):
        raise ValueError("expected rows sorted by image, found others")
    start = starts(image, count)
    if (np.arange(len(image)) - start[image] != position).any():
        raise ValueError("expected the layers of an image sorted by position, each once")
    codes = table["chain_id"].cat.codes.to_numpy()
    if (codes < 0).any():
        # What lies on an unknown layer is not known either.
        unknown = np.cumsum(codes < 0)
        before = np.concatenate(([0], unknown))[start[:-1]]
        whole = unknown - np.repeat(before, np.diff(start)) == 0
        rows = np.flatnonzero(whole).astype(np.int32)
    else:
        rows = np.arange(len(codes), dtype=np.int32)
    names, nodes, first = _numbered(codes[rows])
    layer_start = start if len(rows) == len(codes) else starts(image[rows], count)
    below = np.concatenate((np.array([-1], dtype=np.int32), nodes[:-1]))
    below[position[rows] == 0] = -1
    parent = below[first]
    if (parent[nodes] != below).any():
        raise BadDocumentError("expected a ChainID to lie on one layer, found it on two", "report")
    ends = np.diff(layer_start)
    top = np.full(count, -1, dtype=np.int32)
    complete = (ends > 0) & (ends == np.diff(start))
    top[complete] = nodes[layer_start[1:][complete] - 1]
    image_start, images = _holders(nodes, image[rows], frames, len(names))
    return Forest(
        names=names,
        parent=parent,
        depth=position[rows][first],
        row=rows[first],
        top=top,
        layer_start=layer_start,
        layers=nodes,
        image_start=image_start,
        images=images,
    )


def _numbered(codes: npt.NDArray[Any]) -> tuple[Ints, Ints, Ints]:
    """Codes numbered anew by first appearance: code of each number, number and first row of each.

    By that order a layer comes after the one it lies on, since it does in every image.
    """
    import numpy as np  # noqa: PLC0415 - see `Forest.holders`

    size = int(codes.max()) + 1 if len(codes) else 0
    rows = np.full(size, -1, dtype=np.int32)
    # Of several assignments to one place the last one stays: from the end, that is the first row.
    rows[codes[::-1]] = np.arange(len(codes) - 1, -1, -1, dtype=np.int32)
    used = np.flatnonzero(rows >= 0).astype(np.int32)
    names = used[np.argsort(rows[used], kind="stable")]
    first = rows[names]
    number = np.empty(size, dtype=np.int32)
    number[names] = np.arange(len(names), dtype=np.int32)
    return names, number[codes], first


def _holders(nodes: Ints, image: Ints, frames: Frames, count: int) -> tuple[Ints, Ints]:
    """Which images hold each node, without further names of one manifest."""
    import numpy as np  # noqa: PLC0415 - see `Forest.holders`

    own = frames.images["same_as"].to_numpy() == np.arange(len(frames.images))
    if not own.all():
        kept = own[image]
        nodes, image = nodes[kept], image[kept]
    order = np.argsort(nodes, kind="stable")
    return starts(nodes, count), image[order]


def starts(keys: npt.NDArray[Any], count: int) -> Ints:
    """Where the rows of each key 0 … `count` - 1 start once they are sorted, and the end."""
    import numpy as np  # noqa: PLC0415 - see `Forest.holders`

    starts = np.zeros(count + 1, dtype=np.int32)
    np.cumsum(np.bincount(keys, minlength=count)[:count], out=starts[1:])
    return starts
