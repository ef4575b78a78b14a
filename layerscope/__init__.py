"""layerscope shows what container images are made of, what they share, and what a build will do.

The public API is loaded lazily: `import layerscope` costs nothing.

- `open_images(path)`: the images of an archive, a layout or a folder.
- `scan(layer)`: one layer of them read, verified and measured.
- `analyze(paths)`: the report on all images of all paths.
- `read_fleet(paths)`: the same images as data frames, for the functions of `layerscope.fleet`.
- `simulate_cache(dockerfile, context)`: which steps of a build hit its cache, and why others miss.
- `parse_dockerfile(path)`: the stages and instructions of a Dockerfile.
- `errors`: what they raise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope import errors
    from layerscope.api import (
        analyze,
        open_images,
        parse_dockerfile,
        read_fleet,
        scan,
        simulate_cache,
    )

__version__ = "0.1.0.dev0"

__all__ = [
    "__version__",
    "analyze",
    "errors",
    "open_images",
    "parse_dockerfile",
    "read_fleet",
    "scan",
    "simulate_cache",
]


def __getattr__(name: str) -> object:
    """A part of the public API, imported when it is first asked for."""
    if name in __all__ and name != "errors":
        from layerscope import api  # noqa: PLC0415 - `import layerscope` must cost nothing

        value: object = getattr(api, name)
        globals()[name] = value
        return value
    if name == "errors":
        from importlib import import_module  # noqa: PLC0415 - `import layerscope` must cost nothing

        # The import system makes it an attribute of the package, so this runs once.
        return import_module("layerscope.errors")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names."""
    return __all__
