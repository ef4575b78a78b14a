from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.cli.commands.plan.reading import spread
from layerscope.report.published import schema
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive, oci_archive
from layerscope.synth.tree import Tree
from tests.cli.running import Run, app_tar, damaged_tar, run

if TYPE_CHECKING:
    from pathlib import Path

BASE = ImageBuilder(names=("base:1",)).layer(Tree().file("a", b"x" * 600), "ADD a")
ONE = BASE.named("one:1").layer(Tree().file("b", b"y" * 700), "COPY b")
TWO = BASE.named("two:1").layer(Tree().file("c", b"z" * 800), "COPY c")
COMMANDS = {
    "pull": ("one.tar", "--have", "base.tar"),
    "push": ("one.tar", "--have", "base.tar"),
    "remove": ("one.tar", "--keep", "base.tar"),
    "nodes": ("one.tar", "two.tar", "--trace", "trace.csv", "--cache-size", "10kB"),
}


def archives(folder: Path) -> None:
    for name, image in (("base", BASE), ("one", ONE), ("two", TWO)):
        oci_archive(folder / f"{name}.tar", image, compression="gzip")
    (folder / "trace.csv").write_text("time,image,count\n0,one:1,2\n1,two.tar,1\n2,one:1,1\n")


def document(found: Run, name: str) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(found.out)
    jsonschema.validate(value, json.loads(schema(f"plan-{name}")))
    return value


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_plan_writes_a_document_of_its_schema(tmp_path: Path, name: str) -> None:
    archives(tmp_path)

    first = run("plan", name, *COMMANDS[name], "-f", "json", cwd=tmp_path)
    again = run("plan", name, *COMMANDS[name], "-f", "json", cwd=tmp_path, PYTHONHASHSEED="5")

    assert (first.status, first.err) == (0, "")
    assert document(first, name)["schema"] == f"layerscope.plan-{name}/1"
    assert first.out == again.out


@pytest.mark.parametrize("name", sorted(COMMANDS))
@pytest.mark.parametrize("options", [(), ("-v",)])
def test_plan_writes_text_that_fits(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    archives(tmp_path)

    found = run("plan", name, *COMMANDS[name], *options, cwd=tmp_path)

    assert found.status == 0
    assert max(map(len, found.out.decode().splitlines())) <= 80


def test_plan_pull_counts_blobs_by_kind(tmp_path: Path) -> None:
    archives(tmp_path)

    found = document(run("plan", "pull", *COMMANDS["pull"], "-f", "json", cwd=tmp_path), "pull")

    blobs = ONE.layer_blobs("gzip")
    parts = [len(blobs[1]), len(ONE.config_bytes()), len(ONE.manifest_bytes("gzip"))]
    assert [row["moved_bytes"] for row in found["sums"]] == [*parts, sum(parts)]
    assert found["sums"][0]["held_bytes"] == len(blobs[0])
    assert [image["names"] for image in found["have"]] == [["base:1"]]


def test_plan_takes_all_that_follows_an_option(tmp_path: Path) -> None:
    archives(tmp_path)

    arguments = ("one.tar", "--keep", "base.tar", "two.tar", "-f", "json")
    found = document(run("plan", "remove", *arguments, cwd=tmp_path), "remove")

    assert [image["names"] for image in found["keep"]] == [["base:1"], ["two:1"]]
    assert [image["image"]["names"] for image in found["images"]] == [["one:1"]]
    assert found["stays"][0]["keepers"] == [0, 1]


def test_words_after_an_option_go_to_it_up_to_the_next() -> None:
    assert spread(["a", "--have", "b", "-", "c", "--to", "d"]) == [
        *["a", "--have", "b", "--have", "-", "--have", "c"],
        *["--to", "d"],
    ]
    assert spread(["--have", "--", "b", "c"]) == ["--have", "--", "b", "c"]
    assert spread(["--have=a", "b"]) == ["--have=a", "b"]


def test_plan_of_a_damaged_image_is_null_where_it_cannot_know(tmp_path: Path) -> None:
    archives(tmp_path)
    data = bytearray((tmp_path / "one.tar").read_bytes())
    at = data.index(ONE.layer_blobs("gzip")[1])
    data[at + 12] ^= 1
    (tmp_path / "broken.tar").write_bytes(data)

    found = run("plan", "pull", "broken.tar", "-f", "json", cwd=tmp_path)

    told = document(found, "pull")
    assert found.status == 3
    assert (told["moved_blobs"], told["moved_bytes"]) == (4, None)
    assert [fault["layer"] for fault in told["faults"]] == [1]


def test_plan_of_docker_archives_says_why_nothing_is_known(tmp_path: Path) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    found = run("plan", "pull", "app.tar", cwd=tmp_path)

    assert found.status == 0
    assert b"pull  ? move: 4 of 4 blobs" in found.out
    assert b"docker save" in found.out


@pytest.mark.parametrize("name", ["pull", "push", "remove"])
def test_plan_of_nothing_writes_no_text(tmp_path: Path, name: str) -> None:
    found = run("plan", name, "absent.tar", cwd=tmp_path)

    assert (found.status, found.out) == (3, b"")


def test_plan_nodes_sums_what_its_parts_say(tmp_path: Path) -> None:
    archives(tmp_path)

    arguments = ("-f", "json", "--nodes", "2", "--bandwidth", "1kB/s")
    found = document(run("plan", "nodes", *COMMANDS["nodes"], *arguments, cwd=tmp_path), "nodes")

    one, two = (sum(map(len, image.layer_blobs("gzip"))) for image in (ONE, TWO))
    base = len(BASE.layer_blobs("gzip")[0])
    # Nodes take turns: one:1 on both, two:1 on the first, one:1 on the second, which has it.
    assert found["pulls"]["pulled_bytes"] == 2 * one + two - base
    assert found["pulls"]["starts"] == 4
    assert found["pulls"]["from_cache"] == 1
    assert found["distinct_bytes"] == one + two - base
    assert [node["pulls"]["pulled_bytes"] for node in found["nodes"]] == [one + two - base, one]
    assert [image["pulls"]["starts"] for image in found["images"]] == [3, 1]
    # The smallest time that two of four do not exceed is that of one:1 or two:1, whichever is less.
    times = sorted([one / 1000, one / 1000, (two - base) / 1000, 0.0])
    assert found["pulls"]["seconds_p50"] == times[1]
    assert found["pulls"]["seconds_p95"] == times[3]


@pytest.mark.parametrize(
    ("trace", "options", "says"),
    [
        ("time,image\n0,none:1\n", (), "names 'none:1', and 0 images are called so"),
        ("time,image,node\n0,one:1,1\n", (), "names node 1, and nodes are 0 to 0"),
        ("time,image\n0,one:1\n", ("--cache-size", "10"), "more than a cache holds"),
        ("time,image\n0,one:1\n", ("--bandwidth", "0"), "at least one byte"),
        ("time,image\n0,one:1\n", ("--bandwidth", "fast"), "expected a size"),
        ("time,image\n0,one:1\n", ("--nodes", "1000000"), "1 to 100,000 nodes"),
    ],
)
def test_plan_nodes_that_cannot_be_is_a_usage_error(
    tmp_path: Path, trace: str, options: tuple[str, ...], says: str
) -> None:
    archives(tmp_path)
    (tmp_path / "t.csv").write_text(trace)

    found = run("plan", "nodes", "one.tar", "--trace", "t.csv", *options, cwd=tmp_path)

    assert (found.status, found.out) == (2, b"")
    assert says in found.err


def test_plan_nodes_of_docker_archives_counts_tars_if_asked(tmp_path: Path) -> None:
    docker_archive(tmp_path / "one.tar", ONE)
    (tmp_path / "t.csv").write_text("time,image\n0,one:1\n")

    refused = run("plan", "nodes", "one.tar", "--trace", "t.csv", cwd=tmp_path)
    arguments = ("one.tar", "--trace", "t.csv", "--sizes", "tar", "-f", "json")
    found = document(run("plan", "nodes", *arguments, cwd=tmp_path), "nodes")

    assert refused.status == 2
    assert "--sizes tar" in refused.err
    assert found["pulls"]["pulled_bytes"] == sum(map(len, ONE.layer_blobs("none")))
