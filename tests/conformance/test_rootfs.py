"""The finished tree of every image of the shared collection, as `ls` lists it.

What is expected was unpacked by the programs that `SHARED/conformance/images/README.md` names.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema
import pytest

from layerscope.journeys.listing import list_tree
from layerscope.render.json import files
from layerscope.report.published import schema
from layerscope.sources.limits import DEFAULT_LIMITS
from tests.surroundings import shared

IMAGES = shared("conformance", "images")
NANOSECONDS = 10**9


def _trees() -> list[tuple[str, int, str]]:
    """Case, number of the image in it, and the file with its tree."""
    return [
        (table.parent.name, number, image["rootfs"]["file"])
        for table in sorted(IMAGES.glob("*/expected.json"))
        for number, image in enumerate(json.loads(table.read_text()).get("images", []))
        if "file" in (image.get("rootfs") or {})
    ]


def _expected(name: str, file: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((IMAGES / name / file).read_text())
    return value


TREES = _trees()
# Where one of the programs refused the image, nobody knows how they differ.
COMPARED = [tree for tree in TREES if "docker_differs" in _expected(tree[0], tree[2])]

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.skipif(not TREES, reason="../shared/conformance/images is not there"),
]


@functools.cache
def _listed(name: str, number: int) -> dict[str, Any]:
    """The document that `ls -f json --digest sha256` writes."""
    image = json.loads((IMAGES / name / "expected.json").read_text())["image"]
    found = list_tree(
        f"{IMAGES / name / image}:@{number}",
        path=None,
        digest="sha256",
        platform=None,
        limits=DEFAULT_LIMITS,
        jobs=1,
        stdin=None,
    )
    value: dict[str, Any] = json.loads(b"".join(files(found.head, found.rows())))
    assert value["faults"] == []
    return value


def _as_unpacked(entry: dict[str, Any]) -> dict[str, Any]:
    """A row in the words of the fixtures; directories without times, which they do not promise."""
    # A device's numbers are in the fixtures and not in the file table.
    kind = "file" if entry["kind"] == "hardlink" else entry["kind"]
    row = {
        "path": entry["path"].removeprefix("/"),
        "type": kind,
        "mode": entry["mode"],
        "uid": entry["uid"],
        "gid": entry["gid"],
    }
    if kind != "dir":
        row["mtime"] = entry["mtime_ns"] // NANOSECONDS
    if kind == "file":
        row |= {
            "size": entry["size_bytes"],
            "sha256": (entry["content"] or "").removeprefix("sha256:"),
        }
    if kind == "symlink":
        row["link"] = entry["link_target"]
    if entry["xattrs"]:
        row["xattrs"] = entry["xattrs"]
    return row


def _promised(entry: dict[str, Any]) -> dict[str, Any]:
    left_out = {"dev", "mtime"} if entry["type"] == "dir" else {"dev"}
    return {key: value for key, value in entry.items() if key not in left_out}


def _link_groups(entries: list[dict[str, Any]]) -> list[list[str]]:
    groups: dict[str, list[str]] = {}
    for entry in entries:
        if entry["kind"] == "hardlink":
            first = entry["hardlink_to"]
            groups.setdefault(first, [first]).append(entry["path"])
    return sorted(sorted(path.removeprefix("/") for path in group) for group in groups.values())


@pytest.mark.parametrize(("name", "number", "file"), TREES)
def test_finished_tree_is_what_others_unpacked(name: str, number: int, file: str) -> None:
    # Given an image that others have unpacked
    expected = _expected(name, file)

    # When its squashed files are listed
    document = _listed(name, number)

    # Then every path, type, mode, owner, time, size, content, link and attribute is theirs
    jsonschema.validate(document, json.loads(schema("files")))
    entries = [entry for entry in document["entries"] if entry["path"] != "/"]
    got = {row["path"]: row for row in map(_as_unpacked, entries)}
    want = {row["path"]: row for row in map(_promised, expected["entries"])}
    assert len(got) == len(entries)
    assert got == want
    assert _link_groups(entries) == sorted(map(sorted, expected["hardlinks"]))


@pytest.mark.parametrize(("name", "number", "file"), COMPARED)
def test_paths_where_engines_differ_are_listed(name: str, number: int, file: str) -> None:
    # Given the differences between two programs that unpacked the image
    expected = _expected(name, file)

    # When it is listed
    document = _listed(name, number)

    # Then the paths of the differences are there, and no others
    differing = sorted({f"/{one['path']}" for one in expected["docker_differs"]})
    assert sorted(document["engine_differs"]) == differing
