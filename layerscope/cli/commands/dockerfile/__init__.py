"""`layerscope dockerfile`: what a Dockerfile says, and what in it costs cache, size or time."""

from __future__ import annotations

from layerscope.cli.lazy_group import group_app

COMMANDS = ("parse", "lint")
app = group_app({name: f"{__name__}.{name}" for name in COMMANDS})


@app.callback()
def dockerfile() -> None:
    """What a Dockerfile says, and what in it costs cache, size or time."""
