"""The snapshots that a node unpacks for images, one for each ChainID, and which it has already."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames


def snapshots(frames: Frames, wanted: Sequence[int], have: Sequence[int]) -> pd.DataFrame:
    """The snapshots that images are made of, in the order of the images, base first.

    Args:
        frames: The fleet.
        wanted: Images, none of which is the same as another (`registry_blobs.units_of`).
        have: Images that are unpacked already, likewise.

    Returns:
        One row for each ChainID; a layer whose ChainID is not known has a row of its own. Columns:
        `chain_id` and `diff_id` (str, missing if not known), `uncompressed_bytes` (of the tar) and
        `snapshot_bytes` (as docker's overlay2 store counts; both Int64), `held` (boolean: whether
        one of `have` has it, missing if nobody can know), `images` and `holders` (tuples of the
        images among `wanted` and `have` that it belongs to).
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    table = frames.image_layers
    place = pd.Series(range(len(wanted)), index=list(wanted), dtype="int64")
    own = table[table["image"].isin(list(wanted))]
    own = own.iloc[own["image"].map(place).argsort(kind="stable")]
    others = table[table["image"].isin(list(have))]
    chains = own["chain_id"].astype("str")
    keys = chains.where(chains.notna(), own.index.astype("str").to_series(index=own.index))
    own = own.assign(key=keys)
    first = own.drop_duplicates("key").set_index("key")
    sizes = own.groupby("key", sort=False)[["uncompressed_bytes", "snapshot_bytes"]].first()
    # A copy among the others may be whole where this one is damaged.
    spare = others.assign(key=others["chain_id"].astype("str")).groupby("key", sort=False)
    sizes = sizes.combine_first(spare[list(sizes.columns)].first().reindex(sizes.index))
    chain = first["chain_id"].astype("str")
    known = others["chain_id"].astype("str")
    is_there = chain.notna() & chain.isin(known.dropna())
    doubtful = chain.isna() | bool(known.isna().any())
    if others.empty:
        doubtful &= False
    users = _users(own["key"], own["image"])
    holders = _users(known[known.isin(chain)], others["image"])
    names = first.index.tolist()
    columns: dict[str, Any] = {
        "chain_id": chain,
        "diff_id": first["diff_id"].astype("str"),
        "uncompressed_bytes": sizes["uncompressed_bytes"].reindex(first.index),
        "snapshot_bytes": sizes["snapshot_bytes"].reindex(first.index),
        "held": is_there.astype("boolean").mask(doubtful & ~is_there),
        "images": pd.Series([users[name] for name in names], index=first.index, dtype=object),
        "holders": pd.Series(
            [holders.get(name, ()) for name in names], index=first.index, dtype=object
        ),
    }
    return pd.DataFrame(columns).reset_index(drop=True)


def _users(keys: pd.Series[Any], images: pd.Series[Any]) -> dict[str, tuple[int, ...]]:
    """For each key a tuple of the images that have it, in order, each once."""
    found: dict[str, dict[int, None]] = {}
    for key, image in zip(keys.tolist(), images.loc[keys.index].tolist(), strict=True):
        found.setdefault(key, {})[image] = None
    return {key: tuple(users) for key, users in found.items()}
