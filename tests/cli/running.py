"""The program run as users run it, and images for it to read."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.synth import tree_language
from layerscope.synth.layouts import docker_archive, oci_archive
from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path

BASE = """
layer ADD rootfs.tar /
add etc dir
add etc/motd file hello
"""
APP = """
layer COPY app /srv
add srv dir
add srv/app file size=3000 x
add srv/caf\\xe9 symlink app
"""


@dataclass(frozen=True)
class Run:
    """What a run left behind."""

    status: int
    out: bytes
    err: str


def run(*arguments: str, cwd: Path, stdin: bytes = b"", **environment: str) -> Run:
    """`python -m layerscope` in a folder of its own, with no terminal in sight."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"COLUMNS", "NO_COLOR", "TERM"} and not name.startswith("COV_")
    }
    done = subprocess.run(
        [sys.executable, "-m", "layerscope", *arguments],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=60,
        env={**inherited, "PYTHONPATH": str(REPOSITORY), **environment},
    )
    return Run(done.returncode, done.stdout, done.stderr.decode())


def app_tar(folder: Path, name: str = "app.tar") -> Path:
    """A docker archive of one image of two layers: 5 bytes, then 3,000."""
    return docker_archive(folder / name, tree_language.image(BASE + APP, "app:1"))


def two_tar(folder: Path, name: str = "two.tar") -> Path:
    """An OCI archive of two images: the base alone, and with the app on it."""
    images = (tree_language.image(BASE, "base:1"), tree_language.image(BASE + APP, "app:1"))
    return oci_archive(folder / name, *images, compression="gzip")


def damaged_tar(folder: Path, name: str = "damaged.tar") -> Path:
    """`app_tar` with one byte of the last layer's content changed."""
    path = app_tar(folder, name)
    data = bytearray(path.read_bytes())
    data[data.index(b"x" * 3000) + 7] = ord("y")
    path.write_bytes(data)
    return path
