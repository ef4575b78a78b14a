"""Paths as Go's `path` package and BuildKit's frontend treat them."""

from __future__ import annotations

import posixpath

WILDCARDS = frozenset("*?[")


def clean(path: str) -> str:
    """The shortest equal path; `.` for nothing (Go's `path.Clean`)."""
    cleaned = posixpath.normpath(path) if path else "."
    return "/" + cleaned.lstrip("/") if cleaned.startswith("/") else cleaned


def join(*parts: str) -> str:
    """The parts that are not empty, joined and cleaned (Go's `path.Join`)."""
    joined = "/".join(part for part in parts if part)
    return clean(joined) if joined else ""


def base(path: str) -> str:
    """The last component (Go's `path.Base`)."""
    stripped = path.rstrip("/")
    if not stripped:
        return "/" if path else "."
    return stripped.rpartition("/")[2]


def is_absolute(path: str) -> bool:
    """Does it start at the root?"""
    return path.startswith("/")


def inside(path: str) -> str:
    """A path as trees name it: from the root, without slashes at the ends."""
    return clean("/" + path).strip("/")


def kept_slash(path: str, original: str) -> str:
    """`path` with the `/` or `/.` at the end of `original` put back."""
    if original.endswith("/") and not path.endswith("/"):
        return path + "/"
    if original.endswith("/."):
        return (path if path == "/" else path + "/") + "."
    return path


def normalize(parent: str, path: str, *, keep_slash: bool) -> str:
    """BuildKit's `system.NormalizePath` for Linux: absolute; only relative ones are cleaned."""
    parent = parent or "/"
    if not is_absolute(parent):
        parent = join("/", parent)
    original, path = path, path or parent
    if not is_absolute(path):
        path = join(parent, path)
    return kept_slash(path, original) if keep_slash else path


def action_path(path: str, *, keep_slash: bool) -> str:
    """LLB's `normalizePath` of an absolute path, as file actions hold it."""
    cleaned = clean(path)
    if not is_absolute(cleaned):
        cleaned = join("/", cleaned)
    return kept_slash(cleaned, path) if keep_slash else cleaned


def has_wildcards(path: str) -> bool:
    """Does it hold `*`, `?` or `[` that no backslash takes back?"""
    escaped = False
    for char in path:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif char in WILDCARDS:
            return True
    return False
