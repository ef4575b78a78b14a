"""The catalog on the command line: `--catalog`, `--no-catalog`, `--verify`, `catalog info|gc`."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.catalog.identity import Identity
from layerscope.catalog.store import Catalog
from layerscope.cli.options import ReadOptions
from layerscope.errors import UsageError
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


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder of a user who says nothing of a catalog."""
    monkeypatch.delenv("LAYERSCOPE_CATALOG")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "layerscope" / "catalog"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system names another folder")
def test_layers_are_remembered_unasked_in_the_users_cache(tmp_path: Path, cache: Path) -> None:
    app_tar(tmp_path)
    command = ["analyze", "-f", "json", "app.tar"]

    first, second = run(*command, cwd=tmp_path), run(*command, cwd=tmp_path)
    without = run(*command, "--no-catalog", cwd=tmp_path)

    assert verified(first) == verified(without) == ["read", "read"]
    assert verified(second) == ["remembered", "remembered"]
    assert len([path for path in cache.rglob("*") if path.is_file()]) == 3


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system names another folder")
def test_nothing_is_remembered_where_it_is_not_wanted(tmp_path: Path, cache: Path) -> None:
    app_tar(tmp_path)
    command = ["analyze", "-f", "json", "app.tar"]

    for _ in range(2):
        empty = run(*command, cwd=tmp_path, LAYERSCOPE_CATALOG="")
        assert verified(empty) == ["read", "read"]
        assert verified(run(*command, "--no-catalog", cwd=tmp_path)) == ["read", "read"]

    assert not cache.exists()
    assert os.listdir(tmp_path) == ["app.tar"]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system names another folder")
def test_cache_that_cannot_be_written_is_nobodys_fault(tmp_path: Path, cache: Path) -> None:
    app_tar(tmp_path)
    cache.parent.parent.write_text("no folder")

    result = run("analyze", "-f", "json", "app.tar", cwd=tmp_path)

    assert (result.status, result.err) == (0, "")
    assert verified(result) == ["read", "read"]


@pytest.mark.parametrize("said", ["~/.cache/layerscope", ""])
def test_user_without_a_home_has_no_catalog_unless_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def cache_of_nobody(*_: object, **__: object) -> str:
        if not said:
            raise RuntimeError("could not determine the home directory")
        return said

    monkeypatch.delenv("LAYERSCOPE_CATALOG")
    monkeypatch.setattr("platformdirs.user_cache_dir", cache_of_nobody)
    monkeypatch.chdir(tmp_path)

    assert ReadOptions().open_catalog() is None
    named = ReadOptions(catalog="kept").open_catalog()
    remote = ReadOptions(catalog="memory://nobody").open_catalog()
    assert named is not None
    assert remote is not None
    remote.keep_layers("/a.tar", Identity(1, 2, 3, 4), [])
    assert remote.problems == []
    assert list(remote.archives.objects()) == []
    with pytest.raises(UsageError, match="no cache folder"):
        Catalog.at(None)
    assert os.listdir(tmp_path) == []


QUESTIONS = [
    ["graph", "app.tar"],
    ["history", "app.tar"],
    ["find", "motd", "app.tar"],
    ["ls", "app.tar"],
    ["diff", "app.tar", "app.tar"],
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question[0])
def test_other_commands_take_tables_from_the_catalog_and_say_the_same(
    tmp_path: Path, question: list[str]
) -> None:
    app_tar(tmp_path)
    command = [*question, "-f", "json"]
    plain = run(*command, "--no-catalog", cwd=tmp_path)

    first = run(*command, "--catalog", "kept", cwd=tmp_path)
    second = run(*command, "--catalog", "kept", cwd=tmp_path)
    checked = run(*command, "--catalog", "kept", "--verify", cwd=tmp_path)
    learnt = run("analyze", "-f", "json", "--catalog", "kept", "app.tar", cwd=tmp_path)

    assert plain.status == 0
    read = [result.out.replace(b'"remembered"', b'"read"') for result in (first, second, checked)]
    assert read == [plain.out] * 3
    assert verified(learnt) == ["remembered", "remembered"]


def test_validate_always_reads(tmp_path: Path) -> None:
    path = app_tar(tmp_path)
    run("analyze", "--catalog", "kept", path.name, cwd=tmp_path)

    run("validate", "--catalog", "other", path.name, cwd=tmp_path)

    assert sorted(os.listdir(tmp_path)) == ["app.tar", "kept"]


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
