"""Layers of images as they are and as a plan would leave them, and what changes between the two.

A stack is the list of an image's layers, base first. A plan gives an image another stack; what is
stored for all images together is compared by each identity that layers have.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from layerscope.oci.digest import DiffID, Digest, chain_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from layerscope.fleet.frames import Frames

Identity = Literal["blob", "diff_id", "chain_id"]
IDENTITIES: tuple[Identity, ...] = ("blob", "diff_id", "chain_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class StackLayer:
    """One layer of a stack; what is not known is None.

    Attributes:
        digest: Of the blob that a registry stores; None where only the uncompressed tar is at hand.
        diff_id: Of the tar; None too for a layer that is yet to be written.
        chain_id: Of the layer and all below.
        compressed_bytes: Of that blob.
        uncompressed_bytes: Of the tar.
        content_bytes: Of the regular files in it.
        created_by: The history line that made it.
        planned: What names a layer that is yet to be written, else empty.
    """

    digest: str | None = None
    diff_id: str | None = None
    chain_id: str | None = None
    compressed_bytes: int | None = None
    uncompressed_bytes: int | None = None
    content_bytes: int | None = None
    created_by: str | None = None
    planned: str = ""


Stack = tuple[StackLayer, ...]


class Effect(NamedTuple):
    """What all images together store before and after, each layer once; bytes None if not known.

    By blob bytes are those of blobs, else those of tars. `gone` is what no image holds afterwards,
    `new` what none held before.
    """

    identity: Identity
    before_layers: int | None
    before_bytes: int | None
    after_layers: int | None
    after_bytes: int | None
    gone_layers: int | None
    gone_bytes: int | None
    new_layers: int | None
    new_bytes: int | None


class StackSizes(NamedTuple):
    """How many layers a stack has, and their bytes; None if one is not known."""

    layers: int
    compressed_bytes: int | None
    uncompressed_bytes: int | None
    content_bytes: int | None


def stack_of(frames: Frames, image: int) -> Stack:
    """The layers of an image of a fleet.

    Where the image has no manifest document its layers are stored as their plain tars, and the
    blobs that a registry would store for them are not known.
    """
    table = frames.image_layers
    # The table is sorted by image: a fleet asks this of each of its images.
    first, end = table["image"].searchsorted([image, image + 1])
    rows = table.iloc[first:end]
    about = frames.images.iloc[image]
    as_stored = isinstance(about["manifest_digest"], str)
    return tuple(
        StackLayer(
            digest=_text(row["digest"]) if as_stored else None,
            diff_id=_text(row["diff_id"]),
            chain_id=_text(row["chain_id"]),
            compressed_bytes=_count(row["compressed_bytes"]) if as_stored else None,
            uncompressed_bytes=_count(row["uncompressed_bytes"]),
            content_bytes=_count(row["content_bytes"]),
            created_by=_text(row["created_by"]),
        )
        for row in rows.to_dict("records")
    )


def stacked(layers: Iterable[StackLayer]) -> Stack:
    """The same layers on one another: each with its ChainID, as far as DiffIDs are known."""
    stack = tuple(layers)
    known: list[DiffID] = []
    for layer in stack:
        if layer.diff_id is None:
            break
        known.append(DiffID(Digest.parse(layer.diff_id)))
    chains: list[str | None] = [str(chain) for chain in chain_ids(known)]
    chains += [None] * (len(stack) - len(chains))
    return tuple(replace(layer, chain_id=chain) for layer, chain in zip(stack, chains, strict=True))


def sizes_of(stack: Stack) -> StackSizes:
    """Sums over a stack, a layer that is in it twice counted twice."""
    return StackSizes(
        len(stack),
        total(layer.compressed_bytes for layer in stack),
        total(layer.uncompressed_bytes for layer in stack),
        total(layer.content_bytes for layer in stack),
    )


def total(sizes: Iterable[int | None]) -> int | None:
    """The sum, None if a part is not known."""
    found = 0
    for size in sizes:
        if size is None:
            return None
        found += size
    return found


def common_layers(stack: Stack, other: Stack) -> int:
    """With how many equal layers, by ChainID, two stacks begin."""
    count = 0
    for ours, theirs in zip(stack, other, strict=False):
        if ours.chain_id is None or ours.chain_id != theirs.chain_id:
            break
        count += 1
    return count


def missing_bytes(wanted: Stack, have: Stack) -> tuple[int | None, int | None]:
    """How many blobs of a stack another one has not, and their bytes: what a node has to pull.

    Config and manifest are not counted. Of layers whose blobs are not known (`stack_of`) those of
    equal content are taken for one blob, since the same client would compress them alike; None if
    one such layer could be a blob that is known elsewhere.
    """
    digests = {layer.digest for layer in have if layer.digest}
    as_blobs = {layer.diff_id for layer in have if layer.digest}
    as_tars = {layer.diff_id for layer in have if not layer.digest}
    missing: dict[str, int | None] = {}
    for layer in wanted:
        name = layer.digest or layer.diff_id
        if name is None or layer.diff_id is None:
            return None, None
        if layer.digest in digests or (layer.digest is None and layer.diff_id in as_tars):
            continue
        if layer.diff_id in (as_tars if layer.digest else as_blobs):
            return None, None
        missing[name] = layer.compressed_bytes
    return len(missing), total(missing.values())


def effect(before: Iterable[Stack], after: Iterable[Stack], identity: Identity) -> Effect:
    """What images store together, before and after, by one identity."""
    old, new = _stored(before, identity), _stored(after, identity)
    gone = None if old is None or new is None else {k: v for k, v in old.items() if k not in new}
    come = None if old is None or new is None else {k: v for k, v in new.items() if k not in old}
    parts: list[int | None] = []
    for each in (old, new, gone, come):
        parts += [None, None] if each is None else [len(each), total(each.values())]
    return Effect(identity, *parts)


def shared_bytes(stacks: Sequence[Stack], image: int, identity: Identity) -> int | None:
    """Bytes of the layers of one stack that another one has too, each layer once.

    None if it is not known which layers are one, or how large a shared one is.
    """
    own = _stored([stacks[image]], identity)
    others = _stored([stack for at, stack in enumerate(stacks) if at != image], identity)
    if own is None or others is None:
        return None
    return total(size for key, size in own.items() if key in others)


def _stored(stacks: Iterable[Stack], identity: Identity) -> dict[str, int | None] | None:
    """Each layer once and its bytes; None if it is not known which layers are one."""
    found: dict[str, int | None] = {}
    for stack in stacks:
        below, on_planned = "", False
        for layer in stack:
            key = layer.planned or (layer.digest if identity == "blob" else layer.diff_id)
            if identity == "chain_id":
                # A layer that is yet to be written has no DiffID, and what lies on it no ChainID:
                # its name and those of the layers on it stand for them.
                on_planned = on_planned or bool(layer.planned)
                key = key and f"{below} {key}" if on_planned else layer.chain_id
                below = key or ""
            if key is None:
                return None
            size = layer.compressed_bytes if identity == "blob" else layer.uncompressed_bytes
            if found.get(key) is None:
                found[key] = size
    return found


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _count(value: object) -> int | None:
    import pandas as pd  # noqa: PLC0415 - whoever has frames has loaded it

    return None if value is None or value is pd.NA else int(str(value))
