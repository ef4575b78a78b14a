"""Every rule of `dockerfile lint`: its code, what it finds, how severe that is at most.

Each has a page in `docs/reference/lint/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.cache.lint import (
    archives,
    bases,
    changing_values,
    copy_order,
    deleted_later,
    maintainer,
    owner_copies,
    package_caches,
    package_index,
    remote_files,
    secrets,
    what_runs,
    whole_context,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from layerscope.cache.lint.finding import Finding, Severity
    from layerscope.cache.lint.reading import Reading


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        code: Its name.
        severity: The most severe one that its findings have.
        title: What it finds, as a line of a table.
        check: Gives its findings, in any order.
    """

    code: str
    severity: Severity
    title: str
    check: Callable[[Reading], Iterator[Finding]]


RULES: tuple[Rule, ...] = (
    Rule("archive-copied", "warning", "an archive is stored, then unpacked", archives.check),
    Rule(
        "changing-value-early",
        "warning",
        "a value that differs in each build stands above costly steps",
        changing_values.check,
    ),
    Rule(
        "copy-before-install",
        "warning",
        "all of the source is copied before dependencies are installed",
        copy_order.check,
    ),
    Rule(
        "deleted-in-later-layer",
        "warning",
        "what an earlier layer stores is deleted in a later one",
        deleted_later.check,
    ),
    Rule("maintainer", "info", "MAINTAINER is a step that can miss", maintainer.check),
    Rule(
        "missing-dockerignore",
        "warning",
        "all of the context is copied and there is no .dockerignore",
        whole_context.check,
    ),
    Rule(
        "owner-copies",
        "warning",
        "a change of owner or mode stores files a second time",
        owner_copies.check,
    ),
    Rule(
        "package-cache-kept",
        "warning",
        "a package manager's cache stays in the image",
        package_caches.check,
    ),
    Rule(
        "remote-add-unchecked",
        "warning",
        "ADD of a URL without a checksum",
        remote_files.check,
    ),
    Rule("secret-in-build", "error", "a secret in ARG, ENV or RUN", secrets.check),
    Rule(
        "several-commands",
        "warning",
        "a CMD or ENTRYPOINT that a later one replaces",
        what_runs.check_several,
    ),
    Rule(
        "shell-entrypoint",
        "warning",
        "ENTRYPOINT in shell form: CMD is ignored, process 1 is a shell",
        what_runs.check_shell,
    ),
    Rule(
        "stale-package-index",
        "warning",
        "the package index is fetched in one step and used in another",
        package_index.check,
    ),
    Rule("unpinned-base", "warning", "the base image can change by itself", bases.check),
)
"""Sorted by code."""
