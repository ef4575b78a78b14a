"""Which image holds which things, by each identity that a layer has: sparse, as arrays.

Three identities side by side, and docker's own way to count. By each of them a fleet is a table of
images and the things they hold, and each thing has one size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import UsageError
from layerscope.fleet.graph import starts

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from layerscope.fleet.frames import Frames

    Ints = npt.NDArray[np.int32]
    Longs = npt.NDArray[np.int64]

IDENTITIES = {
    "blob": ("digest", "compressed_bytes"),
    "diff_id": ("diff_id", "uncompressed_bytes"),
    "chain_id": ("chain_id", "uncompressed_bytes"),
    "docker": ("chain_id", "snapshot_bytes"),
}
"""What makes two layers one, and which of their sizes counts.

`blob`: what a registry stores and a pull moves. `diff_id`: equal content, however compressed.
`chain_id`: what the snapshots of a node share, as tars. `docker`: the same as `docker system df -v`
counts it; there an image is a config digest, whatever input it came from.
"""

UNKNOWN_BYTES = -1


@dataclass(frozen=True, slots=True, repr=False)
class Holdings:
    """Which image holds which things, by one identity.

    Attributes:
        identity: A key of `IDENTITIES`.
        units: For each image the first image that is the same one.
        start: The things of image `i` are `things[start[i]:start[i + 1]]`, each once, base first;
            images that are the same as another have none.
        things: See `start`; numbers of things.
        names: For each thing the code of its name among the categories of the identity's column.
        sizes: For each thing its bytes, `UNKNOWN_BYTES` if no copy of it was measured.
        holders: For each thing how many images hold it.
        whole: For each image whether the identity of all of its layers is known.
        of_row: For each row of the table of layers its thing, -1 if that is not known.
    """

    identity: str
    units: Ints
    start: Ints
    things: Ints
    names: Ints
    sizes: Longs
    holders: Ints
    whole: npt.NDArray[np.bool_]
    of_row: Ints

    def __repr__(self) -> str:
        """How large it is."""
        return f"<Holdings of {len(self.sizes)} things by {self.identity}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: how much is held, and what saves most by being stored once."""
        import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

        from layerscope.fleet import notebook  # noqa: PLC0415 - only notebooks ask for it

        saved = np.maximum(self.sizes, 0) * np.maximum(self.holders - 1, 0)
        most = np.argsort(-saved, kind="stable")[: notebook.HEAD_ROWS]
        rows = [
            (
                int(thing),
                int(self.holders[thing]),
                int(self.sizes[thing]) if self.sizes[thing] >= 0 else None,
            )
            for thing in most
        ]
        title = (
            f"Holdings of {len(self.units):,} images by {self.identity}: {len(self.sizes):,} "
            f"things, held {len(self.things):,} times"
        )
        heads = ("thing", "images", "bytes")
        return notebook.page(title, notebook.table(heads, rows, len(self.sizes) - len(rows)))

    def of(self, image: int) -> Ints:
        """The things that an image holds, base first, each once."""
        unit = int(self.units[image])
        return self.things[self.start[unit] : self.start[unit + 1]]


def holdings(frames: Frames, identity: str) -> Holdings:
    """Which image holds which things.

    Where copies of one thing were measured and others were not, one that was counts.

    Raises: `UsageError` for a word that is no key of `IDENTITIES`.
    """
    import numpy as np  # noqa: PLC0415 - 25 MB that most commands do without

    if identity not in IDENTITIES:
        raise UsageError(f"expected one of {', '.join(IDENTITIES)}, found {identity!r}")
    column, size = IDENTITIES[identity]
    table = frames.image_layers
    count = len(frames.images)
    image = table["image"].to_numpy()
    codes = table[column].cat.codes.to_numpy().astype(np.int32)
    units = _units(frames, identity)
    names, places = np.unique(codes, return_inverse=True)
    unknown = int(len(names) > 0 and names[0] < 0)
    names, of_row = names[unknown:], (places - unknown).astype(np.int32)
    whole = np.ones(count, dtype=bool)
    whole[image[of_row < 0]] = False
    sizes = np.full(len(names), UNKNOWN_BYTES, dtype=np.int64)
    measured = table[size].to_numpy(dtype=np.int64, na_value=UNKNOWN_BYTES)
    known = (measured >= 0) & (of_row >= 0)
    # The first copy that was measured counts: of several assignments the last one stays.
    sizes[of_row[known][::-1]] = measured[known][::-1]
    kept = (of_row >= 0) & (units[image] == image)
    pairs = image[kept].astype(np.int64) * max(len(names), 1) + of_row[kept]
    _, first = np.unique(pairs, return_index=True)
    rows = np.flatnonzero(kept)[np.sort(first)]
    things = of_row[rows]
    return Holdings(
        identity=identity,
        units=units,
        start=starts(image[rows], count),
        things=things,
        names=names,
        sizes=sizes,
        holders=np.bincount(things, minlength=len(names)).astype(np.int32),
        whole=whole,
        of_row=of_row,
    )


def _units(frames: Frames, identity: str) -> Ints:
    """For each image the first that counts as the same one."""
    import numpy as np  # noqa: PLC0415 - see `holdings`

    same: Ints = frames.images["same_as"].to_numpy().astype(np.int32)
    if identity != "docker":
        return same
    codes, _ = frames.images["config_digest"].factorize()
    first = np.full(int(codes.max(initial=-1)) + 1, -1, dtype=np.int32)
    known = np.flatnonzero(codes >= 0).astype(np.int32)
    first[codes[known][::-1]] = known[::-1]
    same = same.copy()
    same[known] = first[codes[known]]
    return same
