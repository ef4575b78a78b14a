"""Runs the whole program many times, each run a process of its own, without starting Python anew.

A line of JSON on standard input is a run: `{"argv", "cwd", "tmp", "timeout"}`. This process has
imported the package, forks, and the child becomes `python -m layerscope ARGV…` with its standard
streams in `tmp/stdout` and `tmp/stderr`. A line of JSON on standard output answers:
`{"status", "peak_kib", "timed_out"}`; `peak_kib` is of the largest process of the run.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import runpy
import signal
import sys
import tempfile
import time
import traceback
from typing import Any, NoReturn

import layerscope

LOOK_EVERY_S = 0.004


def _import_all() -> None:
    """Import what a run would import; what fails to import here fails there, where it shows."""
    for module in pkgutil.walk_packages(layerscope.__path__, "layerscope."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def _become(run: dict[str, Any]) -> NoReturn:
    """The child: streams, folder and surroundings of a fresh process, then the program."""
    os.setsid()
    os.chdir(run["cwd"])
    for number, name, flags in (
        (0, os.devnull, os.O_RDONLY),
        (1, os.path.join(run["tmp"], "stdout"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (2, os.path.join(run["tmp"], "stderr"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.update(HOME=run["cwd"], TMPDIR=run["cwd"], XDG_CACHE_HOME=run["cwd"])
    tempfile.tempdir = None
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115 - lives as long as the run
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115 - the same
    sys.stderr = open(2, "w", closefd=False, encoding="utf-8", errors="backslashreplace")  # noqa: SIM115 - the same
    sys.argv = ["layerscope", *run["argv"]]
    status = 0
    try:
        runpy.run_module("layerscope", run_name="__main__", alter_sys=True)
    except SystemExit as left:
        status = left.code if isinstance(left.code, int) else int(left.code is not None)
    except BaseException:  # noqa: BLE001 - what Python would do at the top: print it and exit 1
        traceback.print_exc()
        status = 1
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _wait(child: int, timeout: float) -> dict[str, object]:
    """Exit status and memory of the child, which is ended with all its workers when time is up."""
    end = time.monotonic() + timeout
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return {"status": code, "peak_kib": usage.ru_maxrss, "timed_out": False}
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            _, _, usage = os.wait4(child, 0)
            return {"status": None, "peak_kib": usage.ru_maxrss, "timed_out": True}
        time.sleep(LOOK_EVERY_S)


def main() -> None:
    """Answer one line for each line, until there are no more."""
    _import_all()
    for line in sys.stdin:
        run = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(run)
        sys.stdout.write(json.dumps(_wait(child, run["timeout"])) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
