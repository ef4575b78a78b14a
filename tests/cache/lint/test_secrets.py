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


def test_secret_in_env_is_to_be_given_to_the_container() -> None:
    found = findings(RULE, "FROM a\nENV DB_PASSWORD=hunter2\n")

    assert "--env DB_PASSWORD" in found[0].remedy
    assert "--mount" not in found[0].remedy


@pytest.mark.parametrize("text", ["ARG NPM_TOKEN\n", "ENV NPM_TOKEN=hunter2\nRUN make\nFROM a\n"])
def test_secret_of_the_build_is_to_be_mounted(text: str) -> None:
    found = findings(RULE, f"FROM a\n{text}")

    assert "--mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN" in found[0].remedy


@pytest.mark.parametrize(
    "text",
    [
        "ENV URL=postgresql://user:pass@localhost/db",
        'ENV URL="postgresql://user:password@127.0.0.1:5432/db"',
        "ARG URL=postgres://postgres:postgres@db/x",
        "ENV URL=mysql://app:changeme@mysql/x",
        "ENV URL=amqp://guest:guest@rabbitmq",
        "ENV URL=https://user:xxxx@example.com/",
        "ENV DB_PASSWORD=changeme",
        "ENV APP_SECRET='secret'",
    ],
)
def test_secret_that_is_a_placeholder_is_for_information(text: str) -> None:
    found = findings(RULE, f"FROM a\n{text}\n")

    assert [finding.severity for finding in found] == ["info"]


def test_secret_that_is_a_placeholder_of_one_command_is_no_finding() -> None:
    assert lines(RULE, "FROM a\nRUN URL=postgres://user:pass@localhost/db make\n") == []


@pytest.mark.parametrize(
    "value",
    [
        "postgres://user:hunter2@db/x",
        "postgres://user:pass@db.shop.com/x",
        "postgres://user:pass@db/x,postgres://user:hunter2@db/x",
    ],
)
def test_secret_beside_a_placeholder_is_an_error(value: str) -> None:
    found = findings(RULE, f"FROM a\nENV URL={value}\n")

    assert [finding.severity for finding in found] == ["error"]
