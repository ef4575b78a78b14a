"""Shared by the tests of CI files: schemas, shellcheck, a PATH with this checkout's program."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from tests.surroundings import REPOSITORY

CI = REPOSITORY / "ci"
SCHEMAS = Path(__file__).parent / "schemas"
GENEROUS = '[[budget]]\nname = "size"\nmetric = "content"\nmax = "1 MB"\n'
"""A budget that every image of these tests keeps."""
TIGHT = '[[budget]]\nname = "size"\nmetric = "content"\nmax = "1 kB"\n'
"""One that none does."""


def conforms(document: object, schema: str) -> None:
    """Nothing. Fails if the document is not as the schema says."""
    jsonschema.validate(document, json.loads((SCHEMAS / schema).read_text()))


def decoded(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    return found


def shellcheck(script: str | Path, shell: str) -> str:
    """What shellcheck has to say."""
    program = Path(sys.executable).with_name("shellcheck")
    text = script.read_text() if isinstance(script, Path) else script
    done = subprocess.run(
        [program, f"--shell={shell}", "--enable=avoid-nullary-conditions,quote-safe-concat", "-"],
        input=text,
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def program(folder: Path) -> str:
    """A PATH in which `layerscope` is the program of this checkout."""
    folder.mkdir()
    (folder / "layerscope").write_text(
        f"#!/bin/sh\nPYTHONPATH={shlex.quote(str(REPOSITORY))} "
        f'exec {shlex.quote(sys.executable)} -m layerscope "$@"\n'
    )
    (folder / "layerscope").chmod(0o755)
    return f"{folder}:/usr/local/bin:/usr/bin:/bin"
