from __future__ import annotations

import json
from typing import TYPE_CHECKING

import jsonschema

from layerscope.report.published import schema
from tests.cli.running import app_tar, damaged_tar, run

if TYPE_CHECKING:
    from pathlib import Path


def test_find_writes_a_document_of_its_schema(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("find", "/srv/*", "app.tar", "-f", "json", cwd=tmp_path)

    document = json.loads(result.out)
    jsonschema.validate(document, json.loads(schema("find")))
    assert (result.status, result.err) == (0, "")
    assert [row["path"] for row in document["images"][0]["versions"]] == [
        "/srv/app",
        "/srv/caf\udce9",
    ]


def test_find_of_nothing_is_one_line_and_status_zero(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("find", "nothing*", "app.tar", cwd=tmp_path)

    assert (result.status, result.out, result.err) == (0, b"nothing matches nothing*\n", "")


def test_find_with_a_damaged_image_ends_with_status_three(tmp_path: Path) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    both = run("find", "motd", "app.tar", "damaged.tar", cwd=tmp_path)
    alone = run("find", "motd", "damaged.tar", cwd=tmp_path)
    as_json = run("find", "motd", "damaged.tar", "-f", "json", cwd=tmp_path)

    assert (both.status, alone.status, as_json.status) == (3, 3, 3)
    assert b"/etc/motd" in both.out
    assert alone.out == b""
    assert json.loads(as_json.out)["images"][0]["versions"] is None
    assert both.err.startswith("layerscope: damaged.tar: layer 1: ")


def test_find_of_a_wrong_pattern_is_a_usage_error(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("find", "/[z-a]", "app.tar", cwd=tmp_path)

    assert result.status == 2
    assert result.err.splitlines()[0].endswith("(usage)")
