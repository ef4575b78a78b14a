"""The catalog on the command line: `--catalog`, `--no-catalog`, `--verify`, `catalog info|gc`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import jsonschema

from layerscope.report import published
from tests.cli.running import Run, app_tar, run

if TYPE_CHECKING:
    from pathlib import Path


def verified(result: Run) -> list[str]:
    document = json.loads(result.out)
    return [layer["verified"] for image in document["images"] for layer in image["layers"]]


def document(result: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(found, json.loads(published.schema("catalog")))
    return found


def test_second_analysis_remembers_and_is_the_same_else(tmp_path: Path) -> None:
    app_tar(tmp_path)
    command = ["analyze", "-f", "json", "--catalog", "kept", "app.tar"]

    first, second = run(*command, cwd=tmp_path), run(*command, cwd=tmp_path)

    assert verified(first) == ["read", "read"]
    assert verified(second) == ["remembered", "remembered"]
    assert second.out.replace(b'"remembered"', b'"read"') == first.out
    assert (first.err, second.err) == ("", "")


def test_catalog_of_the_environment_is_used_unless_there_is_to_be_none(tmp_path: Path) -> None:
    app_tar(tmp_path)
    command = ["analyze", "-f", "json", "app.tar"]
    kept = str(tmp_path / "kept")
    run(*command, cwd=tmp_path, LAYERSCOPE_CATALOG=kept)

    again = run(*command, cwd=tmp_path, LAYERSCOPE_CATALOG=kept)
    without = run(*command, "--no-catalog", cwd=tmp_path, LAYERSCOPE_CATALOG=kept)
    checked = run(*command, "--verify", cwd=tmp_path, LAYERSCOPE_CATALOG=kept)

    assert verified(again) == ["remembered", "remembered"]
    assert verified(without) == verified(checked) == ["read", "read"]


def test_text_is_the_same_whether_remembered_or_not(tmp_path: Path) -> None:
    app_tar(tmp_path)
    command = ["analyze", "--catalog", "kept", "app.tar"]

    assert run(*command, cwd=tmp_path).out == run(*command, cwd=tmp_path).out


def test_catalog_that_cannot_be_written_is_a_remark(tmp_path: Path) -> None:
    app_tar(tmp_path)
    (tmp_path / "kept").write_text("no folder")

    result = run("analyze", "-f", "json", "--catalog", "kept", "app.tar", cwd=tmp_path)
    quiet = run("analyze", "-q", "-f", "json", "--catalog", "kept", "app.tar", cwd=tmp_path)

    assert (result.status, verified(result)) == (0, ["read", "read"])
    assert result.err.startswith("note: the catalog cannot be written: ")
    assert len(result.err.splitlines()) == 1
    assert quiet.err == ""


def test_unknown_kind_of_url_is_wrong_usage(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("analyze", "--catalog", "nosuch://host/x", "app.tar", cwd=tmp_path)

    assert result.status == 2
    assert "nosuch://host/x" in result.err


def test_info_says_what_there_is(tmp_path: Path) -> None:
    app_tar(tmp_path)
    run("analyze", "--catalog", "kept", "app.tar", cwd=tmp_path)

    text = run("catalog", "info", "--catalog", "kept", cwd=tmp_path)
    found = document(run("catalog", "info", "-f", "json", "--catalog", "kept", cwd=tmp_path))

    counts = {kind["kind"]: kind["objects"] for kind in found["kinds"]}
    assert (counts["tables"], counts["archives"], counts["unfinished"]) == (2, 1, 0)
    assert (found["objects"], found["removed"]) == (3, None)
    held = [path for path in (tmp_path / "kept").rglob("*") if path.is_file()]
    assert found["bytes"] == sum(path.stat().st_size for path in held)
    assert b"file tables of layers" in text.out


def test_info_of_no_catalog_is_empty(tmp_path: Path) -> None:
    result = run("catalog", "info", "--catalog", "none", cwd=tmp_path)

    assert (result.status, result.out) == (0, b"the catalog holds 0 B\n")
    assert os.listdir(tmp_path) == []


def test_gc_makes_room_and_the_next_analysis_reads_again(tmp_path: Path) -> None:
    app_tar(tmp_path)
    command = ["analyze", "-f", "json", "--catalog", "kept", "app.tar"]
    first = run(*command, cwd=tmp_path)

    gone = document(
        run("catalog", "gc", "--max-size", "0", "-f", "json", "--catalog", "kept", cwd=tmp_path)
    )
    again = run(*command, cwd=tmp_path)

    assert (gone["removed"], gone["objects"], gone["bytes"]) == (3, 0, 0)
    assert again.out == first.out


def test_gc_with_a_size_that_is_none_is_wrong_usage(tmp_path: Path) -> None:
    result = run("catalog", "gc", "--max-size", "much", cwd=tmp_path)

    assert result.status == 2
    assert "--max-size" in result.err
