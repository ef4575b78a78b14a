"""The rules of the house that a program can check: `docs/architecture.md` says why they hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from layerscope import errors
from tests.surroundings import REPOSITORY, require_program, shared

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = REPOSITORY / "layerscope"
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGES = REPOSITORY / "docs" / "reference" / "errors"
LONGEST_MODULE = 400
REQUIREMENT = re.compile(r"[A-Za-z0-9._-]+")

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def read(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def tree_of(start: type[errors.LayerscopeError]) -> Iterator[type[errors.LayerscopeError]]:
    yield start
    for below in start.__subclasses__():
        yield from tree_of(below)


ERRORS = [kind for kind in tree_of(errors.LayerscopeError) if kind.__module__ == errors.__name__]


def normal(requirement: str) -> str:
    """The name of a requirement as package indexes compare names (PEP 503)."""
    found = REQUIREMENT.match(requirement)
    assert found is not None
    return re.sub(r"[-_.]+", "-", found[0]).lower()


def public_definitions(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, Definition]]:
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_"):
            yield f"{prefix}.{node.name}", node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{prefix}.{node.name}")


def repository_files() -> list[Path]:
    """Files that are committed or would be, by git's own rules; without git, all but the built."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    try:
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        built = {line.strip("/\n") for line in read(".gitignore").splitlines()} | {".git"}
        every = [path for path in REPOSITORY.rglob("*") if path.is_file()]
        return [path for path in every if not built & set(path.relative_to(REPOSITORY).parts)]
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [path for name in names if name and (path := REPOSITORY / name).is_file()]


def markdown() -> list[Path]:
    return [path for path in repository_files() if path.suffix == ".md"]


def test_import_contracts_are_kept() -> None:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"

    done = subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_error_has_its_page_and_every_page_its_error() -> None:
    codes = [kind.code for kind in ERRORS]
    pages = {path.stem for path in PAGES.glob("*.md")} - {"README"}

    assert len(codes) == len(set(codes))
    assert pages == set(codes)


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_page_of_an_error_names_class_status_and_what_to_do(
    kind: type[errors.LayerscopeError],
) -> None:
    text = (PAGES / f"{kind.code}.md").read_text(encoding="utf-8")

    assert text.startswith(f"# {kind.code}: ")
    assert f"`layerscope.errors.{kind.__name__}`, exit status {kind.exit_status}." in text
    assert "## What to do" in text


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.code)
def test_error_stands_in_the_drawn_tree_and_in_the_list(
    kind: type[errors.LayerscopeError],
) -> None:
    listed = (PAGES / "README.md").read_text(encoding="utf-8")

    assert errors.__doc__ is not None
    assert kind.__name__ in errors.__doc__
    assert f"| [`{kind.code}`]({kind.code}.md) | {kind.exit_status} |" in listed
    assert f"| {kind.exit_status} |" in read("docs/reference/exit-codes.md")


def test_every_public_name_has_a_docstring() -> None:
    bare = []
    for path in MODULES:
        module = ast.parse(path.read_bytes())
        named = [(str(path.relative_to(REPOSITORY)), module)]
        named += public_definitions(module.body, named[0][0])  # type: ignore[arg-type] # both have docstrings
        bare += [name for name, node in named if not ast.get_docstring(node)]

    assert bare == []


def test_modules_stay_below_the_length_at_which_they_do_two_things() -> None:
    lines = {path: len(path.read_bytes().splitlines()) for path in MODULES}

    long = {
        path.relative_to(PACKAGE).as_posix() for path in MODULES if lines[path] > LONGEST_MODULE
    }
    assert not long


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "common", "core", "manager"}

    assert [path for path in MODULES if empty & {path.stem, path.parent.name}] == []


def test_every_room_of_the_package_is_on_the_map() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    text = read("docs/architecture.md")

    assert {room for room in rooms if f"| `{room}/` |" not in text} == set()


def test_every_decision_is_in_the_list() -> None:
    names = {path.name for path in (REPOSITORY / "docs/decisions").glob("[0-9]*.md")}
    text = read("docs/decisions/README.md")

    assert {name for name in names if f"]({name})" not in text} == set()


def test_constraints_are_exact_pins_and_cover_what_pyproject_asks_for() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    groups = project["dependency-groups"].values()
    wanted = {normal(line) for group in groups for line in group}
    wanted |= {normal(line) for line in project["project"]["dependencies"]}

    lines = read("constraints.txt").splitlines()

    assert [line for line in lines if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*", line)] == []
    assert lines == sorted(lines)
    assert wanted - {normal(line) for line in lines} == set()


def test_every_make_target_is_in_its_help() -> None:
    makefile = read("Makefile")
    done = subprocess.run(
        [require_program("make"), "--no-print-directory", "help"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )

    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    assert {line.split()[1] for line in done.stdout.splitlines()} == set(targets)
    assert set(targets) == {"demo", "test", "check", "bench", "reports", "fuzz", "truth", "help"}


def test_commands_of_the_readme_are_run_by_ci() -> None:
    script = read(".ci/run")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", read("README.md"), re.MULTILINE | re.DOTALL)
    commands = [line for _, text in blocks for line in text.splitlines() if line.startswith("$ ")]

    # Every command is marked as one, so that the pattern of .ci/run finds it.
    assert {language for language, _ in blocks} <= {"console", "text", "python", "json", "toml"}
    assert all(text.startswith("$ ") for language, text in blocks if language == "console")
    assert "$ make demo" in commands
    assert "$ make test" in commands
    assert r"sed -n 's/^\$ //p' README.md" in script


def test_links_between_pages_lead_somewhere() -> None:
    targets = [
        (page, target)
        for page in markdown()
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
        if "://" not in target
    ]

    assert [(page, to) for page, to in targets if not (page.parent / to).exists()] == []


def test_no_file_names_a_path_of_this_machine() -> None:
    # This folder and the shared one, folders of people, and the system's second scratch folder,
    # spelled in two parts so that this file does not name it. A path of one part, such as /app,
    # would be found in half of all images; the home folder of the public gradle image is no
    # machine's.
    places = {r"/(?:home|Users)/(?!gradle/)[a-z]+/", "/var" + "/tmp/"}
    here = [path.resolve() for path in (REPOSITORY, shared())]
    places |= {re.escape(f"{path}/") for path in here if len(path.parts) > 2}
    pattern = re.compile(rf"(?<![\w.*)])(?:{'|'.join(sorted(places))})".encode())

    found = [path for path in repository_files() if pattern.search(path.read_bytes())]

    assert found == []
