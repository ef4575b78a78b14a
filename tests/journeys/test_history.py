from __future__ import annotations

import pytest

from layerscope.journeys.history import origin_of
from layerscope.report.document import HistoryRow


def row(created_by: str | None, comment: str | None = None, *, empty: bool = False) -> HistoryRow:
    return HistoryRow(
        created=None, created_by=created_by, comment=comment, empty_layer=empty, layer=0
    )


@pytest.mark.parametrize(
    ("created_by", "comment", "origin"),
    [
        ("/bin/sh -c #(nop) COPY dir:1 in /", None, "instruction"),
        ("/bin/sh -c make", None, "instruction"),
        ("/bin/bash -o pipefail -c make", None, "instruction"),
        ("/bin/hello -c #(nop)  SHELL [/bin/hello -c]", None, "instruction"),
        ("|1 A=b /bin/sh -c make", None, "instruction"),
        ("RUN /t w # buildkit", "buildkit.dockerfile.v0", "instruction"),
        ("COPY a /b", None, "instruction"),
        ("/bin/sh", None, "hand-made"),
        ("bash", None, "hand-made"),
        ("/bin/bash -l", None, "hand-made"),
        ("--flag a b", None, "hand-made"),
        ("nginx -g daemon off;", "fixed it by hand", "hand-made"),
        (None, "Imported from -", "imported"),
        ("", "imported", "imported"),
        ("/t rm /lnkdir", None, "unknown"),
        ("jib-maven-plugin:3.4.0", "classes", "unknown"),
        ("bazel build ...", None, "unknown"),
        ("# debian.sh --arch 'amd64' out/ 'bookworm'", "debuerreotype 0.15", "unknown"),
        (None, None, "unknown"),
    ],
)
def test_origin_is_told_by_the_words_of_the_record(
    created_by: str | None, comment: str | None, origin: str
) -> None:
    assert origin_of(row(created_by, comment)) == origin


def test_origin_of_an_empty_record_is_never_hand_made() -> None:
    assert origin_of(row("bash", "by hand", empty=True)) == "unknown"


def test_origin_of_a_very_long_record_is_found_quickly() -> None:
    assert origin_of(row("-" + "x" * 10_000_000)) == "hand-made"
    assert origin_of(row("a " * 1_000_000, "c")) == "hand-made"
