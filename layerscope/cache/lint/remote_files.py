"""Rule `remote-add-unchecked`: ADD of a URL whose content nobody checks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from layerscope.dockerfile.instructions import Add

if TYPE_CHECKING:
    from collections.abc import Iterator

    from layerscope.cache.lint.finding import Finding
    from layerscope.cache.lint.reading import Reading

RULE = "remote-add-unchecked"


def check(reading: Reading) -> Iterator[Finding]:
    """ADD of `http://` and `https://` without `--checksum`; Git repositories are left alone."""
    for stage in reading.stages:
        for step in stage.steps:
            add = step.instruction
            if not isinstance(add, Add) or add.checksum:
                continue
            urls = [source for source in add.sources if _is_download(source)]
            if urls:
                yield reading.finding(
                    RULE,
                    "warning",
                    step,
                    "ADD of a URL without a checksum: each build asks the server again, and takes"
                    " whatever it answers",
                    f"ADD --checksum=sha256:… {urls[0]} {add.destination}",
                )


def _is_download(source: str) -> bool:
    """Is it a URL that is not a Git repository: one whose path ends in `.git`?

    Source: BuildKit, `frontend/dockerfile/dfgitutil/git_ref.go`.
    """
    if not source.lower().startswith(("http://", "https://")):
        return False
    try:
        return not urlsplit(source).path.endswith(".git")
    except ValueError:
        # Half an IPv6 address, say: whatever it is, it has no checksum.
        return True
