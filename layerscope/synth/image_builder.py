"""Small images in a few lines of Python: layers, history, config and names, and their documents.

    image = (
        ImageBuilder(names=("app:1",))
        .layer(Tree().file("etc/motd", b"hello"), "COPY motd /etc/motd")
        .empty_layer("ENV A=1")
    )

The documents are written here with `json`, not with `layerscope.oci`, so that a test which reads
them back does not check layerscope's words with its own. `synth.layouts` puts images into files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from layerscope.synth.compress import SUFFIXES, compressed
from layerscope.synth.tree import FIXED_DATE, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar"

Descriptor = dict[str, Any]


def document(value: object) -> bytes:
    """JSON bytes of a document: compact, keys in the order given, as Go's encoder writes them."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(content: bytes) -> str:
    """`sha256:` and the hex digits over `content`."""
    return f"sha256:{sha256(content).hexdigest()}"


def descriptor_of(content: bytes, media_type: str, **more: object) -> Descriptor:
    """The descriptor of `content`; `more` are further fields, left out where they are None."""
    fields = {key: value for key, value in more.items() if value is not None}
    described = {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}
    return {**described, **fields}


@dataclass(frozen=True, slots=True)
class BuiltLayer:
    """One layer: its tar, and how a layout that may compress will store it.

    Attributes:
        tar: The uncompressed bytes, which the DiffID is of.
        compression: `none`, `gzip` or `zstd`; None leaves it to the layout.
        urls: Addresses of a foreign layer.
    """

    tar: bytes
    compression: str | None = None
    urls: tuple[str, ...] = ()

    @property
    def diff_id(self) -> str:
        """The digest over the uncompressed tar."""
        return digest_of(self.tar)

    def blob(self, compression: str, level: int | None = None) -> bytes:
        """The bytes as stored; the layer's own compression goes before the layout's."""
        return compressed(self.tar, self.compression or compression, level)


@dataclass(frozen=True, slots=True)
class ImageBuilder:
    """An image that is being made; every method gives back a longer one.

    Attributes:
        names: `repository:tag`, each a name of this image.
        platform: `os/architecture[/variant]`.
        layers: From the base up.
        history: Records of the config; None leaves the field out.
        config: What the config holds under `config` (Cmd, Env, Labels and so on).
        family: `oci` or `docker`: whose media types the documents use.
        annotations: Of the manifest.
    """

    names: tuple[str, ...] = ()
    platform: str = "linux/amd64"
    layers: tuple[BuiltLayer, ...] = ()
    history: tuple[Mapping[str, Any], ...] | None = ()
    config: Mapping[str, Any] = field(default_factory=dict)
    family: str = "oci"
    annotations: Mapping[str, str] = field(default_factory=dict)

    def layer(
        self,
        content: Tree | bytes,
        created_by: str = "",
        *,
        compression: str | None = None,
        urls: tuple[str, ...] = (),
    ) -> ImageBuilder:
        """With one more layer, a tree or the bytes of a tar, and its history record."""
        tar = content.layer_tar() if isinstance(content, Tree) else content
        built = BuiltLayer(tar, compression, urls)
        return replace(self._recorded(created_by), layers=(*self.layers, built))

    def empty_layer(self, created_by: str) -> ImageBuilder:
        """With a history record that made no layer, such as ENV."""
        return self._recorded(created_by, empty_layer=True)

    def _recorded(self, created_by: str, **more: object) -> ImageBuilder:
        if self.history is None:
            return self
        record = {"created": FIXED_DATE, "created_by": created_by, **more}
        return replace(self, history=(*self.history, record))

    def named(self, *names: str) -> ImageBuilder:
        """The same image under these names."""
        return replace(self, names=names)

    def on(self, platform: str) -> ImageBuilder:
        """The same image for another platform."""
        return replace(self, platform=platform)

    def platform_fields(self) -> dict[str, str]:
        """The platform as a descriptor's `platform` holds it."""
        os, _, rest = self.platform.partition("/")
        architecture, _, variant = rest.partition("/")
        fields = {"architecture": architecture, "os": os}
        return {**fields, "variant": variant} if variant else fields

    def diff_ids(self) -> tuple[str, ...]:
        """The DiffIDs, base first."""
        return tuple(layer.diff_id for layer in self.layers)

    def config_bytes(self) -> bytes:
        """The config document."""
        value: dict[str, Any] = {"created": FIXED_DATE, **self.platform_fields()}
        value["config"] = dict(self.config)
        value["rootfs"] = {"type": "layers", "diff_ids": list(self.diff_ids())}
        if self.history is not None:
            value["history"] = [dict(record) for record in self.history]
        return document(value)

    def layer_blobs(self, compression: str = "none", level: int | None = None) -> list[bytes]:
        """Each layer's bytes as stored, base first."""
        return [layer.blob(compression, level) for layer in self.layers]

    def layer_media_type(self, layer: BuiltLayer, compression: str) -> str:
        """The media type of a layer as this family writes it.

        Docker's types know no uncompressed layer in a registry; archives that hold one use the
        type without a suffix. They have no type for zstd: engines store such layers as OCI.
        """
        how = layer.compression or compression
        if self.family == "docker" and how != "zstd":
            return DOCKER_LAYER + {"none": "", "gzip": ".gzip"}[how]
        return OCI_LAYER + SUFFIXES[how]

    def manifest_bytes(self, compression: str = "none", level: int | None = None) -> bytes:
        """The manifest document for layers stored this way."""
        docker = self.family == "docker"
        value: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": self.manifest_media_type,
            "config": descriptor_of(self.config_bytes(), DOCKER_CONFIG if docker else OCI_CONFIG),
            "layers": [
                descriptor_of(
                    blob,
                    self.layer_media_type(layer, compression),
                    urls=list(layer.urls) or None,
                )
                for layer, blob in zip(
                    self.layers, self.layer_blobs(compression, level), strict=True
                )
            ],
        }
        if self.annotations:
            value["annotations"] = dict(self.annotations)
        return document(value)

    @property
    def manifest_media_type(self) -> str:
        """The media type of the manifest."""
        return DOCKER_MANIFEST if self.family == "docker" else OCI_MANIFEST

    @property
    def index_media_type(self) -> str:
        """The media type of an index over images of this family."""
        return DOCKER_INDEX if self.family == "docker" else OCI_INDEX
