"""`layerscope plan`: what a change would move, free or save, before it is made."""

from __future__ import annotations

from layerscope.cli.lazy_group import group_app

COMMANDS = ("pull", "push", "remove", "nodes", "rebase", "squash", "merge", "split", "repack")
app = group_app({name: f"{__name__}.{name}" for name in COMMANDS})


@app.callback()
def plan() -> None:
    """What a change would move, free or save; nothing is changed."""
