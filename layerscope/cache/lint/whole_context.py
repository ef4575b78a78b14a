"""Rule `missing-dockerignore`: all files are copied, and nothing says which are not meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.lint.copy_order import copies_whole_context

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.filetree import FileTree
    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading

RULE = "missing-dockerignore"

# What a context often holds and an image never needs, at the top.
_NOT_MEANT = (
    *(".git", ".hg", ".svn", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".idea"),
    *(".vscode", ".env", ".pytest_cache", ".mypy_cache", "target", "dist", "build", "coverage"),
)
_USUAL = (".git", "Dockerfile", ".env", "node_modules")
_MOST_SHOWN = 6


def check(reading: Reading) -> Iterator[Finding]:
    """The first step that copies the whole context, where there is no ignore file."""
    if reading.has_ignore_file is not False:
        return
    for stage in reading.stages:
        for step in stage.steps:
            if not copies_whole_context(step):
                continue
            there = _not_meant(reading.context)
            found = f" ({', '.join(there[:_MOST_SHOWN])} among them)" if there else ""
            names = there[:_MOST_SHOWN] or _USUAL
            yield reading.finding(
                RULE,
                "info" if reading.context is not None and not there else "warning",
                step,
                f"all files of the context are copied{found} and there is no .dockerignore: a"
                " change of any of them runs this step and all below again",
                "write a .dockerignore:\n" + "\n".join(names),
            )
            return


def _not_meant(context: FileTree | None) -> tuple[str, ...]:
    if context is None:
        return ()
    return tuple(name for name in _NOT_MEANT if context.node(name) is not None)
