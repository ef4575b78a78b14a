from __future__ import annotations

import pytest

from tests.cache.lint.found import findings, lines

RULE = "secret-in-build"
# Forms of secrets, put together so that none stands in this file.
GITHUB = "gh" + "p_" + "a" * 36
AWS = "AK" + "IA" + "A" * 16


@pytest.mark.parametrize(
    "text",
    [
        "ARG NPM_TOKEN",
        "ARG NPM_TOKEN=",
        "ARG A=1 DB_PASSWORD=x",
        "ENV DB_PASSWORD=hunter2",
        "ENV dbPassword hunter2",
        "ENV AWS_SECRET_ACCESS_KEY=$KEY",
        "ENV API_KEY=abc",
        "ENV DB_PWD=x",
        f"ENV A={GITHUB}",
        f"ARG A={AWS}",
        "ENV URL=https://joe:hunter2@example.com/",
        f"RUN git clone https://x:{GITHUB}@github.com/a/b",
    ],
)
def test_secret_is_an_error_and_never_repeated(text: str) -> None:
    found = findings(RULE, f"FROM a\n{text}\n")

    assert [(finding.line, finding.severity) for finding in found] == [(2, "error")]
    shown = found[0].message + found[0].remedy
    assert not any(secret in shown for secret in ("hunter2", GITHUB, AWS, "abc"))


@pytest.mark.parametrize(
    "text",
    [
        "ENV GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "ENV POSTGRES_PASSWORD_FILE=/run/secrets/p",
        "ENV TOKEN=/run/secrets/token",
        "ENV MYSQL_ALLOW_EMPTY_PASSWORD=yes",
        "ENV SECRET_KEY_BASE_DUMMY=1",
        "ENV PASSWORD=",
        "ENV TOKENIZERS_PARALLELISM=false MAX_TOKENS=3",
        "ENV PUBLIC_KEY=x SSH_KEY_PATH=/x AWS_ACCESS_KEY_ID_FILE=/x",
        "ENV PWD=/x OLDPWD=/y",
        "ENV URL=http://host:8080/@x",
        "ENV URL=https://$USER:$PASS@example.com/",
        "RUN --mount=type=secret,id=NPM_TOKEN npm ci",
    ],
)
def test_secret_that_is_none_is_no_finding(text: str) -> None:
    assert lines(RULE, f"FROM a\n{text}\n") == []


def test_secret_above_the_first_stage_counts_by_its_value_only() -> None:
    assert lines(RULE, f"ARG TOKEN\nARG A={GITHUB}\nFROM a\n") == [2]
