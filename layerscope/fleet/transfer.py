"""What a pull or a push would move, given what is on the other side already.

A client asks for blobs by digest, so bytes are counted by digest; layers of equal content that are
compressed otherwise are other blobs. Every answer has three values: what nobody can know from the
archives at hand is missing, and so is each sum that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from layerscope.fleet.registry_blobs import (
    distinct,
    held,
    registry_blobs,
    rows_of,
    units_of,
)
from layerscope.fleet.snapshots import snapshots

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames

State = Literal["upload", "mount", "there", "foreign", "unknown"]
"""What a push does about a blob.

`upload`: the registry is sent it. `mount`: another repository of the registry has it, and the
registry links it from there. `there`: the repository has it. `foreign`: it is not pushed, clients
get it elsewhere. `unknown`: it cannot be known which of these.
"""


PULL_BLOBS = ["kind", "digest", "diff_id", "bytes", "foreign"]
PULL_BLOBS += ["held", "held_by_diff_id", "held_by_chain_id", "images"]
PUSH_BLOBS = ["image", "turn", "kind", "digest", "diff_id", "bytes", "state", "sources", "stored"]


class Place(NamedTuple):
    """A repository of a registry."""

    registry: str
    repository: str


class Pull(NamedTuple):
    """What a pull of images would do.

    Attributes:
        blobs: One row for each blob, in the order in which the images need them. `kind`, `digest`
            (missing if not known), `diff_id`, `bytes` (Int64), `foreign` (bool: is it a layer
            that registries need not store), `held` (boolean: is it there, by
            digest), `held_by_diff_id` (or is a layer of its DiffID there), `held_by_chain_id` (or
            is each snapshot that is made of it there), `images` (a tuple of those that need it).
        snapshots: See `fleet.snapshots`.
        images: One row for each image that is pulled, in order: `image`, `blobs`, `bytes` of all
            its blobs, `alone_bytes` that move if only it is pulled, `after_bytes` that move if
            those before it were (all Int64; missing if not known). The last sum to what moves.
    """

    blobs: pd.DataFrame
    snapshots: pd.DataFrame
    images: pd.DataFrame


def pull(
    frames: Frames, documents: pd.DataFrame, wanted: Sequence[int], have: Sequence[int]
) -> Pull:
    """What pulling images would move and unpack where others are already.

    Which engine skips what: one that keeps blobs skips those it has, by digest. Docker keeps
    layers, and skips one whose DiffID it remembers for that digest if the layers below are there
    too. Containerd skips the layers whose snapshots are there, by ChainID.

    Args:
        frames: The fleet.
        documents: The table `registry_blobs.DOCUMENTS` of the same images.
        wanted: The images to pull, in order.
        have: The images that are there.
    """
    import pandas as pd  # noqa: PLC0415 - 100 MB that most commands do without

    table = registry_blobs(frames, documents)
    units, others = units_of(frames, wanted), units_of(frames, have)
    uses, there = rows_of(table, units), rows_of(table, others)
    unpacked = snapshots(frames, units, others)
    blobs = distinct(uses)
    blobs["held"] = held(blobs, there)
    layers = there[there["kind"] == "layer"]
    blobs["held_by_diff_id"] = blobs["held"] | _is_in(blobs, "diff_id", layers)
    by_chain = _is_in(uses, "chain_id", layers)
    blobs["held_by_chain_id"] = blobs["held"] | _all_of(by_chain, uses["thing"], blobs["thing"])
    alike = frames.images["same_as"].tolist()
    things_of = {image: things.unique().tolist() for image, things in _grouped(uses)}
    known = _known(blobs["bytes"], blobs["thing"])
    # A blob that is there moves 0 bytes, whatever its size.
    moved = blobs["bytes"].mask(blobs["held"].fillna(value=False), 0).mask(blobs["held"].isna())
    moving = _known(moved, blobs["thing"])
    rows: list[dict[str, int | None]] = []
    seen: set[int] = set()
    for image in wanted:
        own = things_of.get(alike[image], [])
        new = [thing for thing in own if thing not in seen]
        seen.update(own)
        row = {"image": image, "blobs": len(own), "bytes": _sum(known, own)}
        rows.append(row | {"alone_bytes": _sum(moving, own), "after_bytes": _sum(moving, new)})
    names = ("image", "blobs", "bytes", "alone_bytes", "after_bytes")
    images = {name: pd.Series([row[name] for row in rows], dtype="Int64") for name in names}
    return Pull(blobs[PULL_BLOBS].reset_index(drop=True), unpacked, pd.DataFrame(images))


def push(
    frames: Frames,
    documents: pd.DataFrame,
    wanted: Sequence[tuple[int, Place | None]],
    have: Sequence[tuple[int, Place | None]],
) -> pd.DataFrame:
    """What pushing images, one after the other, would do about each of their blobs.

    A blob that another repository of the same registry has can be mounted from there, a manifest
    cannot: it is put again. What another registry has is of no use. Of an image whose repository
    is not known nobody can tell whether a blob has to be mounted, so what is there of it is
    `unknown`. The images that were pushed before are there for the next.

    Args:
        frames: The fleet.
        documents: The table `registry_blobs.DOCUMENTS` of the same images.
        wanted: The images to push, in order, and where to; None if that is not known.
        have: The images that are there, and where.

    Returns:
        One row for each blob of each image, in order: `image`, `turn` (position in `wanted`),
        `kind`, `digest`, `diff_id`, `bytes` (Int64), `state` (a `State`), `sources` (a tuple of
        the repositories that it can be mounted from, sorted), `stored` (boolean: whether the
        registry has to store it anew; missing if nobody knows).
    """
    import pandas as pd  # noqa: PLC0415 - see `pull`

    table = registry_blobs(frames, documents)
    alike = frames.images["same_as"].to_numpy()
    contents = _Contents(table)
    for image, place in have:
        contents.add(int(alike[image]), place)
    rows = []
    for turn, (image, place) in enumerate(wanted):
        unit = int(alike[image])
        # The table is sorted by image.
        first, end = table["image"].searchsorted([unit, unit + 1])
        own = distinct(table.iloc[first:end])
        doubtful = contents.doubtful(own, place)
        for blob, doubt in zip(own.to_dict("records"), doubtful, strict=True):
            row = {"image": image, "turn": turn, **blob}
            state: State = "foreign"
            sources: tuple[str, ...] = ()
            stored: bool | None = False
            if not blob["foreign"]:
                state, sources, stored = contents.state(
                    blob["thing"], blob["kind"], place, doubtful=doubt
                )
            rows.append(row | {"state": state, "sources": sources, "stored": stored})
        contents.add(unit, place)
    result = pd.DataFrame({name: [row[name] for row in rows] for name in PUSH_BLOBS})
    result["sources"] = pd.Series([row["sources"] for row in rows], dtype=object)
    dtypes = {"bytes": "Int64", "stored": "boolean", "digest": "str", "diff_id": "str"}
    return result.astype(dtypes)


class _Contents:
    """What registries hold while images are pushed, one after the other."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.table = table
        self.hidden = table[table["digest"].isna()]
        self.things = {image: things.unique().tolist() for image, things in _grouped(table)}
        self.images: list[tuple[int, Place | None]] = []
        self.places: dict[int, set[Place]] = {}
        self.somewhere: set[int] = set()
        self.any_hidden = bool(table["digest"].isna().any())

    def add(self, image: int, place: Place | None) -> None:
        """An image is there from now on."""
        self.images.append((image, place))
        for thing in self.things.get(image, []):
            if place is None:
                self.somewhere.add(thing)
            else:
                self.places.setdefault(thing, set()).add(place)

    def doubtful(self, own: pd.DataFrame, place: Place | None) -> list[bool]:
        """For each blob of an image whether the registry may have it under an unknown digest."""
        # A blob of known digest can be doubtful only because of others whose digests are not known.
        # What is surely there has a place, and then its doubt is not asked about.
        table = self.hidden if bool(own["digest"].notna().all()) else self.table
        if table.empty:
            return [False] * len(own)
        if not self.any_hidden:
            return [False] * len(own)
        there = [
            image
            for image, at in self.images
            if place is None or at is None or at.registry == place.registry
        ]
        answers = held(own, rows_of(table, list(dict.fromkeys(there))))
        found: list[bool] = answers.isna().tolist()
        return found

    def state(
        self, thing: int, kind: str, place: Place | None, *, doubtful: bool
    ) -> tuple[State, tuple[str, ...], bool | None]:
        """What to do about a blob, the repositories it can come from, and whether it is new."""
        places = self.places.get(thing, set())
        names = sorted(at.repository for at in places if place and at.registry == place.registry)
        if place is not None and place.repository in names:
            return "there", (), False
        if thing in self.somewhere or (doubtful and not names) or (place is None and places):
            return "unknown", (), None
        if not names:
            return "upload", (), True
        return ("upload", (), False) if kind == "manifest" else ("mount", tuple(names), False)


def _known(sizes: pd.Series[Any], things: pd.Series[Any]) -> dict[int, int]:
    """The bytes of each blob, without those that are not known."""
    there = sizes.notna()
    return dict(zip(things[there].tolist(), sizes[there].tolist(), strict=True))


def _sum(sizes: dict[int, int], things: Sequence[int]) -> int | None:
    """The bytes of some blobs; None if those of one are not known."""
    if any(thing not in sizes for thing in things):
        return None
    return sum(sizes[thing] for thing in things)


def _grouped(uses: pd.DataFrame) -> list[tuple[int, pd.Series[Any]]]:
    """The blobs of each image."""
    return [(int(str(image)), own) for image, own in uses.groupby("image", sort=False)["thing"]]


def _is_in(rows: pd.DataFrame, column: str, layers: pd.DataFrame) -> pd.Series[Any]:
    """For each blob whether a layer among others has its DiffID or ChainID; no for documents."""
    is_layer = rows["kind"] == "layer"
    found = is_layer & rows[column].notna() & rows[column].isin(layers[column].dropna())
    doubtful = rows[column].isna() | bool(layers[column].isna().any())
    return found.astype("boolean").mask(is_layer & ~found & doubtful & (not layers.empty))


def _all_of(
    answers: pd.Series[Any], groups: pd.Series[Any], wanted: pd.Series[Any]
) -> pd.Series[Any]:
    """For each group whether all its answers are yes; missing if one may be no and none is."""
    refused = (~answers).fillna(value=False).groupby(groups).any().reindex(wanted)
    doubtful = answers.isna().groupby(groups).any().reindex(wanted)
    return (~refused).astype("boolean").mask(doubtful & ~refused)
