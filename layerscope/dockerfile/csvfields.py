"""One line of comma-separated fields, as `--mount` and `--device` hold them.

Source: the csvvalue package that BuildKit uses (RFC 4180 quoting, in one line).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Iterable


def split_fields(line: str) -> list[str]:
    """The fields; one line end at the end of the text does not count.

    Raises:
        DockerfileError: The text is empty, or a quote is not where one may stand.
    """
    if line.endswith("\n"):
        line = line[: -2 if line.endswith("\r\n") else -1]
    if not line:
        raise DockerfileError("the value is empty; it takes key=value fields with commas between")
    fields: list[str] = []
    position = 0
    while True:
        if line.startswith('"', position):
            field, position = _quoted(line, position + 1)
        else:
            end = line.find(",", position)
            end = len(line) if end < 0 else end
            field = line[position:end]
            if '"' in field:
                raise DockerfileError('a quote (") stands inside of a field; quote the whole field')
            position = end
        fields.append(field)
        if position >= len(line):
            return fields
        position += 1


def join_fields(fields: Iterable[str]) -> str:
    """Text from which `split_fields` gives these fields again."""
    return ",".join(
        '"' + field.replace('"', '""') + '"'
        if not field or any(char in field for char in ',"\r\n')
        else field
        for field in fields
    )


def _quoted(line: str, start: int) -> tuple[str, int]:
    """The field whose opening quote stands before `start`, and where its comma or the end is."""
    pieces: list[str] = []
    while True:
        end = line.find('"', start)
        if end < 0:
            raise DockerfileError('a quoted field has no closing quote (")')
        pieces.append(line[start:end])
        after = line[end + 1 : end + 2]
        if after == '"':
            pieces.append('"')
            start = end + 2
        elif after in {"", ","}:
            return "".join(pieces), end + 1
        else:
            raise DockerfileError('text follows the closing quote (") of a field; a comma must')
