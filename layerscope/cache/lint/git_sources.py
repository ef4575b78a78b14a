"""Which sources of ADD are Git repositories."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_git(source: str) -> bool:
    """Is this URL one that BuildKit clones: a path that ends in `.git`, before any `#ref`?

    Source: BuildKit, `util/gitutil/git_ref.go`.
    """
    if source.startswith(("git@", "git://", "ssh://")):
        return True
    try:
        return urlsplit(source).path.endswith(".git")
    except ValueError:
        # No URL at all, such as one with half an IPv6 address.
        return False
