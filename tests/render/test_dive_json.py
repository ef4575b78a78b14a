from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec
from blake3 import blake3

from layerscope.files.walk import Walk
from layerscope.render.dive_json import dive_json
from layerscope.report.document import HistoryRow
from layerscope.report.from_results import build
from layerscope.sources.limits import Limits
from layerscope.synth.tree import Tree
from tests.report.made import image, layer, opened

if TYPE_CHECKING:
    from layerscope.files.columns import FileColumns
    from layerscope.report.document import ImageRow


def columns(tree: Tree) -> FileColumns:
    walk = Walk(Limits(), blake3)
    walk.feed(tree.layer_tar())
    walk.finish()
    return walk.columns


def row(*created_by: str | None) -> ImageRow:
    """An image with a layer for each text, and a history record for each that is not None."""
    layers = [layer(index, f"l{index}") for index in range(len(created_by))]
    made = build([opened(image("a", *layers))], {}).images[0]
    history = [
        HistoryRow(created=None, created_by=text, empty_layer=False, layer=index)
        for index, text in enumerate(created_by)
        if text is not None
    ]
    return msgspec.structs.replace(made, history=history)


def export(made: ImageRow, *layers: Tree) -> dict[str, Any]:
    data = b"".join(dive_json(made, [columns(tree) for tree in layers]))
    assert data.isascii()
    document: dict[str, Any] = json.loads(data)
    return document


def test_dive_json_layer_says_what_dive_says() -> None:
    made = row("/bin/sh -c make", None)

    first, second = export(made, Tree().file("a", b"xyz"), Tree().file("a", b"z"))["layer"]

    assert {**first, "fileList": None} == {
        "index": 0,
        "id": "l0.tar",
        "digestId": made.layers[0].diff_id,
        "sizeBytes": 3,
        "command": "make",
        "fileList": None,
    }
    # A layer without a history record has no digest either.
    assert (second["digestId"], second["command"]) == ("", "(missing)")


def test_dive_json_files_have_gos_modes_children_first() -> None:
    tree = (
        Tree()
        .dir("tmp", mode=0o1777)
        .file("tmp/su", b"12", mode=0o4755, uid=1, gid=2)
        .symlink("ln", "tmp/su")
        .device("null", 1, 3)
        .file("x/implied", b"")
    )

    files = export(row("ADD"), tree)["layer"][0]["fileList"]

    # Go: fs.ModeDir 1<<31, ModeSymlink 1<<27, ModeDevice 1<<26, ModeSetuid 1<<23,
    # ModeCharDevice 1<<21, ModeSticky 1<<20.
    assert [(file["path"], file["typeFlag"], file["fileMode"]) for file in files] == [
        ("ln", 50, 0o777 | 1 << 27),
        ("null", 51, 0o644 | 1 << 26 | 1 << 21),
        ("tmp/su", 48, 0o755 | 1 << 23),
        ("tmp", 53, 0o777 | 1 << 31 | 1 << 20),
        ("x/implied", 48, 0o644),
        ("", 0, 0),
    ]
    assert files[0]["linkName"] == "tmp/su"
    assert (files[2]["size"], files[2]["uid"], files[2]["gid"], files[2]["isDir"]) == (
        2,
        1,
        2,
        False,
    )
    assert files[3]["isDir"]


def test_dive_json_image_lists_references_largest_first() -> None:
    base = Tree().file("a", b"x" * 10).file("b", b"x" * 30)

    document = export(row("ADD", "ADD"), base, base)["image"]

    assert document == {
        "sizeBytes": 80,
        "inefficientBytes": 80,
        "efficiencyScore": 0.5,
        "fileReference": [
            {"count": 2, "sizeBytes": 60, "file": "/b"},
            {"count": 2, "sizeBytes": 20, "file": "/a"},
        ],
    }


def test_dive_json_name_that_is_no_utf8_is_a_surrogate() -> None:
    files = export(row("ADD"), Tree().file(b"\xff"))["layer"][0]["fileList"]

    assert files[0]["path"] == "\udcff"


def test_dive_json_without_layers_is_whole() -> None:
    assert export(row())["layer"] == []
