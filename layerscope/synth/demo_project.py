"""A small project to build, before and after an edit: what the build cache is shown with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import UnreadableInputError, UsageError, shown

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = """\
FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.txt .
RUN pip install --prefix=/out -r requirements.txt
COPY shop shop
RUN python -m compileall -q shop && cp -r shop /out/

FROM python:3.13-slim
ENV SHOP_CURRENCY=EUR
COPY conf /etc/shop
COPY --from=build /out /usr/local
CMD ["python", "-m", "shop"]
"""

AFTER = BEFORE.replace("pip install ", "pip install --no-cache-dir ")

FILES = {
    ".dockerignore": ".dockerignore\nDockerfile*\n",
    "Dockerfile": AFTER,
    "Dockerfile.before": BEFORE,
    "conf/shop.toml": 'currency = "EUR"\n',
    "docs/manual.md": "# The shop\n" + "A long page about the shop.\n" * 2000,
    "requirements.txt": "flask==3.1\n",
    "shop/__init__.py": "",
    "shop/__main__.py": 'print("open")\n',
}


def write_project(folder: Path, *, overwrite: bool = False) -> Path:
    """`folder`, after the project was written into it.

    Raises: `UsageError` if a file is there and may not be replaced, `UnreadableInputError` if the
    folder cannot be written.
    """
    for name in FILES:
        path = folder / name
        if path.is_symlink() or (path.exists() and not overwrite):
            raise UsageError(
                f"expected no file called {shown(name)}, found one",
                shown(str(folder)),
                hint="--force replaces it; or give another folder",
            )
    try:
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            path.chmod(0o644)
    except OSError as error:
        problem = f"cannot write the demo: {error.strerror or error}"
        raise UnreadableInputError(problem, shown(str(folder))) from error
    return folder
