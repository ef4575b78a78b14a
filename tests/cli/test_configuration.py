"""Which file a gate goes by, and what is said if there is none or it cannot be read."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from layerscope.cli.configuration import FILE_BYTES, find_configuration, load_policy
from layerscope.errors import UsageError
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

BUDGET = '[[budget]]\nmetric = "files"\nmax = {}\n'
PROJECT = '[project]\nname = "app"\n'


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, two below one that is empty too."""
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def project(limit: int) -> str:
    return f'{PROJECT}[[tool.layerscope.budget]]\nmetric = "files"\nmax = {limit}\n'


def limit() -> Fraction | None:
    return load_policy(None).budgets[0].maximum


def refused(config: str | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load_policy(config)
    assert "\n" not in str(caught.value) + caught.value.hint
    return caught.value


def test_nearest_file_wins(place: Path) -> None:
    (place.parent.parent / "layerscope.toml").write_text(BUDGET.format(1))
    assert limit() == 1
    (place.parent / "pyproject.toml").write_text(project(2))
    assert limit() == 2
    (place / "layerscope.toml").write_text(BUDGET.format(3))
    assert limit() == 3


def test_own_file_comes_before_the_project_in_one_folder(place: Path) -> None:
    (place / "pyproject.toml").write_text(project(1))
    (place / "layerscope.toml").write_text(BUDGET.format(2))

    assert limit() == 2


@pytest.mark.parametrize(
    "text",
    [PROJECT, "", "[tool.other]\nlayerscope = 1\n", "# layerscope\n", "tool = 5 # layerscope"],
)
def test_project_without_the_table_is_passed_over(place: Path, text: str) -> None:
    (place / "pyproject.toml").write_text(text)
    (place.parent / "layerscope.toml").write_text(BUDGET.format(1))

    assert limit() == 1


def test_file_is_shown_relative_to_the_working_folder(place: Path) -> None:
    (place.parent / "pyproject.toml").write_text(project(1))
    assert load_policy(None).file == "../pyproject.toml"
    (place / "layerscope.toml").write_text(BUDGET.format(1))
    assert load_policy(None).file == "layerscope.toml"


def test_budget_has_its_line_in_either_file(place: Path) -> None:
    (place / "pyproject.toml").write_text(project(1))
    assert load_policy(None).budgets[0].line == 3
    (place / "layerscope.toml").write_text("# one\n\n" + BUDGET.format(1))
    assert load_policy(None).budgets[0].line == 3


def test_dives_file_counts_where_there_is_no_other(place: Path) -> None:
    (place / ".dive-ci").write_text("rules:\n  lowestEfficiency: 0.5\n")
    found = load_policy(None)
    assert (found.origin, found.file) == ("dive-ci", ".dive-ci")
    assert found.budgets[0].minimum == Fraction(1, 2)

    (place.parent.parent / "layerscope.toml").write_text(BUDGET.format(1))
    assert load_policy(None).origin == "layerscope"


def test_dives_file_of_a_folder_above_does_not_count(place: Path) -> None:
    (place.parent / ".dive-ci").write_text("")

    assert find_configuration(place) is None


def test_no_file_at_all_is_a_usage_error_with_an_example(place: Path) -> None:
    error = refused()

    assert find_configuration(place) is None
    assert error.exit_status == 2
    assert error.problem.startswith("there is no layerscope.toml here or in a folder above")
    assert '[[budget]], name = "size", metric = "compressed", max = "200 MB"' in error.hint


def test_named_file_counts_alone(place: Path) -> None:
    (place / "layerscope.toml").write_text(BUDGET.format(1))
    (place / "strict.toml").write_text(BUDGET.format(2))

    found = load_policy("strict.toml")

    assert (found.file, found.budgets[0].maximum) == ("strict.toml", Fraction(2))


def test_named_project_gives_its_table(place: Path) -> None:
    (place.parent / "pyproject.toml").write_text(project(7))

    found = load_policy("../pyproject.toml")

    assert (found.file, found.budgets[0].maximum) == ("../pyproject.toml", Fraction(7))


def test_named_file_with_another_ending_is_dives(place: Path) -> None:
    (place / "ci.yaml").write_text("rules:\n  highestWastedBytes: 1MB\n")

    assert load_policy("ci.yaml").origin == "dive-ci"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.toml", b"", "a.toml: there is no budget in it"),
        ("a.toml", b"[[budget", "a.toml: expected TOML: Expected ']]'"),
        ("a.toml", b"\xff", "a.toml: expected UTF-8, byte 0 is not"),
        ("a.toml", b"#" * (FILE_BYTES + 1), "a.toml: expected at most 1048576 bytes"),
        ("a.toml", b"x = " + b"9" * 5000, "a.toml: expected TOML: "),
        ("a.toml", b"x = " + b"[" * 100_000, "a.toml: is nested too deeply"),
        ("a.toml", b"[budgets]", "a.toml: budgets: there is no such key"),
        ("pyproject.toml", b"", "pyproject.toml: has no table [tool.layerscope]"),
        ("pyproject.toml", b"tool = 1", "pyproject.toml: has no table [tool.layerscope]"),
        ("pyproject.toml", b"[tool]\nlayerscope = 1", "pyproject.toml: has no table"),
        ("ci.yaml", b"\xff", "ci.yaml: expected UTF-8, byte 0 is not"),
        ("ci.yaml", b"#" * (FILE_BYTES + 1), "ci.yaml: expected at most 1048576 bytes"),
        ("ci.yaml", b"rules: 5", "ci.yaml: rules: expected a mapping"),
    ],
)
def test_named_file_that_is_wrong_is_one_line(
    place: Path, name: str, data: bytes, message: str
) -> None:
    (place / name).write_bytes(data)

    error = refused(name)

    assert str(error).startswith(message)
    assert error.exit_status == 2


@pytest.mark.parametrize(
    "name", ["none.toml", "none/none.toml", "folder.toml", "a\0b.toml", "", "p"]
)
def test_named_file_that_is_no_file_is_a_usage_error(place: Path, name: str) -> None:
    (place / "folder.toml").mkdir()
    os.mkfifo(place / "p")

    assert refused(name).exit_status == 2


@pytest.mark.parametrize(
    "text", ["[tool.layerscope", "[tool.layerscope]\nx = \n", "[tool.layerscope]\n\x00"]
)
def test_broken_project_that_names_the_table_is_not_passed_over(place: Path, text: str) -> None:
    (place / "pyproject.toml").write_text(text)
    (place.parent / "layerscope.toml").write_text(BUDGET.format(1))

    assert str(refused()).startswith("pyproject.toml: expected TOML: ")


@pytest.mark.parametrize(
    "data", [b"[project", b"[project # layerscope", b"\xff", b"\xff layerscope"]
)
def test_broken_project_of_others_is_passed_over(place: Path, data: bytes) -> None:
    (place / "pyproject.toml").write_bytes(data)
    (place.parent / "layerscope.toml").write_text(BUDGET.format(1))

    assert limit() == 1


def test_broken_own_file_is_not_passed_over(place: Path) -> None:
    (place / "layerscope.toml").write_text("[[budget")
    (place.parent / "layerscope.toml").write_text(BUDGET.format(1))

    assert str(refused()).startswith("layerscope.toml: expected TOML: ")


def test_table_that_is_none_is_not_passed_over(place: Path) -> None:
    (place / "pyproject.toml").write_text("[tool]\nlayerscope = 1\n")
    (place.parent / "layerscope.toml").write_text(BUDGET.format(1))

    assert str(refused()).startswith("pyproject.toml: has no table [tool.layerscope]")


def test_links_are_followed_and_loops_and_folders_passed_over(place: Path) -> None:
    (place / "pyproject.toml").mkdir()
    (place / "layerscope.toml").symlink_to("layerscope.toml")
    (place.parent / "real").write_text(BUDGET.format(4))
    (place.parent / "layerscope.toml").symlink_to("real")

    assert limit() == 4


def test_project_that_cannot_be_read_is_passed_over(place: Path) -> None:
    # A regular file whose beginning is no memory of any program: reading it is an I/O error.
    (place / "pyproject.toml").symlink_to("/proc/self/mem")
    (place.parent / "layerscope.toml").write_text(BUDGET.format(1))

    assert limit() == 1
    assert refused("pyproject.toml").problem == "Input/output error"


def test_folder_that_cannot_be_looked_at_has_no_configuration(place: Path) -> None:
    (place / "layerscope.toml").write_text(BUDGET.format(1))

    found = find_configuration(place / ("n" * 300))

    assert found == place / "layerscope.toml"


def test_pipe_is_not_waited_for(place: Path) -> None:
    os.mkfifo(place / "layerscope.toml")
    (place.parent / "layerscope.toml").write_text(BUDGET.format(5))

    assert limit() == 5


def test_byte_order_mark_is_left_out(place: Path) -> None:
    (place / "layerscope.toml").write_bytes(b"\xef\xbb\xbf" + BUDGET.format(6).encode())

    assert limit() == 6


def test_folder_that_is_gone_is_a_usage_error(place: Path) -> None:
    place.rmdir()

    assert refused().problem == "the working folder is not there any more"


def test_reading_a_policy_loads_nothing_that_it_does_not_need(place: Path) -> None:
    (place / "layerscope.toml").write_text(BUDGET.format(1))
    code = (
        "import sys; from layerscope.cli.configuration import load_policy; load_policy(None);"
        " print(*sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = set(done.stdout.split())
    assert "tomllib" in loaded
    assert loaded.isdisjoint(
        {"yaml", "difflib", "pandas", "networkx", "numpy", "pyarrow", "rich", "typer"}
    )
    assert not [name for name in loaded if name.startswith("layerscope.analysis")]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("b.json", "../b.json"),
        ("/b.json", "/b.json"),
        ("old.tar:app:1", "../old.tar:app:1"),
        ("oci-archive:old.tar:@1", "oci-archive:../old.tar:@1"),
        ("oci://old", "oci:../old"),
        ("@list.txt", "@../list.txt"),
        ("-", "-"),
        ("docker:app:1", "docker:app:1"),
    ],
)
def test_baselines_are_from_the_folder_of_the_file(place: Path, written: str, found: str) -> None:
    text = f'[gate]\nbaseline = "{written}"\n{BUDGET.format(1)}'
    (place.parent / "layerscope.toml").write_text(text)

    assert load_policy(None).baselines == (found,)
    (place / "layerscope.toml").write_text(text)
    assert load_policy(None).baselines == (written,)
