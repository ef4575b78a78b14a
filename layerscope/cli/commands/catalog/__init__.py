"""`layerscope catalog`: what is remembered of layers between runs."""

from __future__ import annotations

from layerscope.cli.lazy_group import group_app

COMMANDS = ("info", "gc")
app = group_app({name: f"{__name__}.{name}" for name in COMMANDS})


@app.callback()
def catalog() -> None:
    """What is remembered of layers between runs."""
