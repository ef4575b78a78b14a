"""Runs real builders on cases and compares what they do with what is predicted.

`python -m tests.truth.compare --builder classic --random 20 --seed 1 [CASE…]`. Needs the programs
that `../shared/cache-truth/README.md` names; see there for what runs where. Cases without a
measurement are measured in a scratch folder; a case is right if it is under one of the two
assumptions about stages that run again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from layerscope.cache.cases import load
from layerscope.cache.score import BOTH, wrong_rows
from layerscope.cache.simulate import simulator
from tests.surroundings import shared
from tests.truth.random_cases import random_case

if TYPE_CHECKING:
    from layerscope.cache.cases import Case

KEYS = {
    "classic": ("classic", "20.10.24"),
    "docker-buildkit": ("buildkit", "20.10.24"),
    "buildah": ("buildah", "1.28.2"),
}


def main() -> int:
    """0 if every prediction is right, 1 if one is not, 3 if the builder cannot run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builder", choices=sorted(KEYS), required=True)
    parser.add_argument("--random", type=int, default=0, help="how many random cases")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the first one")
    parser.add_argument("--work-dir", default=None, help="scratch folder, best on a tmpfs")
    parser.add_argument("--keep", default=None, help="keep the measured cases in this folder")
    parser.add_argument("cases", nargs="*", help="case files; their measurements are made anew")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.work_dir) as scratch:
        folder = Path(given.keep or scratch)
        folder.mkdir(parents=True, exist_ok=True)
        paths = _written(folder, given.cases, range(given.seed, given.seed + given.random))
        if not paths:
            sys.stderr.write("truth: no case is given\n")
            return 2
        status = _measure(given.builder, paths, given.work_dir or scratch)
        if status == 3:
            return status
        return _compared(given.builder, paths)


def _written(folder: Path, cases: list[str], seeds: range) -> list[Path]:
    paths = []
    for case in cases:
        document = json.loads(Path(case).read_text("utf-8"))
        document["truth"] = {}
        paths.append(folder / Path(case).name)
        paths[-1].write_text(json.dumps(document), "utf-8")
    for seed in seeds:
        paths.append(folder / f"random-{seed}.json")
        paths[-1].write_text(json.dumps(random_case(seed), indent=1), "utf-8")
    return paths


def _measure(builder: str, paths: list[Path], work_dir: str) -> int:
    command = [sys.executable, str(shared("cache-truth", "run_builders.py"))]
    command += ["--builder", builder, "--write", "--work-dir", work_dir]
    if builder != "buildah" and Path("/usr/bin/docker").exists():
        # Debian's own client speaks to both builders of the engine; newer ones need a plug-in.
        command += ["--docker-cli", "/usr/bin/docker"]
    return subprocess.run([*command, *map(str, paths)], check=False).returncode


def _compared(builder: str, paths: list[Path]) -> int:
    name, version = KEYS[builder]
    right = wrong = 0
    for path in paths:
        case = load(path.read_bytes())
        measured = case.truth.get(f"{name}-{version}")
        if measured is None or _unforeseen(path, case, name, version):
            sys.stdout.write(f"NOT COMPARED {path.name}\n")
            continue
        outcomes = {}
        for assumed in BOTH:
            prediction = simulator(name).simulate(
                case.builds, version=version, assume_reruns=assumed
            )
            rows = list(wrong_rows(case.id, prediction, measured, assumed))
            failed = bool(prediction.failed) != bool(measured.failed)
            outcomes[assumed] = [*(f"{row}" for row in rows), *(["failure"] if failed else [])]
        if all(outcomes.values()):
            wrong += 1
            sys.stdout.write(f"WRONG {path.name}: {outcomes['same']}\n")
        else:
            right += 1
    sys.stdout.write(f"{builder}: {right} right, {wrong} wrong\n")
    return 1 if wrong or not right else 0


def _unforeseen(path: Path, case: Case, name: str, version: str) -> bool:
    """Did an earlier build fail that should not have, so that the cache is not the one meant?

    Engines under load sometimes lose a layer between two steps.
    """
    truth = json.loads(path.read_bytes())["truth"][f"{name}-{version}"]
    if not truth.get("before_failed"):
        return False
    earlier = [
        simulator(name).simulate(case.builds[:count], version=version, assume_reruns="same")
        for count in range(1, len(case.builds))
    ]
    return all(prediction.failed is None for prediction in earlier)


if __name__ == "__main__":
    sys.exit(main())
