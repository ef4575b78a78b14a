"""`layerscope dockerfile lint`, as a user or a CI job runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.report import published
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.cli.running import Run, run

if TYPE_CHECKING:
    from pathlib import Path

DOCKERFILE = """\
FROM debian:13@sha256:0123456789012345678901234567890123456789012345678901234567890123
RUN apt-get update && apt-get install -y curl
COPY app /app
RUN chown -R 5:5 /app
"""


def document(result: Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(found, json.loads(published.schema("lint")))
    return found


def written(folder: Path, text: str = DOCKERFILE) -> Path:
    (folder / "Dockerfile").write_text(text)
    return folder


def rules(found: dict[str, Any]) -> list[tuple[int, str]]:
    return [(row["line"], row["rule"]) for row in found["findings"]]


def test_findings_have_lines_and_remedies(tmp_path: Path) -> None:
    result = run("dockerfile", "lint", "-f", "json", cwd=written(tmp_path))

    found = document(result)
    assert (result.status, result.err) == (0, "")
    assert rules(found) == [(2, "package-cache-kept"), (4, "owner-copies")]
    assert all(row["remedy"] and row["measured"] is None for row in found["findings"])
    assert found["warnings"] == 2


@pytest.mark.parametrize(("limit", "status"), [("error", 0), ("warning", 1), ("info", 1)])
def test_fail_on_decides_the_exit_status(tmp_path: Path, limit: str, status: int) -> None:
    result = run("dockerfile", "lint", "--fail-on", limit, cwd=written(tmp_path))

    assert result.status == status
    assert "package-cache-kept" in result.out.decode()


def test_clean_file_has_no_findings(tmp_path: Path) -> None:
    folder = written(tmp_path, "FROM scratch\nCOPY app /app\n")

    result = run("dockerfile", "lint", "--fail-on", "info", cwd=folder)

    assert (result.status, result.out) == (0, b"nothing found\n")


def test_context_without_an_ignore_file_is_found_and_measured(tmp_path: Path) -> None:
    folder = written(tmp_path, "FROM scratch\nCOPY . /app\n")
    (folder / "big").write_bytes(b"x" * 5000)

    bare = document(run("dockerfile", "lint", "-f", "json", cwd=folder))
    result = run("dockerfile", "lint", "--context", ".", "-f", "json", cwd=folder)

    found = document(result)
    assert rules(bare) == []
    assert rules(found) == [(2, "missing-dockerignore")]
    size = 5000 + len("FROM scratch\nCOPY . /app\n")
    assert found["findings"][0]["measured"] == {
        "text": f"{size / 1000:.1f} kB in the context",
        "unit": "bytes",
        "value": size,
    }


def test_image_says_what_the_findings_cost(tmp_path: Path) -> None:
    image = (
        ImageBuilder()
        .layer(Tree().file("etc/os-release", b"ID=debian\n"), "rootfs")
        .layer(
            Tree().file("var/lib/apt/lists/main", b"x" * 4000).file("usr/bin/curl", b"x" * 10),
            "RUN /bin/sh -c apt-get update && apt-get install -y curl # buildkit",
        )
        .layer(Tree().file("app/main", b"y" * 700), "COPY app /app # buildkit")
        .layer(
            Tree().file("app/main", b"y" * 700, uid=5, gid=5),
            "RUN /bin/sh -c chown -R 5:5 /app # buildkit",
        )
    )
    docker_archive(tmp_path / "app.tar", image)

    result = run("dockerfile", "lint", "--image", "app.tar", "-f", "json", cwd=written(tmp_path))

    measured = {row["rule"]: row["measured"]["value"] for row in document(result)["findings"]}
    assert measured == {"package-cache-kept": 4000, "owner-copies": 700}


def test_history_of_the_classic_builder_is_understood_too(tmp_path: Path) -> None:
    image = ImageBuilder().layer(
        Tree().file("var/lib/apt/lists/main", b"x" * 4000),
        "/bin/sh -c apt-get update && apt-get install -y curl",
    )
    docker_archive(tmp_path / "app.tar", image)

    result = run("dockerfile", "lint", "--image", "app.tar", "-f", "json", cwd=written(tmp_path))

    assert document(result)["findings"][0]["measured"]["value"] == 4000


def test_damaged_image_is_a_fault_beside_the_findings(tmp_path: Path) -> None:
    image = ImageBuilder().layer(Tree().file("a", b"content"), "x")
    path = docker_archive(tmp_path / "app.tar", image)
    path.write_bytes(path.read_bytes().replace(b"content", b"CONTENT"))

    result = run("dockerfile", "lint", "--image", "app.tar", "-f", "json", cwd=written(tmp_path))

    found = document(result)
    assert result.status == 3
    assert [fault["code"] for fault in found["faults"]] == ["digest-mismatch"]
    assert len(found["findings"]) == 2


def test_file_that_does_not_parse_is_a_fault_with_its_line(tmp_path: Path) -> None:
    folder = written(tmp_path, "FROM a\nRUNN x\n")

    result = run("dockerfile", "lint", "-f", "json", cwd=folder)

    assert result.status == 3
    assert document(result)["faults"][0]["code"] == "dockerfile"
    assert "line 2" in result.err


def test_comment_silences_a_rule(tmp_path: Path) -> None:
    text = DOCKERFILE.replace("RUN chown", "# layerscope: ignore=owner-copies\nRUN chown")

    found = document(run("dockerfile", "lint", "-f", "json", cwd=written(tmp_path, text)))

    assert rules(found) == [(2, "package-cache-kept")]


def test_several_files_are_all_judged_and_the_worst_counts(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "clean").write_text("FROM scratch\nCOPY app /app\n")

    result = run(
        "dockerfile", "lint", "--fail-on", "error", "clean", "Dockerfile", "nowhere", cwd=tmp_path
    )
    found = run("dockerfile", "lint", "--fail-on", "warning", "Dockerfile", "clean", cwd=tmp_path)

    assert result.status == 3
    assert "nowhere: no such file" in result.err
    text = result.out.decode()
    assert "Dockerfile:2: warning package-cache-kept" in text
    assert "nothing found" not in text
    assert found.status == 1


def test_several_clean_files_say_nothing(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text("FROM scratch\nCOPY app /app\n")

    result = run("dockerfile", "lint", "--fail-on", "info", "a", "b", cwd=tmp_path)

    assert (result.status, result.out, result.err) == (0, b"", "")


@pytest.mark.parametrize(
    "options",
    [
        ("-f", "json"),
        ("--save", "json=out"),
        ("-o", "out"),
        ("--context", "."),
        ("--image", "app.tar"),
        ("--target", "build"),
    ],
)
def test_what_is_of_one_file_is_refused_for_several(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    result = run("dockerfile", "lint", *options, "Dockerfile", "Dockerfile", cwd=written(tmp_path))

    assert (result.status, result.out) == (2, b"")
    assert "expected one Dockerfile, found several" in result.err
    assert not (tmp_path / "out").exists()
