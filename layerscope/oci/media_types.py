"""Media types of images and their parts, and what each stands for.

Types are compared exactly, as containerd, Docker and the registries compare those in documents:
neither parameters nor another case is taken for the same type (both are legal only in a registry's
`Content-Type`). A type that is not known here is kept by the documents and is "none of these".

Source: OCI image-spec v1.1, media-types.md; Docker image manifest version 2, schema 2.
"""

from __future__ import annotations

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
OCI_NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar"
OCI_NONDISTRIBUTABLE_GZIP = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
OCI_NONDISTRIBUTABLE_ZSTD = "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
OCI_ARTIFACT_MANIFEST = "application/vnd.oci.artifact.manifest.v1+json"
"""Of the release candidates of image-spec 1.1 only; some registries still hold such manifests."""

DOCKER_MANIFEST_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_PLUGIN_CONFIG = "application/vnd.docker.plugin.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"
DOCKER_LAYER_GZIP = "application/vnd.docker.image.rootfs.diff.tar.gzip"
DOCKER_LAYER_ZSTD = "application/vnd.docker.image.rootfs.diff.tar.zstd"
DOCKER_FOREIGN_LAYER = "application/vnd.docker.image.rootfs.foreign.diff.tar"
DOCKER_FOREIGN_LAYER_GZIP = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json"
DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws"

IN_TOTO = "application/vnd.in-toto+json"
DOCKER_ATTESTATION = "application/vnd.docker.attestation.manifest.v1+json"
"""The `artifactType` of attestation manifests as BuildKit writes them in artifact mode."""

_INDEXES = frozenset({OCI_INDEX, DOCKER_MANIFEST_LIST})
_MANIFESTS = frozenset({OCI_MANIFEST, DOCKER_MANIFEST})
_CONFIGS = frozenset({OCI_CONFIG, DOCKER_CONFIG})
_FOREIGN = frozenset(
    {
        OCI_NONDISTRIBUTABLE,
        OCI_NONDISTRIBUTABLE_GZIP,
        OCI_NONDISTRIBUTABLE_ZSTD,
        DOCKER_FOREIGN_LAYER,
        DOCKER_FOREIGN_LAYER_GZIP,
    }
)
_LAYERS = _FOREIGN | {DOCKER_LAYER, DOCKER_LAYER_GZIP, DOCKER_LAYER_ZSTD}
_SCHEMA1 = frozenset({DOCKER_SCHEMA1, DOCKER_SCHEMA1_SIGNED})
_OCI_LAYER_PREFIX = "application/vnd.oci.image.layer."

# Types that old clients and registries gave to image configs; Docker reads all of them as images
# ("Treat defaulted values as images, newer types cannot be implied").
_DEFAULTED_CONFIGS = frozenset({"", "application/octet-stream", "application/json", "text/html"})


def is_index(media_type: str | None) -> bool:
    """Whether it is an OCI image index or a Docker manifest list."""
    return media_type in _INDEXES


def is_manifest(media_type: str | None) -> bool:
    """Whether it is an OCI image manifest or a Docker manifest of schema 2."""
    return media_type in _MANIFESTS


def is_image_config(media_type: str | None) -> bool:
    """Whether it is the config of an image, of OCI or of Docker."""
    return media_type in _CONFIGS


def is_defaulted_config(media_type: str | None) -> bool:
    """Whether it says nothing of what a config is, so that the layers must tell."""
    return media_type is None or media_type in _DEFAULTED_CONFIGS


def is_layer(media_type: str | None) -> bool:
    """Whether it is a layer of an image, foreign ones included.

    OCI layer types are told by their prefix, as containerd does, so that new compressions are
    layers before they have a name here.
    """
    return media_type is not None and (
        media_type in _LAYERS or media_type.startswith(_OCI_LAYER_PREFIX)
    )


def is_foreign_layer(media_type: str | None) -> bool:
    """Whether it is a layer that need not be stored with the image."""
    return media_type in _FOREIGN


def is_schema1(media_type: str | None) -> bool:
    """Whether it is a Docker manifest of schema 1, signed or not."""
    return media_type in _SCHEMA1


def is_in_toto(media_type: str | None) -> bool:
    """Whether it is an in-toto statement, the content of attestations."""
    return media_type == IN_TOTO
