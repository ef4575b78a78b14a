"""A stand-in for `gh api`: answers from files of a folder, and writes down what it was asked.

`$FAKE_GITHUB` holds `answers.json` (from `METHOD path` to a file's name or a JSON value), the files
that it names, and after a run `asked.jsonl`. Filters are run by jq itself.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import jq  # type: ignore[import-not-found, unused-ignore] # it ships no types, and mypy may not see it

if TYPE_CHECKING:
    from collections.abc import Sequence


def parser() -> argparse.ArgumentParser:
    """What of `gh` there is here; anything else is refused."""
    words = argparse.ArgumentParser(prog="gh", allow_abbrev=False)
    words.add_argument("command", choices=["api"])
    words.add_argument("path")
    words.add_argument("--method", default="GET")
    words.add_argument("--jq")
    words.add_argument("--field", action="append", default=[])
    words.add_argument("--raw-field", action="append", default=[])
    words.add_argument("--paginate", action="store_true")
    words.add_argument("--silent", action="store_true")
    return words


def main(arguments: Sequence[str]) -> int:
    """The exit status of `gh ARGUMENT…`."""
    given = parser().parse_args(arguments)
    folder = Path(os.environ["FAKE_GITHUB"])
    if os.environ.get("GH_TOKEN") != "the-token":
        return 4
    path, _, query = given.path.partition("?")
    fields = dict(text.split("=", 1) for text in given.raw_field)
    for text in given.field:
        name, value = text.split("=", 1)
        fields[name] = Path(value[1:]).read_bytes().decode() if value.startswith("@") else value
    asked = {"method": given.method, "path": path, "query": query, "fields": fields}
    with (folder / "asked.jsonl").open("a") as log:
        log.write(json.dumps(asked) + "\n")
    answers = json.loads((folder / "answers.json").read_text())
    wanted = f"{given.method} {path}"
    if wanted not in answers:
        sys.stderr.write("gh: Not Found (HTTP 404)\n")
        return 1
    answer = answers[wanted]
    if isinstance(answer, str):
        sys.stdout.buffer.write((folder / answer).read_bytes())
    elif given.jq is not None:
        # As `gh` prints them: texts without quotes.
        for value in jq.compile(given.jq).input_value(answer).all():
            sys.stdout.write(f"{value if isinstance(value, str) else json.dumps(value)}\n")
    elif not given.silent:
        sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
