"""`make truth`: a sample of measured and random cases on the real builders that run here.

A builder that is not installed, or cannot run (no root, no namespaces), is skipped with the reason;
a prediction that is wrong makes the exit status 1.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile

from tests.surroundings import REPOSITORY, shared

PROGRAMS = {
    "classic": ("dockerd", "docker", "busybox"),
    "docker-buildkit": ("dockerd", "docker", "busybox"),
    "buildah": ("buildah", "busybox"),
}
EVERY = 25
RANDOM_CASES = 8
CANNOT_RUN = 3


def main() -> int:
    """0 if nothing is wrong, 1 if a prediction is."""
    cases = sorted(shared("cache-cases", "classic").glob("*.json"))[::EVERY]
    if not cases:
        sys.stdout.write("truth: skipped: ../shared/cache-cases is not there\n")
        return 0
    statuses = [_run(builder, [str(case) for case in cases]) for builder in PROGRAMS]
    return 1 if any(statuses) else 0


def _run(builder: str, cases: list[str]) -> bool:
    missing = [name for name in PROGRAMS[builder] if shutil.which(name) is None]
    if missing:
        sys.stdout.write(f"truth: {builder}: skipped: {', '.join(missing)} not installed\n")
        return False
    tmpfs = "/dev/shm"
    with tempfile.TemporaryDirectory(dir=tmpfs if os.access(tmpfs, os.W_OK) else None) as scratch:
        command = [sys.executable, "-m", "tests.truth.compare", "--builder", builder]
        command += ["--work-dir", scratch, "--random", str(RANDOM_CASES), *cases]
        sys.stdout.flush()
        status = subprocess.run(command, check=False, cwd=REPOSITORY).returncode
    if status == CANNOT_RUN:
        sys.stdout.write(f"truth: {builder}: skipped: it cannot run here (see above)\n")
        return False
    return status != 0


if __name__ == "__main__":
    sys.exit(main())
