from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema
import pytest

from layerscope.report.published import schema
from tests.cli.running import app_tar, damaged_tar, run, two_tar

if TYPE_CHECKING:
    from pathlib import Path


def test_diff_of_an_image_and_itself_exits_0(tmp_path: Path) -> None:
    app_tar(tmp_path)

    done = run("diff", "app.tar", "app.tar", "--exit-code", cwd=tmp_path)

    assert (done.status, done.err) == (0, "")
    assert b"nothing differs" in done.out


def test_diff_that_finds_something_exits_1_only_if_asked(tmp_path: Path) -> None:
    two_tar(tmp_path)

    plain = run("diff", "two.tar:@0", "two.tar:@1", cwd=tmp_path)
    asked = run("diff", "two.tar:@0", "two.tar:@1", "--exit-code", cwd=tmp_path)

    assert (plain.status, asked.status) == (0, 1)
    assert plain.out == asked.out
    assert b"the visible size changed by +3.0 kB" in plain.out


def test_diff_json_follows_its_schema_and_is_the_same_each_time(tmp_path: Path) -> None:
    two_tar(tmp_path)
    arguments = ("diff", "-f", "json", "two.tar:@0", "two.tar:@1")

    first, second = run(*arguments, cwd=tmp_path), run(*arguments, cwd=tmp_path)

    assert first.out == second.out
    document = json.loads(first.out)
    jsonschema.Draft202012Validator(json.loads(schema("diff"))).validate(document)
    assert document["schema"] == "layerscope.diff/1"
    # A byte that is no UTF-8 in a name.
    assert "/srv/caf\udce9" in {row["path"] for row in document["pairs"][0]["files"]["added"]}


def test_diff_of_a_damaged_image_exits_3_and_writes_the_document(tmp_path: Path) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    done = run("diff", "-f", "json", "--exit-code", "app.tar", "damaged.tar", cwd=tmp_path)

    document = json.loads(done.out)
    assert done.status == 3
    assert "damaged.tar" in done.err
    assert document["pairs"][0]["files"] is None
    assert [fault["code"] for fault in document["faults"]] == ["digest-mismatch"]
    jsonschema.Draft202012Validator(json.loads(schema("diff"))).validate(document)


def test_diff_of_a_missing_input_exits_3_with_one_line(tmp_path: Path) -> None:
    app_tar(tmp_path)

    done = run("diff", "app.tar", "none.tar", cwd=tmp_path)

    assert (done.status, done.out) == (3, b"")
    assert done.err == "layerscope: none.tar: no such file or folder (unreadable)\n"


def test_diff_of_an_image_without_a_partner_names_it(tmp_path: Path) -> None:
    app_tar(tmp_path)
    two_tar(tmp_path)

    done = run("diff", "two.tar", "app.tar", cwd=tmp_path)

    # Both images of two.tar are for one platform; app:1 pairs by name, base:1 is alone.
    assert done.status == 0
    assert b"only in OLD" in done.out


def test_diff_writes_markdown(tmp_path: Path) -> None:
    two_tar(tmp_path)

    done = run("diff", "two.tar:@0", "two.tar:@1", "--save", "markdown=c.md", cwd=tmp_path)

    assert done.status == 0
    assert (tmp_path / "c.md").read_text(encoding="utf-8").startswith("### <code>")


@pytest.mark.parametrize("option", [("-f", "markdown"), ("--save", "markdown=x.md")])
def test_command_without_markdown_says_so(tmp_path: Path, option: tuple[str, str]) -> None:
    app_tar(tmp_path)

    done = run("ls", *option, "--layer", "0", "app.tar", cwd=tmp_path)

    assert done.status == 2
    assert "this command writes text, json, not markdown (usage)" in done.err
    assert not (tmp_path / "x.md").exists()
