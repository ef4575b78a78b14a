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

BASE = ImageBuilder(names=("base:1",)).layer(Tree().file("a", b"x" * 6000), "ADD a")
ONE = BASE.named("one:1").layer(Tree().file("b", b"y" * 700).file("c", b"x" * 6000), "COPY b")
TWO = BASE.named("two:1").layer(Tree().file("d", b"y" * 700), "COPY d")


def two_tars(folder: Path) -> None:
    docker_archive(folder / "one.tar", BASE, ONE)
    oci_archive(folder / "two.tar", TWO)


def test_dedup_writes_a_document_of_its_schema(tmp_path: Path) -> None:
    two_tars(tmp_path)

    result = run("dedup", "one.tar", "two.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema("dedup")))
    assert (result.status, result.err) == (0, "")
    # Images of 6,000, of 6,000 + 6,700 and of 6,000 + 700 bytes: three layers, two contents.
    assert [(level["level"], level["content_bytes"]) for level in document["levels"]] == [
        ("referenced", 25_400),
        ("blob", 13_400),
        ("diff_id", 13_400),
        ("file", 6_700),
    ]
    assert [level["requests"] for level in document["levels"]] == [5, 5, 5, 1 + 2 + 2]
    last = [image["levels"][-1] for image in document["images"]]
    assert [level["unique_bytes"] for level in last] == [0, 0, 0]
    assert [level["objects"] for level in last] == [1, 2, 2]


def test_dedup_with_chunks_has_all_schemes(tmp_path: Path) -> None:
    two_tars(tmp_path)

    result = run("dedup", "one.tar", "two.tar", "--chunks", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema("dedup")))
    found = {level["level"]: level for level in document["levels"]}
    assert list(found)[4:] == ["fastcdc_64k", "fixed_4k", "fixed_1m", "fixed_4m"]
    assert found["fastcdc_64k"]["content_bytes"] == 6_700
    # 6,000 times x are 4,096 and 1,904 bytes of it.
    assert (found["fixed_4k"]["objects"], found["fixed_4k"]["content_bytes"]) == (3, 6_700)
    assert (found["fixed_4k"]["entries"], found["fixed_4k"]["index_bytes"]) == (6, 40 * 9)


@pytest.mark.parametrize("chunks", [[], ["--chunks"]])
def test_dedup_is_the_same_each_time_and_fits_a_screen(tmp_path: Path, chunks: list[str]) -> None:
    two_tars(tmp_path)

    first = run("dedup", "one.tar", "two.tar", *chunks, cwd=tmp_path)
    again = run("dedup", "one.tar", "two.tar", *chunks, cwd=tmp_path, PYTHONHASHSEED="7")

    assert (first.status, first.err) == (0, "")
    assert first.out == again.out
    lines = first.out.decode().splitlines()
    assert lines[0] == "dedup  3 images; what is left if equal things are kept once"
    assert max(map(len, lines)) <= 80


def test_dedup_of_a_saved_report_knows_layers_and_not_what_is_in_them(tmp_path: Path) -> None:
    two_tars(tmp_path)
    run("analyze", "one.tar", "-f", "json", "-o", "one.json", cwd=tmp_path)

    result = run("dedup", "one.json", "two.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    assert result.status == 0
    assert [level["content_bytes"] for level in document["levels"]] == [
        25_400,
        13_400,
        13_400,
        None,
    ]
    # What the report says of the image that is not at hand is a layer that two.tar does not have.
    files = [image["levels"][-1]["content_bytes"] for image in document["images"]]
    assert files == [6_700, 6_000, None]


def test_dedup_with_a_damaged_copy_ends_with_status_three(tmp_path: Path) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    result = run("dedup", "app.tar", "damaged.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    assert result.status == 3
    assert [fault["layer"] for fault in document["faults"]] == [1]
    found = {level["level"]: level["content_bytes"] for level in document["levels"]}
    # Nobody knows which blob the damaged one should have been; of its DiffID there is a whole copy.
    assert found == {"referenced": None, "blob": None, "diff_id": 3_005, "file": 3_005}


def test_dedup_of_nothing_writes_no_text(tmp_path: Path) -> None:
    result = run("dedup", "absent.tar", cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")


def test_dedup_remembers_layers_in_a_catalog(tmp_path: Path) -> None:
    two_tars(tmp_path)
    arguments = ["dedup", "one.tar", "two.tar", "--catalog", "known", "-f", "json"]

    first = run(*arguments, cwd=tmp_path)
    again = run(*arguments, cwd=tmp_path)

    assert (first.status, first.err) == (0, "")
    assert first.out == again.out
    assert list((tmp_path / "known").rglob("*.parquet"))
