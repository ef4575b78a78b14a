from __future__ import annotations

import pytest

from tests.cache.lint.found import findings, lines

RULE = "owner-copies"


@pytest.mark.parametrize(
    ("stored", "change", "severity", "part"),
    [
        ("COPY . /app", "chown -R app:app /app", "warning", "COPY --chown=app:app …"),
        ("COPY a /app/a", "chown --recursive app /app", "warning", "COPY --chown=app …"),
        ("WORKDIR /app\nCOPY . .", "chgrp -R 0 /app", "warning", "COPY --chown=:0 …"),
        ("WORKDIR /app\nCOPY . .", "chown -hR app .", "warning", "COPY --chown=app …"),
        ("COPY . /app", "chmod -R 755 /app", "warning", "COPY --chmod=0755 …"),
        ("COPY run.sh /", "chmod +x /run.sh", "info", "COPY --chmod=0755 …"),
        ("COPY ./run.sh /run", "chmod a+x /run", "info", "COPY --chmod=0755 …"),
        ("ADD http://h/a.sh /", "chmod 0755 /a.sh", "info", "ADD --chmod=0755 …"),
        ("RUN gcc a.c -o /b", "chmod +s /b", "info", "RUN … && chmod +s /b"),
        ("RUN git clone http://h/a /a", "chown -R u /a", "warning", "RUN … && chown -R u /a"),
        ("COPY . /app", "cd /app && chown -R app .", "warning", "COPY --chown=app …"),
    ],
)
def test_owner_changed_in_a_later_step_is_found(
    stored: str, change: str, severity: str, part: str
) -> None:
    found = findings(RULE, f"FROM a\n{stored}\nRUN {change}\n")

    line = 3 + stored.count("\n")
    assert [(finding.line, finding.severity) for finding in found] == [(line, severity)]
    assert part in found[0].remedy


@pytest.mark.parametrize(
    "text",
    [
        "RUN mkdir /data && chown -R a /data",
        "RUN chown -R a /var/www",
        "COPY a /x/a\nRUN chown -R a /y",
        "COPY a /x/a\nRUN chown a /x",
        "COPY dir /x\nRUN chmod 755 /x",
        "COPY . /x\nRUN chown -R a $Y",
        "RUN git clone http://h/a /a && chown -R u /a",
        "COPY --from=b /a /a\nRUN ls -R /a",
    ],
)
def test_owner_of_nothing_that_was_stored_is_no_finding(text: str) -> None:
    assert lines(RULE, f"FROM a\n{text}\n") == []


def test_owner_changed_in_a_stage_that_is_not_shipped_is_no_finding() -> None:
    text = "FROM a AS b\nCOPY . /a\nRUN chown -R x /a\nFROM a\nCOPY --from=b /a /a\n"

    assert lines(RULE, text) == []
