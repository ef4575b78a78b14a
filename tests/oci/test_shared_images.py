"""The documents of the shared images; what is expected was measured by other programs."""

from __future__ import annotations

import functools
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

from layerscope.oci.config import ImageConfig
from layerscope.oci.digest import Digest, chain_ids
from layerscope.oci.history import layer_of_each
from layerscope.oci.index import Index
from layerscope.oci.manifest import Manifest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LAYERSCOPE_SHARED") or ROOT.parent / "shared")
IMAGES = SHARED / "conformance" / "images"
LARGEST_DOCUMENT = 1024 * 1024

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not IMAGES.is_dir(), reason="../shared/conformance/images is not there"),
]
CASES = sorted(path.parent.name for path in IMAGES.glob("*/expected.json"))


@functools.lru_cache(maxsize=4)
def small_files(case: str) -> dict[str, bytes]:
    """The files of an image that may be documents, by name."""
    found = {}
    archive = IMAGES / case / "image.tar"
    if archive.is_file():
        with tarfile.open(archive) as tar:
            for member in tar:
                stream = tar.extractfile(member) if member.isreg() else None
                if stream is not None and member.size <= LARGEST_DOCUMENT:
                    found[os.path.normpath(member.name)] = stream.read()
    folder = IMAGES / case / "image"
    for path in folder.rglob("*"):
        if path.is_file() and path.stat().st_size <= LARGEST_DOCUMENT:
            found[str(path.relative_to(folder))] = path.read_bytes()
    return found


def blobs(case: str) -> dict[str, bytes]:
    return {str(Digest.of(data)): data for data in small_files(case).values()}


def expected(case: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((IMAGES / case / "expected.json").read_bytes())
    return document


@pytest.mark.parametrize("case", CASES)
def test_manifest_of_a_shared_image_is_an_image_with_its_layers(case: str) -> None:
    stored = blobs(case)

    for image in expected(case).get("images", ()):
        if image.get("manifest_digest") not in stored:
            continue  # skopeo's own and old archives name no manifest, partial ones lack it
        manifest = Manifest.parse(stored[image["manifest_digest"]], case)

        assert manifest.is_image
        assert str(manifest.config.digest) == image["config_digest"]
        assert [(str(layer.digest), layer.size) for layer in manifest.layers] == [
            (layer["digest"], layer["size"]) for layer in image["layers"]
        ]


@pytest.mark.parametrize("case", CASES)
def test_config_of_a_shared_image_has_its_platform_identities_and_history(case: str) -> None:
    stored = blobs(case)

    for image in expected(case).get("images", ()):
        if image.get("config_digest") not in stored:
            continue  # archives without manifest.json have no config document
        config = ImageConfig.parse(stored[image["config_digest"]], case)

        layers = image["layers"]
        assert config.platform.to_json() == image["platform"]
        assert config.created == image["created"]
        assert [str(diff_id) for diff_id in config.diff_ids] == [row["diff_id"] for row in layers]
        chain = [str(identity) for identity in chain_ids(config.diff_ids)]
        assert chain == [row["chain_id"] for row in layers]
        assert layer_of_each(config.history, len(layers)) == image["history_to_layer"]


@pytest.mark.parametrize("case", CASES)
def test_manifest_that_is_no_image_is_told_by_its_kind(case: str) -> None:
    stored = blobs(case)

    for other in expected(case).get("others", ()):
        if other["kind"] not in ("attestation", "artifact"):
            continue
        manifest = Manifest.parse(stored[other["manifest_digest"]], case)

        assert manifest.is_attestation is (other["kind"] == "attestation")
        assert manifest.is_artifact is (other["kind"] == "artifact")


@pytest.mark.parametrize("case", CASES)
def test_index_of_a_shared_image_has_no_bad_descriptor(case: str) -> None:
    files = small_files(case)

    if "index.json" in files:
        assert Index.parse(files["index.json"], case).bad == ()
    for other in expected(case).get("others", ()):
        if other["kind"] == "index":
            index = Index.parse(blobs(case)[other["manifest_digest"]], case)
            assert [str(entry.digest) for entry in index.manifests] == other["children"]
