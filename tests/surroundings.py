"""What a test needs from outside of the repository: programs that others wrote, shared folders.

On a developer's machine a test whose surroundings are missing is skipped and says what is missing.
Where `LAYERSCOPE_REQUIRE_ALL` is set, as in CI, `conftest.py` turns every skip into a failure.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]


def shared(*parts: str) -> Path:
    """A path below the folder `shared` beside the repository (or `$LAYERSCOPE_SHARED`)."""
    root = os.environ.get("LAYERSCOPE_SHARED") or REPOSITORY.parent / "shared"
    return Path(root, *parts)


def require_conformance(*parts: str) -> Path:
    """A path below `shared/conformance`; the test is skipped if it is not there."""
    path = shared("conformance", *parts)
    if not path.exists():
        pytest.skip(f"../shared/{'/'.join(('conformance', *parts))} is not there")
    return path


def require_program(*names: str) -> str:
    """The path of the first of these programs that is installed; skipped if none is."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"{' or '.join(names)} is not installed")
