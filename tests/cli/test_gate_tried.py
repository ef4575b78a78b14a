"""What a first user of `layerscope gate` ran into."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from layerscope.synth.demo_gate import write_gate_demo
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.cli.running import run

if TYPE_CHECKING:
    from pathlib import Path


def budget(folder: Path, *lines: str) -> None:
    (folder / "layerscope.toml").write_text("\n".join(["[[budget]]", *lines, ""]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo, and a list of images that some earlier step left empty."""
    (tmp_path / "none.txt").write_text("# nothing was built\n")
    return write_gate_demo(tmp_path)


@pytest.mark.parametrize(
    "lines",
    [
        ('metric = "images"', "max = 5"),
        ('metric = "blob-bytes-unique"', "max = 1"),
        ('metric = "compressed"', "max = 1", 'not-measured = "pass"'),
    ],
)
def test_gate_of_a_list_without_images_does_not_pass(folder: Path, lines: tuple[str, ...]) -> None:
    budget(folder, *lines)

    done = run("gate", "@none.txt", cwd=folder)

    assert done.status == 3
    assert done.err == "layerscope: @none.txt: there is no image to judge (no-image)\n"


def test_gate_of_a_report_without_images_does_not_pass(folder: Path) -> None:
    budget(folder, 'metric = "images"', "max = 5")
    run("analyze", "@none.txt", "-f", "json", "-o", "empty.json", cwd=folder)
    assert json.loads((folder / "empty.json").read_bytes())["images"] == []

    done = run("gate", "--report", "empty.json", cwd=folder)

    assert done.status == 3
    assert "empty.json: there is no image to judge (no-image)" in done.err


def test_gate_that_could_not_read_an_image_says_in_its_result_that_not_all_was_judged(
    folder: Path,
) -> None:
    budget(folder, 'metric = "compressed"', 'max = "1 GB"')

    done = run("gate", "after.tar", "missing.tar", cwd=folder)

    assert done.status == 3
    result = done.out.decode().partition("Result:")[2]
    assert " ".join(result.split()) == (
        "FAIL the budget is kept, not all was judged: 1 fault in the inputs"
    )


def test_gate_tells_a_limit_of_the_history_from_that_of_the_budget(tmp_path: Path) -> None:
    budget(tmp_path, 'metric = "visible"', 'max = "10 MB"')
    (tmp_path / "past").mkdir()
    for number, size in enumerate([*range(1000, 1008), 900_000]):
        image = ImageBuilder(names=("app:1",)).layer(Tree().file("a", b"a" * size), "COPY a /")
        docker_archive(tmp_path / f"{number}.tar", image)
        saved = tmp_path / ("now.json" if size == 900_000 else f"past/{number}.json")
        run("analyze", f"{number}.tar", "-f", "json", "-o", str(saved), cwd=tmp_path)

    done = run("gate", "--report", "now.json", "--history", "past", cwd=tmp_path)

    assert done.status == 1
    assert "FAIL  visible_bytes  900.0 kB > usual max " in done.out.decode()


def test_gate_of_a_project_file_without_budgets_hints_how_one_is_written_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.layerscope]\n")

    done = run("gate", "app.tar", cwd=tmp_path)

    assert done.status == 2
    assert 'hint: such as: [[tool.layerscope.budget]] metric = "compressed"' in done.err


def test_gate_with_a_baseline_that_a_merge_left_half_and_half_hints_to_write_it_anew(
    folder: Path,
) -> None:
    budget(folder, 'metric = "compressed"', 'max-increase = "1 MB"')
    run("gate", "before.tar", "--update-baseline", cwd=folder)
    kept = folder / "layerscope.baseline.json"
    kept.write_text(kept.read_text().replace("{\n", "{\n<<<<<<< HEAD\n", 1))

    done = run("gate", "after.tar", cwd=folder)

    assert done.status == 3
    assert "hint: gate --update-baseline writes it anew" in done.err
    assert run("gate", "after.tar", "--update-baseline", cwd=folder).status == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--report=",), "--report: expected the name of a file, found an empty one"),
        (
            ("after.tar", "--history="),
            "--history: expected the name of a folder, found an empty one",
        ),
    ],
)
def test_gate_with_an_empty_name_says_of_which_option_it_is(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = run("gate", *arguments, cwd=folder)

    assert done.status == 2
    assert done.err == f"layerscope: {message} (usage)\n"
