"""Every image of the shared collection through `analyze --format json`, layer by layer.

What is expected was measured by the programs that `SHARED/conformance/images/README.md` names.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("LAYERSCOPE_SHARED", ROOT.parent / "shared"))
IMAGES = SHARED / "conformance" / "images"

SOURCES = {
    "docker-archive": {"docker-archive"},
    "docker-archive-v1": {"docker-archive"},
    # Such an archive is both; the index tells more, so either name is right.
    "docker-archive-oci": {"docker-archive", "oci-archive"},
    "oci-archive": {"oci-archive"},
    "oci-layout": {"oci"},
    "dir": {"dir"},
}
NO_IMAGE = {
    "h34c-index-empty": {"no-image"},
    "k12-cache-local": {"no-image"},
    "s12-schema1-dir": {"schema1"},
    "up-ggcr-null-manifest": {"no-image"},
    "up-ggcr-layout-test-index-media-type": {"no-image"},
    # Its only descriptor has an unknown media type and names a blob that is not there.
    "up-ggcr-layout-test-gc-image-unknown-mediatype": {"no-image", "missing-blob"},
}
SKIPPED_AS = {
    "attestation": {"attestation-manifest"},
    "artifact": {"artifact"},
    "missing": {"missing-platform", "missing-blob", "unknown"},
}
ENGINE_NAME = "io.containerd.image.name"
SHORT_NAME = "org.opencontainers.image.ref.name"


def _cases() -> dict[str, dict[str, Any]]:
    tables = sorted(IMAGES.glob("*/expected.json"))
    return {table.parent.name: json.loads(table.read_text()) for table in tables}


CASES = _cases()
WITH_IMAGES = [name for name, case in CASES.items() if case.get("images")]
WITHOUT = [name for name, case in CASES.items() if not case.get("images")]

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not CASES, reason="../shared/conformance/images is not there"),
]


def _layerscope(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "layerscope", *arguments]
    return subprocess.run(command, capture_output=True, check=False, cwd=ROOT, timeout=120)


@functools.cache
def _schema() -> dict[str, Any]:
    printed = json.loads(_layerscope("schema", "report").stdout)
    assert isinstance(printed, dict)
    return printed


def _analyze(name: str) -> tuple[int, dict[str, Any], str]:
    path = str(IMAGES / name / CASES[name]["image"])
    done = _layerscope("analyze", "--jobs", "1", "-f", "json", path)
    assert done.stdout.isascii()
    return done.returncode, json.loads(done.stdout), done.stderr.decode()


def _names(case: dict[str, Any], image: dict[str, Any]) -> list[list[str]]:
    """What may stand in `names`: full names where the archive has them, else tags.

    An image of a nested index may carry the name of the index that leads to it.
    """
    if "descriptor_annotations" not in image and "index_path" not in image:
        return [image.get("repo_tags") or []]
    notes = image.get("descriptor_annotations") or {}
    own = notes.get(ENGINE_NAME) or notes.get(SHORT_NAME)
    if own:
        return [[own]]
    outer = [
        other["descriptor_annotations"]
        for other in case.get("others", [])
        if other["manifest_digest"] in image.get("index_path", [])
        and other.get("descriptor_annotations")
    ]
    inherited = [notes.get(ENGINE_NAME) or notes.get(SHORT_NAME) for notes in outer]
    return [[], [name for name in inherited if name]]


def _differ(where: str, pairs: dict[str, tuple[object, object]]) -> list[str]:
    return [
        f"{where} {k}: {got!r}, not {want!r}" for k, (got, want) in pairs.items() if got != want
    ]


def _layer_differences(where: str, row: dict[str, Any], layer: dict[str, Any]) -> list[str]:
    pairs = {
        "digest": (row["digest"], layer["digest"]),
        "diff_id": (row["diff_id"], layer["diff_id"]),
        "chain_id": (row["chain_id"], layer["chain_id"]),
        "media_type": (row["media_type"], layer["media_type"]),
        "compression": (row["compression"], layer["compression"]),
        "compressed_bytes": (row["compressed_bytes"], layer["size"]),
        "uncompressed_bytes": (row["uncompressed_bytes"], layer["uncompressed_size"]),
        "entries": (row["entries"], layer["entries"]),
        "files": (row["files"], layer["files"]),
        "verified": (row["verified"], "read"),
    }
    return _differ(where, pairs)


def _history_differences(where: str, told: dict[str, Any], image: dict[str, Any]) -> list[str]:
    """History rows, their layers, and each layer's line; `beyond` says that there is no layer."""
    expected = []
    made_by: dict[int, object] = {}
    layer_of = image["history_to_layer"]
    for record, layer in zip(image["history"], layer_of, strict=True):
        known = layer if isinstance(layer, int) else None
        expected.append(
            {
                "created": record.get("created"),
                "created_by": record.get("created_by"),
                "empty_layer": bool(record.get("empty_layer")),
                "layer": known,
            }
        )
        if known is not None:
            made_by[known] = record.get("created_by")
    columns = ("created", "created_by", "empty_layer", "layer")
    got = [{column: row[column] for column in columns} for row in told["history"]]
    lines = [layer["created_by"] for layer in told["layers"]]
    return _differ(
        where,
        {
            "history": (got, expected),
            "created_by": (lines, [made_by.get(index) for index in range(len(image["layers"]))]),
        },
    )


def _visible_bytes(name: str, image: dict[str, Any]) -> int | None:
    """Bytes of the files of the finished tree, linked names once; None where engines differ."""
    rootfs = image.get("rootfs") or {}
    if not rootfs.get("docker_agrees") or "file" not in rootfs:
        return None
    tree = json.loads((IMAGES / name / rootfs["file"]).read_text())
    again = {path for group in tree.get("hardlinks", []) for path in group[1:]}
    files = [entry for entry in tree["entries"] if entry["type"] == "file"]
    return sum(int(entry["size"]) for entry in files if entry["path"] not in again)


def _image_differences(name: str, told: dict[str, Any], image: dict[str, Any]) -> list[str]:
    where = f"image {told['index']}"
    case = CASES[name]
    platform = {k: v for k, v in image["platform"].items() if v}
    got_platform = {k: v for k, v in told["platform"].items() if v and k in platform}
    found = _differ(
        where,
        {
            "manifest_digest": (told["manifest_digest"], image.get("manifest_digest")),
            "config_digest": (told["config_digest"], image.get("config_digest")),
            "platform": (got_platform, platform),
            "layers": (len(told["layers"]), len(image["layers"])),
            "compressed_bytes": (told["compressed_bytes"], image["total_layer_size"]),
            "uncompressed_bytes": (told["uncompressed_bytes"], image["total_uncompressed"]),
            "indexes": (
                [layer["index"] for layer in told["layers"]],
                list(range(len(image["layers"]))),
            ),
            "content_bytes": (
                told["content_bytes"],
                sum(layer["content_bytes"] for layer in told["layers"]),
            ),
        },
    )
    if told["source"] not in SOURCES[case["format"]]:
        found.append(f"{where} source: {told['source']}")
    if told["names"] not in _names(case, image):
        found.append(f"{where} names: {told['names']}, not {_names(case, image)}")
    visible = _visible_bytes(name, image)
    # Not measured is null, never a guess.
    if visible is not None and told["visible_bytes"] is not None:
        wasted = told["content_bytes"] - visible
        found += _differ(
            where,
            {
                "visible_bytes": (told["visible_bytes"], visible),
                "wasted_bytes": (told["wasted_bytes"], wasted),
            },
        )
    for row, layer in zip(told["layers"], image["layers"], strict=False):
        found += _layer_differences(f"{where} layer {row['index']}", row, layer)
    return found + _history_differences(where, told, image)


@pytest.mark.parametrize("name", WITH_IMAGES)
def test_image_analyzed_gives_what_others_measured(name: str) -> None:
    # Given an archive or a folder whose images others have measured
    case = CASES[name]

    # When the finished program analyzes it
    status, document, said = _analyze(name)

    # Then every digest, size, count, name and history line is theirs
    assert (status, said) == (0, "")
    jsonschema.validate(document, _schema())
    assert document["faults"] == []
    assert [image["index"] for image in document["images"]] == list(range(len(case["images"])))
    found: list[str] = []
    for told, image in zip(document["images"], case["images"], strict=True):
        found += _image_differences(name, told, image)
    assert found == []


LISTED = [name for name in WITH_IMAGES if CASES[name].get("others")]


@pytest.mark.parametrize("name", LISTED)
def test_what_is_no_image_is_listed_as_skipped(name: str) -> None:
    # Given indexes that name attestations and artifacts beside images
    others = [other for other in CASES[name]["others"] if other["kind"] != "index"]

    # When analyzed
    _, document, _ = _analyze(name)

    # Then each has a row in `skipped` that says what it is, and no image stands for it
    skipped = {row["digest"]: row["what"] for row in document["skipped"]}
    shown = {image["manifest_digest"] for image in document["images"]}
    for other in others:
        assert other["manifest_digest"] in skipped
        assert other["manifest_digest"] not in shown
        allowed = SKIPPED_AS.get(other["kind"])
        assert allowed is None or skipped[other["manifest_digest"]] in allowed


@pytest.mark.parametrize("name", WITHOUT)
def test_input_without_an_image_exits_3_and_says_why(name: str) -> None:
    # Given an input that holds no image that can be run

    # When analyzed
    status, document, said = _analyze(name)

    # Then the exit status, the document and one line say so
    assert status == 3
    jsonschema.validate(document, _schema())
    assert document["images"] == []
    assert {fault["code"] for fault in document["faults"]} <= NO_IMAGE[name]
    assert len(document["faults"]) == 1
    lines = [line for line in said.splitlines() if not line.startswith("hint:")]
    assert len(lines) == 1
    assert lines[0].startswith("layerscope: ")
    assert lines[0].endswith(f"({document['faults'][0]['code']})")


def test_sharing_counts_one_manifest_under_three_names_once() -> None:
    # Given a layout that lists manifests under several names
    name = "h12-refs"
    if name not in CASES:
        pytest.skip("the collection has no h12-refs")
    case = CASES[name]
    distinct = {image["manifest_digest"]: image for image in case["images"]}
    layers = [layer for image in distinct.values() for layer in image["layers"]]

    # When analyzed
    _, document, _ = _analyze(name)

    # Then `referenced` is the sum over distinct manifests, `unique` has each identity once
    sharing = document["sharing"]
    blobs = {layer["digest"]: layer["size"] for layer in layers}
    tars = {layer["diff_id"]: layer["uncompressed_size"] for layer in layers}
    chains = {layer["chain_id"]: layer["uncompressed_size"] for layer in layers}
    stored = sum(layer["size"] for layer in layers)
    unpacked = sum(layer["uncompressed_size"] for layer in layers)
    assert sharing["blob_bytes"] == {"referenced": stored, "unique": sum(blobs.values())}
    assert sharing["diff_id_bytes"] == {"referenced": unpacked, "unique": sum(tars.values())}
    assert sharing["chain_id_bytes"] == {"referenced": unpacked, "unique": sum(chains.values())}
