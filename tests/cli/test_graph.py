from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import jsonschema
import networkx as nx
import pytest

from layerscope.report.published import schema
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.cli.running import app_tar, damaged_tar, run
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

BASE = ImageBuilder(names=("base:1",)).layer(Tree().file("a", b"x" * 600), "ADD a")
ONE = BASE.named("one:1").layer(Tree().file("b", b"y" * 700), "COPY b")
TWO = BASE.named("two:1").layer(Tree().file("c", b"z" * 800), "COPY c")


def two_tars(folder: Path) -> None:
    docker_archive(folder / "one.tar", BASE, ONE)
    oci_archive(folder / "two.tar", TWO)


def test_graph_writes_a_document_of_its_schema_that_networkx_reads(tmp_path: Path) -> None:
    two_tars(tmp_path)

    result = run("graph", "one.tar", "two.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema("graph")))
    assert (result.status, result.err) == (0, "")
    graph = nx.node_link_graph(document)
    assert graph.is_directed()
    assert sorted(graph.degree(node) for node in graph) == [1, 1, 2]
    assert [image["base"]["by_layers"] for image in document["images"]] == [None, 0, 0]
    assert [image["docker"]["unique_bytes"] for image in document["images"]] == [0, 700, 800]


@pytest.mark.parametrize(
    ("kind", "start"),
    [
        ("text", b"layers  3 layers in 1 tree, 3 images\n"),
        ("dot", b"digraph layers {\n"),
        ("mermaid", b"flowchart TD\n"),
        ("graphml", b"<?xml version="),
    ],
)
def test_graph_draws_in_each_format(tmp_path: Path, kind: str, start: bytes) -> None:
    two_tars(tmp_path)

    first = run("graph", "one.tar", "two.tar", "-f", kind, cwd=tmp_path)
    again = run("graph", "one.tar", "two.tar", "-f", kind, cwd=tmp_path, PYTHONHASHSEED="7")

    assert (first.status, first.err) == (0, "")
    assert first.out.startswith(start)
    assert first.out == again.out


def test_graph_takes_saved_reports_beside_images(tmp_path: Path) -> None:
    two_tars(tmp_path)
    run("analyze", "one.tar", "-f", "json", "-o", "one.json", cwd=tmp_path)

    result = run("graph", "one.json", "two.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    assert result.status == 0
    # Images that are at hand come first.
    assert [image["image"]["names"] for image in document["images"]] == [
        ["two:1"],
        ["base:1"],
        ["one:1"],
    ]
    assert len(document["nodes"]) == 3
    assert [image["docker"]["unique_bytes"] for image in document["images"]] == [800, 0, 700]


def test_graph_of_a_broken_report_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"schema": "layerscope.report/1"}')
    app_tar(tmp_path)

    result = run("graph", "broken.json", "app.tar", cwd=tmp_path)

    assert result.status == 3
    assert result.err.startswith("layerscope: broken.json: ")
    assert b"in 1 image" in result.out


def test_graph_with_a_damaged_copy_ends_with_status_three_and_counts_the_whole_one(
    tmp_path: Path,
) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    result = run("graph", "app.tar", "damaged.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    assert result.status == 3
    assert [fault["layer"] for fault in document["faults"]] == [1]
    # The archives name no blobs, so nobody knows what the damaged one should have been; its config
    # claims a DiffID, and of that there is a whole copy.
    stored = {total["identity"]: total["stored_bytes"] for total in document["totals"]}
    assert stored["blob"] is None
    assert stored["docker"] is not None


def test_graph_of_nothing_writes_no_text(tmp_path: Path) -> None:
    result = run("graph", "absent.tar", cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")


def test_other_commands_write_no_drawing(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("analyze", "app.tar", "-f", "dot", cwd=tmp_path)

    assert result.status == 2
    assert "dive-json, not dot" in result.err


@pytest.mark.parametrize(
    "arguments", [["analyze", "app.tar"], ["validate", "app.tar"], ["--help"], ["graph", "--help"]]
)
def test_other_commands_load_neither_pandas_nor_networkx(
    tmp_path: Path, arguments: list[str]
) -> None:
    app_tar(tmp_path)
    code = (
        "import sys; from layerscope.cli.app import run; run(sys.argv[1:]); "
        "print({'pandas', 'numpy', 'networkx', 'layerscope.fleet'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
    )

    assert done.stdout.splitlines()[-1] == "set()"
