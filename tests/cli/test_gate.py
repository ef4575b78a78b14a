from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.cli.commands.gate import FORMATS
from layerscope.cli.options import Format
from layerscope.report.published import schema
from layerscope.synth.demo_gate import write_gate_demo
from tests.cli.running import app_tar, damaged_tar, run
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

SIZE = '[[budget]]\nname = "size"\nmetric = "uncompressed"\n'
HEAVY = ("pandas", "networkx", "numpy", "pyarrow", "rich.console", "yaml", "dask", "jinja2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo: an image before and after, a policy that it breaks, a Dockerfile."""
    return write_gate_demo(tmp_path)


def policy(folder: Path, *lines: str) -> None:
    (folder / "layerscope.toml").write_text(SIZE + "".join(f"{line}\n" for line in lines))


def verdict(folder: Path, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = run("gate", *arguments, "-f", "json", cwd=folder)
    return done.status, json.loads(done.out)


def saved_report(folder: Path, image: str = "after.tar", name: str = "r.json") -> str:
    assert run("analyze", image, "-f", "json", "-o", name, cwd=folder).status == 0
    return name


def outcomes(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(row["budget"], row["part"], row["outcome"]) for row in document["checks"]]


def test_gate_that_fails_exits_1_and_its_document_follows_the_schema(folder: Path) -> None:
    status, document = verdict(folder, "after.tar", "--baseline", "before.tar")

    assert status == 1
    jsonschema.Draft202012Validator(json.loads(schema("verdict"))).validate(document)
    assert outcomes(document) == [
        ("image size", "all", "pass"),
        ("image size", "own", "fail"),
        ("no package lists", "all", "fail"),
        ("waste", "all", "waived"),
    ]
    assert document["passed"] is False


def test_gate_names_the_line_of_the_dockerfile(folder: Path) -> None:
    arguments = ("after.tar", "--baseline", "before.tar", "--dockerfile", "Dockerfile")

    _, document = verdict(folder, *arguments)

    assert document["dockerfile"] == "Dockerfile"
    assert [row["line"] for row in document["checks"] if row["outcome"] == "fail"] == [2, 2]


def test_gate_of_an_image_within_its_budgets_exits_0(folder: Path) -> None:
    done = run("gate", "before.tar", "--baseline", "before.tar", cwd=folder)

    assert done.status == 0
    assert b"Result: PASS" in done.out


def test_exit_zero_turns_a_failed_gate_into_0_and_nothing_else(folder: Path) -> None:
    failed = run("gate", "after.tar", "--exit-zero", cwd=folder)
    damaged = damaged_tar(folder)
    faulty = run("gate", damaged.name, "--exit-zero", cwd=folder)
    wrong = run("gate", "--exit-zero", cwd=folder)

    assert [failed.status, faulty.status, wrong.status] == [0, 3, 2]
    assert b"Result: FAIL" in failed.out


def test_warning_fails_the_gate_only_if_asked(folder: Path) -> None:
    policy(folder, "max = 1", 'severity = "warn"')

    plain = run("gate", "after.tar", cwd=folder)
    strict = run("gate", "after.tar", "--fail-on", "warn", cwd=folder)

    assert (plain.status, strict.status) == (0, 1)


def test_report_is_judged_as_its_image_is(folder: Path) -> None:
    policy(folder, 'max = "15 MB"')
    saved_report(folder)

    by_image = verdict(folder, "after.tar")
    by_report = verdict(folder, "--report", "r.json")

    assert by_image[0] == by_report[0] == 1
    numbers = [[row["value"] for row in each["checks"]] for _, each in (by_image, by_report)]
    assert numbers[0] == numbers[1]


def test_same_input_gives_the_same_bytes(folder: Path) -> None:
    arguments = ("gate", "after.tar", "--baseline", "before.tar", "-f")

    for kind in ("json", "text", "markdown", "sarif", "junit", "csv"):
        first, second = (run(*arguments, kind, cwd=folder) for _ in range(2))

        assert first.out == second.out
        assert first.out


@pytest.mark.parametrize("arguments", [(), ("after.tar", "--report", "r.json")])
def test_images_or_reports_and_not_both(folder: Path, arguments: tuple[str, ...]) -> None:
    done = run("gate", *arguments, cwd=folder)

    assert done.status == 2
    assert "expected images or --report" in done.err


def test_gate_without_a_configuration_exits_2(tmp_path: Path) -> None:
    app_tar(tmp_path)

    done = run("gate", "app.tar", cwd=tmp_path)

    assert done.status == 2
    assert "[[budget]]" in done.err


def test_unknown_key_exits_2_and_is_told_the_nearest(folder: Path) -> None:
    policy(folder, 'max-incraese = "1 MB"')

    done = run("gate", "after.tar", cwd=folder)

    assert done.status == 2
    assert "max-increase" in done.err
    assert len(done.err.splitlines()) <= 2


def test_report_that_is_none_exits_3(folder: Path) -> None:
    (folder / "r.json").write_text("{")

    done = run("gate", "--report", "r.json", cwd=folder)

    assert done.status == 3
    assert "r.json" in done.err


def test_damaged_image_exits_3_after_its_verdict(folder: Path) -> None:
    damaged = damaged_tar(folder)
    policy(folder, 'max = "15 MB"')

    status, document = verdict(folder, "before.tar", damaged.name)

    assert status == 3
    assert document["passed"] is False
    assert {row["outcome"] for row in document["checks"]} == {"pass", "not-measured"}


def test_missing_baseline_warns_and_keeps_absolute_limits(folder: Path) -> None:
    policy(folder, 'max = "40 MB"', 'max-increase = "1 B"')

    done = run("gate", "after.tar", "--baseline", "gone.json", "-f", "json", cwd=folder)

    document = json.loads(done.out)
    assert done.status == 0
    assert "no-baseline" in done.err
    assert outcomes(document) == [("size", "all", "pass")]
    held = {row["kind"]: row["holds"] for row in document["checks"][0]["limits"]}
    assert held == {"max": True, "max-increase": None}


@pytest.mark.parametrize("place", [(), ("--baseline", "gone.json")])
def test_required_baseline_that_is_missing_exits_2(folder: Path, place: tuple[str, ...]) -> None:
    done = run("gate", "after.tar", "--require-baseline", *place, cwd=folder)

    assert done.status == 2
    assert "baseline" in done.err


@pytest.mark.parametrize("content", ["{", "{}", '{"schema": "layerscope.baseline/1"}', "", "x"])
def test_broken_baseline_never_passes(folder: Path, content: str) -> None:
    policy(folder, 'max = "1 GB"')
    (folder / "b.json").write_text(content)

    done = run("gate", "after.tar", "--baseline", "b.json", "--exit-zero", cwd=folder)

    assert done.status == 3
    assert "b.json" in done.err


def test_damaged_archive_as_baseline_never_passes(folder: Path) -> None:
    policy(folder, 'max = "1 GB"')
    damaged = damaged_tar(folder)

    done = run("gate", "after.tar", "--baseline", damaged.name, cwd=folder)

    assert done.status == 3
    assert "baseline damaged.tar" in done.err


def test_baseline_file_is_written_found_and_compared_with(folder: Path) -> None:
    policy(folder, 'max-increase = "1 MB"')

    written = run("gate", "before.tar", "--update-baseline", cwd=folder)
    again = run("gate", "before.tar", cwd=folder)
    status, document = verdict(folder, "after.tar")

    assert (written.status, again.status, status) == (0, 0, 1)
    assert "wrote layerscope.baseline.json" in written.err
    (check,) = [row for row in document["checks"] if row["outcome"] == "fail"]
    told = [split for split in check["attribution"] if split["delta"] is not None]
    # Of paths a baseline file keeps none.
    assert [split["by"] for split in told] == ["instruction", "package"]
    for split in told:
        assert sum(row["delta"] for row in split["parts"]) == split["delta"]
    instructions = next(row for row in check["attribution"] if row["by"] == "instruction")
    assert "apt-get" in instructions["parts"][0]["label"]


def test_baseline_is_not_written_from_what_is_damaged(folder: Path) -> None:
    policy(folder, 'max = "1 GB"')
    damaged = damaged_tar(folder)

    done = run("gate", damaged.name, "--update-baseline", cwd=folder)

    assert done.status == 3
    assert not (folder / "layerscope.baseline.json").exists()


def test_baseline_that_is_an_image_is_never_written_over(folder: Path) -> None:
    before = (folder / "before.tar").read_bytes()

    arguments = ("--update-baseline", "--baseline", "before.tar")
    done = run("gate", "after.tar", *arguments, cwd=folder)

    assert done.status == 2
    assert (folder / "before.tar").read_bytes() == before


def test_update_leaves_a_json_that_is_no_baseline_alone(folder: Path) -> None:
    saved_report(folder)
    before = (folder / "r.json").read_bytes()

    arguments = ("--update-baseline", "--baseline", "r.json")
    done = run("gate", "after.tar", *arguments, cwd=folder)

    assert done.status == 2
    assert (folder / "r.json").read_bytes() == before


def test_history_that_jumps_fails_and_a_steady_one_does_not(folder: Path) -> None:
    policy(folder, 'max = "1 GB"')
    saved_report(folder, "before.tar", "r.json")
    past = folder / "past"
    past.mkdir()
    for number in range(8):
        shutil.copy(folder / "r.json", past / f"build-{number}.json")

    steady = run("gate", "before.tar", "--history", "past", cwd=folder)
    status, document = verdict(folder, "after.tar", "--history", "past")

    assert (steady.status, status) == (0, 1)
    broken = [row for check in document["checks"] for row in check["limits"] if not row["holds"]]
    assert [row["kind"] for row in broken] == ["history"]


def test_history_of_another_image_is_none(folder: Path) -> None:
    policy(folder, 'max = "1 GB"')
    app_tar(folder, "other.tar")
    past = folder / "past"
    past.mkdir()
    for number in range(8):
        saved_report(folder, "other.tar", f"past/{number}.json")

    status, document = verdict(folder, "after.tar", "--history", "past")

    assert status == 0
    assert [row["code"] for row in document["remarks"]] == ["short-history"]


def test_one_of_two_baselines_that_is_not_there_is_remarked(folder: Path) -> None:
    policy(folder, 'max-increase = "1 GB"')

    status, document = verdict(
        folder, "after.tar", "--baseline", "before.tar", "--baseline", "none.json"
    )

    assert status == 0
    assert [row["code"] for row in document["remarks"]] == ["baseline-not-there"]


def test_inputs_that_a_configuration_names_are_relative_to_its_folder(folder: Path) -> None:
    text = (folder / "layerscope.toml").read_text()
    gate = '[gate]\nbaseline = "before.tar"\ndockerfile = "Dockerfile"\n\n'
    (folder / "layerscope.toml").write_text(gate + text)
    inner = folder / "inner"
    inner.mkdir()

    done = run("gate", "../after.tar", "-f", "json", cwd=inner)

    document = json.loads(done.out)
    assert done.status == 1
    assert document["remarks"] == []
    assert document["images"][0]["baseline_from"] == "../before.tar"
    assert document["dockerfile"] == "../Dockerfile"


@pytest.mark.parametrize("key", ["baseline", "dockerfile"])
def test_input_with_a_name_that_no_file_has_exits_2(folder: Path, key: str) -> None:
    text = (folder / "layerscope.toml").read_text()
    (folder / "layerscope.toml").write_text(f'[gate]\n{key} = "a\\u0000b"\n\n{text}')

    done = run("gate", "after.tar", cwd=folder)

    assert done.status == 2
    assert "no file has a NUL in its name" in done.err


def test_waiver_ends_with_its_day(folder: Path) -> None:
    policy(folder, "max = 1", "until = 2026-11-24", 'reason = "soon"')

    statuses = [
        run("gate", "after.tar", "--today", day, cwd=folder).status
        for day in ("2026-11-23", "2026-11-24", "2026-11-25")
    ]

    assert statuses == [0, 0, 1]


def test_steps_of_the_build_cache_are_bounded(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY a /a\n")
    (tmp_path / "a").write_text("x")
    arguments = ("--after", "Dockerfile", "--context", ".", "--no-index", "-f", "json")
    assert run("cache", "simulate", *arguments, "-o", "c.json", cwd=tmp_path).status == 0
    statuses = []
    for most in (0, 1):
        text = f'[[budget]]\nmetric = "cache-steps-rebuilt"\nmax = {most}\n'
        (tmp_path / "layerscope.toml").write_text(text)
        statuses.append(run("gate", "--report", "c.json", cwd=tmp_path).status)

    assert statuses == [1, 0]


def test_dive_rules_are_followed_where_there_is_nothing_else(tmp_path: Path) -> None:
    app_tar(tmp_path)
    (tmp_path / ".dive-ci").write_text("rules:\n  lowestEfficiency: 1.0\n")

    done = run("gate", "app.tar", cwd=tmp_path)

    assert done.status == 0
    assert b"lowestEfficiency" in done.out


def test_dive_rules_on_a_report_without_dives_numbers_exit_2(folder: Path) -> None:
    (folder / "layerscope.toml").unlink()
    (folder / ".dive-ci").write_text("rules:\n  lowestEfficiency: disabled\n")
    saved_report(folder)

    done = run("gate", "--report", "r.json", cwd=folder)

    assert done.status == 2
    assert "analyze --dive" in done.err


def test_every_format_is_written_from_one_run(folder: Path) -> None:
    kinds = [kind for kind in Format if kind in FORMATS]
    saves = [f"--save={kind}=out.{kind}" for kind in kinds]

    done = run("gate", "after.tar", *saves, cwd=folder)

    assert done.status == 1
    assert all((folder / f"out.{kind}").stat().st_size for kind in kinds)
    assert json.loads((folder / "out.report").read_bytes())["schema"] == "layerscope.report/1"


def test_gate_of_a_report_loads_nothing_heavy(folder: Path) -> None:
    saved_report(folder)
    words = ["gate", "--report", "r.json", "--baseline", "r.json"]
    code = (
        "import sys\n"
        "from layerscope.__main__ import main\n"
        f"status = main({words!r})\n"
        f"print(status, [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(REPOSITORY), "PATH": ""},
    )

    assert done.stderr.splitlines()[-1] == "1 []"


def test_baseline_with_the_marks_of_a_merge_is_refused_and_written_anew(folder: Path) -> None:
    policy(folder, 'max = "1 GB"')
    run("gate", "before.tar", "--update-baseline", cwd=folder)
    place = folder / "layerscope.baseline.json"
    whole = place.read_text()
    place.write_text(f"<<<<<<< ours\n{whole}=======\n{whole}>>>>>>> theirs\n")

    refused = run("gate", "before.tar", cwd=folder)
    anew = run("gate", "before.tar", "--update-baseline", cwd=folder)

    assert (refused.status, anew.status) == (3, 0)
    assert place.read_text() == whole
