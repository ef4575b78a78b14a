"""An `Image` from its documents and where its layers lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.errors import (
    BadDocumentError,
    InputError,
    MissingBlobError,
    OverLimitError,
    shown,
)
from layerscope.oci import media_types
from layerscope.oci.digest import chain_ids
from layerscope.oci.history import layer_of_each
from layerscope.sources.image import Fault, Image, Layer, Skipped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from layerscope.oci.config import ImageConfig
    from layerscope.oci.descriptor import Descriptor
    from layerscope.oci.digest import Digest
    from layerscope.oci.manifest import Manifest
    from layerscope.oci.platform import Platform
    from layerscope.sources.blobs import Documents
    from layerscope.sources.listed import Origin
    from layerscope.sources.region import Region


@dataclass(frozen=True, slots=True)
class LayerClaim:
    """What a document says of one layer, and how to find its bytes.

    Attributes:
        locate: Gives the region; raises `MissingBlobError` and the other errors of a store.
        may_be_absent: Whether it is a foreign layer, which need not be stored with the image.
    """

    media_type: str | None
    digest: Digest | None
    size: int | None
    stored_as: str
    urls: tuple[str, ...]
    may_be_absent: bool
    locate: Callable[[], Region]


@dataclass(frozen=True, slots=True)
class Assembled:
    """An image, the faults of its layers, and its foreign layers that are not there."""

    image: Image
    faults: tuple[Fault, ...]
    skipped: tuple[Skipped, ...]


def check_layer_count(count: int, limit: int) -> None:
    """Raises `OverLimitError` if an image names more than `limit` layers."""
    if count > limit:
        raise OverLimitError(f"the image has {count} layers, more than {limit}")


def assemble(
    origin: Origin,
    config: ImageConfig,
    claims: Sequence[LayerClaim],
    *,
    names: tuple[str, ...],
    platform: Platform,
    manifest: Manifest | None = None,
    manifest_digest: Digest | None = None,
    index_path: tuple[Digest, ...] = (),
    annotations: dict[str, str] | None = None,
    config_name: str | None = None,
) -> Assembled:
    """The image of a config and the layers that a manifest claims, from the base up.

    A layer whose bytes cannot be had is marked and gives a fault; the image is listed all the same.

    Raises: `OverLimitError` for too many layers; `BadDocumentError` if the config has not as many
        DiffIDs as there are layers.
    """
    check_layer_count(len(claims), origin.limits.layers)
    if len(config.diff_ids) != len(claims):
        raise BadDocumentError(
            f"expected one DiffID for each of the {len(claims)} layers, found "
            f"{len(config.diff_ids)}",
            f"config {config.digest}",
        )
    owners = layer_of_each(config.history, len(claims))
    history = tuple(zip(config.history, owners, strict=True))
    created_by = {owner: record.created_by for record, owner in history if isinstance(owner, int)}
    layers = []
    faults = []
    skipped = []
    for index, (claim, diff_id, chain_id) in enumerate(
        zip(claims, config.diff_ids, chain_ids(config.diff_ids), strict=True)
    ):
        region, missing = None, None
        try:
            region = claim.locate()
        except MissingBlobError as error:
            if claim.may_be_absent:
                missing = "foreign-layer"
                skipped.append(
                    Skipped(origin.input, missing, claim.digest or diff_id, f"layer {index}")
                )
            else:
                missing = "missing-blob"
                faults.append(_layer_fault(origin, index, claim, error))
        except InputError as error:
            missing = "missing-blob"
            faults.append(_layer_fault(origin, index, claim, error))
        layers.append(
            Layer(
                index,
                claim.media_type,
                claim.digest,
                claim.size,
                diff_id,
                chain_id,
                region,
                claim.stored_as,
                claim.urls,
                missing,
                created_by.get(index),
            )
        )
    image = Image(
        input=origin.input,
        source=origin.source,
        index=0,
        names=names,
        platform=platform,
        manifest=manifest,
        manifest_digest=manifest_digest,
        config=config,
        config_digest=manifest.config.digest if manifest else config.digest,
        layers=tuple(layers),
        index_path=index_path,
        annotations=annotations or {},
        history=history,
        config_name=config_name,
    )
    return Assembled(image, tuple(faults), tuple(skipped))


def _layer_fault(origin: Origin, index: int, claim: LayerClaim, error: InputError) -> Fault:
    name = f" {claim.digest}" if claim.digest else ""
    located = type(error)(error.problem, error.reading, error.hint)
    return Fault.of(origin.input, located.within(f"layer {index}{name}"), index)


def from_manifest(
    origin: Origin,
    documents: Documents,
    manifest: Manifest,
    *,
    names: tuple[str, ...] = (),
    descriptor: Descriptor | None = None,
    index_path: tuple[Digest, ...] = (),
) -> Assembled:
    """The image of a manifest; `descriptor` is what named it in an index.

    Raises: `BadDocumentError` if the manifest says that it is something else; the errors of
        `Documents.config` and `assemble`.
    """
    check_layer_count(len(manifest.layers), origin.limits.layers)
    if manifest.media_type and not media_types.is_manifest(manifest.media_type):
        raise BadDocumentError(
            f"mediaType: expected that of a manifest, found {shown(manifest.media_type)}",
            f"manifest {manifest.digest}",
        )
    config = documents.config(manifest.config)
    return assemble(
        origin,
        config,
        [_claim(documents, layer) for layer in manifest.layers],
        names=names,
        platform=config.platform.completed(descriptor.platform if descriptor else None),
        manifest=manifest,
        # As whoever names it does: not every digest is a sha256.
        manifest_digest=descriptor.digest if descriptor else manifest.digest,
        index_path=index_path,
        annotations=descriptor.annotations if descriptor else None,
    )


def _claim(documents: Documents, layer: Descriptor) -> LayerClaim:
    return LayerClaim(
        layer.media_type,
        layer.digest,
        layer.size,
        documents.name_of(layer.digest),
        layer.urls,
        bool(layer.urls) or media_types.is_foreign_layer(layer.media_type),
        lambda: documents.layer_region(layer),
    )
