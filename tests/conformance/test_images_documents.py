"""Every image of the conformance set: its documents as `sources` presents them.

What other programs measured (`expected.json`) is compared with what the documents claim; bytes of
layers are not read here.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from layerscope.sources.transport import open_one
from layerscope.sources.validate import check

if TYPE_CHECKING:
    from layerscope.sources.image import Image, OpenedInput

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LAYERSCOPE_SHARED", ROOT.parent / "shared"))
IMAGES = SHARED / "conformance" / "images"

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not IMAGES.is_dir(), reason="../shared/conformance/images is not there"),
]

SOURCES = {
    "docker-archive": "docker-archive",
    "docker-archive-oci": "docker-archive",
    "docker-archive-v1": "docker-archive",
    "oci-archive": "oci-archive",
    "oci-layout": "oci",
    "dir": "dir",
    "dir-schema1": "dir",
}

# `missing` is a descriptor of unknown type whose blob is not there: its type alone rules it out.
SKIPPED = {
    "attestation": "attestation-manifest",
    "artifact": "artifact",
    "unknown": "unknown",
    "missing": "unknown",
}

CASES = sorted(path.parent.name for path in IMAGES.glob("*/expected.json"))


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> tuple[dict[str, Any], OpenedInput]:
    folder = IMAGES / request.param
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    return expected, open_one(str(folder / expected["image"]))


def text(value: object) -> str | None:
    return None if value is None else str(value)


def test_conformance_input_source_is_its_format(
    case: tuple[dict[str, Any], OpenedInput],
) -> None:
    expected, opened = case
    assert opened.source == SOURCES[expected["format"]]


def test_conformance_images_are_listed_in_index_order(
    case: tuple[dict[str, Any], OpenedInput],
) -> None:
    expected, opened = case

    wanted = [
        (
            image.get("manifest_digest"),
            image.get("config_digest"),
            image["platform"],
            image.get("index_path", []),
            len(image["layers"]),
        )
        for image in expected.get("images", [])
    ]

    found = [
        (
            text(image.manifest_digest),
            text(image.config_digest),
            image.platform.to_json(),
            [str(digest) for digest in image.index_path],
            len(image.layers),
        )
        for image in opened.images
    ]
    assert found == wanted
    assert [image.index for image in opened.images] == list(range(len(wanted)))


def test_conformance_names_are_those_of_the_documents(
    case: tuple[dict[str, Any], OpenedInput],
) -> None:
    expected, opened = case

    for image, found in zip(expected.get("images", []), opened.images, strict=True):
        names = image.get("repo_tags") or []
        annotations = image.get("descriptor_annotations") or {}
        own = annotations.get("io.containerd.image.name") or annotations.get(
            "org.opencontainers.image.ref.name"
        )
        if own:
            names = [own]
        for entry in expected.get("manifest_json") or []:
            if entry["config_digest"] == image["config_digest"] and not names:
                names = entry["repo_tags"] or []
        # Images of a nested index that have no name of their own inherit one.
        if own or not image.get("index_path"):
            assert list(found.names) == names


def test_conformance_layers_claim_what_was_measured(
    case: tuple[dict[str, Any], OpenedInput],
) -> None:
    expected, opened = case

    for image, found in zip(expected.get("images", []), opened.images, strict=True):
        for layer, claim in zip(image["layers"], found.layers, strict=True):
            assert claim.region is not None
            assert claim.region.size == layer["size"]
            assert claim.media_type == layer["media_type"]
            # Old docker archives name no blob digests, v1-only ones no DiffIDs.
            assert text(claim.digest) in (layer["digest"], None)
            assert claim.size in (layer["size"], None)
            assert text(claim.diff_id) in (layer["diff_id"], None)
            assert text(claim.chain_id) in (layer["chain_id"], None)
            if found.manifest is not None:
                assert text(claim.digest) == layer["digest"]
            if found.config is not None:
                assert text(claim.diff_id) == layer["diff_id"]
                assert text(claim.chain_id) == layer["chain_id"]


def history_of(image: Image) -> list[dict[str, object]]:
    """The records with the keys of `expected.json`, which leaves out what is not there."""
    rows = []
    for record, _ in image.history:
        row: dict[str, object] = {
            "created": record.created,
            "created_by": record.created_by,
            "author": record.author,
            "comment": record.comment,
            "empty_layer": record.empty_layer or None,
        }
        rows.append({key: value for key, value in row.items() if value is not None})
    return rows


def test_conformance_history_maps_to_layers(
    case: tuple[dict[str, Any], OpenedInput],
) -> None:
    expected, opened = case

    for image, found in zip(expected.get("images", []), opened.images, strict=True):
        wanted = [
            {
                key: value
                for key, value in record.items()
                if key in ("created", "created_by", "author", "comment") or value is True
            }
            for record in image["history"]
        ]
        assert history_of(found) == wanted
        assert [layer for _, layer in found.history] == image["history_to_layer"]


def test_conformance_others_are_skipped(case: tuple[dict[str, Any], OpenedInput]) -> None:
    expected, opened = case

    wanted = [
        (SKIPPED[other["kind"]], other["manifest_digest"])
        for other in expected.get("others") or []
        if other["kind"] != "index"
    ]

    assert [(one.what, text(one.digest)) for one in opened.skipped] == wanted


def test_conformance_image_has_no_fault(case: tuple[dict[str, Any], OpenedInput]) -> None:
    expected, opened = case

    codes = [fault.code for fault in check(opened)]

    if expected["format"] == "dir-schema1":
        assert codes == ["schema1"]
    elif not expected.get("images"):
        assert codes == ["no-image"]
    else:
        assert codes == []
