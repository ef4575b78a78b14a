from __future__ import annotations

import json
from typing import Any

import pytest

from layerscope.errors import BadDigestError, BadDocumentError
from layerscope.oci.digest import Digest
from layerscope.oci.index import Index
from layerscope.oci.platform import Platform

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def named(digit: str, **more: object) -> dict[str, Any]:
    return {"mediaType": MANIFEST, "digest": f"sha256:{digit * 64}", "size": 5, **more}


def stored(**changes: object) -> bytes:
    document: dict[str, Any] = {"schemaVersion": 2, "manifests": [named("a")]}
    return json.dumps(document | changes).encode()


def test_index_with_every_field_is_kept_field_for_field() -> None:
    arm = {"os": "linux", "architecture": "arm", "variant": "v7"}
    raw = stored(
        mediaType=INDEX,
        manifests=[named("a", platform=arm), named("b", annotations={"x": "y"})],
        annotations={"a": "b"},
        subject=named("c"),
        artifactType="x/y",
        more=1,
    )

    index = Index.parse(raw, "index.json")

    assert index.raw == raw
    assert index.digest == Digest.of(raw)
    assert index.media_type == INDEX
    assert [entry.platform for entry in index.manifests] == [Platform("linux", "arm", "v7"), None]
    assert index.manifests[1].annotations == {"x": "y"}
    assert index.annotations == {"a": "b"}
    assert index.subject is not None
    assert index.subject.digest.hex == "c" * 64
    assert (index.artifact_type, index.extra) == ("x/y", {"more": 1})
    assert (index.bad, index.manifests_null) == ((), False)


def test_index_with_null_manifests_says_so() -> None:
    index = Index.parse(stored(manifests=None), "index.json")

    assert (index.manifests, index.manifests_null) == ((), True)


def test_index_with_no_manifests_is_empty_and_not_null() -> None:
    index = Index.parse(stored(manifests=[]), "index.json")

    assert (index.manifests, index.manifests_null) == ((), False)


def test_index_with_bad_descriptors_keeps_the_good_ones_and_the_errors() -> None:
    raw = stored(manifests=[named("a"), named("g"), 5, named("b", size=-1), named("c")])

    index = Index.parse(raw, "index.json")

    assert [entry.digest.hex[0] for entry in index.manifests] == ["a", "c"]
    assert [type(error) for error in index.bad] == [
        BadDigestError,
        BadDocumentError,
        BadDocumentError,
    ]
    assert [error.reading for error in index.bad] == [
        "index.json: manifests[1]: digest",
        "index.json: manifests[2]",
        "index.json: manifests[3]",
    ]
    assert all(error.__traceback__ is None for error in index.bad)


@pytest.mark.parametrize("key", ["config", "layers", "fsLayers"])
@pytest.mark.parametrize("value", [None, [], {}])
def test_index_that_could_be_a_manifest_is_refused(key: str, value: object) -> None:
    with pytest.raises(BadDocumentError, match="expected an index, found a manifest"):
        Index.parse(stored(**{key: value}), "index.json")


@pytest.mark.parametrize(
    "media_type", [MANIFEST, "application/vnd.docker.distribution.manifest.v1+json"]
)
def test_index_that_says_it_is_a_manifest_is_refused(media_type: str) -> None:
    with pytest.raises(BadDocumentError, match="media type of a manifest"):
        Index.parse(stored(mediaType=media_type), "index.json")


@pytest.mark.parametrize("version", [0, 1, "2", True, 2.0])
def test_index_schema_version_of_another_kind_is_refused(version: object) -> None:
    with pytest.raises(BadDocumentError, match="schemaVersion: expected"):
        Index.parse(stored(schemaVersion=version), "index.json")


@pytest.mark.parametrize("manifests", [True, 0, "x", {}])
def test_index_manifests_of_another_type_are_refused(manifests: object) -> None:
    with pytest.raises(BadDocumentError, match="manifests: expected a list"):
        Index.parse(stored(manifests=manifests), "index.json")


def test_index_without_manifests_is_refused() -> None:
    with pytest.raises(BadDocumentError, match="expected an index with manifests"):
        Index.parse(b'{"schemaVersion":2}', "index.json")


def test_index_without_schema_version_and_media_type_is_read() -> None:
    raw = json.dumps({"manifests": [named("a")]}).encode()

    assert len(Index.parse(raw, "index.json").manifests) == 1
