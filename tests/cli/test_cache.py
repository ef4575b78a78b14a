"""`layerscope cache` and `layerscope dockerfile`, as a user or a CI job runs them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.report import published
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.cli.running import Run, run
from tests.surroundings import shared

if TYPE_CHECKING:
    from pathlib import Path

OLD = "FROM base:1\nWORKDIR /app\nCOPY requirements.txt .\nRUN pip install\nCOPY . .\nRUN make\n"


def project(folder: Path, dockerfile: str = OLD) -> Path:
    context = folder / "project"
    (context / "src").mkdir(parents=True)
    (context / "requirements.txt").write_text("flask\n")
    (context / "src" / "app.py").write_text("print(1)\n")
    (context / ".dockerignore").write_text("Dockerfile*\n.dockerignore\n*.log\n")
    (context / "Dockerfile").write_text(dockerfile)
    (folder / "Dockerfile.old").write_text(OLD)
    return context


def document(result: Run, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(result.out)
    jsonschema.validate(found, json.loads(published.schema(name)))
    return found


def simulate(folder: Path, *arguments: str) -> dict[str, Any]:
    cache = str(folder / "cache")
    result = run(*("cache", "simulate", *arguments, "-f", "json"), cwd=folder, XDG_CACHE_HOME=cache)
    assert (result.status, result.err) == (0, "")
    return document(result, "cache")


def outcomes(found: dict[str, Any]) -> list[tuple[int, str]]:
    return [(step["line"], step["outcome"]) for step in found["steps"]]


def test_first_build_misses_everything(tmp_path: Path) -> None:
    project(tmp_path)

    found = simulate(tmp_path, "--context", "project")

    assert outcomes(found) == [(1, "no-step"), *((line, "miss") for line in range(2, 7))]
    assert {step["reason"]["code"] for step in found["steps"][1:]} == {"no-earlier-build"}
    assert (found["hits"], found["misses"], found["first_miss"]) == (0, 5, 2)


def test_unchanged_build_hits_everything_and_comments_do_not_matter(tmp_path: Path) -> None:
    project(tmp_path, "# a comment\n" + OLD)

    found = simulate(tmp_path, "--before", "Dockerfile.old", "--context", "project")

    assert outcomes(found) == [(2, "no-step"), *((line, "hit") for line in range(3, 8))]


def test_edited_line_misses_with_its_reason_and_what_follows(tmp_path: Path) -> None:
    project(tmp_path, OLD.replace("pip install", "pip install -v"))

    found = simulate(tmp_path, "--before", "Dockerfile.old", "--context", "project")

    assert outcomes(found)[3:] == [(4, "miss"), (5, "miss"), (6, "miss")]
    assert [step["reason"]["code"] for step in found["steps"][3:]] == [
        "instruction-changed",
        "follows-miss",
        "follows-miss",
    ]
    assert found["first_miss"] == 4


def test_other_context_misses_where_its_files_differ(tmp_path: Path) -> None:
    context = project(tmp_path)
    other = project(tmp_path / "ci")
    (other / "src" / "app.py").write_text("print(2)\n")
    os.utime(context / "requirements.txt", (1, 1))

    found = simulate(
        tmp_path,
        "--before-context",
        str(other),
        "--context",
        "project",
        "--before",
        "Dockerfile.old",
    )

    assert outcomes(found)[3:] == [(4, "hit"), (5, "miss"), (6, "miss")]
    assert found["steps"][4]["reason"] == {
        "code": "content-changed",
        "paths": ["src/app.py"],
        "text": "src/app.py: content differs",
    }


def test_earlier_dockerfile_takes_the_place_of_the_one_in_the_context(tmp_path: Path) -> None:
    context = project(tmp_path, "# a comment\n" + OLD)
    (context / ".dockerignore").unlink()

    found = simulate(tmp_path, "--before", "Dockerfile.old", "--context", "project")

    assert found["steps"][4]["reason"]["paths"] == ["Dockerfile"]


def test_kept_checksums_change_no_answer(tmp_path: Path) -> None:
    context = project(tmp_path)
    arguments = ("--before", "Dockerfile.old", "--context", "project")

    first = simulate(tmp_path, *arguments)
    second = simulate(tmp_path, *arguments)
    (context / "src" / "app.py").write_text("print(3)\n")
    without = simulate(tmp_path, *arguments, "--no-index")

    assert first == second == without


def test_base_given_as_an_archive_counts_with_its_config(tmp_path: Path) -> None:
    project(tmp_path)
    for name, value in (("old", "1"), ("new", "2")):
        image = ImageBuilder(config={"Env": [f"A={value}"]}).layer(Tree().file("x", b""), "x")
        docker_archive(tmp_path / f"{name}.tar", image)

    found = simulate(
        tmp_path, "--before", "Dockerfile.old", "--context", "project", "--base", "base:1=old.tar"
    )

    assert found["misses"] == 0
    assert found["notes"] == []


def test_base_that_is_not_given_is_noted(tmp_path: Path) -> None:
    project(tmp_path)

    found = simulate(tmp_path, "--context", "project")

    assert len(found["notes"]) == 1
    assert "base:1" in found["notes"][0]


def test_build_argument_of_the_earlier_build_may_be_another(tmp_path: Path) -> None:
    text = "FROM base:1\nARG V\nRUN make\n"
    project(tmp_path, text)
    arguments = ("--after", "project/Dockerfile", "--before", "project/Dockerfile")

    same = simulate(tmp_path, *arguments, "--build-arg", "V=2")
    other = simulate(tmp_path, *arguments, "--build-arg", "V=2", "--before-build-arg", "V=1")

    assert same["misses"] == 0
    assert other["steps"][-1]["reason"]["code"] == "argument-changed"


def test_missing_source_fails_with_the_last_good_step(tmp_path: Path) -> None:
    project(tmp_path, OLD.replace("COPY . .", "COPY nothere ."))

    found = simulate(tmp_path, "--context", "project")

    assert found["failed"]["line"] == 5
    assert found["failed"]["step"]["instruction"] == "COPY nothere ."
    assert found["last_good"]["line"] == 4
    assert found["debug"]


def test_dockerfile_that_does_not_parse_fails_before_any_step(tmp_path: Path) -> None:
    project(tmp_path, "FROM base:1\nRUNN x\n")

    found = simulate(tmp_path, "--context", "project")

    assert found["steps"] == []
    assert found["failed"]["line"] == 2


@pytest.mark.parametrize("builder", ["buildkit", "classic", "buildah"])
def test_measured_case_can_be_simulated_by_each_builder(tmp_path: Path, builder: str) -> None:
    case = shared("cache-cases", "classic", "run-edit-middle.json")
    if not case.exists():
        pytest.skip("../shared/cache-cases is not there")

    found = simulate(tmp_path, "--case", str(case), "--builder", builder)

    steps = [step["outcome"] for step in found["steps"] if step["outcome"] != "no-step"]
    assert steps == ["hit", "miss", "miss"]


def test_score_of_a_folder_is_a_document(tmp_path: Path) -> None:
    case = shared("cache-cases", "classic", "run-edit-middle.json")
    if not case.exists():
        pytest.skip("../shared/cache-cases is not there")
    (tmp_path / "broken.json").write_text("{}")
    (tmp_path / "good.json").write_bytes(case.read_bytes())

    result = run("cache", "score", ".", "--builder", "classic", "-f", "json", cwd=tmp_path)

    found = document(result, "score")
    assert result.status == 3
    assert (found["cases"], found["cases_exact"], found["steps"], found["steps_right"]) == (
        1,
        1,
        3,
        3,
    )
    assert [fault["code"] for fault in found["faults"]] == ["bad-case"]


def test_explain_prints_the_chain(tmp_path: Path) -> None:
    project(tmp_path, OLD.replace("pip install", "pip install -v"))

    result = run(
        *("cache", "explain", "--before", "Dockerfile.old", "--context", "project"),
        *("--line", "6", "--no-index", "-f", "json"),
        cwd=tmp_path,
    )

    found = document(result, "explain")
    assert [row["line"] for row in found["chain"]] == [6, 4]
    assert found["contexts"] is None


def test_explain_names_the_umask_between_two_checkouts(tmp_path: Path) -> None:
    context, other = project(tmp_path), project(tmp_path / "ci")
    (context / "src" / "app.py").chmod(0o664)
    (other / "src" / "app.py").chmod(0o644)

    result = run(
        *("cache", "explain", "--before-context", str(other), "--context", "project"),
        *("--no-index", "-f", "json"),
        cwd=tmp_path,
    )

    found = document(result, "explain")
    assert [row["code"] for row in found["contexts"]["culprits"]] == ["umask"]
    assert found["chain"][0]["reason"]["code"] == "mode-changed"


def test_explain_of_a_log_says_where_it_stopped(tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text(
        "Step 1/3 : FROM a\n ---> 0a1b2c3d4e5f\nStep 2/3 : WORKDIR /w\n ---> 111111111111\n"
        "Step 3/3 : COPY x /\nCOPY failed: no such file\n"
    )

    result = run("cache", "explain", "--log", "build.log", "-f", "json", cwd=tmp_path)

    found = document(result, "explain")
    assert result.status == 0
    assert found["builder"] == "classic"
    assert found["log"]["step"]["instruction"] == "COPY x /"
    assert found["log"]["last_good"]["image"] == "111111111111"
    assert any("111111111111" in line for line in found["debug"])


def test_explain_of_a_log_without_a_failure_ends_with_status_three(tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("all is well\n")

    result = run("cache", "explain", "--log", "build.log", cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")
    assert "no failed step" in result.err


def test_explain_of_a_line_without_a_step_says_so(tmp_path: Path) -> None:
    project(tmp_path, OLD + "FROM base:2\nENV A=1\n\n# nothing\n")
    arguments = ("cache", "explain", "--context", "project", "--no-index", "--line")

    for line in ("7", "8", "10", "99"):
        result = run(*arguments, line, cwd=tmp_path)

        assert (result.status, result.out) == (3, b"")
        assert f"expected a step on line {line}, found none" in result.err


def test_explain_of_a_log_with_a_broken_dockerfile_names_its_line(tmp_path: Path) -> None:
    (tmp_path / "build.log").write_text("Step 1/2 : FROM a\nStep 2/2 : RUN x\nERROR: x\n")
    (tmp_path / "Dockerfile").write_text("FROM a\nCOYP a b\n")

    result = run("cache", "explain", "--log", "build.log", "--after", "Dockerfile", cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")
    assert "Dockerfile: line 2: " in result.err


def test_values_of_credentials_are_in_no_document(tmp_path: Path) -> None:
    context = project(
        tmp_path,
        "FROM base:1\nARG NPM_TOKEN\nARG PROXY\nENV X=$NPM_TOKEN\nRUN echo $NPM_TOKEN\n"
        "COPY . /$NPM_TOKEN/\nWORKDIR /w/$NPM_TOKEN\nLABEL a=$PROXY\nADD $PROXY/x /y\n",
    )
    values = ("--build-arg", "NPM_TOKEN=hush-hush", "--build-arg", "PROXY=http://me:hushed@h")
    before = ("--before-build-arg", "NPM_TOKEN=hush-before")

    for builder in ("buildkit", "classic", "buildah"):
        common = ("--builder", builder, *values, "--no-index", "-f", "json")
        where = ("--context", str(context), *before)
        for command in (
            ("simulate", *where, *common),
            ("explain", *where, *common),
            ("context", str(context), "--entries", *common),
        ):
            result = run("cache", *command, cwd=tmp_path)

            assert result.status == 0
            assert b"hush" not in result.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("simulate",),
        ("simulate", "--context", "project", "--builder-version", "9"),
        ("simulate", "--context", "project", "--builder", "kaniko"),
        ("simulate", "--context", "project", "--base", "base:1"),
        ("simulate", "--context", "project", "--build-arg", "A"),
        ("simulate", "--case", "x.json", "--context", "project"),
        ("explain", "--log", "x.log", "--case", "x.json"),
        ("explain", "--log", "x.log", "--line", "3"),
        ("explain", "--log", "x.log", "--context", "project"),
        ("context", "project", "--builder-version", "9"),
        ("context", "project", "--base", "base:1"),
        (),
        ("nothing",),
    ],
)
def test_wrong_usage_is_one_line_and_status_two(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    project(tmp_path)

    result = run("cache", *arguments, cwd=tmp_path)

    assert (result.status, result.out) == (2, b"")
    assert result.err.startswith("layerscope: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("cache", "simulate", "--context", "nothere"),
        ("cache", "simulate", "--context", "project", "--after", "nothere"),
        ("cache", "simulate", "--case", "nothere.json"),
        ("cache", "score", "nothere"),
        ("dockerfile", "parse", "nothere"),
    ],
)
def test_file_that_is_not_there_is_one_line_and_status_three(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    project(tmp_path)

    result = run(*arguments, cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")
    assert "no such file" in result.err


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [
        (("cache", "simulate", "--context", "nothere"), "cache"),
        (("cache", "explain", "--context", "nothere"), "explain"),
        (("cache", "explain", "--log", "nothere"), "explain"),
        (("cache", "context", "nothere"), "context"),
        (("cache", "score", "nothere"), "score"),
        (("dockerfile", "parse", "nothere"), "dockerfile"),
        (("dockerfile", "lint", "nothere"), "lint"),
        (("dockerfile", "lint", "Dockerfile.old", "--context", "nothere"), "lint"),
    ],
)
def test_json_is_written_with_the_fault_of_what_is_not_there(
    tmp_path: Path, arguments: tuple[str, ...], schema: str
) -> None:
    project(tmp_path)

    result = run(*arguments, "-f", "json", cwd=tmp_path)

    found = document(result, schema)
    assert result.status == 3
    assert [(fault["input"].split("/")[0], fault["code"]) for fault in found["faults"]] == [
        ("nothere", "unreadable")
    ]


def test_score_of_cases_that_another_builder_ran_is_no_success(tmp_path: Path) -> None:
    case = shared("cache-cases", "classic", "run-edit-middle.json")
    if not case.exists():
        pytest.skip("../shared/cache-cases is not there")

    result = run("cache", "score", str(case), cwd=tmp_path)

    assert (result.status, result.out) == (3, b"")
    assert "measured on buildkit 0.32.2" in result.err


def test_parse_writes_the_document_of_its_schema(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("# syntax=x\nFROM a AS b\nCOPY --from=c d e\n")

    result = run("dockerfile", "parse", "Dockerfile", "-f", "json", cwd=tmp_path)

    found = document(result, "dockerfile")
    assert result.status == 0
    assert found["parser"]["syntax"]["ref"] == "x"
    assert found["typed"]["stages"][0]["commands"][0]["from"] == "c"


def test_parse_of_a_broken_file_writes_the_document_and_exits_3(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nCOPPY d e\n")

    result = run("dockerfile", "parse", "Dockerfile", "-f", "json", cwd=tmp_path)

    found = document(result, "dockerfile")
    assert result.status == 3
    assert found["typed"]["error"]["start_line"] == 2
    assert "line 2" in result.err
    assert "COPY" in result.err
