"""Opened inputs and outcomes made by hand, with numbers that are easy to add up."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from layerscope.files.scan_layer import LayerScan
from layerscope.journeys.pool import LayerOutcome
from layerscope.oci.digest import ChainID, DiffID, Digest
from layerscope.oci.history import History
from layerscope.oci.platform import Platform
from layerscope.sources.image import Fault, Image, Layer, OpenedInput
from layerscope.sources.region import Region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.report.from_results import Outcome


def digest(word: str) -> Digest:
    return Digest("sha256", hashlib.sha256(word.encode("utf-8", "surrogatepass")).hexdigest())


def layer(index: int, blob: str, *, diff: str = "", chain: str = "", **more: str | None) -> Layer:
    return Layer(
        index=index,
        media_type=None,
        digest=digest(blob),
        size=None,
        diff_id=DiffID(digest(diff or blob)),
        chain_id=ChainID(digest(chain or diff or blob)),
        region=None if more.get("missing") else Region(None, 0, 0, 0),
        stored_as=f"{blob}.tar",
        created_by=more.get("created_by", f"COPY {blob} /"),
        missing=more.get("missing"),
    )


def image(
    name: str,
    *layers: Layer,
    index: int = 0,
    manifest: str | None = None,
    history: Sequence[tuple[History, int | Literal["beyond"] | None]] = (),
    opened: str = "app.tar",
) -> Image:
    return Image(
        input=opened,
        source="oci-archive",
        index=index,
        names=(name,) if name else (),
        platform=Platform("linux", "amd64"),
        manifest=None,
        manifest_digest=digest(manifest or name),
        config=None,
        config_digest=digest(f"config of {name}"),
        layers=layers,
        history=tuple(history),
    )


def record(created_by: str | None, comment: str | None = None, *, empty: bool = False) -> History:
    return History("2024-05-06T07:08:09Z", created_by, None, comment, empty, {})


def opened(*images: Image, faults: Sequence[Fault] = (), name: str = "app.tar") -> OpenedInput:
    return OpenedInput(name, "oci-archive", images, faults=tuple(faults))


def scan(of: Layer, compressed: int, uncompressed: int, content: int) -> LayerScan:
    assert of.digest is not None
    assert of.diff_id is not None
    return LayerScan(
        digest=of.digest,
        diff_id=of.diff_id,
        compressed_bytes=compressed,
        uncompressed_bytes=uncompressed,
        content_bytes=content,
        snapshot_bytes=content,
        entries=3,
        files=2,
        compression="gzip",
        columns=None,
        notes=(),
    )


def outcomes(
    inputs: Sequence[OpenedInput], sizes: dict[str, tuple[int, int, int]]
) -> dict[tuple[int, int, int], Outcome]:
    """Sizes by blob; a blob without sizes is damaged."""
    found: dict[tuple[int, int, int], Outcome] = {}
    for place, one in enumerate(inputs):
        for position, each in enumerate(one.images):
            for part in each.layers:
                blob = part.stored_as.removesuffix(".tar")
                if part.missing:
                    continue
                if blob in sizes:
                    outcome = LayerOutcome(scan(part, *sizes[blob]), None)
                else:
                    message = f"layer {part.index}: expected one thing, read another"
                    fault = Fault(one.input, "digest-mismatch", message, each.index, part.index)
                    outcome = LayerOutcome(None, fault)
                found[place, position, part.index] = outcome
    return found
