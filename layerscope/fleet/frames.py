r"""The tables of a fleet as pandas sees them: one row for each image, one for each of its layers.

All that `fleet` computes starts from these two tables, whether the images are at hand or were read
long ago and are rows of a saved report. Texts show bytes that are not UTF-8 as `\xHH`, since Arrow
strings refuse them. An unknown number is missing (`<NA>`), never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from layerscope.errors import BadDigestError, BadDocumentError, shown
from layerscope.oci.digest import DiffID, Digest, chain_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from layerscope.analysis.bases import Base
    from layerscope.files.scan_layer import LayerScan
    from layerscope.sources.image import Image, Layer

IMAGES = {
    "image": ("int32", "position of the image in the fleet, 0, 1, 2 …: its id in all tables"),
    "input": ("str", "what the user named"),
    "index": ("int32", "position among the images of that input"),
    "same_as": ("int32", "the first image of that input with the same manifest; often itself"),
    "names": ("object", "a tuple of str, perhaps empty"),
    "platform": ("str", "as in linux/arm64/v8, ? for what the image does not say"),
    "manifest_digest": ("str", "missing where the archive has no manifest document"),
    "config_digest": ("str", "docker's image id; missing in v1-only archives"),
    "base_how": ("str", "what tells of the base (`analysis.bases`); missing if nothing does"),
    "base_name": ("str", "what a text of the image calls its base, or missing"),
    "base_digest": ("str", "the manifest of the base by an annotation or a label, or missing"),
    "base_layers": ("Int64", "how many of the layers are the base's, from the first; or missing"),
}
"""Columns of the table of images, in order, with dtype and meaning."""

IMAGE_LAYERS = {
    "image": ("int32", "id of the image"),
    "position": ("int32", "index of the layer, 0 is the base"),
    "digest": ("category", "of the blob as stored; missing if not known"),
    "diff_id": ("category", "of the uncompressed tar; missing if not known"),
    "chain_id": ("category", "of the layer and all below; missing if a DiffID is not known"),
    "parent_chain_id": ("category", "ChainID of the layer below, same categories; missing at 0"),
    "compressed_bytes": ("Int64", "bytes of the blob; missing if not measured"),
    "uncompressed_bytes": ("Int64", "bytes of the tar; missing if not measured"),
    "content_bytes": ("Int64", "bytes of the regular files in it; missing if not measured"),
    "snapshot_bytes": ("Int64", "what docker's overlay2 store counts for it, or missing"),
    "media_type": ("category", "of the manifest, or missing"),
    "compression": ("category", "none, gzip, zstd, bzip2 or xz, by the bytes; or missing"),
    "created_by": ("str", "the history line that made it, or missing"),
}
"""Columns of the table of layers, in order, with dtype and meaning; sorted by image, position.

A layer that several images have is a row of each.
"""


SIZES = ("compressed_bytes", "uncompressed_bytes", "content_bytes", "snapshot_bytes")
"""Columns of the table of layers that hold sizes."""
MOST_BYTES = 2**62
"""What all rows together may say of sizes: a forged report must not make sums wrap around."""


class Frames(NamedTuple):
    """The two tables of a fleet; `IMAGES` and `IMAGE_LAYERS` list their columns."""

    images: pd.DataFrame
    image_layers: pd.DataFrame

    def _repr_html_(self) -> str:
        """What a notebook shows: how large the fleet is, and its first images, all escaped."""
        from layerscope.fleet import notebook  # noqa: PLC0415 - only notebooks ask for it

        head = self.images.head(notebook.HEAD_ROWS)
        ends = self.image_layers["image"].searchsorted(range(len(head) + 1))
        sizes = self.image_layers["compressed_bytes"]
        rows = []
        for at, (names, platform, manifest) in enumerate(
            zip(head["names"], head["platform"], head["manifest_digest"], strict=True)
        ):
            own = sizes.iloc[ends[at] : ends[at + 1]]
            size = None if own.isna().any() else int(own.sum())
            digest = manifest if isinstance(manifest, str) else None
            shown_as = ", ".join(names) or None
            layers = int(ends[at + 1] - ends[at])
            rows.append((at, shown_as, platform, notebook.digest_text(digest), layers, size))
        heads = ("image", "names", "platform", "manifest", "layers", "compressed_bytes")
        title = f"Frames of {len(self.images):,} images and {len(self.image_layers):,} layer rows"
        return notebook.page(title, notebook.table(heads, rows, len(self.images) - len(head)))


Columns = dict[str, list[Any]]


def frames_of_images(
    images: Sequence[Image],
    scans: Sequence[Sequence[LayerScan | None]] | None = None,
    bases: Sequence[Base | None] | None = None,
) -> Frames:
    """The tables of images that are at hand, in their order.

    Args:
        images: Of one or several inputs.
        scans: For each image what reading each of its layers found, None for a layer that was not
            read or is damaged; without it no layer was read, and no size is known.
        bases: What `analysis.bases` says of each image, in the same order.
    """
    rows, layers = _empty(IMAGES), _empty(IMAGE_LAYERS)
    first: dict[tuple[str, str], int] = {}
    for at, image in enumerate(images):
        base = bases[at] if bases is not None else None
        manifest, config = _text(image.manifest_digest), _text(image.config_digest)
        told = {
            "image": at,
            "input": image.input,
            "index": image.index,
            "same_as": _same_as(first, at, image.input, manifest or config),
            "names": image.names,
            "platform": _platform(
                image.platform.os, image.platform.architecture, image.platform.variant
            ),
            "manifest_digest": manifest,
            "config_digest": config,
            "base_how": base.how if base else None,
            "base_name": base.name if base else None,
            "base_digest": base.digest if base else None,
            "base_layers": (base.layers or None) if base else None,
        }
        _append(rows, told)
        found = scans[at] if scans is not None else [None] * len(image.layers)
        _append_layers(layers, at, image.layers, found)
    return frames_of_columns(rows, layers)


def frames_of_report(report: Mapping[str, Any]) -> Frames:
    """The tables of the images of a document `layerscope.report/1`, in its order.

    Args:
        report: The document as plain values: what `json.loads` gives.

    Raises: `BadDocumentError` if a needed field is missing or has a wrong type.
    """
    rows, layers = _empty(IMAGES), _empty(IMAGE_LAYERS)
    first: dict[tuple[str, str], int] = {}
    try:
        for at, image in enumerate(report["images"]):
            base = image.get("base") or {}
            platform = image["platform"]
            digest = image["manifest_digest"] or image["config_digest"]
            told = {
                "image": at,
                "same_as": _same_as(first, at, image["input"], digest),
                "names": tuple(image["names"]),
                "platform": _platform(
                    platform["os"], platform["architecture"], platform.get("variant")
                ),
                "base_how": base.get("how"),
                "base_name": base.get("image"),
                "base_digest": base.get("digest"),
                "base_layers": base.get("layers") or None,
            }
            _append(rows, {name: told[name] if name in told else image[name] for name in IMAGES})
            below = None
            for position, layer in enumerate(image["layers"]):
                told = {"image": at, "position": position, "parent_chain_id": below}
                told |= {"snapshot_bytes": layer.get("snapshot_bytes")}
                told |= {name: layer[name] for name in IMAGE_LAYERS if name not in told}
                _append(layers, told)
                below = layer["chain_id"]
        frames = frames_of_columns(rows, layers)
        for name in ("digest", "diff_id", "chain_id"):
            for text in frames.image_layers[name].cat.categories:
                Digest.parse(text)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        problem = f"expected the images of a report: {type(error).__name__} {shown(error, 80)}"
        raise BadDocumentError(problem, "report") from error
    except BadDigestError as error:
        raise BadDocumentError(error.problem, "report") from error
    return frames


def frames_of_columns(
    images: Mapping[str, Sequence[Any]], image_layers: Mapping[str, Sequence[Any]]
) -> Frames:
    """The tables with the declared dtypes, from columns of plain values (None is missing).

    Args:
        images: The columns of `IMAGES`; those left out are missing in every row, but for `image`
            and `index`, which are counted, and `same_as`, which is the image itself.
        image_layers: The columns of `IMAGE_LAYERS`, sorted by image and position, so likewise;
            `image` and `position` must be there. Without `parent_chain_id` it is the ChainID of
            the row before.

    Raises: `ValueError` or `TypeError` where values do not fit, or columns differ in length.
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    rows = max(map(len, images.values()), default=0)
    given: dict[str, Sequence[Any]] = dict.fromkeys(("image", "index", "same_as"), range(rows))
    given |= {"names": [()] * rows, **images}
    table = pd.DataFrame(
        {
            name: _column(name, dtype, given.get(name, [None] * rows))
            for name, (dtype, _) in IMAGES.items()
        }
    )
    count = len(image_layers["image"])
    layers = {
        name: _column(name, dtype, image_layers.get(name, [None] * count))
        for name, (dtype, _) in IMAGE_LAYERS.items()
        if name != "parent_chain_id"
    }
    for name in SIZES:
        most = layers[name].max()
        if count and most is not pd.NA and int(most) * count >= MOST_BYTES:
            raise ValueError(f"expected {name} whose sums fit 62 bits, found {most}")
        if (layers[name] < 0).any():
            raise ValueError(f"expected {name} of 0 or more")
    layers["parent_chain_id"] = _parents(
        layers["chain_id"], layers["position"], image_layers.get("parent_chain_id")
    )
    return Frames(table, pd.DataFrame({name: layers[name] for name in IMAGE_LAYERS}))


def joined(parts: Sequence[Frames]) -> Frames:
    """The tables of several fleets as one: images are numbered on, in the order of the parts."""
    import pandas as pd  # noqa: PLC0415 - see `frames_of_columns`
    from pandas.api.types import union_categoricals  # noqa: PLC0415 - the same

    if len(parts) == 1:
        return parts[0]
    images, layers = [], []
    count = 0
    for part in parts:
        shift = {name: (part.images[name] + count).astype("int32") for name in ("image", "same_as")}
        images.append(part.images.assign(**shift))
        table = part.image_layers
        layers.append(table.assign(image=(table["image"] + count).astype("int32")))
        count += len(part.images)
    if not images:
        return frames_of_columns({}, {"image": [], "position": []})
    columns = {
        name: pd.concat([table[name] for table in layers], ignore_index=True)
        if dtype != "category"
        else pd.Series(union_categoricals([table[name] for table in layers]))
        for name, (dtype, _) in IMAGE_LAYERS.items()
    }
    parents = columns["parent_chain_id"].astype("str")
    chains = columns["chain_id"].cat.categories
    codes = chains.get_indexer(pd.Index(parents))
    codes[parents.isna().to_numpy()] = -1
    columns["parent_chain_id"] = pd.Series(pd.Categorical.from_codes(codes, categories=chains))
    return Frames(pd.concat(images, ignore_index=True), pd.DataFrame(columns))


def _parents(
    chains: pd.Series[Any], positions: pd.Series[Any], given: Iterable[Any] | None
) -> pd.Series[Any]:
    """ChainIDs of the layers below, with the categories of `chains`, so that codes compare."""
    import numpy as np  # noqa: PLC0415 - comes with pandas
    import pandas as pd  # noqa: PLC0415 - see `frames_of_columns`

    categories = chains.cat.categories
    if given is not None:
        known = pd.Series(pd.array([_shown(each) for each in given], dtype="str"))
        codes = categories.get_indexer(pd.Index(known))
        codes[known.isna().to_numpy()] = -1
    else:
        own = chains.cat.codes.to_numpy()
        codes = np.full(len(own), -1, dtype=own.dtype)
        codes[1:] = own[:-1]
        codes[positions.to_numpy() == 0] = -1
    return pd.Series(pd.Categorical.from_codes(codes, categories=categories))


def _column(name: str, dtype: str, values: Sequence[Any]) -> pd.Series[Any]:
    import pandas as pd  # noqa: PLC0415 - see `frames_of_columns`

    if dtype == "category":
        return pd.Series(_categorical(values), name=name)
    if dtype == "str":
        return pd.Series(pd.array([_shown(value) for value in values], dtype="str"), name=name)
    if dtype == "object":
        cells = [tuple(map(_shown, value)) for value in values]
        return pd.Series(cells, dtype=object, name=name)
    return pd.Series(values if hasattr(values, "dtype") else list(values), dtype=dtype, name=name)


def _categorical(values: Iterable[Any]) -> pd.Categorical:
    """Texts as codes, numbered by first appearance; a million of them take a sixth of a second."""
    import numpy as np  # noqa: PLC0415 - comes with pandas
    import pandas as pd  # noqa: PLC0415 - see `frames_of_columns`

    if isinstance(values, pd.Categorical):
        return values
    codes: dict[str | None, int] = {None: -1}
    number = codes.setdefault
    numbers = np.fromiter((number(value, len(codes) - 1) for value in values), dtype=np.int32)
    del codes[None]
    # Two texts that are shown alike stay two: a category is named by what tells it apart.
    names = [_shown(text) for text in codes]
    if len(set(names)) < len(names):
        names = [f"{name} ({at})" for at, name in enumerate(names)]
    return pd.Categorical.from_codes(numbers, categories=pd.Index(names, dtype="str"))


def _append_layers(
    columns: Columns, at: int, layers: Sequence[Layer], scans: Sequence[LayerScan | None]
) -> None:
    own = [
        layer.diff_id or (scan.diff_id if scan else None)
        for layer, scan in zip(layers, scans, strict=True)
    ]
    chains: list[str | None] = [*map(str, chain_ids(_known(own)))]
    chains += [None] * (len(layers) - len(chains))
    below = None
    for position, (layer, scan) in enumerate(zip(layers, scans, strict=True)):
        told = {
            "image": at,
            "position": position,
            "digest": _text(layer.digest or (scan.digest if scan else None)),
            "diff_id": _text(own[position]),
            "chain_id": chains[position],
            "parent_chain_id": below,
            "compressed_bytes": scan.compressed_bytes if scan else None,
            "uncompressed_bytes": scan.uncompressed_bytes if scan else None,
            "content_bytes": scan.content_bytes if scan else None,
            "snapshot_bytes": scan.snapshot_bytes if scan else None,
            "media_type": layer.media_type,
            "compression": scan.compression if scan else None,
            "created_by": layer.created_by,
        }
        _append(columns, told)
        below = chains[position]


def _known(diff_ids: Iterable[DiffID | None]) -> list[DiffID]:
    """The DiffIDs up to the first that is not known: there the chain ends."""
    known: list[DiffID] = []
    for diff_id in diff_ids:
        if diff_id is None:
            break
        known.append(diff_id)
    return known


def _same_as(first: dict[tuple[str, str], int], at: int, source: str, digest: str | None) -> int:
    # A v1-only archive has neither document: every image of it is its own.
    return at if digest is None else first.setdefault((source, digest), at)


def _platform(system: str, architecture: str, variant: str | None) -> str:
    parts = [system or "?", architecture or "?", variant or ""]
    return "/".join(part for part in parts if part)


def _empty(names: Iterable[str]) -> Columns:
    return {name: [] for name in names}


def _append(columns: Columns, row: Mapping[str, Any]) -> None:
    for name, column in columns.items():
        column.append(row[name])


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _shown(text: str | None) -> str | None:
    if text is None or text.isascii():
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        # JSON can name half of a character: it stands for no byte, and no Arrow string holds it.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
