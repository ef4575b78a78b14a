"""The document `layerscope.plan-push/1`: what a push would upload, mount or leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from layerscope.fleet.registry_blobs import sum_of
from layerscope.fleet.transfer import push
from layerscope.report.answers import ImageName, image_name
from layerscope.report.document import FaultRow, Row, SkippedRow, Tool
from layerscope.report.plan_rows import BlobKind, plain_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from layerscope.fleet.frames import Frames
    from layerscope.fleet.transfer import Place
    from layerscope.report.document import ImageRow

State = Literal["upload", "mount", "there", "foreign", "unknown"]
"""What is done about a blob; see `fleet.transfer.State`."""


class StateSum(Row, frozen=True, kw_only=True):
    """The blobs of which a push does the same."""

    state: State
    blobs: int
    bytes: int | None


class PlacedImage(Row, frozen=True, kw_only=True):
    """An image and the repository it is in; None if that is not known.

    Attributes:
        registry: Host and perhaps port.
    """

    image: ImageName
    registry: str | None
    repository: str | None


class PushedImage(Row, frozen=True, kw_only=True):
    """One image that is pushed, after those before it.

    Attributes:
        registry: Host and perhaps port of where it goes; None if that is not known.
        bytes: Of all its blobs, each once: that of all states.
        uploaded_bytes: What is sent; None if that cannot be known.
        stored_bytes: What the registry stores anew.
        states: One for each state that occurs, in the order of `State`.
    """

    image: ImageName
    registry: str | None
    repository: str | None
    bytes: int | None
    uploaded_bytes: int | None
    stored_bytes: int | None
    states: list[StateSum]


class PushedBlob(Row, frozen=True, kw_only=True):
    """One blob of one image.

    Attributes:
        image: Position in `images`.
        sources: The repositories of the same registry that it can be mounted from.
        stored: Whether the registry stores it anew; None if nobody can know.
    """

    image: int
    kind: BlobKind
    digest: str | None
    diff_id: str | None
    bytes: int | None
    state: State
    sources: list[str]
    stored: bool | None


class PlanPushDocument(Row, frozen=True, kw_only=True):
    """A `layerscope.plan-push/1` document.

    Attributes:
        images: What is pushed, in order.
        have: What registries hold already.
        uploaded_bytes: What is sent in all; None if that cannot be known.
        stored_bytes: What registries store anew.
        states: The sums over all images; their bytes are those of all blobs of each image.
        blobs: Of each image each once, in order.
    """

    tool: Tool
    images: list[PushedImage]
    have: list[PlacedImage]
    uploaded_bytes: int | None
    stored_bytes: int | None
    states: list[StateSum]
    blobs: list[PushedBlob]
    skipped: list[SkippedRow]
    faults: list[FaultRow]
    schema: Literal["layerscope.plan-push/1"] = "layerscope.plan-push/1"


def plan_push_document(
    tool: Tool,
    rows: Sequence[ImageRow],
    frames: Frames,
    documents: pd.DataFrame,
    *,
    wanted: Sequence[tuple[int, Place | None]],
    have: Sequence[tuple[int, Place | None]],
    skipped: Sequence[SkippedRow] = (),
    faults: Sequence[FaultRow] = (),
) -> PlanPushDocument:
    """The document of a push; the arguments are those of `plan_pull_document`, with places."""
    table = push(frames, documents, wanted, have)
    return PlanPushDocument(
        tool=tool,
        images=[
            PushedImage(
                **_placed(rows[image], place),
                bytes=sum_of(own["bytes"]),
                uploaded_bytes=_uploaded(own),
                stored_bytes=sum_of(own["bytes"], own["stored"]),
                states=_states(own),
            )
            for turn, (image, place) in enumerate(wanted)
            for own in [table[table["turn"] == turn]]
        ],
        have=[PlacedImage(**_placed(rows[image], place)) for image, place in have],
        uploaded_bytes=_uploaded(table),
        stored_bytes=sum_of(table["bytes"], table["stored"]),
        states=_states(table),
        blobs=[
            PushedBlob(**{**row, "sources": list(row["sources"])})
            for row in plain_rows(table.drop(columns="image").rename(columns={"turn": "image"}))
        ],
        skipped=list(skipped),
        faults=list(faults),
    )


def _placed(row: ImageRow, place: Place | None) -> dict[str, Any]:
    named = {"registry": None, "repository": None} if place is None else place._asdict()
    return {"image": image_name(row), **named}


def _uploaded(blobs: pd.DataFrame) -> int | None:
    sent = (blobs["state"] == "upload").astype("boolean")
    return sum_of(blobs["bytes"], sent.mask(blobs["state"] == "unknown"))


def _states(blobs: pd.DataFrame) -> list[StateSum]:
    words: list[State] = ["upload", "mount", "there", "foreign", "unknown"]
    return [
        StateSum(state=state, blobs=len(own), bytes=sum_of(own["bytes"]))
        for state in words
        for own in [blobs[blobs["state"] == state]]
        if len(own)
    ]
