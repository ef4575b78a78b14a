"""Which of several tags names the newest release.

The order is that of Semantic Versioning 2.0.0 (clause 11) for one to four numbers, with or without
a leading `v`. It departs from it in that `rc9` comes before `rc10`, and `1.2rc1` means `1.2-rc1`:
images have such tags. Dates are versions: `2026.11.24`, `2026-11-24` and `20261124` are the same.

PEP 440 is another order: it refuses `1.2.3-alpine`, and takes `1.2.3-4` for newer than `1.2.3`.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Version = tuple[tuple[int, ...], bool, tuple[tuple[int, int, str], ...]]
"""The numbers, whether it is a release, and what tells prereleases apart: compares as it is."""

LONGEST_TAG = 128
"""By the distribution specification."""
_PLAIN_DIGITS = 6
"""A number of more digits, alone in a tag, is a time, a build or a hash as likely as a version."""

_DATE = re.compile(r"(20[0-9]{2})(-?)([0-9]{2})\2([0-9]{2})([0-9]{6}|[0-9]{4})?(?![0-9])", re.ASCII)
_VERSION = re.compile(
    r"(?P<v>v?)(?P<numbers>[0-9]{1,18}(?:\.[0-9]{1,18}){0,3})"
    r"(?:-(?P<suffix>[0-9a-z.-]+)|(?P<attached>(?:a|b|c|rc|alpha|beta|pre|preview|dev)[0-9.]*))?",
    re.ASCII,
)
_WORDS = re.compile(r"[0-9]{1,18}|[a-z]+", re.ASCII)


def newest(names: Iterable[str]) -> Version | None:
    """The highest version that the tags of some names say; None if none says any."""
    versions = [version for name in names if (version := version_of(_tag(name)))]
    return max(versions, default=None)


def version_of(tag: str) -> Version | None:
    """The version that a tag says; None for `latest`, hashes, words and what is not sure.

    >>> version_of("v1.10.0") > version_of("1.9.3") > version_of("1.9.3-rc.2")
    True
    >>> version_of("latest"), version_of("4f2c1d9"), version_of("1234567")
    (None, None, None)
    """
    if len(tag) > LONGEST_TAG:
        return None
    text = tag.lower()
    if found := _DATE.match(text):
        year, _, month, day, time = found.groups()
        try:
            date(int(year), int(month), int(day))
        except ValueError:
            return None
        time = f".{time}" if time else ""
        text = f"{year}.{month}.{day}{time}{text[found.end() :]}"
    match = _VERSION.fullmatch(text)
    if not match:
        return None
    alone = not match["v"] and "." not in match["numbers"]
    # `12a3456` is the beginning of a hash rather than the alpha of a release 12.
    if alone and (match["attached"] or len(match["numbers"]) > _PLAIN_DIGITS):
        return None
    numbers = [int(number) for number in match["numbers"].split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    words = _WORDS.findall(match["suffix"] or match["attached"] or "")
    identifiers = tuple((0, int(word), "") if word.isdigit() else (1, 0, word) for word in words)
    return tuple(numbers), not words, identifiers


def is_bare_tag(name: str) -> bool:
    """Whether a name is only a tag, as image layouts have them: it does not say of what image.

    >>> is_bare_tag("latest"), is_bare_tag("app:latest")
    (True, False)
    """
    return not any(mark in name for mark in ":/@")


def _tag(name: str) -> str:
    """The tag of a name, empty if it has none."""
    if is_bare_tag(name):
        return name
    return name.partition("@")[0].rpartition("/")[2].partition(":")[2]
