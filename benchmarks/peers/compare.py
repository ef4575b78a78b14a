"""How layerscope compares with other programs on the same files: CPU time, pairs run in turn.

    python benchmarks/peers/compare.py IMAGES_DIR [--runs 5] [--only NAME] [--images NAME…]

IMAGES_DIR holds `NAME.docker.tar`, `NAME.oci-gz.tar` and `NAME.oci-zst.tar`. Needs igzip, zstd,
openssl and dive 0.13.1 beside layerscope's own environment; a row whose program or image is missing
says so. CPU time is user and system time of a whole process tree. Each row runs A B A B …, divides
pair by pair and takes the median, so that a busy machine disturbs both sides alike. The exit status
is 1 if a bar does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
LOOP = Path(__file__).with_name("tarfile_loop.py")
MB = 1_000_000
LOOK_EVERY_S = 0.01
NINE = ("base", "py", "pyflat", "pyjava", "node", "nodeapp", "java", "clang", "chromium")


@dataclass(frozen=True)
class Cost:
    """What one run took: seconds, and bytes of the largest of its processes."""

    cpu: float
    wall: float
    peak: int

    def of(self, measure: str) -> float:
        """The seconds that count: `cpu` or `wall`."""
        return self.wall if measure == "wall" else self.cpu


@dataclass(frozen=True)
class Row:
    """One comparison: `analyze` (A) should cost at most `bar` times what the peer (B) does.

    `kind` names the archives: `docker`, `oci-gz` or `oci-zst`. The peer is a key of `PEERS`.
    `measure` is `cpu` or `wall`. One line of the table for each image, or one for all `together`.
    """

    name: str
    kind: str
    peer: str
    bars: dict[str, float]
    measure: str = "cpu"
    jobs: int = 1
    together: tuple[str, ...] = ()


ROWS = (
    Row("gzip", "oci-gz", "igzip", {"py": 1.4, "node": 1.4}),
    Row("raw", "docker", "openssl", {"clang": 1.9, "node": 2.6}),
    Row("zstd", "oci-zst", "zstd", {"py": 1.25, "node": 1.25}),
    Row("dive", "docker", "dive", {"py": 1.2, "clang": 1.2, "node": 0.9, "nodeapp": 0.9}),
    Row("dive-gzip", "oci-gz", "dive", {"py": 0.7, "node": 0.7}),
    Row(
        "dive-wall",
        "docker",
        "dive",
        dict.fromkeys(("py", "clang", "node", "nodeapp"), 0.7),
        "wall",
        jobs=2,
    ),
    Row("dive-nine", "docker", "dive", {"nine": 1.0}, together=NINE),
    Row("dive-whiteouts", "docker", "dive", {"pyapp": 1 / 50}),
    Row("tarfile-raw", "docker", "tarfile", {"py": 1 / 3, "node": 1 / 6}),
    Row("tarfile-gzip", "oci-gz", "tarfile", {"py": 1 / 2.5}),
    Row("two-workers", "docker", "one-worker", {"py": 0.6, "pyjava": 0.6}, "wall", jobs=2),
)
PROGRAMS = {
    "igzip": ("igzip", "openssl"),
    "zstd": ("zstd", "openssl"),
    "openssl": ("openssl",),
    "dive": ("dive",),
}
"""What a peer needs that does not come with Python."""


@dataclass
class Bench:
    """Where things are, and the layers taken out of archives so far."""

    images: Path
    python: str
    runs: int
    tmp: Path
    taken: dict[str, Path] = field(default_factory=dict)

    def archive(self, image: str, kind: str) -> str:
        """Path of an image's archive: `docker`, `oci-gz` or `oci-zst`."""
        return str(self.images / f"{image}.{kind}.tar")

    def layerscope(self, *arguments: str) -> list[str]:
        """The command that runs the program of this working copy."""
        return [self.python, "-m", "layerscope", *arguments]

    def analyze(self, *archives: str, jobs: int = 1) -> list[str]:
        """One run of `analyze` that prints JSON."""
        return self.layerscope("analyze", "-f", "json", "--jobs", str(jobs), *archives)

    def peer(self, peer: str, archives: list[str]) -> list[str]:
        """The command of a peer over these archives."""
        if peer == "openssl":
            return ["openssl", "dgst", "-sha256", *archives]
        if peer == "tarfile":
            return [self.python, str(LOOP), *archives]
        if peer == "one-worker":
            return self.analyze(*archives, jobs=1)
        if peer == "dive":
            # Without its screen; it judges the image by rules of its own, which is not our affair.
            program = shlex.quote(found("dive", self.python) or "dive")
            call = f"{program} --ci --source docker-archive {{}} >/dev/null 2>&1 || :"
            return ["sh", "-c", "\n".join(call.format(shlex.quote(one)) for one in archives)]
        unpack = {"igzip": "igzip -dc", "zstd": "zstd -dcq"}[peer]
        return ["sh", "-c", "\n".join(self.unpacked(one, unpack) for one in archives)]

    def unpacked(self, archive: str, unpack: str) -> str:
        """A line of shell for each layer of an OCI archive: unpack it and hash the tar.

        The layers are taken out of the archive once, before anything is timed.
        """
        folder = self.taken.get(archive) or take_layers(archive, self.tmp)
        self.taken[archive] = folder
        return "\n".join(
            f"{unpack} {shlex.quote(str(layer))} | openssl dgst -sha256"
            for layer in sorted(folder.iterdir())
        )


def found(program: str, python: str) -> str | None:
    """Path of a program, looked for beside the interpreter first."""
    beside = Path(python).with_name(program)
    return str(beside) if os.access(beside, os.X_OK) else shutil.which(program)


def take_layers(archive: str, tmp: Path) -> Path:
    """A new folder with the distinct layer blobs of an OCI archive."""
    folder = Path(tempfile.mkdtemp(dir=tmp))
    with tarfile.open(archive, mode="r:") as tar:

        def member(name: str) -> IO[bytes]:
            found_member = tar.extractfile(name)
            if found_member is None:
                raise FileNotFoundError(name)
            return found_member

        def blob(digest: str) -> IO[bytes]:
            return member(f"blobs/{digest.replace(':', '/')}")

        for described in json.load(member("index.json"))["manifests"]:
            for layer in json.load(blob(described["digest"]))["layers"]:
                # In pieces: memory of this process would show in the peaks of those it starts.
                with (folder / layer["digest"].replace(":", "-")).open("wb") as out:
                    shutil.copyfileobj(blob(layer["digest"]), out)
    return folder


def environment() -> dict[str, str]:
    """The surroundings of every run: this working copy, no catalog, no terminal."""
    ours = {"PYTHONPATH": str(ROOT), "LAYERSCOPE_CATALOG": "", "NO_COLOR": "1", "CI": "true"}
    return {**os.environ, **ours}


def run(command: list[str]) -> Cost:
    """One run, its output thrown away. Raises: `RuntimeError` if it fails."""
    start = time.perf_counter()
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment()
    )
    said = child.stderr.read() if child.stderr else b""
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.stderr:
        child.stderr.close()
    if child.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)}: {said.decode(errors='replace')[-500:]}")
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


HEADER = f"{'row':<22}{'image':<9}{'A':>9}{'B':>9}{'A/B':>8}{'bar':>8}  "


def show(name: str, image: str, cells: tuple[str, str, str, str], holds: str, more: str) -> None:
    """One line of the table."""
    first, second, ratio, bar = cells
    print(
        f"{name:<22}{image:<9}{first:>9}{second:>9}{ratio:>8}{bar:>8}  {holds:<6}{more}", flush=True
    )


def missing(bench: Bench, peer: str, archives: list[str]) -> str | None:
    """Why a row cannot be measured, or None."""
    for program in PROGRAMS.get(peer, ()):
        if found(program, bench.python) is None:
            return f"{program} is not installed"
    gone = [archive for archive in archives if not os.path.exists(archive)]
    return f"{os.path.basename(gone[0])} is not there" if gone else None


def compare(bench: Bench, row: Row, image: str, bar: float) -> bool | None:
    """Run a row's pairs and print its line; whether its bar holds, or None if not measured."""
    archives = [bench.archive(one, row.kind) for one in row.together or (image,)]
    reason = missing(bench, row.peer, archives)
    if reason:
        show(row.name, image, ("", "", "", ""), "-", reason)
        return None
    subject = bench.analyze(*archives, jobs=row.jobs)
    peer = bench.peer(row.peer, archives)
    run(subject)  # the first run fills the page cache and writes byte code; it is not counted
    pairs = [(run(subject), run(peer)) for _ in range(bench.runs)]
    taken = [(a.of(row.measure), b.of(row.measure)) for a, b in pairs]
    ratio = statistics.median(a / b for a, b in taken)
    holds = ratio <= bar
    first, second = (statistics.median(side) for side in zip(*taken, strict=True))
    peaks = ", ".join(
        f"{max(c.peak for c in side) / MB:.0f} MB" for side in zip(*pairs, strict=True)
    )
    cells = (f"{first:.2f} s", f"{second:.2f} s", f"{ratio:.3f}", f"{bar:.3f}")
    told = f"{row.measure}, against {row.peer}; peaks {peaks}"
    show(row.name, image, cells, "holds" if holds else "NOT", told)
    return holds


def children(pid: int) -> list[int]:
    """Process ids below `pid`, all generations."""
    found_ids: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found_ids += [int(child), *children(int(child))]
    return found_ids


def peak_of(pid: int) -> int:
    """The highest resident memory of a process so far, in bytes; 0 if it is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def watched(command: list[str]) -> tuple[int, int]:
    """Peak memory in bytes of the main process and of its largest worker (0 without any)."""
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment()
    )
    main = worker = 0
    while child.poll() is None:
        main = max(main, peak_of(child.pid))
        with contextlib.suppress(OSError):  # a process may end while it is looked at
            worker = max([worker, *map(peak_of, children(child.pid))])
        time.sleep(LOOK_EVERY_S)
    return main, worker


def memory(bench: Bench, image: str, kind: str) -> bool | None:
    """Peak memory against 160 MB and 150 bytes for each file of the largest layer."""
    archive = bench.archive(image, kind)
    if not Path(archive).exists():
        show(f"memory-{kind}", image, ("", "", "", ""), "-", f"{archive} is not there")
        return None
    told = subprocess.run(
        bench.analyze(archive, jobs=2), capture_output=True, check=True, env=environment()
    )
    layers = [layer for one in json.loads(told.stdout)["images"] for layer in one["layers"]]
    bar = 160 * MB + 150 * max(layer["files"] for layer in layers)
    alone, _ = watched(bench.analyze(archive, jobs=1))
    main, worker = watched(bench.analyze(archive, jobs=2))
    holds: bool = max(alone, worker) <= bar
    cells = (f"{alone / MB:.0f} MB", f"{worker / MB:.0f} MB", "", f"{bar / MB:.0f} MB")
    more = f"A: one process, B: largest of two workers; their main process {main / MB:.0f} MB"
    show(f"memory-{kind}", image, cells, "holds" if holds else "NOT", more)
    return holds


def start(bench: Bench, arguments: list[str], allowed: float) -> bool:
    """Wall time to start against `python -c pass`, seconds more than that."""
    ours = bench.layerscope(*arguments)
    plain = [bench.python, "-c", "pass"]
    run(ours)
    runs = [(run(ours).wall, run(plain).wall) for _ in range(max(bench.runs, 5))]
    more = statistics.median(a - b for a, b in runs)
    first, second = (statistics.median(side) for side in zip(*runs, strict=True))
    cells = (f"{first:.3f} s", f"{second:.3f} s", f"+{more:.3f}", f"+{allowed:.2f}")
    holds = more <= allowed
    show("start", arguments[0], cells, "holds" if holds else "NOT", "wall, against python -c pass")
    return holds


def imports(bench: Bench, arguments: list[str], label: str, unwanted: tuple[str, ...]) -> bool:
    """Whether a run leaves heavy packages alone, by `-X importtime`."""
    command = [bench.python, "-X", "importtime", "-m", "layerscope", *arguments]
    done = subprocess.run(command, capture_output=True, check=False, env=environment())
    names = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.decode().splitlines()}
    loaded = [package for package in unwanted if package in names]
    told = f"loads {', '.join(loaded)}" if loaded else f"without {', '.join(unwanted)}"
    show("imports", label, ("", "", "", ""), "NOT" if loaded else "holds", told)
    return not loaded


def measure(bench: Bench, only: str | None, images: list[str]) -> list[bool | None]:
    """All rows that were asked for, printed as they come."""

    def wanted(name: str, image: str | None = None) -> bool:
        named = only is None or only in name
        return named and (not images or image is None or image in images)

    results = [
        compare(bench, row, image, bar)
        for row in ROWS
        for image, bar in row.bars.items()
        if wanted(row.name, image)
    ]
    results += [
        memory(bench, image, kind)
        for image in ("py", "node", "nodeapp", "clang")
        for kind in ("docker", "oci-gz", "oci-zst")
        if wanted(f"memory-{kind}", image)
    ]
    if wanted("start"):
        results.append(start(bench, ["--version"], 0.1))
        results.append(start(bench, ["--help"], 0.25))
    if wanted("imports"):
        heavy = ("pandas", "pyarrow", "networkx")
        results.append(imports(bench, ["--help"], "--help", heavy))
        smallest = min(bench.images.glob("*.docker.tar"), key=lambda path: path.stat().st_size)
        one = ["analyze", "--jobs", "1", "-f", "json", str(smallest)]
        # With one job the layers are read by the main process, which then is what a worker is.
        results.append(imports(bench, one, "analyze", ("pandas", "networkx", "pyarrow", "numpy")))
    return results


def main() -> int:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="layerscope against other programs, by CPU time")
    parser.add_argument("images_dir", type=Path)
    parser.add_argument("--runs", type=int, default=5, help="pairs for each row")
    parser.add_argument("--only", metavar="NAME", help="rows whose name contains this")
    parser.add_argument("--images", nargs="*", default=[], help="rows about these images only")
    parser.add_argument(
        "--python", default=sys.executable, help="interpreter to run layerscope with"
    )
    given = parser.parse_args()
    print(HEADER)
    with tempfile.TemporaryDirectory() as tmp:
        bench = Bench(given.images_dir, given.python, given.runs, Path(tmp))
        results = measure(bench, given.only, given.images)
    held = sum(result is True for result in results)
    print(f"{held} of {len(results)} hold, {results.count(None)} not measured")
    return 1 if False in results else 0


if __name__ == "__main__":
    sys.exit(main())
