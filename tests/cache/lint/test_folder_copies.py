from __future__ import annotations

import pytest

from layerscope.cache.lint import Finding, lint
from layerscope.dockerfile import stages
from tests.cache.lint.found import context, findings, lines

RULE = "copy-before-install"
INSTALLED_ABOVE = (
    "COPY src-ui/package.json src-ui/pnpm-lock.yaml ./src-ui/\nRUN cd src-ui && pnpm install"
)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        (
            "WORKDIR /w\nCOPY ./src-ui ./src-ui\nWORKDIR /w/src-ui\nRUN pnpm install",
            INSTALLED_ABOVE,
        ),
        (
            "WORKDIR /w\nCOPY ./src-ui ./src-ui\nRUN cd src-ui && pnpm install",
            INSTALLED_ABOVE,
        ),
        (
            "WORKDIR /w\nCOPY ui /w/ui\nRUN npm --prefix ui ci",
            "COPY ui/package.json ui/package-lock.json /w/ui/\nRUN cd /w/ui && npm ci",
        ),
        (
            "WORKDIR /w\nCOPY ui ui\nRUN pnpm --dir ui install",
            "COPY ui/package.json ui/pnpm-lock.yaml ./ui/\nRUN pnpm --dir ui install",
        ),
        (
            "WORKDIR /app\nCOPY backend/ .\nRUN pip install -r requirements.txt",
            "COPY backend/requirements.txt ./\nRUN pip install -r requirements.txt",
        ),
        (
            "WORKDIR /w\nCOPY backend backend\nRUN pip install -r backend/r.txt",
            "COPY backend/r.txt ./backend/\nRUN pip install -r backend/r.txt",
        ),
        (
            "WORKDIR /w\nCOPY package.json ./\nCOPY ui ui\nWORKDIR ui\nRUN yarn",
            "COPY ui/package.json ui/yarn.lock ./ui/\nRUN cd ui && yarn",
        ),
    ],
)
def test_folder_copied_above_its_install_is_found(text: str, remedy: str) -> None:
    found = findings(RULE, f"FROM a\n{text}\n")

    at = next(n for n, line in enumerate(text.split("\n"), 2) if remedy[5:7] in line[:12])
    assert [finding.line for finding in found] == [at]
    assert found[0].remedy == f"above this line: {remedy}"


@pytest.mark.parametrize(
    "text",
    [
        "COPY src src\nRUN npm ci",
        "COPY ui/package.json ui/\nRUN cd ui && npm ci\nCOPY ui ui\nRUN cd ui && npm ci",
        "COPY ui/package*.json ui/\nCOPY ui ui\nRUN cd ui && npm ci",
        "COPY ui ui\nCOPY p.json ui/package.json\nRUN cd ui && npm ci",
        "COPY server.js /app\nWORKDIR /app\nRUN npm ci",
        "COPY a /app\nCOPY b /app\nWORKDIR /app\nRUN npm ci",
        "COPY --from=x ui ui\nRUN cd ui && npm ci",
        "COPY rootfs/ /\nWORKDIR /app\nRUN npm ci",
        "COPY ui ui\nRUN git clone http://h/x ui/x\nRUN cd ui/x && npm ci",
        "COPY ui ui\nRUN cd $UI && npm ci",
        "COPY $UI ui\nRUN cd ui && npm ci",
        "COPY ui ui\nRUN cd ui && npm install -g pnpm",
        "COPY ui ui\nRUN cd ui && npm install express",
        "COPY ui ui\nRUN cd ui && mvn package",
    ],
)
def test_folder_that_is_not_plainly_the_project_is_no_finding(text: str) -> None:
    assert lines(RULE, f"FROM a\nWORKDIR /b\n{text}\n") == []


def of_context(*paths: str) -> list[Finding]:
    text = b"FROM a\nWORKDIR /b\nCOPY lib /b/ui\nCOPY ui /b/ui\nRUN cd ui && npm ci\n"
    found = lint(stages.read(text), context=context(*paths))
    return [finding for finding in found if finding.rule == RULE]


def test_folder_of_a_known_context_is_the_one_with_the_manifest() -> None:
    found = of_context("lib/a.js", "ui/package.json", "ui/b.js")

    assert [finding.line for finding in found] == [4]
    assert "COPY ui/package.json /b/ui/" in found[0].remedy


@pytest.mark.parametrize(
    "paths", [("lib/a.js", "ui/b.js"), ("ui/package.json", "ui/package-lock.json", "a")]
)
def test_folder_without_manifests_or_without_more_is_no_finding(paths: tuple[str, ...]) -> None:
    assert of_context(*paths) == []
