"""What a context sends and what nothing uses; records of builds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from layerscope.cache.context_diff import context_differences
from layerscope.errors import BadDocumentError, UsageError
from layerscope.journeys.build_inputs import BuildRequest, Contexts, build_of
from layerscope.journeys.build_records import recorded_build
from layerscope.journeys.context import context_of
from layerscope.report.store import dump

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = "FROM base:1\nCOPY src /src\nRUN --mount=type=bind,source=tool,target=/t true\n"


def project(folder: Path, dockerfile: str = DOCKERFILE) -> BuildRequest:
    for name, size in (("src/a", 10), ("src/b", 20), ("tool", 5), ("docs/x/y", 700), ("big", 90)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    (folder / "link").symlink_to("big")
    (folder / "log").write_bytes(b"x" * 9000)
    (folder / ".dockerignore").write_text("log\nDockerfile\n.dockerignore\n")
    (folder / "Dockerfile").write_text(dockerfile)
    return BuildRequest(str(folder / "Dockerfile"), str(folder), ("A=1", "MY_TOKEN=hush"))


def test_sent_used_and_unused_bytes_are_counted(tmp_path: Path) -> None:
    document = context_of(project(tmp_path))

    assert (document.files, document.bytes) == (6, 825)
    assert (document.unused_files, document.unused_bytes) == (3, 790)
    assert [(row.line, row.files, row.bytes) for row in document.uses] == [(2, 2, 30), (3, 1, 5)]
    assert [(row.path, row.files, row.bytes, row.whole) for row in document.unused] == [
        ("docs", 1, 700, True),
        ("", 2, 90, False),
    ]
    assert (document.ignore_file, document.patterns) == (".dockerignore", 3)
    assert document.entries is None


def test_unused_is_not_known_of_a_build_that_fails(tmp_path: Path) -> None:
    document = context_of(project(tmp_path, "FROM base:1\nCOPY nothere /\n"))

    assert (document.files, document.unused_bytes, document.unused) == (6, None, [])
    assert "line 2" in document.notes[0]


def test_context_is_needed(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        context_of(BuildRequest(str(tmp_path / "Dockerfile"), None))


def test_record_is_the_same_build_without_contents(tmp_path: Path) -> None:
    request = project(tmp_path / "context")
    path = tmp_path / "record.json"
    path.write_bytes(dump(context_of(request, entries=True)))

    recorded, _ = recorded_build(str(path), {}, {})

    built = build_of(request, Contexts.empty(None, "buildkit"), {})
    assert context_differences(recorded.context, built.context).changes == ()
    assert recorded.dockerfile == built.dockerfile
    assert recorded.build_args == {"A": "1", "MY_TOKEN": ""}
    assert b"hush" not in path.read_bytes()


def test_record_shows_what_changed_since(tmp_path: Path) -> None:
    request = project(tmp_path / "context")
    path = tmp_path / "record.json"
    path.write_bytes(dump(context_of(request, entries=True)))
    (tmp_path / "context" / "src" / "a").write_bytes(b"y" * 10)

    recorded, _ = recorded_build(str(path), {}, {})

    built = build_of(request, Contexts.empty(None, "buildkit"), {})
    found = context_differences(recorded.context, built.context)
    assert [(change.code, change.path) for change in found.changes] == [
        ("content-changed", "src/a")
    ]
    assert found.culprits == ()


def test_document_without_entries_is_no_record(tmp_path: Path) -> None:
    request = project(tmp_path / "context")
    path = tmp_path / "record.json"
    path.write_bytes(dump(context_of(request)))

    with pytest.raises(BadDocumentError) as caught:
        recorded_build(str(path), {}, {})

    assert "--entries" in caught.value.hint


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "layerscope.cache/1"},
        {"entries": [{}]},
        {"entries": 1},
        {"record": {"dockerfile": 1}},
        {"record": {"dockerfile": "\ud800", "build_args": {}, "target": None, "platforms": []}},
    ],
)
def test_damaged_record_is_a_bad_document(tmp_path: Path, change: dict[str, object]) -> None:
    request = project(tmp_path / "context")
    document = json.loads(dump(context_of(request, entries=True)))
    path = tmp_path / "record.json"
    path.write_text(json.dumps({**document, **change}))

    with pytest.raises(BadDocumentError):
        recorded_build(str(path), {}, {})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mode", "rw"),
        ("mode", "-1"),
        ("content", "blake3:zz"),
        ("xattrs", {"a": "zz"}),
        ("path", "../x"),
        ("path", "/x"),
        ("path", "a//b"),
        ("path", "big/x"),
        ("path", "\ud800"),
        ("path", "x" * 5000),
    ],
)
def test_damaged_entry_of_a_record_is_a_bad_document(
    tmp_path: Path, key: str, value: object
) -> None:
    request = project(tmp_path / "context")
    document = json.loads(dump(context_of(request, entries=True)))
    document["entries"][-1][key] = value
    path = tmp_path / "record.json"
    path.write_text(json.dumps(document))

    with pytest.raises(BadDocumentError):
        recorded_build(str(path), {}, {})


def test_value_that_the_record_leaves_out_is_taken_as_the_same_and_a_note_says_so(
    tmp_path: Path,
) -> None:
    request = project(tmp_path / "context")
    path = tmp_path / "record.json"
    path.write_bytes(dump(context_of(request, entries=True)))

    recorded, notes = recorded_build(str(path), {}, {"MY_TOKEN": "new", "A": "2"})

    assert recorded.build_args == {"A": "1", "MY_TOKEN": "new"}
    assert notes == ["values that the record leaves out are taken as those of this build: MY_TOKEN"]


def test_password_in_a_value_is_left_out_whatever_its_name(tmp_path: Path) -> None:
    request = project(tmp_path / "context")
    proxy = replace(request, build_args=("http_proxy=http://me:hush@proxy:80", "DB_PWD=hush"))

    document = context_of(proxy, entries=True)

    assert document.record is not None
    assert document.record.build_args == {"http_proxy": None, "DB_PWD": None}
    assert b"hush" not in dump(document)
