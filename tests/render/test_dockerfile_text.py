from __future__ import annotations

from layerscope.render.dockerfile_text import parsed_text
from layerscope.report.dockerfile_parsed import dockerfile_document
from tests.render.test_escape import EVIL


def lines_of(text: str, width: int = 80) -> list[str]:
    return parsed_text(dockerfile_document(text.encode()), width=width).decode().splitlines()


def test_dockerfile_text_groups_instructions_by_stage_with_their_lines() -> None:
    text = (
        "# syntax=docker/dockerfile:1\n"
        "ARG VERSION=13\n"
        "FROM debian:${VERSION} AS build\n"
        "RUN make \\\n"
        "  all\n"
        "\n"
        "FROM scratch\n"
        "COPY --from=build /out /\n"
    )

    assert lines_of(text) == [
        "    1  # syntax=docker/dockerfile:1",
        "    2  ARG VERSION=13",
        "",
        "build",
        "    3  FROM debian:${VERSION} AS build",
        "    4  RUN make   all",
        "",
        "stage-1",
        "    7  FROM scratch",
        "    8  COPY --from=build /out /",
    ]


def test_dockerfile_text_on_a_narrow_page_cuts_instructions_to_it() -> None:
    found = lines_of("FROM scratch\nCOPY aaaaaaaaaa bbbbbbbbbb /cccccccccc/\n", width=30)

    assert found == ["stage-0", "    1  FROM scratch", "    2  COPY aaaaaaaaaa bbbbbb…"]


def test_dockerfile_text_on_a_page_of_no_width_still_shows_twenty_columns() -> None:
    found = lines_of("# syntax=docker/dockerfile:1\nFROM scratch\n", width=5)

    assert found == ["    1  # syntax=docker/doc…", "", "stage-0", "    2  FROM scratch"]


def test_dockerfile_text_wraps_warnings_below_the_stages() -> None:
    # BuildKit's parser warns of an empty line inside an instruction.
    found = lines_of("FROM scratch\nRUN a \\\n\n  b\n", width=40)

    assert found[:4] == ["stage-0", "    1  FROM scratch", "    2  RUN a   b", ""]
    assert found[4].startswith("warning: line ")
    assert all(len(row) <= 40 for row in found)


def test_dockerfile_text_escapes_what_a_terminal_would_obey() -> None:
    evil = EVIL.replace("\n", " ").replace("\r", " ")

    text = "\n".join(lines_of(f"FROM scratch\nRUN echo {evil}\nLABEL a={evil.split()[0]}\n"))

    assert all(char == "\n" or char.isprintable() for char in text)
    assert "[red]markup[/red]" in text
