"""`layerscope cache`: what the build cache will do, without building."""

from __future__ import annotations

from layerscope.cli.lazy_group import group_app

COMMANDS = ("simulate", "explain", "context", "score")
app = group_app({name: f"{__name__}.{name}" for name in COMMANDS})


@app.callback()
def cache() -> None:
    """What the build cache will do, without building."""
