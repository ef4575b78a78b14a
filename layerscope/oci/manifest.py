"""Image manifests: the config and the layers of one image, or the blobs of an artifact."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerscope.errors import BadDocumentError, SchemaOneError, shown
from layerscope.oci import media_types
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import Digest
from layerscope.oci.document import (
    optional_int,
    optional_list,
    optional_object,
    optional_str,
    others,
    parse_object,
    str_map,
)

_KNOWN = frozenset(
    {"schemaVersion", "mediaType", "config", "layers", "annotations", "subject", "artifactType"}
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest of OCI or of Docker's schema 2. All texts but the digests are untrusted.

    Attributes:
        raw: The stored bytes.
        digest: The sha256 of `raw`.
        media_type: As the document says; None where it does not.
        config: Names the config blob.
        layers: From the base up.
        annotations: Names and texts.
        subject: The manifest that this one is about, or None.
        artifact_type: Or None.
        extra: Fields that the spec does not have, as JSON values.
    """

    raw: bytes = field(repr=False)
    digest: Digest
    media_type: str | None
    config: Descriptor
    layers: tuple[Descriptor, ...]
    annotations: dict[str, str]
    subject: Descriptor | None
    artifact_type: str | None
    extra: dict[str, object]

    @classmethod
    def parse(cls, raw: bytes, where: str) -> Manifest:
        """The manifest in the bytes of a document; `where` names it in errors.

        `"layers": null` means none. One bad descriptor makes the manifest bad.

        Raises: `SchemaOneError` for Docker's schema 1; `BadDocumentError` if it is no JSON object,
            is or could be taken for an index, has no `config` or no `layers`, or a field has
            another type; the errors of `Descriptor.from_json`.
        Source: OCI image-spec v1.1, manifest.md.
        """
        document = parse_object(raw, where)
        media_type = optional_str(document, "mediaType", where)
        _check_kind(document, media_type, where)
        subject = optional_object(document, "subject", where)
        return cls(
            raw,
            Digest.of(raw),
            media_type,
            Descriptor.from_json(document["config"], f"{where}: config"),
            tuple(
                Descriptor.from_json(layer, f"{where}: layers[{position}]")
                for position, layer in enumerate(optional_list(document, "layers", where))
            ),
            str_map(document, "annotations", where),
            None if subject is None else Descriptor.from_json(subject, f"{where}: subject"),
            optional_str(document, "artifactType", where),
            others(document, _KNOWN),
        )

    @property
    def is_attestation(self) -> bool:
        """Whether its content is statements about an image, in either shape of BuildKit's.

        The older shape has the config type of an image, so that the layers must tell; the newer one
        is an artifact. That a descriptor names it an attestation is `descriptor_is_attestation`.
        """
        return self.artifact_type == media_types.DOCKER_ATTESTATION or (
            bool(self.layers)
            and all(media_types.is_in_toto(layer.media_type) for layer in self.layers)
        )

    @property
    def is_image(self) -> bool:
        """Whether it is an image that could run: neither an attestation nor another artifact.

        The config's type decides; where it says nothing, all layers must be of layer types.
        """
        if self.artifact_type or self.is_attestation:
            return False
        config = self.config.media_type
        return media_types.is_image_config(config) or (
            media_types.is_defaulted_config(config)
            and all(media_types.is_layer(layer.media_type) for layer in self.layers)
        )

    @property
    def is_artifact(self) -> bool:
        """Whether it is neither an image nor an attestation."""
        return not self.is_image and not self.is_attestation


def descriptor_is_attestation(descriptor: Descriptor) -> bool:
    """Whether an index says, by annotation or platform, that this manifest is an attestation."""
    reference_type = descriptor.annotations.get("vnd.docker.reference.type")
    platform = descriptor.platform
    return reference_type == "attestation-manifest" or (
        platform is not None and platform.is_unknown
    )


def _check_kind(document: dict[str, object], media_type: str | None, where: str) -> None:
    version = optional_int(document, "schemaVersion", where)
    if version == 1 or media_types.is_schema1(media_type) or "fsLayers" in document:
        raise SchemaOneError(
            "expected a manifest of schema 2 or OCI, found Docker's schema 1",
            where,
            "pull the image again with a current engine, which converts it",
        )
    if version not in (None, 2):
        raise BadDocumentError(f"schemaVersion: expected 2, found {version}", where)
    # A document that readers can take for two things is a mistake or an attack (CVE-2021-41190).
    if "manifests" in document or media_types.is_index(media_type):
        raise BadDocumentError("expected a manifest, found an index", where)
    if media_types.is_image_config(media_type) or media_types.is_layer(media_type):
        raise BadDocumentError(
            f"expected a manifest, found the media type {shown(media_type)}", where
        )
    for key in ("config", "layers"):
        if key not in document:
            raise BadDocumentError(f"expected a manifest with {key}, found none", where)
