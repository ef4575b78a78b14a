from __future__ import annotations

import pytest

from layerscope.analysis.records import base_in_comment, instruction_of
from layerscope.oci.history import History
from tests.analysis.documents import Record, step


def record(fields: Record) -> History:
    return History.from_json(fields, "record")


@pytest.mark.parametrize(
    ("fields", "instruction"),
    [
        (step("/bin/sh -c #(nop) COPY dir:1 in /"), "COPY"),
        (step('/bin/sh -c #(nop)  CMD ["a"]'), "CMD"),
        (step("/bin/hello -c #(nop)  SHELL [/bin/hello -c]"), "SHELL"),
        (step("/bin/sh -c #(nop) env a=b"), "ENV"),
        (step("/bin/sh -c make"), "RUN"),
        (step("/bin/bash -o pipefail -c make"), "RUN"),
        (step("|1 A=b /bin/sh -c make"), "RUN"),
        (step("cmd /S /C mkdir c:\\x"), "RUN"),
        (step("powershell -NoProfile -Command $x = 1"), "RUN"),
        (step("RUN /t w # buildkit", "buildkit.dockerfile.v0"), "RUN"),
        (step('HEALTHCHECK &{["CMD" "x"]}', "buildkit.dockerfile.v0"), "HEALTHCHECK"),
        (step("copy a /b", author="kaniko"), "COPY"),
        (step("copy a /b"), None),
        (step("COPYRIGHT notice"), None),
        (step("bash"), None),
        (step("x" * 500 + " #(nop) CMD a"), None),
        (step(None, "Imported from -"), None),
        ({}, None),
    ],
)
def test_instruction_of_a_record_is_its_keyword(fields: Record, instruction: str | None) -> None:
    assert instruction_of(record(fields)) == instruction


def test_base_in_comment_is_the_name_at_the_end_of_buildahs_comment() -> None:
    assert base_in_comment(record(step("x", "FROM docker.io/a:1"))) == "docker.io/a:1"
    assert base_in_comment(record(step("x", "my words FROM localhost/b"))) == "localhost/b"
    assert base_in_comment(record(step("x", "FROM a to b"))) is None
    assert base_in_comment(record(step("x"))) is None
