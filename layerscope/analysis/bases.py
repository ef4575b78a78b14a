"""The base image of each image, by what its documents say, by its layers, or by its history."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from layerscope.analysis.builder import builders_of_records
from layerscope.analysis.moments import seconds_of
from layerscope.analysis.origin import origins
from layerscope.analysis.records import base_in_comment, instruction_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.oci.history import History
    from layerscope.sources.image import Image

How = Literal["annotation", "layers", "label", "history", "root-filesystem"]

AFTER_PAUSE = "a day or more passed between two steps"
"""The evidence of a base that only a pause in the history tells."""

_NAME = "org.opencontainers.image.base.name"
_DIGEST = "org.opencontainers.image.base.digest"
_LONGEST_TEXT = 300
_ROOT_FILESYSTEMS = frozenset({"imported", "root-filesystem"})
_DAY = 86_400
_MOST_COMPARED = 50
_MOST_OTHERS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What an image was built on.

    Attributes:
        how: What tells of it: `annotation` of the manifest or its descriptor; `layers`: all layers
            of another image given are the first ones of this image; `label`, which may be
            inherited from the base, and then is about the base's own base; `history`;
            `root-filesystem`: it was built on no image, its first layer is a whole tree.
        likely: Whether it is no more than a guess from the history.
        name: Of the base, untrusted text; None where nothing names it.
        digest: Of its manifest, untrusted text of an annotation or a label; or None.
        layers: How many of the image's layers, from the first one, are the base's; None where
            nothing tells.
        image: Position of the base among the images given, or None.
        others: Positions of further images that are equally good as base, twenty at
            most.
        root_filesystem: Whether the first layer of all is a whole tree put on an empty image.
        evidence: A sentence: why.
    """

    how: How
    likely: bool = False
    name: str | None = None
    digest: str | None = None
    layers: int | None = None
    image: int | None = None
    others: tuple[int, ...] = ()
    root_filesystem: bool = False
    evidence: str = ""


def bases(images: Sequence[Image]) -> list[Base | None]:
    """The base of each image, in their order; None where nothing tells of one.

    The strongest word counts: an annotation, then equal layers, a label, the history. Where a text
    names the base, how many layers are the base's is taken from equal layers or the history.
    """
    by_top = _by_top_layer(images)
    return [_base(position, images, by_top) for position in range(len(images))]


def _base(position: int, images: Sequence[Image], by_top: Mapping[str, list[int]]) -> Base | None:
    image = images[position]
    below = _by_layers(position, images, by_top)
    told = _by_history(image)
    found = (
        _by_text("annotation", _annotations(image), "the manifest or its descriptor names the base")
        or below
        or _by_text("label", _labels(image), "a label names the base, perhaps the base's own base")
        or told
    )
    if found and found.how in ("annotation", "label"):
        counted = below or told
        if counted:
            found = replace(
                found, layers=counted.layers, image=counted.image, others=counted.others
            )
    whole_tree = any(row.layer == 0 and row.origin in _ROOT_FILESYSTEMS for row in origins(image))
    if found is None and whole_tree:
        why = "the first layer is a whole tree put on an empty image, and nothing tells of a base"
        found = Base(how="root-filesystem", layers=1, evidence=why)
    return replace(found, root_filesystem=whole_tree) if found else None


def _by_text(how: How, texts: Mapping[str, str], evidence: str) -> Base | None:
    name, digest = texts.get(_NAME, ""), texts.get(_DIGEST, "")
    if not name and not digest:
        return None
    return Base(
        how=how,
        name=name[:_LONGEST_TEXT] or None,
        digest=digest[:_LONGEST_TEXT] or None,
        evidence=evidence,
    )


def _annotations(image: Image) -> dict[str, str]:
    """Annotations of the descriptor, and those of the manifest, which go before them."""
    return {**image.annotations, **(image.manifest.annotations if image.manifest else {})}


def _labels(image: Image) -> dict[str, str]:
    labels = image.config.config.get("Labels") if image.config else None
    if not isinstance(labels, dict):
        return {}
    return {name: value for name, value in labels.items() if isinstance(value, str)}


def _by_top_layer(images: Sequence[Image]) -> dict[str, list[int]]:
    """The positions of the images that end in a layer, by its ChainID; the best base first.

    That is the one with the longest history, then one with a name, then the first by name.
    """

    def rank(position: int) -> tuple[int, bool, tuple[str, ...], str, int, int]:
        image = images[position]
        names = tuple(sorted(image.names))
        return (-len(image.history), not names, names, image.input, image.index, position)

    found: dict[str, list[int]] = {}
    for position in sorted(range(len(images)), key=rank):
        layers = images[position].layers
        if layers and layers[-1].chain_id is not None:
            found.setdefault(str(layers[-1].chain_id), []).append(position)
    return found


def _by_layers(
    position: int, images: Sequence[Image], by_top: Mapping[str, list[int]]
) -> Base | None:
    """The other image whose layers are the longest beginning of this one's.

    One with all of the layers can be the base only if its history is a shorter beginning of this
    one's: the steps after it changed settings alone.
    """
    image = images[position]
    for layer in reversed(image.layers):
        if layer.chain_id is None:
            continue
        equal = by_top.get(str(layer.chain_id), [])
        if layer.index == len(image.layers) - 1:
            start = bisect_right(
                equal, -len(image.history), key=lambda other: -len(images[other].history)
            )
            # Few are looked at, so that a thousand images of one layer list cost no million looks.
            equal = [
                other
                for other in equal[start : start + _MOST_COMPARED]
                if _begins(images[other].history, image.history)
            ]
        if equal:
            first, *others = equal[: 1 + _MOST_OTHERS]
            count = layer.index + 1
            return Base(
                how="layers",
                name=min(images[first].names, default=None),
                layers=count,
                image=first,
                others=tuple(others),
                evidence=f"this image begins with all layers ({count}) of another image given",
            )
    return None


def _begins(
    shorter: Sequence[tuple[History, object]], longer: Sequence[tuple[History, object]]
) -> bool:
    """Whether all records of the shorter history are the first ones of the longer.

    No records begin nothing.
    """
    return bool(shorter) and all(
        ours[0] == theirs[0] for ours, theirs in zip(shorter, longer, strict=False)
    )


def _by_history(image: Image) -> Base | None:
    """The base by the record where the image's own steps begin, if one can be made out."""
    start, name, evidence = _own_start(image)
    if start == 0:
        return None
    owners = [owner for _, owner in image.history]
    if "beyond" in owners:
        return None
    layers = sum(isinstance(owner, int) for owner in owners[:start])
    if layers == 0:
        return None
    return Base(how="history", likely=name is None, name=name, layers=layers, evidence=evidence)


def _own_start(image: Image) -> tuple[int, str | None, str]:
    """The first record that is not the base's, its name if a record has it, and why."""
    records = [record for record, _ in image.history]
    for position in range(len(records) - 1, 0, -1):
        name = base_in_comment(records[position])
        if name:
            return position, name, "buildah wrote the base's name into the first record after it"
    makers = builders_of_records(image)
    known = [(position, maker) for position, maker in enumerate(makers) if maker]
    last = known[-1][1] if known else None
    before = [position for position, maker in known if maker != last]
    start = before[-1] + 1 if before else 0
    why = "from there on another builder left its marks"
    command = _after_inner_command(image)
    # The command of a base that the same builder made comes after the change of builders.
    if command > start:
        start, why = command, "a CMD in the middle of the history is where a base image ends"
    if start == 0:
        start, why = _after_pause(records), AFTER_PAUSE
    return start, None, why


def _after_inner_command(image: Image) -> int:
    """The record after the last CMD that a layer follows, or 0."""
    layer_follows = False
    for position in range(len(image.history) - 1, -1, -1):
        record, owner = image.history[position]
        if layer_follows and instruction_of(record) == "CMD":
            return position + 1
        layer_follows = layer_follows or isinstance(owner, int)
    return 0


def _after_pause(records: Sequence[History]) -> int:
    """The record after the last pause of a day or more, or 0; times that are none do not count."""
    moments = [seconds_of(record.created) for record in records]
    for position in range(len(records) - 1, 0, -1):
        before, after = moments[position - 1], moments[position]
        if before is not None and after is not None and after - before >= _DAY:
            return position
    return 0
