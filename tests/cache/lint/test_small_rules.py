from __future__ import annotations

import pytest

from layerscope.cache.lint import lint
from layerscope.dockerfile import stages
from tests.cache.lint.found import context, findings, lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ADD https://h/a.tgz /", [2]),
        ("ADD a http://$H/b /", [2]),
        ("ADD --checksum=sha256:00 https://h/a.tgz /", []),
        ("ADD https://h/a.git#v1 /", []),
        ("ADD git@h:a/b.git /", []),
        ("ADD http://[::/a /", [2]),
        ("ADD a.tgz /", []),
        ("COPY a /", []),
    ],
)
def test_remote_add_without_checksum_is_found(text: str, expected: list[int]) -> None:
    assert lines("remote-add-unchecked", f"FROM a\n{text}\n") == expected


def test_several_commands_are_found_by_stage_and_kind() -> None:
    text = 'FROM a\nCMD a\nENTRYPOINT ["b"]\nCMD c\nCMD d\nFROM b\nCMD e\n'

    found = findings("several-commands", text)

    assert [(finding.line, finding.others) for finding in found] == [(2, (5,)), (4, (5,))]


@pytest.mark.parametrize(
    ("text", "severity", "others"),
    [
        ('ENTRYPOINT node a.js\nCMD ["b"]', "warning", (3,)),
        ('ENTRYPOINT exec node a.js\nCMD ["b"]', "warning", (3,)),
        ("ENTRYPOINT a && b", "warning", ()),
        ("ENTRYPOINT node a.js", "info", ()),
    ],
)
def test_shell_entrypoint_is_found(text: str, severity: str, others: tuple[int, ...]) -> None:
    found = findings("shell-entrypoint", f"FROM a\n{text}\n")

    assert [(finding.line, finding.severity, finding.others) for finding in found] == [
        (2, severity, others)
    ]


@pytest.mark.parametrize(
    "text",
    [
        'ENTRYPOINT ["node", "a.js"]\nCMD ["b"]',
        "ENTRYPOINT exec node a.js",
        'ENTRYPOINT a && exec node "$@"\nCMD ["x", "b"]',
        "CMD node a.js",
        'ENTRYPOINT a\nENTRYPOINT ["b"]',
        'SHELL ["powershell", "-Command"]\nENTRYPOINT a',
    ],
)
def test_shell_entrypoint_that_passes_all_on_is_no_finding(text: str) -> None:
    assert lines("shell-entrypoint", f"FROM a\n{text}\n") == []


def test_shell_entrypoint_remedy_is_the_list_of_its_words() -> None:
    found = findings("shell-entrypoint", "FROM a\nENTRYPOINT node 'a b.js'\n")

    assert found[0].remedy == 'ENTRYPOINT ["node", "a b.js"]'


def test_maintainer_says_whether_steps_stand_below() -> None:
    found = findings("maintainer", "FROM a\nMAINTAINER x\nRUN y\nMAINTAINER z\n")

    assert [(finding.line, "every step below" in finding.message) for finding in found] == [
        (2, True),
        (4, False),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COPY a.tgz /tmp/\nRUN tar xf /tmp/a.tgz", [2]),
        ("ADD https://h/a.zip /tmp/\nRUN cd /tmp && unzip a.zip", [2]),
        ("ADD a.tgz /tmp/\nRUN tar xf /tmp/a.tgz", []),
        ("COPY a.tgz /tmp/\nRUN tar xf /tmp/b.tgz", []),
        ("COPY a.tgz /tmp/\nRUN tar xf /tmp/a.tgz && rm /tmp/a.tgz", []),
        ("RUN --mount=type=bind,source=a.tgz,target=/a.tgz tar xf /a.tgz", []),
    ],
)
def test_archive_that_is_stored_and_unpacked_is_found(text: str, expected: list[int]) -> None:
    assert lines("archive-copied", f"FROM a\n{text}\n") == expected


@pytest.mark.parametrize(
    ("text", "has_ignore_file", "expected"),
    [
        ("COPY . .", False, ["warning"]),
        ("COPY . .\nCOPY . /b", False, ["warning"]),
        ("COPY . .", True, []),
        ("COPY . .", None, []),
        ("COPY src .", False, []),
        ("COPY --from=b . .", False, []),
    ],
)
def test_dockerignore_is_missed_where_all_is_copied(
    text: str, has_ignore_file: bool | None, expected: list[str]
) -> None:
    found = lint(stages.read(f"FROM a\n{text}\n".encode()), has_ignore_file=has_ignore_file)

    mine = [finding for finding in found if finding.rule == "missing-dockerignore"]
    assert [finding.severity for finding in mine] == expected


@pytest.mark.parametrize(
    ("paths", "severity", "part"),
    [
        ((".git/HEAD", "node_modules/a", "b"), "warning", ".git\nnode_modules"),
        (("a.py",), "info", "Dockerfile"),
    ],
)
def test_dockerignore_of_a_known_context_names_what_is_there(
    paths: tuple[str, ...], severity: str, part: str
) -> None:
    found = lint(stages.read(b"FROM a\nCOPY . .\n"), context=context(*paths), has_ignore_file=False)

    mine = [finding for finding in found if finding.rule == "missing-dockerignore"]
    assert [finding.severity for finding in mine] == [severity]
    assert part in mine[0].remedy
