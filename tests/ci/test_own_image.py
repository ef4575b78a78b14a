"""The Dockerfile of layerscope's own image, and the budgets that it is held to."""

from __future__ import annotations

import os
import re
import tomllib

from layerscope.cli.configuration import load_policy
from layerscope.dockerfile.dockerignore import Ignore
from tests.cli.running import run
from tests.surroundings import REPOSITORY

DOCKERFILE = REPOSITORY / "Dockerfile"


def instructions() -> list[tuple[str, str]]:
    """Names and arguments, without comments; continued lines are joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(words[0], words[2]) for words in (line.partition(" ") for line in lines) if words[2]]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    starts = [position for position, (name, _) in enumerate(found) if name == "FROM"]
    return found[starts[-1] :]


def test_own_dockerfile_has_no_findings() -> None:
    result = run("dockerfile", "lint", "--fail-on", "info", "--context", ".", cwd=REPOSITORY)

    assert (result.status, result.out) == (0, b"nothing found\n")


def test_image_runs_as_a_number_that_is_not_root() -> None:
    [user] = [argument for name, argument in last_stage() if name == "USER"]

    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)


def test_image_runs_the_program_and_no_shell() -> None:
    assert ("ENTRYPOINT", '["layerscope"]') in last_stage()
    assert not [argument for name, argument in last_stage() if name == "RUN"]
    assert "docker.sock" not in "".join(argument for _, argument in instructions())


def test_packages_are_installed_in_the_versions_that_were_tested() -> None:
    installs = [
        argument for name, argument in instructions() if name == "RUN" and " install " in argument
    ]

    assert len(installs) == 3
    assert all(
        "--no-cache-dir" in argument
        and ("--constraint constraints.txt" in argument or "--no-deps" in argument)
        for argument in installs
    )


def test_context_holds_what_the_build_copies_and_nothing_else() -> None:
    ignore = Ignore.parse((REPOSITORY / ".dockerignore").read_bytes())
    copied = {
        word
        for name, argument in instructions()
        if name == "COPY" and "--from" not in argument
        for word in argument.split()[:-1]
    }

    assert copied == {"pyproject.toml", "constraints.txt", "README.md", "LICENSE", "layerscope"}
    assert not any(ignore.ignored(name) for name in copied)
    assert not ignore.ignored("layerscope/cli/app.py")
    for name in (".git", ".venv", "tests", "demo", "Dockerfile", "layerscope/__pycache__"):
        assert ignore.ignored(name), name


def test_what_builds_the_package_is_pinned() -> None:
    backend = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["build-system"]["requires"]
    pins = (REPOSITORY / "constraints.txt").read_text()

    for requirement in backend:
        name = re.split(r"[<>=~! ]", requirement)[0]
        assert re.search(rf"^{name}==", pins, re.MULTILINE)


def test_budgets_bound_what_the_image_is_made_of() -> None:
    policy = load_policy(str(REPOSITORY / "layerscope.toml"))

    assert {(budget.metric, budget.scope.pattern) for budget in policy.budgets} >= {
        ("content_bytes", ""),
        ("content_bytes", "/opt/layerscope/**"),
        ("content_bytes", "/opt/program/**"),
        ("wasted_bytes", ""),
    }
    assert all(budget.severity == "fail" and budget.waiver is None for budget in policy.budgets)
    assert os.path.basename(policy.dockerfile or "") == "Dockerfile"
