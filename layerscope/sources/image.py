"""What every source presents: images, their layers, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from layerscope.errors import LayerscopeError
    from layerscope.oci.config import ImageConfig
    from layerscope.oci.digest import ChainID, DiffID, Digest
    from layerscope.oci.history import History
    from layerscope.oci.manifest import Manifest
    from layerscope.oci.platform import Platform
    from layerscope.sources.region import Region


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of one image, as its documents and its archive describe it; nothing is read yet.

    Attributes:
        index: 0 is the base.
        media_type: As stored in the manifest; None where the archive has no manifest document.
        digest: The blob digest that a document or the member's name claims; None if none does
            (a `docker save` archive names no blob digests), then it is measured while reading.
        size: Claimed size of the blob in bytes; None where no document claims one.
        diff_id: The config's claim; None for v1-only archives, then it is measured.
        chain_id: ChainID over the claimed DiffIDs; None where any of them is missing.
        region: The stored bytes; None where they are not in the archive.
        stored_as: What the archive calls the bytes, for messages: a member or file name.
        urls: Where a foreign layer may be had. Never fetched.
        missing: Why there is no region: "foreign-layer" or "missing-blob"; None if there is one.
        created_by: The history line that made it, or None.
    """

    index: int
    media_type: str | None
    digest: Digest | None
    size: int | None
    diff_id: DiffID | None
    chain_id: ChainID | None
    region: Region | None
    stored_as: str
    urls: tuple[str, ...] = ()
    missing: str | None = None
    created_by: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """One runnable image of an input.

    Attributes:
        input: What the user named, such as `app.tar`.
        source: The format: `docker-archive`, `oci-archive`, `oci`, `dir`, `layer`.
        index: Position among the images of the input, from 0, in index order.
        names: Full names where the archive has them, else tags; may be empty.
        platform: From the config, completed by the descriptor.
        manifest: None where the archive has no manifest document.
        config: The parsed config; None for v1-only archives and bare layers.
        history: Rows of the document `history`: (history record, index of its layer or None, or
            "beyond" where the image has no more layers). Of v1-only archives one row for each
            layer, made of its `json`.
        layers: From the base up.
        index_path: Digests of the indexes on the way, outermost first.
        annotations: Of the descriptor that names the manifest.
        config_name: What the `manifest.json` of a docker archive calls the config; else None.
    """

    input: str
    source: str
    index: int
    names: tuple[str, ...]
    platform: Platform
    manifest: Manifest | None
    manifest_digest: Digest | None
    config: ImageConfig | None
    config_digest: Digest | None
    layers: tuple[Layer, ...]
    index_path: tuple[Digest, ...] = ()
    annotations: dict[str, str] = field(default_factory=dict)
    history: tuple[tuple[History, int | Literal["beyond"] | None], ...] = ()
    config_name: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something listed in an input that is no image, or not there, and so was not analysed."""

    input: str
    what: str
    digest: Digest | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input, as a value: reports list all faults, not the first alone.

    `image` and `layer` are indexes where the fault belongs to one; `message` is one line without
    the input's name and the code.
    """

    input: str
    code: str
    message: str
    image: int | None = None
    layer: int | None = None
    hint: str = ""

    @classmethod
    def of(cls, input_name: str, error: LayerscopeError, layer: int | None = None) -> Fault:
        """The fault that an error tells of."""
        reading = f"{error.reading}: " if error.reading else ""
        return cls(
            input_name, error.code, f"{reading}{error.problem}", layer=layer, hint=error.hint
        )


@dataclass(frozen=True, slots=True)
class OpenedInput:
    """All that one input holds: whole images, what was skipped, and what is wrong.

    `breaches` are faults that do not keep the images from being read, such as an `oci-layout` file
    of another version; `validate.check` reports them.
    """

    input: str
    source: str
    images: tuple[Image, ...]
    skipped: tuple[Skipped, ...] = ()
    faults: tuple[Fault, ...] = ()
    breaches: tuple[Fault, ...] = ()
