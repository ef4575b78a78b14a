"""A build context of 100,000 files, and a Dockerfile of 200 instructions over it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDERS = 1_000
FILES_IN_EACH = 100
FILE_BYTES = 4_000
INSTRUCTIONS = 200


def write_context(root: Path) -> Path:
    """`root` with 100,000 files of 4 kB in 1,000 folders, no two alike."""
    for number in range(FOLDERS):
        place = root / f"d{number // 40}" / f"s{number % 40}"
        place.mkdir(parents=True)
        for file in range(FILES_IN_EACH):
            content = f"{number} {file} ".encode()
            (place / f"file{file}").write_bytes(content * (FILE_BYTES // len(content)))
    # Files must be older than a run for that run to keep their digests.
    time.sleep(0.05)
    return root


def dockerfile(edited: int | None = None) -> str:
    """200 instructions: commands, copies of folders, of files and of all, variables.

    Args:
        edited: The number of an instruction whose text differs, a multiple of four.
    """
    lines = ["FROM base:1", "WORKDIR /app", "COPY . /all/"]
    for number in range(INSTRUCTIONS - len(lines)):
        folder = f"d{number % 25}"
        lines.append(
            (
                f"RUN echo {number}{' edited' if number == edited else ''} > /r{number}",
                f"COPY {folder} /c{number}/",
                f"COPY {folder}/s1/file2 /f{number}",
                f"ENV V{number}=x",
            )[number % 4]
        )
    return "".join(f"{line}\n" for line in lines)
