from __future__ import annotations

import json
from typing import Any

import pytest

from layerscope.errors import BadDigestError, BadDocumentError, InputError, SchemaOneError
from layerscope.oci.descriptor import Descriptor
from layerscope.oci.digest import Digest
from layerscope.oci.manifest import Manifest, descriptor_is_attestation

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
IN_TOTO = "application/vnd.in-toto+json"


def named(media_type: str | None, digit: str = "a") -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{digit * 64}", "size": 5}


def stored(**changes: object) -> bytes:
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": named(CONFIG),
        "layers": [named(LAYER, "b"), named(LAYER, "c")],
    }
    return json.dumps(document | changes).encode()


def test_manifest_with_every_field_is_kept_field_for_field() -> None:
    raw = stored(
        annotations={"a": "b"}, subject=named(MANIFEST, "d"), artifactType="x/y", more={"z": 1}
    )

    manifest = Manifest.parse(raw, "manifest")

    assert manifest.raw == raw
    assert manifest.digest == Digest.of(raw)
    assert manifest.media_type == MANIFEST
    assert manifest.config.digest.hex == "a" * 64
    assert [layer.digest.hex[0] for layer in manifest.layers] == ["b", "c"]
    assert manifest.annotations == {"a": "b"}
    assert manifest.subject is not None
    assert manifest.subject.digest.hex == "d" * 64
    assert manifest.artifact_type == "x/y"
    assert manifest.extra == {"more": {"z": 1}}


def test_manifest_with_nulls_is_read_as_without_the_fields() -> None:
    names = ("mediaType", "layers", "annotations", "subject", "artifactType", "schemaVersion")

    manifest = Manifest.parse(stored(**dict.fromkeys(names)), "manifest")

    assert (manifest.media_type, manifest.layers, manifest.annotations) == (None, (), {})
    assert manifest.is_image


@pytest.mark.parametrize(
    "document",
    [
        {"schemaVersion": 1, "fsLayers": [], "history": [], "signatures": []},
        {"schemaVersion": 1},
        {"fsLayers": []},
        {"mediaType": "application/vnd.docker.distribution.manifest.v1+prettyjws"},
    ],
)
def test_manifest_of_schema_one_is_named_with_a_way_out(document: dict[str, object]) -> None:
    with pytest.raises(SchemaOneError) as caught:
        Manifest.parse(json.dumps(document).encode(), "manifest.json")

    assert caught.value.hint


@pytest.mark.parametrize(
    "changes",
    [
        {"manifests": []},
        {"manifests": None},
        {"mediaType": "application/vnd.oci.image.index.v1+json"},
    ],
)
def test_manifest_that_could_be_an_index_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(BadDocumentError, match="expected a manifest, found an index"):
        Manifest.parse(stored(**changes), "manifest")


@pytest.mark.parametrize("media_type", [CONFIG, LAYER])
def test_manifest_that_says_it_is_another_document_is_refused(media_type: str) -> None:
    with pytest.raises(BadDocumentError, match="expected a manifest, found the media type"):
        Manifest.parse(stored(mediaType=media_type), "manifest")


@pytest.mark.parametrize("version", [0, 3, -1, "2", True, 2.0, [], 10**100])
def test_manifest_schema_version_of_another_kind_is_refused(version: object) -> None:
    with pytest.raises(BadDocumentError, match="schemaVersion: expected"):
        Manifest.parse(stored(schemaVersion=version), "manifest")


@pytest.mark.parametrize("key", ["config", "layers"])
def test_manifest_without_config_or_layers_is_refused(key: str) -> None:
    document = json.loads(stored())
    del document[key]

    with pytest.raises(BadDocumentError, match=f"expected a manifest with {key}"):
        Manifest.parse(json.dumps(document).encode(), "manifest")


def test_manifest_with_one_bad_layer_is_bad_and_says_which() -> None:
    layers = [named(LAYER), {**named(LAYER), "digest": "sha256:../../etc/passwd"}]

    with pytest.raises(BadDigestError, match=r"manifest: layers\[1\]: digest: expected"):
        Manifest.parse(stored(layers=layers), "manifest")


@pytest.mark.parametrize("config", [None, True, "x", [], {}])
def test_manifest_config_of_another_kind_is_refused(config: object) -> None:
    with pytest.raises(InputError, match="manifest: config: "):
        Manifest.parse(stored(config=config), "manifest")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "image"),
        ({"layers": []}, "image"),
        ({"config": named(DOCKER_CONFIG)}, "image"),
        ({"layers": [named("application/x-evil")]}, "image"),
        ({"config": named("application/octet-stream")}, "image"),
        ({"config": named(None)}, "image"),
        ({"config": named(None), "layers": [named("application/spdx+json")]}, "artifact"),
        ({"config": named(EMPTY), "artifactType": "application/x"}, "artifact"),
        ({"config": named("application/vnd.cncf.helm.config.v1+json")}, "artifact"),
        ({"config": named("application/vnd.buildkit.cacheconfig.v0")}, "artifact"),
        ({"config": named("application/vnd.docker.plugin.v1+json")}, "artifact"),
        ({"artifactType": "application/x"}, "artifact"),
        ({"layers": [named(IN_TOTO), named(IN_TOTO)]}, "attestation"),
        ({"layers": [named(IN_TOTO), named(LAYER)]}, "image"),
        (
            {
                "config": named(EMPTY),
                "artifactType": "application/vnd.docker.attestation.manifest.v1+json",
            },
            "attestation",
        ),
    ],
)
def test_manifest_is_one_of_image_artifact_attestation(
    changes: dict[str, object], expected: str
) -> None:
    manifest = Manifest.parse(stored(**changes), "manifest")

    kinds = {
        "image": manifest.is_image,
        "artifact": manifest.is_artifact,
        "attestation": manifest.is_attestation,
    }
    assert [name for name, holds in kinds.items() if holds] == [expected]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, False),
        ({"annotations": {"vnd.docker.reference.type": "attestation-manifest"}}, True),
        ({"annotations": {"vnd.docker.reference.type": "other"}}, False),
        ({"platform": {"os": "unknown", "architecture": "unknown"}}, True),
        ({"platform": {"os": "linux", "architecture": "unknown"}}, False),
    ],
)
def test_descriptor_of_an_attestation_is_told(
    changes: dict[str, object], *, expected: bool
) -> None:
    descriptor = Descriptor.from_json(named(MANIFEST) | changes, "index")

    assert descriptor_is_attestation(descriptor) is expected
