from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from layerscope.report.published import schema
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.cli.running import app_tar, damaged_tar, run

if TYPE_CHECKING:
    from pathlib import Path

LIB = b"l" * 100_000


def version(number: int) -> ImageBuilder:
    """An image with everything in one layer: a library that stays, and an application."""
    tree = Tree().dir("srv").file("srv/app", b"%d" % number * 3000).file("usr/lib/lib.so", LIB)
    return ImageBuilder(names=(f"app:{number}",)).layer(tree, "COPY . /")


def two_versions(folder: Path) -> None:
    docker_archive(folder / "one.tar", version(1))
    oci_archive(folder / "two.tar", version(2))


def test_plan_repack_writes_a_document_of_its_schema(tmp_path: Path) -> None:
    two_versions(tmp_path)

    result = run(
        *("plan", "repack", "one.tar", "two.tar", "--max-layers", "2", "-f", "json"), cwd=tmp_path
    )

    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema("plan-repack")))
    assert (result.status, result.err) == (0, "")
    assert document["updates"] == [{"old": 0, "new": 1}]
    # "/srv/app" differs, "/usr/lib/lib.so" does not.
    assert document["signatures"] == 3
    assert document["lower_bound"]["content_bytes"] == 106_000
    assert document["now"]["registry"]["content_bytes"] == 206_000
    assert document["now"]["update"]["content_bytes"] == 103_000
    wanted, as_now = document["layouts"]
    assert wanted["saved"]["registry"]["content_bytes"] == 100_000
    assert wanted["saved"]["node"]["content_bytes"] == 100_000
    assert wanted["saved"]["update"]["content_bytes"] == 100_000
    assert wanted["costs"]["registry"]["compressed_bytes"] is None
    assert [layer["images"] for layer in wanted["layers"]] == [[0, 1], [0], [1]]
    assert [layer["updates_kept"] for layer in wanted["layers"]] == [1, 0, 0]
    assert [layer["paths"] for layer in wanted["layers"]] == [
        ["/usr/lib/lib.so"],
        ["/srv/app"],
        ["/srv/app"],
    ]
    assert [image["layers"] for image in wanted["images"]] == [[0, 1], [0, 2]]
    assert not wanted["same_limits_as_now"]
    # One layer each, as now: nothing is shared, nothing saved.
    assert as_now["name"] == "as-now"
    assert as_now["same_limits_as_now"]
    assert as_now["saved"]["registry"]["content_bytes"] == 0


def test_plan_repack_says_when_numbers_of_layers_differ(tmp_path: Path) -> None:
    two_versions(tmp_path)

    more = run("plan", "repack", "one.tar", "two.tar", "--max-layers", "2", cwd=tmp_path)
    same = run("plan", "repack", "one.tar", "two.tar", "--max-layers", "1", cwd=tmp_path)

    assert "at most 2 layers, content (not at the numbers of layers that images have now)" in (
        more.out.decode()
    )
    assert "as many as now, content (no image has more layers than now)" in more.out.decode()
    assert b"\n    updates 100.0 kB less (97.1%)\n" in more.out
    rows = [line.split() for line in more.out.decode().splitlines()]
    assert ["1", "app:2", "1", "2", "of", "2", "1", "of", "1"] in rows
    assert b"not at the numbers" not in same.out
    assert b"as many" not in same.out
    for out in (more.out, same.out):
        assert max(map(len, out.decode().splitlines())) <= 80


def test_plan_repack_is_the_same_each_time(tmp_path: Path) -> None:
    two_versions(tmp_path)
    arguments = ("plan", "repack", "one.tar", "two.tar", "--max-layers", "2", "-v")

    first = run(*arguments, cwd=tmp_path)
    again = run(*arguments, cwd=tmp_path, PYTHONHASHSEED="7")

    assert first.status == 0
    assert first.out == again.out


def test_plan_repack_shows_hostile_paths_escaped(tmp_path: Path) -> None:
    tree = Tree().file(b"a\x1b[2J\xff", b"x" * 10)
    docker_archive(tmp_path / "a.tar", ImageBuilder(names=("a:1",)).layer(tree))

    text = run("plan", "repack", "a.tar", "--max-layers", "1", cwd=tmp_path)
    document = run("plan", "repack", "a.tar", "--max-layers", "1", "-f", "json", cwd=tmp_path)

    assert b"\x1b" not in text.out
    assert rb"/a\x1b[2J\xff" in text.out
    layer = json.loads(document.out)["layouts"][0]["layers"][0]
    assert layer["paths"] == ["/a\x1b[2J\udcff"]


def test_plan_repack_lists_saved_reports_without_planning_them(tmp_path: Path) -> None:
    two_versions(tmp_path)
    run("analyze", "one.tar", "-f", "json", "-o", "one.json", cwd=tmp_path)

    result = run(
        *("plan", "repack", "one.json", "two.tar", "--max-layers", "2", "-f", "json"), cwd=tmp_path
    )
    text = run("plan", "repack", "one.json", "--max-layers", "2", cwd=tmp_path)

    document = json.loads(result.out)
    assert result.status == 0
    assert [image["left_out"] for image in document["images"]] == [None, "not-read"]
    assert [image["image"] for image in document["layouts"][0]["images"]] == [0]
    assert b"left out: app:1: not all of its files are at hand" in text.out


def test_plan_repack_of_a_damaged_image_plans_the_whole_one(tmp_path: Path) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    result = run(
        *("plan", "repack", "app.tar", "damaged.tar", "--max-layers", "2", "-f", "json"),
        cwd=tmp_path,
    )

    document = json.loads(result.out)
    assert result.status == 3
    assert [image["left_out"] for image in document["images"]] == [None, "not-read"]
    assert document["layouts"][0]["costs"]["registry"]["content_bytes"] == 3005


def test_plan_repack_ignores_times_if_asked(tmp_path: Path) -> None:
    for name, mtime in (("a", 1), ("b", 2)):
        tree = Tree().file("f", b"x" * 500, mtime=mtime)
        docker_archive(tmp_path / f"{name}.tar", ImageBuilder(names=(f"{name}:1",)).layer(tree))
    arguments = ("plan", "repack", "a.tar", "b.tar", "--max-layers", "1", "-f", "json")

    kept = json.loads(run(*arguments, cwd=tmp_path).out)
    ignored = json.loads(run(*arguments, "--ignore-times", cwd=tmp_path).out)

    assert kept["lower_bound"]["content_bytes"] == 1000
    assert ignored["lower_bound"]["content_bytes"] == 500
    assert (kept["ignore_times"], ignored["ignore_times"]) == (False, True)


@pytest.mark.parametrize("arguments", [[], ["--max-layers", "0"], ["--max-layers", "x"]])
def test_plan_repack_needs_a_number_of_layers(tmp_path: Path, arguments: list[str]) -> None:
    app_tar(tmp_path)

    result = run("plan", "repack", "app.tar", *arguments, cwd=tmp_path)

    assert (result.status, result.out) == (2, b"")
    assert "--max-layers" in result.err


def test_plan_repack_of_nothing_writes_no_text(tmp_path: Path) -> None:
    result = run("plan", "repack", "absent.tar", "--max-layers", "2", cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")
