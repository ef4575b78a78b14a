"""Measured cases as builds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from layerscope.cache.cases import load
from layerscope.errors import BadCaseError
from tests.surroundings import shared

STATE: dict[str, Any] = {"dockerfile": "FROM base:1\nCOPY a /a\n", "context": []}


def case(**after: object) -> bytes:
    return json.dumps(
        {
            "id": "x",
            "tags": ["copy"],
            "before": STATE,
            "after": {**STATE, **after},
            "bases": {
                "base:1": {"layers": ["l"], "manifest": "m", "config": {"Env": ["A=1"]}},
                "base:1-rebuilt": {"layers": ["l"], "manifest": "n", "config": {"Env": ["A=1"]}},
                "base:1-env": {"layers": ["l"], "manifest": "e", "config": {"Env": ["A=2"]}},
            },
            "truth": {"buildkit-1": {"steps": [], "failed": None}},
        }
    ).encode()


def test_entries_become_files_with_the_defaults_of_the_format() -> None:
    entries = [
        {"path": "d/f", "content": "hi"},
        {"path": "b", "content_b64": "AAEC", "mode": "0755"},
        {"path": "l", "symlink": "b"},
        {"path": "h", "hardlink": "b"},
        {"path": "e", "dir": True},
    ]

    tree = load(case(context=entries)).builds[-1].context

    assert [(path, node.kind, oct(node.mode)) for path, node in tree.walk()] == [
        ("b", "file", "0o755"),
        ("d", "dir", "0o755"),
        ("d/f", "file", "0o644"),
        ("e", "dir", "0o755"),
        ("h", "file", "0o755"),
        ("l", "symlink", "0o777"),
    ]
    assert tree.read("h") == b"\0\1\2"
    assert tree.node("d/f") is not None
    assert tree.node("d/f").mtime_ns == 1_700_000_000_000_000_000  # type: ignore[union-attr] # there


def test_ignore_file_is_a_file_of_the_context_and_removes_others() -> None:
    entries = [{"path": name, "content": name} for name in ("keep", "drop")]

    build = load(case(context=entries, dockerignore="drop\n")).builds[-1]

    assert [path for path, _ in build.context.walk()] == [".dockerignore", "keep"]
    assert build.full_context is not None
    assert build.full_context.node("drop") is not None


def test_own_ignore_file_of_the_dockerfile_replaces_the_other() -> None:
    entries = [{"path": name, "content": name} for name in ("a", "b")]

    build = load(case(context=entries, dockerignore="a\n", dockerfile_dockerignore="b\n")).builds[
        -1
    ]

    assert [path for path, _ in build.context.walk()] == [".dockerignore", "a"]


def test_moved_tag_stands_for_the_other_image() -> None:
    build = load(case(base_tags={"base:1": "base:1-env"})).builds[-1]

    image = build.image("base:1")

    assert image is not None
    assert image.platforms[None].manifest == "e"


def test_image_is_found_by_its_full_name_too() -> None:
    build = load(case()).builds[-1]

    assert build.image("docker.io/library/base:1") is build.image("base:1") is not None


def test_rebuilt_base_has_another_history_and_a_derived_one_has_not() -> None:
    bases = load(case()).builds[-1].bases

    created = {name: image.platforms[None].created for name, image in bases.items()}

    assert created["base:1"] == created["base:1-env"] != created["base:1-rebuilt"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"before": {"dockerfile": 1}, "after": {}}',
        case(context=[{"path": "../x"}]),
        case(context=[{"path": "x", "mode": "9"}]),
        case(context=[{"path": "x", "content_b64": "="}]),
        case(context=[{"path": "x", "hardlink": "y"}]),
        case(base_tags={"a": "nothing"}),
        case(build_args={"a": 1}),
        case(context=[{"path": "x", "mode": "-1"}]),
        case(context=[{"path": "x"}, {"path": "x/y"}]),
        case(context=[{"path": ".", "symlink": "x"}]),
        case(context=[{"path": "x"}, {"path": "l", "hardlink": "x"}, {"path": "l/y"}]),
        case(context=[{"path": "x/" * 3000}]),
        case(context=[{"path": "\ud800"}]),
        b'{"before":' + b"[" * 100_000,
    ],
)
def test_what_is_no_case_is_an_error_of_its_own(data: bytes) -> None:
    with pytest.raises(BadCaseError):
        load(data)


def test_all_shared_cases_can_be_loaded() -> None:
    files = sorted(shared("cache-cases").glob("*/*.json"))
    if not files:
        pytest.skip("../shared/cache-cases is not there")

    loaded = [load(path.read_bytes()) for path in files]

    assert [case.id for case in loaded] == [path.stem for path in files]
    assert all(len(case.builds) >= 2 and case.truth for case in loaded)
