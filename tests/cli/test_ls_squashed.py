from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.report.published import schema
from layerscope.synth import tree_language
from layerscope.synth.layouts import docker_archive
from tests.cli.running import app_tar, damaged_tar, run

if TYPE_CHECKING:
    from pathlib import Path


def document(result_out: bytes) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(result_out)
    jsonschema.validate(value, json.loads(schema("files")))
    return value


def test_ls_lists_the_finished_image(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("ls", "app.tar", "-f", "json", cwd=tmp_path)

    found = document(result.out)
    assert (result.status, result.err, found["layer"]) == (0, "", None)
    assert [(entry["path"], entry["layer"]) for entry in found["entries"]] == [
        ("/etc", 0),
        ("/etc/motd", 0),
        ("/srv", 1),
        ("/srv/app", 1),
        ("/srv/caf\udce9", 1),
    ]


def test_ls_as_text_shows_the_layer_of_each_path(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("ls", "app.tar", "/srv", cwd=tmp_path)

    lines = result.out.decode().splitlines()
    assert [line.split()[-4:-2] for line in lines[:2]] == [["2023-11-14", "22:13"]] * 2
    assert lines[2].endswith(r"1  /srv/caf\xe9 -> app")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["damaged.tar"], "digest-mismatch"),
        (["app.tar", "/none"], "no-such-entry"),
        (["none.tar"], "unreadable"),
    ],
)
def test_ls_of_what_is_not_known_has_no_entries(
    tmp_path: Path, arguments: list[str], code: str
) -> None:
    app_tar(tmp_path)
    damaged_tar(tmp_path)

    as_json = run("ls", *arguments, "-f", "json", cwd=tmp_path)
    as_text = run("ls", *arguments, cwd=tmp_path)

    found = document(as_json.out)
    assert (as_json.status, as_text.status, as_text.out) == (3, 3, b"")
    assert found["entries"] is None
    assert [fault["code"] for fault in found["faults"]] == [code]
    assert as_text.err.splitlines()[0].endswith(f"({code})")


def test_ls_says_where_engines_differ(tmp_path: Path) -> None:
    # Given a member written through a symbolic link, which engines turn into a directory
    text = "layer A\nadd real dir\nadd ln symlink real\nlayer B\nadd ln/new file x\n"
    docker_archive(tmp_path / "a.tar", tree_language.image(text, "a:1"))

    # When listed
    as_json = run("ls", "a.tar", "-f", "json", cwd=tmp_path)
    as_text = run("ls", "a.tar", cwd=tmp_path)
    quiet = run("ls", "a.tar", "-q", cwd=tmp_path)

    # Then the tree is umoci's, and a note says that there are others
    assert document(as_json.out)["engine_differs"] == ["/ln", "/ln/new", "/real/new"]
    assert as_json.err == ""
    assert as_text.err.startswith("note: engines unpack 3 paths otherwise")
    assert (quiet.status, quiet.err) == (0, "")


def test_cat_reads_what_a_container_reads(tmp_path: Path) -> None:
    app_tar(tmp_path)

    result = run("cat", "app.tar", "/srv/caf\udce9", cwd=tmp_path)
    damaged = run("cat", str(damaged_tar(tmp_path).name), "/etc/motd", cwd=tmp_path)

    assert (result.status, result.out, result.err) == (0, b"x" * 3000, "")
    assert (damaged.status, damaged.out) == (3, b"")
