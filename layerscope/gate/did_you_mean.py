"""The known word that a user most likely meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST_WORD = 60
"""No known word is longer; a longer text is not compared, since that takes its length squared."""


def nearest(
    word: str, known: Iterable[str], meanings: Mapping[str, str] | None = None
) -> str | None:
    """The known word that is most like `word`, None if none is much like it.

    Case and `_` for `-` make no difference.

    Args:
        word: What was written.
        known: What could have been meant.
        meanings: Other words for some of the known, such as `error` for `fail`.

    >>> nearest("metrc", ["name", "metric"]), nearest("error", ["fail"], {"error": "fail"})
    ('metric', 'fail')
    >>> nearest("zzz", ["name", "metric"]) is None
    True
    """
    if len(word) > LONGEST_WORD:
        return None
    plain = _plain(word)
    if meanings and plain in meanings:
        return meanings[plain]
    by_plain = {_plain(each): each for each in known}
    from difflib import get_close_matches  # noqa: PLC0415 - only for texts that are wrong

    found = get_close_matches(plain, sorted(by_plain), n=1, cutoff=0.6)
    return by_plain[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str], meanings: Mapping[str, str] | None = None) -> str:
    """A hint that names the nearest known word, or all of them if none is near.

    >>> did_you_mean("mx", ["max", "min"]), did_you_mean("zzz", ["max", "min"])
    ('did you mean max?', 'there are max, min')
    """
    words = list(known)
    found = nearest(word, words, meanings)
    return f"did you mean {found}?" if found else f"there are {', '.join(words)}"


def _plain(word: str) -> str:
    return word.strip().lower().replace("_", "-")
