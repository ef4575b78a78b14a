"""Upper and lower case as the reference's language has it: one character at a time.

BuildKit is written in Go, whose `strings.ToLower` and `strings.ToUpper` map each character to one
other. Python knows rules for whole words (`ß` becomes `SS`, a sigma at the end is another one), so
neither `str.lower` nor `str.upper` gives the same keyword for every input.
"""

from __future__ import annotations


def lower(text: str) -> str:
    """The text with each letter in lower case, never more or fewer characters than before.

    A byte that is not UTF-8 becomes U+FFFD.
    """
    if text.isascii():
        return text.lower()
    return "".join(_lower(char) for char in text)


def upper(text: str) -> str:
    """The text with each letter in upper case, never more or fewer characters than before.

    A byte that is not UTF-8 becomes U+FFFD.
    """
    if text.isascii():
        return text.upper()
    return "".join(_upper(char) for char in text)


def _lower(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    # The one character whose lower case has two code points.
    return "i" if char == "\u0130" else char.lower()


def _upper(char: str) -> str:
    if "\ud800" <= char <= "\udfff":
        return "\ufffd"
    for mapped in (char.upper(), char.title()):
        if len(mapped) == 1:
            return mapped
    return char
