"""The blobs that a registry stores for images, and which of them are somewhere already.

An image is its layers, its config and its manifest there. An index that lists several manifests is
a blob too, but which of its images a client wants decides the rest, so it is left out.

Not every archive holds what a registry would: `docker save` without the containerd store writes
layers uncompressed, and `docker push` compresses them. The digest and the size of such a blob are
not known, only its DiffID; then an answer about it is unknown, which is neither yes nor no.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from layerscope.fleet.frames import Frames

    Longs = npt.NDArray[np.int64]
    Documents = pd.DataFrame

KINDS = ("layer", "config", "manifest")
"""What a blob can be, in the order of rows."""

DOCUMENTS = {
    "manifest_bytes": ("Int64", "bytes of the manifest; missing if it is not at hand"),
    "config_bytes": ("Int64", "bytes of the config; missing if it is not at hand"),
    "as_stored": ("bool", "whether the layers at hand are the blobs that a registry stores"),
}
"""What the tables of a fleet do not say of an image: a row for each, in their order."""

BLOBS = {
    "image": ("int32", "id of the image; images that are the same as another have no rows"),
    "kind": ("category", "one of `KINDS`"),
    "position": ("Int64", "of the layer, 0 is the base; missing for documents"),
    "thing": ("int64", "equal for equal blobs"),
    "digest": ("str", "of the blob; missing if it is not known"),
    "content": ("str", "DiffID of a layer, config digest of a manifest: may be told of others"),
    "diff_id": ("str", "of the layer; missing if not known, and for documents"),
    "chain_id": ("str", "of the layer and all below; missing likewise"),
    "bytes": ("Int64", "of the blob; missing if not known"),
    "foreign": ("bool", "whether it is a layer that registries need not store"),
}
"""Columns of the table of blobs; sorted by image, then layers from the base, config, manifest."""


def documents_of(rows: Iterable[tuple[int | None, int | None, bool]]) -> pd.DataFrame:
    """The table `DOCUMENTS` of plain values, one row for each image of a fleet."""
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return pd.DataFrame(
        {
            name: pd.Series(list(values), dtype=dtype)
            for (name, (dtype, _)), values in zip(DOCUMENTS.items(), columns, strict=True)
        }
    )


def registry_blobs(frames: Frames, documents: pd.DataFrame) -> pd.DataFrame:
    """The blobs of every image, each as often as the image lists it: the columns of `BLOBS`.

    Two blobs whose digests are not known are equal if they are known to have equal content: the
    same client would compress them alike. Of several copies the first that was measured counts.

    Args:
        frames: The fleet.
        documents: The table `DOCUMENTS` of the same images.
    """
    import pandas as pd  # noqa: PLC0415 - see `documents_of`

    images = frames.images
    single = (images["same_as"] == images["image"]).to_numpy()
    stored = documents["as_stored"].to_numpy(dtype=bool)
    layers = frames.image_layers
    kept = layers[single[layers["image"].to_numpy()]]
    as_stored = pd.Series(stored[kept["image"].to_numpy()], index=kept.index)
    parts = [
        pd.DataFrame(
            {
                "image": kept["image"],
                "kind": 0,
                "position": kept["position"].astype("Int64"),
                "digest": kept["digest"].astype("str").where(as_stored),
                "content": kept["diff_id"].astype("str"),
                "diff_id": kept["diff_id"].astype("str"),
                "chain_id": kept["chain_id"].astype("str"),
                "bytes": kept["compressed_bytes"].where(as_stored),
                "foreign": kept["media_type"].isin(_foreign_types()),
            }
        )
    ]
    config, manifest = images["config_digest"], images["manifest_digest"]
    for kind, digest, content, size in (
        (1, config, None, documents["config_bytes"]),
        (2, manifest.where(stored), config, documents["manifest_bytes"].where(stored)),
    ):
        part = pd.DataFrame({"image": images["image"], "kind": kind, "digest": digest})
        part["content"] = pd.Series([None] * len(part), dtype="str") if content is None else content
        part["bytes"], part["foreign"] = size, False
        parts.append(part[single])
    table = pd.concat(parts, ignore_index=True)
    table = table.sort_values(["image", "kind"], kind="stable", ignore_index=True)
    table["thing"] = _things(table)
    table["bytes"] = table.groupby("thing", sort=False)["bytes"].transform("first")
    codes = table["kind"].to_numpy(dtype="int8")
    words = pd.Index(list(KINDS), dtype="str")
    table["kind"] = pd.Series(pd.Categorical.from_codes(codes, categories=words))
    dtypes = {name: dtype for name, (dtype, _) in BLOBS.items() if dtype != "category"}
    return table.astype(dtypes)[list(BLOBS)]


def _foreign_types() -> list[str]:
    from layerscope.oci import media_types  # noqa: PLC0415 - its only user here

    return [
        media_types.OCI_NONDISTRIBUTABLE,
        media_types.OCI_NONDISTRIBUTABLE_GZIP,
        media_types.OCI_NONDISTRIBUTABLE_ZSTD,
        media_types.DOCKER_FOREIGN_LAYER,
        media_types.DOCKER_FOREIGN_LAYER_GZIP,
    ]


def _things(table: pd.DataFrame) -> Longs:
    """A number for each row, equal where the blobs are."""
    import numpy as np  # noqa: PLC0415 - comes with pandas

    # No digest begins with a digit, so the three kinds of name never meet.
    kinds = table["kind"].astype("str")
    names = table["digest"].copy()
    unknown = names.isna()
    names[unknown] = (kinds + " " + table["content"])[unknown]
    unknown = names.isna()
    names[unknown] = ("0 " + table.index.astype("str").to_series(index=table.index))[unknown]
    codes, _ = names.factorize()
    return codes.astype(np.int64)


def units_of(frames: Frames, images: Iterable[int]) -> list[int]:
    """The images without repeats: each is the first of its input with the same manifest."""
    same = frames.images["same_as"].to_numpy()
    return list(dict.fromkeys(int(same[image]) for image in images))


def held(wanted: pd.DataFrame, have: pd.DataFrame) -> pd.Series[Any]:
    """For each wanted blob whether it is among others: yes, no, or missing if nobody can know.

    A blob is there if one of its digest is. It may be there if its own digest, or that of one among
    the others, is not known, and their contents are equal or not known either.

    Args:
        wanted: Rows of the table of blobs.
        have: Rows of the same table.

    Returns:
        A column of dtype boolean with the index of `wanted`.
    """
    import pandas as pd  # noqa: PLC0415 - see `documents_of`

    surely = wanted["digest"].notna() & wanted["thing"].isin(have["thing"])
    maybe = pd.Series(data=False, index=wanted.index)
    for kind in KINDS:
        own = wanted["kind"] == kind
        others = have[have["kind"] == kind]
        hidden = others[others["digest"].isna()]
        for rows, among in (
            (own & wanted["digest"].notna(), hidden),
            (own & wanted["digest"].isna(), others),
        ):
            if among.empty:
                continue
            content = wanted["content"]
            fits = content.isna() | content.isin(among["content"].dropna())
            maybe |= rows & (fits | bool(among["content"].isna().any()))
    return surely.astype("boolean").mask(maybe & ~surely)


def distinct(blobs: pd.DataFrame) -> pd.DataFrame:
    """The first row of each blob, in order, with `images`: a tuple of the images that list it."""
    import pandas as pd  # noqa: PLC0415 - see `documents_of`

    first = blobs.drop_duplicates("thing").set_index("thing", drop=False)
    users: dict[int, dict[int, None]] = {}
    for thing, image in zip(blobs["thing"].tolist(), blobs["image"].tolist(), strict=True):
        users.setdefault(thing, {})[image] = None
    lists = [tuple(users[thing]) for thing in first.index.tolist()]
    return first.assign(images=pd.Series(lists, index=first.index, dtype=object))


def rows_of(blobs: pd.DataFrame, images: Sequence[int]) -> pd.DataFrame:
    """The rows of some images, in the order in which those are given."""
    import pandas as pd  # noqa: PLC0415 - see `documents_of`

    place = pd.Series(range(len(images)), index=list(images), dtype="int64")
    rows = blobs[blobs["image"].isin(list(images))]
    order = rows["image"].map(place).argsort(kind="stable")
    return rows.iloc[order]


def sum_of(sizes: pd.Series[Any], counted: pd.Series[Any] | None = None) -> int | None:
    """The bytes of the rows that count; None if that is not known of one, or its size is not.

    Args:
        sizes: Int64.
        counted: Whether each counts, of dtype boolean, missing if nobody knows; None means all.
    """
    if counted is not None:
        if bool(counted.isna().any()):
            return None
        sizes = sizes[counted.astype(bool)]
    return None if bool(sizes.isna().any()) else int(sizes.sum())
