"""What images have in common, in bytes, by each identity that a layer has.

A thing that one image holds is *unique* to it, one that several hold is *shared*; what is stored is
every thing once. So the sums close: unique of all images + shared, each once = stored.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from layerscope.errors import UsageError
from layerscope.fleet.graph import starts
from layerscope.fleet.holdings import IDENTITIES, holdings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from layerscope.fleet.frames import Frames
    from layerscope.fleet.holdings import Holdings

    Longs = npt.NDArray[np.int64]

MATRIX_CELLS = 50_000_000
"""How many cells `matrix` fills at the most."""


def image_sharing(frames: Frames) -> pd.DataFrame:
    """What each image holds, alone and with others: one row for each image, in order.

    Columns are `image`, then for each identity I of `IDENTITIES` `I_unique_bytes` and
    `I_shared_bytes` (Int64, in bytes). They sum to what the image holds, each thing once. A sum is
    missing if the identity or the size of one of the layers is not known. An image that an input
    lists several times has the same numbers each time.
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    columns: dict[str, Any] = {"image": frames.images["image"].to_numpy()}
    for identity in IDENTITIES:
        held = holdings(frames, identity)
        alone = held.holders[held.things] == 1
        for name, kept in (("unique", alone), ("shared", ~alone)):
            sums, known = _sums(held, kept)
            values = pd.Series(sums[held.units], dtype="Int64")
            columns[f"{identity}_{name}_bytes"] = values.where(known[held.units])
    return pd.DataFrame(columns)


def _sums(held: Holdings, kept: npt.NDArray[np.bool_]) -> tuple[Longs, npt.NDArray[np.bool_]]:
    """For each image the bytes of its things that are kept, and whether all its sizes are known."""
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    sizes = held.sizes[held.things]
    ends = np.concatenate(([0], np.cumsum(np.where(kept, sizes, 0))))
    gaps = np.concatenate(([0], np.cumsum(sizes < 0)))
    sums = ends[held.start[1:]] - ends[held.start[:-1]]
    return sums, (gaps[held.start[1:]] == gaps[held.start[:-1]]) & held.whole


def layer_sharing(frames: Frames) -> pd.DataFrame:
    """In how many images each layer is: one row for each row of the table of layers, in its order.

    Columns are `image`, `position`, and for each identity I `I_images` (Int64: how many images hold
    it, itself counted; missing if the identity is not known). What only one image holds is what
    would go if that image went.
    """
    import pandas as pd  # noqa: PLC0415 - see `image_sharing`

    table = frames.image_layers
    columns: dict[str, Any] = {name: table[name].to_numpy() for name in ("image", "position")}
    for identity in IDENTITIES:
        held = holdings(frames, identity)
        if len(held.holders):
            values = pd.Series(held.holders[held.of_row], dtype="Int64")
            columns[f"{identity}_images"] = values.where(held.of_row >= 0)
        else:
            columns[f"{identity}_images"] = pd.Series([None] * len(table), dtype="Int64")
    return pd.DataFrame(columns)


def totals(frames: Frames) -> pd.DataFrame:
    """The sums of a fleet: one row for each identity, in the order of `IDENTITIES`, its index.

    Columns (Int64): `layers` how often images hold a thing, `distinct` how many things there are,
    `referenced_bytes` the first in bytes, `stored_bytes` the second; `unique_bytes` of things that
    one image holds, `shared_bytes` of those that several hold, each once. The last two sum to what
    is stored. Bytes are missing if the identity or the size of any layer is not known.
    """
    import pandas as pd  # noqa: PLC0415 - see `image_sharing`

    rows = []
    for identity in IDENTITIES:
        held = holdings(frames, identity)
        there, alone = held.holders > 0, held.holders == 1
        known = bool(held.whole.all()) and not (held.sizes[there] < 0).any()
        sizes = {
            "referenced_bytes": (held.sizes * held.holders).sum(),
            "stored_bytes": held.sizes[there].sum(),
            "unique_bytes": held.sizes[alone].sum(),
            "shared_bytes": held.sizes[held.holders > 1].sum(),
        }
        row: dict[str, int | None] = {"layers": len(held.things), "distinct": int(there.sum())}
        rows.append(row | {name: int(value) if known else None for name, value in sizes.items()})
    return pd.DataFrame(rows, index=pd.Index(list(IDENTITIES), name="identity"), dtype="Int64")


def exclusive(frames: Frames, groups: Sequence[object]) -> pd.DataFrame:
    """What only the images of a group hold: what would go if all of them went.

    Args:
        frames: The fleet.
        groups: For each image the group that it is in, such as its repository or its team. A
            manifest that an input lists several times is in the group of its first row.

    Returns:
        One row for each group, by its name as text; columns are `group`, `images`, and for each
        identity I `I_bytes` (each thing once) and `I_exclusive_bytes` of things that no image
        outside of the group holds (Int64, missing if anything in the group is not known).
    """
    import numpy as np  # noqa: PLC0415 - see `_sums`
    import pandas as pd  # noqa: PLC0415 - see `image_sharing`

    words = sorted({str(group) for group in groups})
    place = {word: at for at, word in enumerate(words)}
    of_image = np.array([place[str(group)] for group in groups], dtype=np.int64)
    columns: dict[str, Any] = {"group": pd.array(words, dtype="str")}
    columns["images"] = np.bincount(of_image, minlength=len(words))
    for identity in IDENTITIES:
        held = holdings(frames, identity)
        group = of_image[np.repeat(np.arange(len(held.units)), np.diff(held.start))]
        keys, counts = np.unique(group * max(len(held.sizes), 1) + held.things, return_counts=True)
        owner, thing = np.divmod(keys, max(len(held.sizes), 1))
        sizes = held.sizes[thing]
        own = counts == held.holders[thing]
        gaps = np.bincount(owner, weights=sizes < 0, minlength=len(words)) > 0
        gaps |= np.bincount(of_image, weights=~held.whole, minlength=len(words)) > 0
        for name, kept in (("bytes", sizes >= 0), ("exclusive_bytes", own & (sizes >= 0))):
            sums = np.zeros(len(words), dtype=np.int64)
            np.add.at(sums, owner[kept], sizes[kept])
            columns[f"{identity}_{name}"] = pd.Series(sums, dtype="Int64").mask(gaps)
    return pd.DataFrame(columns)


def reuse(frames: Frames, identity: str) -> pd.DataFrame:
    """The histogram of reuse: how many things are held by 1, 2, 3 … images.

    Columns: `images` (ascending; numbers that do not occur have no row), `layers` how many things,
    `stored_bytes` each once, `referenced_bytes` as often as it is held (Int64, missing if a size
    among them is not known).
    """
    import numpy as np  # noqa: PLC0415 - see `_sums`
    import pandas as pd  # noqa: PLC0415 - see `image_sharing`

    held = holdings(frames, identity)
    images, place = np.unique(held.holders[held.holders > 0], return_inverse=True)
    sizes = held.sizes[held.holders > 0]
    gaps = np.bincount(place, weights=sizes < 0, minlength=len(images)) > 0
    stored = np.zeros(len(images), dtype=np.int64)
    np.add.at(stored, place, sizes)
    bytes_of = pd.Series(stored, dtype="Int64").mask(gaps)
    columns = {
        "images": images.astype(np.int64),
        "layers": np.bincount(place, minlength=len(images)),
        "stored_bytes": bytes_of,
        "referenced_bytes": bytes_of * images,
    }
    return pd.DataFrame(columns)


def intersections(frames: Frames, identity: str, most: int = 20) -> pd.DataFrame:
    """The sets of images that hold the same things and nobody else does: the largest by bytes.

    Every thing is in exactly one set, so the bytes of all sets sum to what is stored. Things of
    unknown size count 0 here, and `unknown` says how many there are.

    Columns: `images` a tuple of image ids, `count` how many, `layers` how many things,
    `stored_bytes` each once, `unknown`. Sorted by bytes, then by images; `most` rows at the most.
    """
    import numpy as np  # noqa: PLC0415 - see `_sums`
    import pandas as pd  # noqa: PLC0415 - see `image_sharing`

    held = holdings(frames, identity)
    image = np.repeat(np.arange(len(held.units), dtype=np.int32), np.diff(held.start))
    order = np.argsort(held.things, kind="stable")
    members = image[order]
    bounds = starts(held.things, len(held.sizes)).tolist()
    sets: dict[bytes, int] = {}
    place = np.array(
        [sets.setdefault(members[low:high].tobytes(), len(sets)) for low, high in pairwise(bounds)],
        dtype=np.int64,
    )
    place, sizes = place[held.holders > 0], held.sizes[held.holders > 0]
    stored = np.zeros(len(sets), dtype=np.int64)
    np.add.at(stored, place, np.maximum(sizes, 0))
    layers = np.bincount(place, minlength=len(sets))
    unknown = np.bincount(place[sizes < 0], minlength=len(sets))
    keys = [key for key in sets if key]
    rank = sorted(keys, key=lambda key: (-int(stored[sets[key]]), _ids(key)))[:most]
    chosen = [sets[key] for key in rank]
    columns: dict[str, Any] = {"images": pd.Series([_ids(key) for key in rank], dtype=object)}
    columns["count"] = [len(key) // 4 for key in rank]
    columns |= {"layers": layers[chosen], "stored_bytes": stored[chosen]}
    return pd.DataFrame(columns | {"unknown": unknown[chosen]})


def _ids(key: bytes) -> tuple[int, ...]:
    import numpy as np  # noqa: PLC0415 - see `_sums`

    return tuple(np.frombuffer(key, dtype=np.int32).tolist())


def matrix(frames: Frames, identity: str) -> pd.DataFrame:
    """Which image holds which thing: a row for each image, a column for each thing (bool).

    Columns are named by the digests that identify the things, in order of first appearance; rows of
    one image under several names are alike.

    Raises: `UsageError` if there would be more than `MATRIX_CELLS` cells; `holdings` has the same
        without the empty ones.
    """
    import numpy as np  # noqa: PLC0415 - see `_sums`
    import pandas as pd  # noqa: PLC0415 - see `image_sharing`

    held = holdings(frames, identity)
    rows = len(held.units)
    if rows * len(held.sizes) > MATRIX_CELLS:
        raise UsageError(
            f"expected at most {MATRIX_CELLS:,} cells, found {rows:,} images and "
            f"{len(held.sizes):,} layers"
        )
    cells = np.zeros((rows, len(held.sizes)), dtype=bool)
    cells[np.repeat(np.arange(rows), np.diff(held.start)), held.things] = True
    seen = held.of_row[held.of_row >= 0]
    things = np.unique(seen, return_index=True)
    order = things[0][np.argsort(things[1])]
    categories = frames.image_layers[IDENTITIES[identity][0]].cat.categories
    names = categories[held.names[order]]
    return pd.DataFrame(cells[held.units][:, order], index=frames.images["image"], columns=names)
