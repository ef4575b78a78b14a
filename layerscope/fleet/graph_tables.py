"""The layer forest for people: data frames of layers, of base images and of cross links; networkx.

What `fleet.graph` holds as arrays, with digests, names and sizes put back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerscope.fleet.frames import SIZES
from layerscope.sources.names import familiar, tag_of

if TYPE_CHECKING:
    import networkx as nx
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from layerscope.fleet.frames import Frames
    from layerscope.fleet.graph import Forest

    Ints = npt.NDArray[np.int32]

TOLD = ("annotation", "label")
"""Values of `base_how` where a text of the image names its base."""


def layer_table(frames: Frames, forest: Forest) -> pd.DataFrame:
    """The layers of a fleet: one row for each node of the forest, in its order.

    Columns: `node`, `chain_id`, `parent` (Int32: the node below; missing for base layers), `depth`
    (layers below), `images` how many hold it, `tops` how many end in it, `diff_id`, `digest` (of
    the first copy met: others may be compressed otherwise), `compressed_bytes`,
    `uncompressed_bytes`, `content_bytes` and `snapshot_bytes` (Int64, of the first copy that was
    measured; missing if none was), `created_by` of the first copy.
    """
    import numpy as np  # noqa: PLC0415 - comes with pandas
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    table = frames.image_layers
    first = table.iloc[forest.row]
    parent = pd.Series(forest.parent, dtype="Int32")
    columns: dict[str, Any] = {
        "node": np.arange(len(forest), dtype=np.int32),
        "chain_id": _texts(first["chain_id"]),
        "parent": parent.mask(forest.parent < 0),
        "depth": forest.depth,
        "images": forest.holders(),
        "tops": np.bincount(_own_tops(frames, forest), minlength=len(forest)).astype(np.int32),
        "diff_id": _texts(first["diff_id"]),
        "digest": _texts(first["digest"]),
    }
    ends = np.diff(forest.layer_start)
    rows = np.flatnonzero(table["position"].to_numpy() < ends[table["image"].to_numpy()])
    for name in SIZES:
        values = table[name].to_numpy(dtype=np.int64, na_value=-1)[rows]
        known = values >= 0
        sizes = np.full(len(forest), -1, dtype=np.int64)
        # Of several assignments to one place the last one stays: from the end, the first row.
        sizes[forest.layers[known][::-1]] = values[known][::-1]
        columns[name] = pd.Series(sizes, dtype="Int64").mask(sizes < 0)
    columns["created_by"] = first["created_by"].reset_index(drop=True)
    return pd.DataFrame(columns)


def base_images(frames: Frames, forest: Forest) -> pd.DataFrame:
    """What each image is built on, by each of three signs: one row for each image, in order.

    Columns (`Int32` where they are images or counts, missing if there is none):

    - `image`: the image itself, never missing.
    - `by_layers`: the image of the fleet with the longest list of layers that this one begins with
      and then goes on; of several, one with a name, then the first. `shared_layers`: how many those
      are.
    - `same_layers`: the first other image that has exactly these layers.
    - `named`, `named_digest`, `named_how`: what an annotation (or a label, which may be the base's
      own) says: texts. `by_name`: the image of the fleet that has that digest or, for the same
      platform, that name. `name_holds`: whether this image begins with all its layers (boolean): if
      not, the base has been built anew since.
    - `history_layers`: how many layers the base has by the history (`analysis.bases`).
    """
    import numpy as np  # noqa: PLC0415 - see `layer_table`
    import pandas as pd  # noqa: PLC0415 - see `layer_table`

    images = frames.images
    count = len(images)
    best, second = _best_tops(frames, forest)
    top = forest.top
    at = np.where(top < 0, 0, top)
    if len(forest):
        below = np.where(forest.parent < 0, -1, forest.nearest(best)[forest.parent])
        by_layers = np.where(top < 0, -1, below[at])
        same = np.where(top < 0, -1, best[at])
        units = images["same_as"].to_numpy()
        same = np.where(same == units, np.where(top < 0, -1, second[at]), same)
    else:
        by_layers = same = np.full(count, -1, dtype=np.int32)
    shared = np.where(by_layers < 0, 0, forest.depth[top[by_layers]] + 1) if len(forest) else same
    told = images["base_how"].isin(TOLD)
    by_name = _by_name(frames, told.to_numpy())
    holds = [
        None if base < 0 or top[base] < 0 or top[image] < 0 else _begins(forest, image, base)
        for image, base in enumerate(by_name.tolist())
    ]
    how = images["base_how"]
    columns = {
        "image": images["image"],
        "by_layers": _missing(by_layers),
        "shared_layers": _missing(np.where(by_layers < 0, -1, shared)),
        "same_layers": _missing(same),
        "named": images["base_name"].where(told),
        "named_digest": images["base_digest"].where(told),
        "named_how": how.where(told),
        "by_name": _missing(by_name),
        "name_holds": pd.array(holds, dtype="boolean"),
        "history_layers": images["base_layers"].where(how == "history").astype("Int32"),
    }
    return pd.DataFrame(columns)


def cross_links(frames: Frames, forest: Forest) -> pd.DataFrame:
    """The layers of equal content that lie on different layers: one row for each of them.

    They share bytes in a registry, which knows blobs, and none on a node, which knows chains.
    Columns: `diff_id`, `node`, `parent` (Int32, missing for a base layer), `images` that hold the
    node. Those of one DiffID come together, in the order of nodes.
    """
    import numpy as np  # noqa: PLC0415 - see `layer_table`
    import pandas as pd  # noqa: PLC0415 - see `layer_table`

    content = frames.image_layers["diff_id"]
    codes = content.cat.codes.to_numpy()[forest.row]
    known = codes >= 0
    many = np.bincount(codes[known], minlength=1) > 1
    nodes = np.flatnonzero(known & many[np.where(known, codes, 0)]).astype(np.int32)
    first = np.full(len(many), len(codes), dtype=np.int64)
    first[codes[nodes][::-1]] = nodes[::-1]
    nodes = nodes[np.argsort(first[codes[nodes]], kind="stable")]
    parent = pd.Series(forest.parent[nodes], dtype="Int32")
    columns = {
        "diff_id": _texts(content.iloc[forest.row[nodes]]),
        "node": nodes,
        "parent": parent.mask(forest.parent[nodes] < 0),
        "images": forest.holders()[nodes],
    }
    return pd.DataFrame(columns)


def to_networkx(frames: Frames, forest: Forest) -> nx.DiGraph[str]:
    """The forest as a networkx graph: nodes are ChainIDs, an edge goes up from a layer to the next.

    Node attributes are the columns of `layer_table` that are known, and `tops`: the ids of the
    images that end there. The graph's own attribute `cross_links` lists, for each DiffID that lies
    on several layers, the ChainIDs; they are no edges. 100,000 images take five seconds and 600 MB:
    `Forest` has the same as arrays.
    """
    import networkx as nx  # noqa: PLC0415 - a fifth of a second that only graphs need
    import pandas as pd  # noqa: PLC0415 - see `layer_table`

    table = layer_table(frames, forest)
    names = table["chain_id"].tolist()
    tops: dict[int, list[int]] = {}
    for image, node in enumerate(forest.top.tolist()):
        if node >= 0:
            tops.setdefault(node, []).append(image)
    graph: nx.DiGraph[str] = nx.DiGraph()
    kept = table.drop(columns=["chain_id", "parent", "tops"]).to_dict("records")
    for node, row in enumerate(kept):
        known = {str(key): value for key, value in row.items() if not pd.isna(value)}
        graph.add_node(names[node], **known, tops=tops.get(node, []))
    graph.add_edges_from(
        (names[below], names[node])
        for node, below in enumerate(forest.parent.tolist())
        if below >= 0
    )
    links = cross_links(frames, forest)
    graph.graph["cross_links"] = {
        str(diff_id): [names[node] for node in group["node"]]
        for diff_id, group in links.groupby("diff_id", sort=False)
    }
    return graph


def _texts(column: pd.Series[Any]) -> pd.Series[Any]:
    return column.astype("str").reset_index(drop=True)


def _missing(values: npt.NDArray[Any]) -> pd.Series[Any]:
    """Numbers with those below 0 missing."""
    import pandas as pd  # noqa: PLC0415 - see `layer_table`

    return pd.Series(values, dtype="Int32").mask(values < 0)


def _own_tops(frames: Frames, forest: Forest) -> Ints:
    """Where images end, one manifest of an input once."""
    import numpy as np  # noqa: PLC0415 - see `layer_table`

    own = frames.images["same_as"].to_numpy() == np.arange(len(frames.images))
    tops: Ints = forest.top[own & (forest.top >= 0)]
    return tops


def _best_tops(frames: Frames, forest: Forest) -> tuple[Ints, Ints]:
    """For each node the image that ends there, and the next one; -1 for none.

    One with a name goes before one without, then the first.
    """
    import numpy as np  # noqa: PLC0415 - see `layer_table`

    images = np.arange(len(frames.images), dtype=np.int32)
    own = frames.images["same_as"].to_numpy() == images
    bare = frames.images["names"].map(len).to_numpy() == 0
    order = images[np.argsort(bare, kind="stable")]
    order = order[(own & (forest.top >= 0))[order]]
    best, second = (np.full(len(forest), -1, dtype=np.int32) for _ in range(2))
    best[forest.top[order][::-1]] = order[::-1]
    rest = order[best[forest.top[order]] != order]
    second[forest.top[rest][::-1]] = rest[::-1]
    return best, second


def _begins(forest: Forest, image: int, base: int) -> bool:
    """Whether all layers of the base are the first ones of the image."""
    own, node = forest.layers_of(image), int(forest.top[base])
    depth = int(forest.depth[node])
    return depth < len(own) and int(own[depth]) == node


def _by_name(frames: Frames, told: npt.NDArray[np.bool_]) -> Ints:
    """For each image the one that its annotation or label names, -1 if the fleet has none."""
    import numpy as np  # noqa: PLC0415 - see `layer_table`

    images = frames.images
    found = np.full(len(images), -1, dtype=np.int32)
    if not told.any():
        return found
    by_digest: dict[str, int] = {}
    by_name: dict[tuple[str, str], int] = {}
    rows = zip(images["manifest_digest"], images["platform"], images["names"], strict=True)
    for image, (digest, platform, names) in enumerate(rows):
        if isinstance(digest, str):
            by_digest.setdefault(digest, image)
        for name in names:
            by_name.setdefault((_full(name), str(platform)), image)
    wanted = zip(told, images["base_digest"], images["base_name"], images["platform"], strict=True)
    for image, (is_told, digest, name, platform) in enumerate(wanted):
        if not is_told:
            continue
        base = by_digest.get(digest, -1) if isinstance(digest, str) else -1
        if base < 0 and isinstance(name, str):
            base = by_name.get((_full(name.partition("@")[0]), str(platform)), -1)
        found[image] = -1 if base == image else base
    return found


def _full(name: str) -> str:
    """A name as Docker shows it, with its tag: `latest` if it has none."""
    short = familiar(name)
    return short if tag_of(short) else f"{short}:latest"
