from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema

from layerscope.report.published import schema
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.cli.running import app_tar, damaged_tar, run

if TYPE_CHECKING:
    from pathlib import Path

LAYER = Tree().file("app/run", b"r" * 3000, mtime=1700000000).file("app/data", b"d" * 900)
LATER = Tree((replace(LAYER.members[0], mtime=1700000060), LAYER.members[1]))
ONE = ImageBuilder(names=("one:1",)).layer(LAYER, "COPY app /app")
TWO = ImageBuilder(names=("two:1",)).layer(LATER, "COPY app /app")


def two_tars(folder: Path) -> None:
    docker_archive(folder / "one.tar", ONE)
    docker_archive(folder / "two.tar", TWO)
    oci_archive(folder / "packed.tar", ONE.named("packed:1"), compression="gzip")


def test_similar_writes_a_document_of_its_schema(tmp_path: Path) -> None:
    two_tars(tmp_path)

    result = run("similar", "one.tar", "two.tar", "packed.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema("similar")))
    assert (result.status, result.err) == (0, "")
    assert len(document["near_equal"]) == len(document["recompressed"]) == 1
    assert document["most"] == 5


def test_similar_prints_neighbours_and_what_differs(tmp_path: Path) -> None:
    two_tars(tmp_path)

    first = run("similar", "one.tar", "two.tar", "packed.tar", cwd=tmp_path)
    again = run("similar", "one.tar", "two.tar", "packed.tar", cwd=tmp_path, PYTHONHASHSEED="7")

    assert (first.status, first.err) == (0, "")
    assert b"    time of 1 member\n" in first.out
    assert b"/app/run: 2023-11-14 22:13:20 -> 2023-11-14 22:14:20\n" in first.out
    assert b"100.0%" in first.out
    assert max(map(len, first.out.decode().splitlines())) <= 80
    assert first.out == again.out


def test_similar_takes_most_and_deep(tmp_path: Path) -> None:
    two_tars(tmp_path)
    arguments = (
        "similar",
        "one.tar",
        "two.tar",
        "packed.tar",
        "-f",
        "json",
        "--most",
        "1",
        "--deep",
    )

    document = json.loads(run(*arguments, cwd=tmp_path).out)

    assert [len(image["nearest"]) for image in document["images"]] == [1, 1, 1]
    assert document["near_equal"][0]["others"][0]["headers"] == "read"
    assert run("similar", "one.tar", "--most", "0", cwd=tmp_path).status == 2


def test_similar_remembers_layers_in_a_catalog(tmp_path: Path) -> None:
    two_tars(tmp_path)
    arguments = ("similar", "one.tar", "two.tar", "-f", "json")

    first = run(*arguments, "--catalog", "kept", cwd=tmp_path)

    assert first.status == 0
    assert first.out == run(*arguments, "--catalog", "kept", cwd=tmp_path).out
    assert first.out == run(*arguments, cwd=tmp_path).out


def test_similar_with_a_damaged_copy_ends_with_status_three(tmp_path: Path) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    result = run("similar", "app.tar", "damaged.tar", cwd=tmp_path)

    assert result.status == 3
    assert b"a layer of it was not read" in result.out


def test_similar_of_nothing_writes_no_text(tmp_path: Path) -> None:
    result = run("similar", "absent.tar", cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")


def test_similar_says_that_saved_reports_are_not_compared(tmp_path: Path) -> None:
    two_tars(tmp_path)
    run("analyze", "one.tar", "-f", "json", "-o", "one.json", cwd=tmp_path)

    result = run("similar", "one.json", "two.tar", cwd=tmp_path)

    assert result.status == 0
    assert b"one:1: a saved report: it has no file tables\n" in result.out
