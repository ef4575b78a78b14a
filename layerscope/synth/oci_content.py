"""What an OCI layout holds: images, nested indexes, attestations and artifacts, as blobs."""

from __future__ import annotations

from dataclasses import dataclass, field

from layerscope.synth.image_builder import (
    OCI_CONFIG,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    ImageBuilder,
    descriptor_of,
    digest_of,
    document,
)

REF_NAME = "org.opencontainers.image.ref.name"
CONTAINERD_NAME = "io.containerd.image.name"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
IN_TOTO = "application/vnd.in-toto+json"
ATTESTATION = "application/vnd.docker.attestation.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Nested:
    """An index inside of an index, such as a multi-platform image.

    Attributes:
        parts: In index order.
        names: Names of the whole; each gives a descriptor of its own.
        media_type: OCI's index or Docker's manifest list.
    """

    parts: tuple[Part, ...]
    names: tuple[str, ...] = ()
    media_type: str = OCI_INDEX


@dataclass(frozen=True, slots=True)
class Attestation:
    """BuildKit's statement about an image of the same index, listed beside it.

    Attributes:
        image: What it is about.
        shape: `image-config` (an image of unknown platform, BuildKit's first shape) or `artifact`
            (an OCI 1.1 artifact whose `subject` is the image).
        statement: The in-toto document.
    """

    image: ImageBuilder
    shape: str = "image-config"
    statement: bytes = b'{"_type":"https://in-toto.io/Statement/v0.1"}'


@dataclass(frozen=True, slots=True)
class Artifact:
    """Something that is no image, such as a chart or a signature.

    Attributes:
        artifact_type: Its media type.
        content: Its only blob.
        names: Each gives a descriptor of its own.
    """

    artifact_type: str
    content: bytes
    names: tuple[str, ...] = ()


Part = ImageBuilder | Nested | Attestation | Artifact


@dataclass(slots=True)
class OciContent:
    """A layout that grows: blobs by digest, and the rows of `index.json`."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    rows: list[Descriptor] = field(default_factory=list)

    def add(self, part: Part, compression: str, level: int | None = None) -> None:
        """List `part` in `index.json`, once for each of its names, and keep its blobs."""
        self.rows.extend(self._described(part, compression, level))

    def files(self) -> dict[str, bytes]:
        """The layout's files by name."""
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": self.rows}
        files = {f"blobs/{name.replace(':', '/', 1)}": blob for name, blob in self.blobs.items()}
        files["index.json"] = document(index)
        files["oci-layout"] = document({"imageLayoutVersion": "1.0.0"})
        return files

    def _described(self, part: Part, compression: str, level: int | None) -> list[Descriptor]:
        if isinstance(part, Attestation):
            return [self._attestation(part, compression, level)]
        if isinstance(part, Artifact):
            described = self._artifact(part)
        elif isinstance(part, Nested):
            rows = [
                row for inner in part.parts for row in self._described(inner, compression, level)
            ]
            index = {"schemaVersion": 2, "mediaType": part.media_type, "manifests": rows}
            described = self._kept(document(index), part.media_type)
        else:
            for blob in (part.config_bytes(), *part.layer_blobs(compression, level)):
                self._keep(blob)
            described = self._kept(
                part.manifest_bytes(compression, level),
                part.manifest_media_type,
                platform=part.platform_fields(),
            )
        return [self._named(described, name) for name in part.names] or [described]

    def _attestation(self, part: Attestation, compression: str, level: int | None) -> Descriptor:
        subject = part.image.manifest_bytes(compression, level)
        self._keep(part.statement)
        statement = descriptor_of(
            part.statement,
            IN_TOTO,
            annotations={"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"},
        )
        if part.shape == "artifact":
            manifest = {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "artifactType": ATTESTATION,
                "config": {**self._kept(b"{}", EMPTY_CONFIG), "data": "e30="},
                "layers": [statement],
                "subject": descriptor_of(subject, part.image.manifest_media_type),
            }
        elif part.shape == "image-config":
            config = {
                "architecture": "unknown",
                "os": "unknown",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [digest_of(part.statement)]},
            }
            manifest = {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": self._kept(document(config), OCI_CONFIG),
                "layers": [statement],
            }
        else:
            raise ValueError(f"expected image-config or artifact, found {part.shape!r}")
        about = {
            "vnd.docker.reference.digest": digest_of(subject),
            "vnd.docker.reference.type": "attestation-manifest",
        }
        nowhere = {"architecture": "unknown", "os": "unknown"}
        return self._kept(document(manifest), OCI_MANIFEST, annotations=about, platform=nowhere)

    def _artifact(self, part: Artifact) -> Descriptor:
        manifest = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "artifactType": part.artifact_type,
            "config": {**self._kept(b"{}", EMPTY_CONFIG), "data": "e30="},
            "layers": [self._kept(part.content, part.artifact_type)],
        }
        return self._kept(document(manifest), OCI_MANIFEST, artifactType=part.artifact_type)

    def _named(self, described: Descriptor, name: str) -> Descriptor:
        tag = name.rpartition(":")[2]
        annotations = {**described.get("annotations", {}), CONTAINERD_NAME: name, REF_NAME: tag}
        return {**described, "annotations": annotations}

    def _keep(self, content: bytes) -> None:
        self.blobs[digest_of(content)] = content

    def _kept(self, content: bytes, media_type: str, **more: object) -> Descriptor:
        self._keep(content)
        return descriptor_of(content, media_type, **more)
