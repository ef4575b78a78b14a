from __future__ import annotations

import pytest

from layerscope.cache.lint import Finding, lint
from layerscope.dockerfile import stages
from tests.cache.lint.found import context, findings, lines

RULE = "copy-before-install"
WITH_INDEX = (
    "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y c"
    " && rm -rf /var/lib/apt/lists/*"
)


@pytest.mark.parametrize(
    ("install", "manifests"),
    [
        ("pip install -r requirements.txt", "requirements.txt"),
        ("python3 -m pip install --no-cache-dir -r req/base.txt", "req/base.txt"),
        ("npm ci", "package.json package-lock.json"),
        ("yarn", "package.json yarn.lock"),
        ("pnpm install --frozen-lockfile", "package.json pnpm-lock.yaml"),
        ("go mod download", "go.mod go.sum"),
        ("cargo build --release", "Cargo.toml Cargo.lock"),
        ("./mvnw -B package", "pom.xml"),
        ("gradle build", "build.gradle settings.gradle"),
        ("bundle install", "Gemfile Gemfile.lock"),
        ("composer install --no-dev", "composer.json composer.lock"),
        ("dotnet restore", "*.csproj"),
        ("poetry install", "pyproject.toml poetry.lock"),
        ("uv sync", "pyproject.toml uv.lock"),
        ("cd sub && npm install", "package.json package-lock.json"),
    ],
)
def test_copy_above_an_install_names_the_files_to_copy_first(install: str, manifests: str) -> None:
    found = findings(RULE, f"FROM a\nWORKDIR /b\nCOPY . .\nRUN {install}\n")

    assert [(finding.line, finding.others) for finding in found] == [(3, (4,))]
    assert f"COPY {manifests} ./" in found[0].remedy


@pytest.mark.parametrize("copy", ["COPY . .", "COPY ./ /b", "ADD . /b", "COPY --chown=a * ./"])
def test_copy_of_all_files_counts_in_every_spelling(copy: str) -> None:
    assert lines(RULE, f"FROM a\n{copy}\nRUN npm ci\n") == [2]


@pytest.mark.parametrize(
    "text",
    [
        "COPY package.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build",
        "COPY package.json ./\nRUN npm ci\nCOPY . .\nRUN npm prune && npm ci --omit=dev",
        "COPY src src\nRUN npm ci",
        "COPY --from=b . .\nRUN npm ci",
        "COPY . .\nRUN pip install .",
        "COPY . .\nRUN pip install -e .",
        "COPY . .\nRUN pip install -r requirements.txt -e .",
        "COPY . .\nRUN pip install -r $FILE",
        "COPY . .\nRUN pip install -r https://example.com/r.txt",
        "COPY . /b\nRUN pip install -r /tmp/requirements.txt",
        "COPY . .\nRUN npm run build",
        "COPY . .\nRUN npm install ./local.tgz",
        "COPY . .\nRUN apt-get install -y ./a.deb",
        "COPY . .\nRUN apt-get install -y $PACKAGES",
        "COPY . .\nRUN --mount=type=cache,target=/usr/local/cargo/registry cargo build",
        "COPY . .\nRUN mvn -o package",
        "RUN npm ci",
    ],
)
def test_copy_that_an_install_does_not_suffer_from_is_no_finding(text: str) -> None:
    assert lines(RULE, f"FROM a\nWORKDIR /b\n{text}\n") == []


def test_copy_above_packages_by_name_says_to_move_the_install() -> None:
    found = findings(RULE, "FROM a\nCOPY . .\nRUN pip install flask && make\n")

    assert [finding.remedy for finding in found] == ["above this line: RUN pip install flask"]


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (
            "apt-get update && apt-get install -y c && make",
            "apt-get update && apt-get install -y c",
        ),
        (
            f"{WITH_INDEX} && ./configure",
            WITH_INDEX,
        ),
        ("apt-get install -y c", "apt-get update && apt-get install -y c"),
        ("apk add --no-cache c", "apk add --no-cache c"),
        ("apk update && apk add c", "apk update && apk add c"),
        ("dnf install -y c && dnf clean all", "dnf install -y c && dnf clean all"),
        (
            "--mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y c",
            "--mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y c",
        ),
    ],
)
def test_copy_above_system_packages_keeps_the_whole_pattern(run: str, line: str) -> None:
    found = findings(RULE, f"FROM a\nCOPY . .\nRUN {run}\n")

    assert [finding.remedy for finding in found] == [f"above this line: RUN {line}"]


@pytest.mark.parametrize(
    "run",
    [
        "npm install -g pnpm",
        "npm -g install npm@latest",
        "npm install --location=global pnpm",
        "pnpm add -g serve",
        "yarn global add serve",
        "corepack enable && corepack prepare pnpm@9 --activate",
        "pip install --upgrade pip",
        "python -m pip install -U pip setuptools wheel",
        "pip install 'poetry==1.8'",
    ],
)
def test_copy_above_an_install_of_a_tool_is_no_finding(run: str) -> None:
    assert lines(RULE, f"FROM a\nCOPY . .\nRUN {run}\n") == []


@pytest.mark.parametrize(
    ("run", "remedy"),
    [
        (
            "npm install -g pnpm && pnpm install",
            "COPY package.json pnpm-lock.yaml ./\nRUN npm install -g pnpm\nRUN pnpm install",
        ),
        ("npm i -g serve && npm ci", "COPY package.json package-lock.json ./\nRUN npm ci"),
        (
            "pip install -U pip && pip install -r r.txt",
            "COPY r.txt ./\nRUN pip install -U pip\nRUN pip install -r r.txt",
        ),
    ],
)
def test_copy_above_a_tool_and_an_install_brings_the_tool_along(run: str, remedy: str) -> None:
    found = findings(RULE, f"FROM a\nCOPY . .\nRUN {run}\n")

    assert [finding.remedy for finding in found] == [f"above this line: {remedy}"]


def test_copy_with_a_path_inside_the_destination_names_it_by_its_source() -> None:
    found = findings(RULE, "FROM a\nCOPY . /b\nRUN pip install -r /b/requirements.txt\n")

    assert "COPY requirements.txt ./" in found[0].remedy


def test_copy_in_the_stage_below_counts_too() -> None:
    assert lines(RULE, "FROM a AS x\nCOPY . .\nFROM x\nRUN npm ci\n") == [2]


def test_copy_with_a_cache_mount_is_for_information() -> None:
    text = "FROM a\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\n"

    assert [finding.severity for finding in findings(RULE, text)] == ["info"]


def of_context(*paths: str) -> list[Finding]:
    dockerfile = stages.read(b"FROM a\nCOPY . .\nRUN npm ci\n")
    found = lint(dockerfile, context=context(*paths))
    return [finding for finding in found if finding.rule == RULE]


def test_copy_of_a_known_context_names_only_what_is_there() -> None:
    found = of_context("package.json", "src/a.js")

    assert "COPY package.json ./" in found[0].remedy


def test_copy_of_a_context_of_manifests_alone_is_no_finding() -> None:
    assert of_context("package.json", "package-lock.json") == []
