"""Lines for `$GITHUB_OUTPUT` from a verdict: `python3 outputs.py VERDICT REPORT`.

The standard library alone: this also runs where the program is installed elsewhere.
"""

from __future__ import annotations

import json
import os
import sys
import uuid

METRIC = "compressed_bytes"


def lines(verdict: dict[str, object] | None, report: str) -> list[str]:
    """The lines; `size` and `delta` are empty unless they are known of every image.

    All values but the path are a whole number or one of a few words, so that no name from an image
    gets among them. The path may hold a line end and is fenced by a word nobody can foresee.
    """
    passed, outcome, size, delta = False, "", None, None
    if verdict is not None:
        passed = verdict.get("passed") is True
        outcome = str(verdict.get("outcome"))
        images = verdict.get("images")
        if isinstance(images, list) and images:
            new = [whole(image["new"].get(METRIC)) for image in images]
            old = [whole(image["old"].get(METRIC)) for image in images]
            size = total(new)
            before = total(old)
            delta = None if size is None or before is None else size - before
    fence = uuid.uuid4().hex
    return [
        f"passed={'true' if passed else 'false'}",
        f"outcome={outcome if outcome in {'pass', 'warn', 'fail'} else ''}",
        f"size={'' if size is None else size}",
        f"delta={'' if delta is None else delta}",
        *([f"report<<{fence}", report, fence] if report and os.path.isfile(report) else []),
    ]


def whole(value: object) -> int | None:
    """The value if it is a whole number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def total(numbers: list[int | None]) -> int | None:
    """The sum, None if a number is not known."""
    known = [number for number in numbers if number is not None]
    return sum(known) if len(known) == len(numbers) else None


def read(path: str) -> dict[str, object] | None:
    """The verdict; None if the gate left none, as for a broken configuration."""
    try:
        with open(path, encoding="ascii") as stream:
            found = json.load(stream)
    except FileNotFoundError:
        return None
    return found if isinstance(found, dict) else None


if __name__ == "__main__":
    sys.stdout.write("\n".join([*lines(read(sys.argv[1]), sys.argv[2]), ""]))
