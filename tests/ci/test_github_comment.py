"""The workflow that comments on pull requests: its script against a stand-in for GitHub."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.ci.action_runner import EXPRESSION
from tests.surroundings import REPOSITORY, require_program

if TYPE_CHECKING:
    from pathlib import Path

WORKFLOW = REPOSITORY / "ci" / "github" / "gate-comment.yml"
MARKER = "<!-- layerscope:gate -->"
COMMENT = f"{MARKER}\n## The gate failed\n".encode()
SHA = "ab" * 20
PULLS = "GET repos/team/app/pulls"
COMMENTS = "repos/team/app/issues/7/comments"
ARTIFACTS = "GET repos/team/app/actions/runs/42/artifacts"


def workflow() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text())
    return found


def step() -> dict[str, Any]:
    [only] = workflow()["jobs"]["comment"]["steps"]
    found: dict[str, Any] = only
    return found


@dataclass
class GitHub:
    """What GitHub holds, and what it was asked."""

    folder: Path
    pulls: list[dict[str, Any]] = field(
        default_factory=lambda: [{"number": 7, "head": {"sha": SHA}}]
    )
    comments: list[dict[str, Any]] = field(default_factory=list)
    members: dict[str, bytes] = field(default_factory=lambda: {"comment.md": COMMENT})
    artifacts: list[dict[str, Any]] | None = None
    branch: str = "topic"
    log: str = ""
    status: int = 0

    def run(self) -> list[tuple[str, str, dict[str, str]]]:
        """Run the step; what was written to GitHub: method, path, fields."""
        require_program("unzip")
        self.folder.mkdir()
        with zipfile.ZipFile(self.folder / "artifact.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.members.items():
                archive.writestr(name, content)
        size = (self.folder / "artifact.zip").stat().st_size
        artifacts = self.artifacts
        if artifacts is None:
            row = {"id": 5, "name": "layerscope-comment", "expired": False, "size_in_bytes": size}
            artifacts = [{**row, "name": "other", "id": 4}, row]
        answers = {
            PULLS: self.pulls,
            ARTIFACTS: {"artifacts": artifacts},
            "GET repos/team/app/actions/artifacts/5/zip": "artifact.zip",
            f"GET {COMMENTS}": self.comments,
            f"POST {COMMENTS}": {"id": 99},
            **{f"PATCH repos/team/app/issues/comments/{row['id']}": row for row in self.comments},
        }
        (self.folder / "answers.json").write_text(json.dumps(answers))
        programs = self.folder / "bin"
        programs.mkdir()
        fake = REPOSITORY / "tests" / "ci" / "fake_gh.py"
        (programs / "gh").write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n')
        (programs / "gh").chmod(0o755)
        (self.folder / "tmp").mkdir()
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step()["run"]],
            cwd=self.folder,
            env={
                "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin",
                "TMPDIR": str(self.folder / "tmp"),
                "FAKE_GITHUB": str(self.folder),
                "GH_TOKEN": "the-token",
                "REPOSITORY": "team/app",
                "RUN": "42",
                "HEAD_SHA": SHA,
                "HEAD_OWNER": "someone",
                "HEAD_BRANCH": self.branch,
            },
            capture_output=True,
            check=False,
            timeout=60,
        )
        self.status, self.log = done.returncode, (done.stdout + done.stderr).decode()
        return [
            (row["method"], row["path"], row["fields"])
            for row in self.asked()
            if row["method"] != "GET"
        ]

    def asked(self) -> list[dict[str, Any]]:
        lines = (self.folder / "asked.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


@pytest.fixture
def github(tmp_path: Path) -> GitHub:
    return GitHub(tmp_path / "github")


def comment(number: int, login: str, body: str) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


def test_environment_of_the_step_is_what_the_script_uses() -> None:
    values = step()["env"]

    assert set(values) == {
        "GH_TOKEN",
        "REPOSITORY",
        "RUN",
        "HEAD_SHA",
        "HEAD_OWNER",
        "HEAD_BRANCH",
    }
    assert all(EXPRESSION.fullmatch(text) for text in values.values())
    assert not EXPRESSION.search(step()["run"])


def test_first_comment_is_made(github: GitHub) -> None:
    written = github.run()

    assert github.status == 0, github.log
    assert written == [("POST", COMMENTS, {"body": COMMENT.decode()})]
    assert github.asked()[0]["fields"] == {"state": "open", "head": "someone:topic"}


def test_later_comment_takes_the_place_of_the_first(github: GitHub) -> None:
    github.comments = [
        comment(1, "someone", f"{MARKER}\nforged"),
        comment(2, "github-actions[bot]", "of another tool"),
        comment(3, "github-actions[bot]", f"{MARKER}\nold"),
        comment(4, "github-actions[bot]", f"{MARKER}\nolder still"),
    ]

    written = github.run()

    assert github.status == 0, github.log
    assert written == [("PATCH", "repos/team/app/issues/comments/3", {"body": COMMENT.decode()})]


def test_pull_request_whose_head_moved_on_is_left_alone(github: GitHub) -> None:
    github.pulls = [{"number": 7, "head": {"sha": "cd" * 20}}]

    assert github.run() == []
    assert github.status == 0
    assert "newer run" in github.log


def test_two_pull_requests_of_one_commit_are_left_alone(github: GitHub) -> None:
    github.pulls.append({"number": 8, "head": {"sha": SHA}})

    assert github.run() == []
    assert github.status == 0
    assert "Several" in github.log


def test_run_without_a_comment_is_no_failure(github: GitHub) -> None:
    github.artifacts = []

    assert github.run() == []
    assert github.status == 0
    assert "left no comment" in github.log


def test_branch_with_shell_in_its_name_is_only_a_name(github: GitHub) -> None:
    github.branch = '$(touch${IFS}pwned)";touch pwned;`touch pwned`'

    written = github.run()

    assert [method for method, _, _ in written] == ["POST"]
    assert github.asked()[0]["fields"]["head"] == f"someone:{github.branch}"
    assert not list(github.folder.rglob("pwned"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"# no marker\n", "marker"),
        (b"", "marker"),
        (b" " + COMMENT, "marker"),
        (MARKER.encode() + b" and more on its line\n", "marker"),
        (COMMENT + b"\xff\xfe", "UTF-8"),
        (COMMENT + b"x" * 65_536, "too long"),
        (COMMENT + b"\0" * 50_000_000, "too big"),
    ],
    ids=["other-text", "empty", "blank-first", "marker-and-more", "no-utf-8", "long", "bomb"],
)
def test_comment_that_is_not_ours_is_refused(github: GitHub, content: bytes, reason: str) -> None:
    github.members = {"comment.md": content}

    assert github.run() == []
    assert github.status == 1, github.log
    assert reason in github.log


def test_comment_of_the_longest_length_is_taken(github: GitHub) -> None:
    body = COMMENT.decode() + "é" * (65_536 - len(COMMENT))
    github.members = {"comment.md": body.encode()}

    assert github.run() == [("POST", COMMENTS, {"body": body})]


def test_big_artifact_is_not_even_fetched(github: GitHub) -> None:
    github.artifacts = [
        {"id": 5, "name": "layerscope-comment", "expired": False, "size_in_bytes": 1_000_001}
    ]

    assert github.run() == []
    assert github.status == 1
    assert all("zip" not in row["path"] for row in github.asked())


def test_names_in_the_artifact_reach_no_file(github: GitHub) -> None:
    github.members = {"../../evil": b"x", "comment.md": COMMENT, "/tmp/evil": b"x"}

    written = github.run()

    assert [method for method, _, _ in written] == ["POST"]
    assert not list(github.folder.rglob("evil*"))


def test_token_may_do_no_more_than_comment() -> None:
    found = workflow()

    assert found["permissions"] == {}
    assert found["jobs"]["comment"]["permissions"] == {"actions": "read", "pull-requests": "write"}
    uses = [step for step in found["jobs"]["comment"]["steps"] if "uses" in step]
    assert not uses, "code of others, or a checkout, beside a token that writes"
