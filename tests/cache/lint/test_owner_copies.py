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


@pytest.mark.parametrize(
    "options",
    [
        "--from root:root -R",
        "--from=root:root -R",
        "-R --from=0:0",
        "-R -h -v --no-preserve-root",
        "--from root:root --recursive --",
    ],
)
def test_owner_behind_options_is_the_owner(options: str) -> None:
    found = findings(RULE, f"FROM a\nCOPY . /x\nRUN chown {options} app:app /x\n")

    assert "COPY --chown=app:app …" in found[0].remedy


@pytest.mark.parametrize("reference", ["--reference=/etc/passwd", "--reference /etc/passwd"])
def test_owner_of_a_reference_takes_no_word_for_an_owner(reference: str) -> None:
    found = findings(RULE, f"FROM a\nCOPY . /x\nRUN chown -R {reference} /x\n")

    assert "COPY --chown=… …" in found[0].remedy
    assert "-R /x changes" in found[0].message


@pytest.mark.parametrize(
    ("stored", "change"),
    [
        ("COPY --chown=app:app . /x", "chown -R app:app /x"),
        ("COPY --chown=app:app . /x", "chown -R app /x/sub"),
        ("COPY --chown=0:0 . /x", "chown -R root:root /x"),
        ("COPY --chown=app:web . /x", "chgrp -R web /x"),
        ("COPY --chmod=755 . /x", "chmod -R 0755 /x"),
        ("COPY --chmod=0755 a.sh /x", "chmod +x /x"),
        ("ENV U=app\nCOPY --chown=$U:$U . /x", "chown -R app:app /x"),
    ],
)
def test_owner_that_the_copy_has_set_is_needless(stored: str, change: str) -> None:
    found = findings(RULE, f"FROM a\n{stored}\nRUN adduser app && {change}\n")

    assert [finding.severity for finding in found] == ["info"]
    assert "changes nothing" in found[0].message
    assert "COPY --ch" not in found[0].remedy


@pytest.mark.parametrize(
    "text",
    [
        "COPY --chown=app:app . /x/y\nRUN chown -R app:app /x",
        "COPY --chown=app:app . /x\nRUN chown -R app:app /x /data",
        "COPY --chown=app:app . /x\nRUN make && chown -R app:app /x",
        "COPY --chown=app:app . /x\nRUN make\nRUN chown -R app:app /x",
        "COPY --chown=web:web . /x\nRUN chown -R --from=root:root app:app /x",
    ],
)
def test_owner_that_may_have_effect_elsewhere_is_no_finding(text: str) -> None:
    assert lines(RULE, f"FROM a\n{text}\n") == []


def test_owner_that_one_of_two_copies_has_set_is_of_the_other() -> None:
    text = "FROM a\nCOPY . /x\nCOPY --chown=app b.c /x/\nRUN chown -R app /x\n"

    assert [finding.others for finding in findings(RULE, text)] == [(2,)]
