from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.render.escape import exact, instruction, line, short_digest

EVIL = "\x1b]0;owned\x07\x1b[2J\x9b31m\r\n\u202e\u2066\u200b\ufeff\x00\x7f[red]markup[/red]"


@given(st.text(alphabet=st.characters(exclude_categories=())))
def test_escaped_text_is_printable_whatever_it_was(text: str) -> None:
    assert line(text).isprintable()
    assert exact(text).isprintable()
    assert instruction(text).isprintable()
    assert short_digest(text).isprintable()


def test_line_shows_controls_as_codes_and_leaves_markup_alone() -> None:
    found = line(EVIL)

    assert found.startswith(
        r"\x1b]0;owned\x07\x1b[2J\x9b31m\x0d\x0a\u202e\u2066\u200b\ufeff\x00\x7f"
    )
    assert found.endswith("[red]markup[/red]")


def test_line_is_cut_and_says_so() -> None:
    assert line("x" * 1000, 10) == "xxxxxxxxx…"
    assert line("x" * 10, 10) == "xxxxxxxxxx"


def test_exact_doubles_backslashes_so_that_it_can_be_read_back() -> None:
    assert exact("a\\x1b") == r"a\\x1b"
    assert exact("a\x1b") == r"a\x1b"
    assert exact("caf\udce9") == r"caf\xe9"


@pytest.mark.parametrize(
    ("created_by", "shown"),
    [
        (None, "<missing>"),
        ("", ""),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("/bin/sh -c #(nop) ADD file:1a2b in / ", "ADD file:1a2b in /"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ("/bin/bash -c apt-get update", "RUN apt-get update"),
        ("/bin/bash -o pipefail -c a | b", "RUN a | b"),
        ("/bin/sh -xec a", "RUN a"),
        ("|1 A=b c /bin/sh -c make", "RUN make"),
        ("RUN /bin/sh -c apt-get update # buildkit", "RUN apt-get update"),
        ("RUN |2 A=b C=d e /bin/sh -c make all # buildkit", "RUN make all"),
        ("RUN |1 A=b /t nop # buildkit", "RUN A=b /t nop"),
        ("COPY a /b # buildkit", "COPY a /b"),
        ("/bin/hello -c #(nop)  SHELL [/bin/hello -c]", "SHELL [/bin/hello -c]"),
        ("RUN set -e\n\tmake\n", "RUN set -e make"),
        (
            "/bin/sh -c #(nop) COPY file:0123456789ab" + "c" * 52 + " in /srv/app ",
            "COPY file:0123456789ab in /srv/app",
        ),
        ("COPY file:0123 in /srv", "COPY file:0123 in /srv"),
        ("# debian.sh --arch 'amd64'", "# debian.sh --arch 'amd64'"),
        ("made by hand", "made by hand"),
    ],
)
def test_instruction_drops_what_builders_put_around_it(created_by: str | None, shown: str) -> None:
    assert instruction(created_by) == shown


def test_instruction_of_ten_mebibytes_is_cut() -> None:
    assert len(instruction("/bin/sh -c " + "a " * 5_000_000)) <= 400


def test_short_digest_is_twelve_digits() -> None:
    assert short_digest("sha256:" + "0123456789abcdef" * 4) == "0123456789ab"
    assert short_digest(None) == "?"
