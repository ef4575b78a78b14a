"""Writes again what is generated from the code; `make reports` runs it, tests compare.

It makes `docs/reference/commands.md` from each command's `--help`, for each scenario of
`layerscope.synth.gallery` the reports in `reports/gallery/`, and `reports/accuracy/` from the
measured builds in `../shared/cache-cases`, where they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from layerscope.cli.app import COMMANDS
from layerscope.cli.commands import cache, catalog, dockerfile, plan
from layerscope.synth.demo_gate import write_gate_demo
from layerscope.synth.demo_project import write_project
from layerscope.synth.gallery import GALLERY
from reports.accuracy_pages import accuracy_pages

REPOSITORY = Path(__file__).parents[1]
SHARED = Path(os.environ.get("LAYERSCOPE_SHARED") or REPOSITORY.parent / "shared")
GROUPS = {
    "cache": cache.COMMANDS,
    "dockerfile": dockerfile.COMMANDS,
    "catalog": catalog.COMMANDS,
    "plan": plan.COMMANDS,
}
GATE_FILES = {
    "json": "verdict.json",
    "markdown": "comment.md",
    "csv": "checks.csv",
    "github": "annotations.txt",
    "sarif": "results.sarif",
    "junit": "junit.xml",
    "gitlab": "code-quality.json",
    "openmetrics": "metrics.txt",
}
"""The formats of a verdict and what their files are called."""
WIDTH = 100

INTRODUCTION = """\
# Commands

What each command says of itself with `--help`. [Exit codes](exit-codes.md) and
[errors](errors/README.md) have pages of their own. `make reports` generates this page.
"""


def generated() -> dict[str, bytes]:
    """Each generated file, by its path in the repository."""
    files = {"docs/reference/commands.md": _commands().encode()}
    files.update(accuracy_pages(SHARED / "cache-cases"))
    for scenario in GALLERY:
        files.update(_gallery(scenario))
    files.update(_build_cache())
    files.update(_gate())
    return files


def _commands() -> str:
    sections = [INTRODUCTION]
    commands: list[list[str]] = [[]]
    for name in COMMANDS:
        commands += [[name], *([name, inner] for inner in GROUPS.get(name, ()))]
    for command in commands:
        words = [*command, "--help"]
        title = " ".join(["layerscope", *command])
        sections.append(f"## {title}\n\n```text\n{_run(words).strip()}\n```\n")
    return "\n".join(sections)


def _gallery(scenario: str) -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        inputs = [path.name for path in GALLERY[scenario](folder)]
        text = _run(["analyze", "--save", "json=report.json", *inputs], folder)
        report = (folder / "report.json").read_bytes()
    place = f"reports/gallery/{scenario}"
    return {f"{place}/report.txt": text.encode(), f"{place}/report.json": report}


def _build_cache() -> dict[str, bytes]:
    """What is said of the demo's project, which was edited on line 4."""
    builds = ["--before", "Dockerfile.before", "--context", ".", "--no-index"]
    with tempfile.TemporaryDirectory() as name:
        folder = write_project(Path(name))
        texts = {
            "simulate": _run(["cache", "simulate", *builds], folder),
            "explain": _run(["cache", "explain", "--line", "11", *builds], folder),
            "context": _run(["cache", "context", ".", "--no-index"], folder),
        }
        document = _run(["cache", "simulate", "-f", "json", *builds], folder)
    place = "reports/gallery/build-cache"
    files = {f"{place}/{command}.txt": text.encode() for command, text in texts.items()}
    return {**files, f"{place}/simulate.json": document.encode()}


def _gate() -> dict[str, bytes]:
    """What is said of the demo's image that grew, in every format from one run."""
    with tempfile.TemporaryDirectory() as name:
        folder = write_gate_demo(Path(name, "gate"))
        saves = [f"--save={kind}={file}" for kind, file in GATE_FILES.items()]
        words = ["gate", "after.tar", "--baseline", "before.tar", "--dockerfile", "Dockerfile"]
        text = _run([*words, "--today", "2026-11-24", "--exit-zero", "-q", *saves], folder)
        written = {file: (folder / file).read_bytes() for file in GATE_FILES.values()}
    place = "reports/gallery/gate"
    return {f"{place}/gate.txt": text.encode()} | {
        f"{place}/{file}": content for file, content in written.items()
    }


def _run(words: list[str], folder: Path = REPOSITORY) -> str:
    """What a command prints; exit status 3 is fine, since one scenario is about damage."""
    shown = {"COLUMNS": str(WIDTH), "NO_COLOR": "1", "TERM": "dumb", "PYTHONPATH": str(REPOSITORY)}
    # What an earlier run remembers would be `remembered` in the reports.
    shown["LAYERSCOPE_CATALOG"] = ""
    done = subprocess.run(  # noqa: S603 - our own program with our own words
        [sys.executable, "-m", "layerscope", *words],
        cwd=folder,
        env={**os.environ, **shown},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 3):
        raise RuntimeError(f"layerscope {' '.join(words)}: {done.stderr}")
    return done.stdout


def main() -> None:
    """Write every generated file."""
    for name, content in generated().items():
        path = REPOSITORY / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
