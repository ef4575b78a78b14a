from __future__ import annotations

import pytest

from tests.cache.lint.found import findings, lines

RULE = "package-cache-kept"


@pytest.mark.parametrize(
    ("run", "subject"),
    [
        ("apt-get update && apt-get install -y a", "apt-lists"),
        ("apt-get update && apt-get install -y a && apt-get clean", "apt-lists"),
        ("apk add a", "apk-cache"),
        ("apk add --update a", "apk-cache"),
        ("dnf install -y a", "dnf-cache"),
        ("yum -y install a && yum clean packages", "dnf-cache"),
        ("microdnf install a", "dnf-cache"),
        ("zypper -n in a", "zypper-cache"),
        ("pacman -Syu --noconfirm a", "pacman-cache"),
        ("pip3 install a", "pip-cache"),
        ("python -m pip install a", "pip-cache"),
        ("npm ci", "npm-cache"),
        ("yarn install --frozen-lockfile", "yarn-cache"),
        ("composer install", "composer-cache"),
        ("bundle install", "gem-cache"),
        ("conda install -y a", "conda-packages"),
        ("uv pip install a", "uv-cache"),
        ("poetry install", "uv-cache"),
        ("sh -c 'pip install a'", "pip-cache"),
    ],
)
def test_cache_that_stays_is_found(run: str, subject: str) -> None:
    found = findings(RULE, f"FROM a\nRUN {run}\n")

    assert [(finding.line, finding.subject) for finding in found] == [(2, subject)]


@pytest.mark.parametrize(
    "run",
    [
        "apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*",
        "apt-get update && apt-get install a && rm -rf /var/lib/{apt,dpkg}/",
        "apt-get update && apt-get install a && rm -r /var/lib/apt/lists /var/cache",
        "apt-get update && apt-get install a && find /var/lib/apt/lists -type f -delete",
        "clean() { rm -rf /var/lib/apt/lists/*; }; apt-get update; clean",
        "trap 'rm -rf /var/lib/apt/lists/*' EXIT; apt-get update",
        "apt-get update && ./scripts/cleanup.sh",
        "--mount=type=cache,target=/var/lib/apt,sharing=locked apt-get update",
        "--mount=type=tmpfs,target=/var/lib/apt/lists apt-get update",
        "apk add --no-cache a",
        "apk add a && rm -rf /var/cache/apk/*",
        "apk add --no-network a",
        "dnf install -y a && dnf clean all",
        "yum install -y a && rm -rf /var/cache/yum",
        "zypper -n in a && zypper clean -a",
        "pip install --no-cache-dir a",
        "pip install --no-cache a",
        "pip install a && pip cache purge",
        "pip install a && rm -rf /root/.cache",
        "pip install a && rm -rf ~/.cache/*",
        "PIP_NO_CACHE_DIR=1 pip install a",
        "export PIP_NO_CACHE_DIR=1; pip install a",
        "--mount=type=cache,target=/root/.cache/pip pip install a",
        "--mount=type=cache,target=/root/.cache pip install a",
        "--mount=type=cache,target=/app/.cache/pip pip install a",
        "npm ci && npm cache clean --force",
        "npm run build",
        "yarn install --immutable",
        "yarn install && yarn cache clean",
        "composer install --no-cache",
        "bundle install && rm -rf $BUNDLE_PATH/ruby/*/cache",
        "conda install -y a && conda clean -afy",
        "uv sync --no-cache",
        "echo apt-get update",
        "apt-get install -s a",
    ],
)
def test_cache_that_does_not_stay_is_no_finding(run: str) -> None:
    assert lines(RULE, f"FROM a\nRUN {run}\n") == []


def test_cache_turned_off_by_env_is_no_finding() -> None:
    assert lines(RULE, "FROM a\nENV PIP_NO_CACHE_DIR=1\nRUN pip install a\n") == []


def test_cache_of_a_stage_that_is_not_shipped_is_no_finding() -> None:
    text = "FROM a AS b\nRUN pip install a\nFROM a\nCOPY --from=b /x /x\n"

    assert lines(RULE, text) == []
    assert lines(RULE, text, target="b") == [2]


def test_cache_of_a_stage_below_or_copied_whole_is_found() -> None:
    text = "FROM a AS b\nRUN pip install a\nFROM a AS c\nRUN apk add a\nFROM b\nCOPY --from=c / /\n"

    assert lines(RULE, text) == [2, 4]


def test_cache_that_a_later_step_empties_is_left_to_the_other_rule() -> None:
    text = "FROM a\nRUN apt-get update\nRUN rm -rf /var/lib/apt/lists/*\n"

    assert lines(RULE, text) == []
    assert lines("deleted-in-later-layer", text) == [3]


def test_cache_of_a_compiler_in_the_image_is_for_information() -> None:
    found = findings(RULE, "FROM golang\nRUN go build ./...\n")

    assert [finding.severity for finding in found] == ["info"]
