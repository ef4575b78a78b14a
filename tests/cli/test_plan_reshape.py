"""`plan squash`, `plan merge` and `plan split`: what they say, against images that are built so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.fleet.merge import merged
from layerscope.report.published import schema
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.cli.running import damaged_tar, run
from tests.fleet.written import facts, stored, table_of, tree_of, written

if TYPE_CHECKING:
    from pathlib import Path

BASE = ImageBuilder(names=("base:1",)).layer(
    Tree().file("a", b"1" * 600).file("b", b"2" * 5), "ADD"
)
APP = (
    BASE.named("app:1")
    .layer(Tree().file("a", b"3" * 700).whiteout("b"), "RUN one")
    .layer(Tree().dir("d").file("d/c", b"4" * 9).file("e", b"5" * 3000), "RUN two")
)
OTHER = BASE.named("other:1").layer(Tree().file("f", b"6"), "RUN f")


def archives(folder: Path) -> None:
    oci_archive(folder / "app.tar", APP, compression="gzip")
    oci_archive(folder / "other.tar", OTHER, compression="gzip")


def planned(name: str, *arguments: str, cwd: Path, status: int = 0) -> dict[str, Any]:
    result = run("plan", name, *arguments, "-f", "json", cwd=cwd)
    assert result.status == status, result.err
    document: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema(f"plan-{name}")))
    return document


def test_squash_predicts_the_image_that_is_built_then(tmp_path: Path) -> None:
    archives(tmp_path)
    layers = stored(tmp_path, [layer.tar for layer in APP.layers])
    tar = written(merged([table_of(layer) for layer in layers], 0, 2), layers)
    oci_archive(tmp_path / "done.tar", ImageBuilder(names=("done:1",)).layer(tar, "squash"))

    image = planned("squash", "app.tar", cwd=tmp_path)["images"][0]

    done = json.loads(run("analyze", "done.tar", "-f", "json", cwd=tmp_path).out)["images"][0]
    assert image["after"]["layers"] == len(done["layers"]) == 1
    assert image["after"]["uncompressed_bytes"] == done["uncompressed_bytes"]
    assert image["after"]["content_bytes"] == done["content_bytes"] == 700 + 9 + 3000
    assert image["new_layers"][0]["entries"] == done["layers"][0]["entries"] == 4
    # 600 and 5 bytes of the base are hidden; nobody knows how small the new layer compresses.
    assert image["hidden_bytes"] == 605
    assert image["after"]["compressed_bytes"] is None


def test_squash_says_what_is_shared_no_more(tmp_path: Path) -> None:
    archives(tmp_path)

    whole = planned("squash", "app.tar", "--among", "other.tar", cwd=tmp_path)
    upper = planned("squash", "app.tar", "--from-layer", "1", "--among", "other.tar", cwd=tmp_path)

    def shared(document: dict[str, Any]) -> tuple[int, int]:
        rows = {row["identity"]: row for row in document["images"][0]["shared"]}
        return rows["diff_id"]["before_bytes"], rows["diff_id"]["after_bytes"]

    base = len(BASE.layers[0].tar)
    assert shared(whole) == (base, 0)
    assert shared(upper) == (base, base)
    stored_rows = {row["identity"]: row for row in whole["stored"]}
    # The base is still held by the other image; two layers go, one comes.
    assert (stored_rows["diff_id"]["gone_layers"], stored_rows["diff_id"]["new_layers"]) == (2, 1)
    assert stored_rows["blob"]["new_bytes"] is None


def test_squash_of_equal_images_makes_one_layer(tmp_path: Path) -> None:
    archives(tmp_path)
    again = APP.named("again:1").empty_layer("ENV A=1")
    oci_archive(tmp_path / "again.tar", again)

    document = planned("squash", "app.tar", "again.tar", cwd=tmp_path)

    stored_rows = {row["identity"]: row for row in document["stored"]}
    assert stored_rows["diff_id"]["after_layers"] == 1


def test_merge_replaces_the_layers_that_were_named(tmp_path: Path) -> None:
    archives(tmp_path)

    image = planned("merge", "app.tar", "--layers", "1-2", cwd=tmp_path)["images"][0]

    assert (image["before"]["layers"], image["after"]["layers"]) == (3, 2)
    # A whiteout, a directory, three files in two, one and six blocks, and the end.
    expected = 5 * 512 + 1024 + 512 + 3072 + 1024
    assert image["new_layers"][0]["uncompressed_bytes"] == expected
    assert image["hidden_bytes"] == 0


def test_split_by_path_has_every_byte_once(tmp_path: Path) -> None:
    archives(tmp_path)

    image = planned("split", "app.tar", "--layer", "2", "--path", "/d/**", cwd=tmp_path)["images"][
        0
    ]

    new = image["new_layers"]
    assert [layer["index"] for layer in new] == [2, 3]
    assert [layer["content_bytes"] for layer in new] == [3000, 9]
    # The directory is in both: in the lower part by itself, in the upper one on the way.
    assert [layer["entries"] for layer in new] == [2, 2]
    assert image["after"]["content_bytes"] == image["before"]["content_bytes"]


def test_split_by_size(tmp_path: Path) -> None:
    archives(tmp_path)

    image = planned("split", "app.tar", "--layer", "2", "--max-bytes", "3kB", cwd=tmp_path)[
        "images"
    ]

    assert [layer["entries"] for layer in image[0]["new_layers"]] == [2, 1]


def test_text_says_that_layer_counts_differ(tmp_path: Path) -> None:
    archives(tmp_path)

    result = run("plan", "merge", "app.tar", "--layers", "0-1", cwd=tmp_path)

    assert b"app:1  layers 0 to 1 become 1 layer that a container cannot tell" in result.out
    assert b"3 layers and 2 layers: sizes alone say little" in result.out
    assert max(map(len, result.out.decode().splitlines())) <= 80


def test_layer_that_cannot_be_written_has_no_size_and_says_why(tmp_path: Path) -> None:
    image = ImageBuilder(names=("app:1",)).layer(Tree().hardlink("b\x1b", "nowhere"), "ADD")
    oci_archive(tmp_path / "app.tar", image)

    (row,) = planned("squash", "app.tar", cwd=tmp_path)["images"]

    assert row["new_layers"][0]["uncompressed_bytes"] is None
    assert row["after"]["uncompressed_bytes"] is None
    assert row["new_layers"][0]["refused"] == [{"path": "/b\x1b", "why": "a hard link to nothing"}]
    text = run("plan", "squash", "app.tar", cwd=tmp_path).out
    assert b"cannot be written: /b\\x1b is a hard link to nothing" in text


def test_saved_reports_have_sharing_and_no_new_sizes(tmp_path: Path) -> None:
    archives(tmp_path)
    run("analyze", "app.tar", "-f", "json", "-o", "app.json", cwd=tmp_path)

    (squashed,) = planned("squash", "app.json", "--among", "other.tar", cwd=tmp_path)["images"]
    (apart,) = planned("split", "app.json", "--layer", "1", "--path", "a", cwd=tmp_path)["images"]

    assert squashed["after"] == {
        "layers": 1,
        "compressed_bytes": None,
        "uncompressed_bytes": None,
        "content_bytes": None,
    }
    assert [row["after_bytes"] for row in squashed["shared"]] == [0, 0, 0]
    # Into how many layers only the files would tell.
    assert apart["after"] is None
    assert (
        b"layer 1 becomes layers that"
        in run("plan", "split", "app.json", "--layer", "1", "--path", "a", cwd=tmp_path).out
    )


def test_damaged_image_ends_with_status_three(tmp_path: Path) -> None:
    damaged_tar(tmp_path)

    (row,) = planned("squash", "damaged.tar", cwd=tmp_path, status=3)["images"]

    assert row["new_layers"][0]["uncompressed_bytes"] is None


def test_plain_tars_know_no_blobs(tmp_path: Path) -> None:
    docker_archive(tmp_path / "app.tar", APP)

    (row,) = planned("squash", "app.tar", cwd=tmp_path)["images"]

    assert row["before"]["compressed_bytes"] is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("merge", "--layers", "2-1"), "expected two layers such as 1-3, found 2-1"),
        (("merge", "--layers", "x"), "expected two layers such as 1-3, found x"),
        (("merge", "--layers", "1-3"), "expected layers 1 to 3, found 3 from 0 on"),
        (("squash", "--from-layer", "3"), "expected layers 3 to 3, found 3 from 0 on"),
        (("split", "--layer", "0"), "expected either --path or --max-bytes"),
        (
            ("split", "--layer", "0", "--path", "a", "--max-bytes", "1MB"),
            "expected either --path or --max-bytes",
        ),
        (("split", "--layer", "7", "--path", "a"), "expected layers 7 to 7, found 3 from 0 on"),
        (("split", "--layer", "0", "--max-bytes", "x"), "expected a size"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    archives(tmp_path)

    result = run("plan", arguments[0], "app.tar", *arguments[1:], cwd=tmp_path)

    assert (result.status, result.out) == (2, b"")
    assert message in result.err


def test_squash_leaves_the_tree_of_the_image(tmp_path: Path) -> None:
    layers = stored(tmp_path, [layer.tar for layer in APP.layers])
    new = merged([table_of(layer) for layer in layers], 0, 2)

    after = stored(tmp_path, [written(new, layers)])

    assert facts(tree_of(after)) == facts(tree_of(layers))
