"""Real programs over the loopback: a Dask scheduler with workers, and a server that speaks S3."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.surroundings import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 120


@contextmanager
def dask_programs(folder: Path, workers: int, **environment: str) -> Iterator[str]:
    """The address of `dask scheduler`, to which so many `dask worker`s belong."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = ["scheduler", "--host", "127.0.0.1", "--port", str(port)]
    worker = ["worker", address, "--host", "127.0.0.1", "--nthreads", "1"]
    commands = [[*scheduler, "--dashboard-address", "127.0.0.1:0"]]
    commands += [
        [*worker, "--local-directory", str(folder / f"worker{at}")] for at in range(workers)
    ]
    with programs([[sys.executable, "-m", "dask", *each] for each in commands], **environment):
        wait_for(port)
        yield address


@contextmanager
def s3_server() -> Iterator[dict[str, str]]:
    """What the environment of a program must say for `s3://` to mean the server that runs here."""
    port = free_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with programs([command], **settings):
        wait_for(port)
        yield settings


@contextmanager
def programs(commands: list[list[str]], **environment: str) -> Iterator[None]:
    """The programs, which are ended afterwards."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("COV_")}
    started = [
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**inherited, "PYTHONPATH": str(REPOSITORY), **environment},
        )
        for command in commands
    ]
    try:
        yield
    finally:
        for program in reversed(started):
            program.terminate()
        for program in started:
            try:
                program.wait(20)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    """Until somebody listens there."""
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return
