"""The few rules that the typed parser itself checks, and the comments that switch them."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.parser import parse
from layerscope.dockerfile.stages import from_parsed, read
from layerscope.errors import DockerfileError

TYPED_RULES = {
    "FromAsCasing",
    "InvalidDefinitionDescription",
    "MaintainerDeprecated",
    "StageNameCasing",
}


def found(text: str) -> list[tuple[str, int]]:
    return [
        (finding.rule, finding.location.first_line)
        for finding in read(text.encode()).warnings
        if finding.rule in TYPED_RULES
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a AS b", []),
        ("from a as b", []),
        ("FROM a as b", [("FromAsCasing", 1)]),
        ("from a As b", [("FromAsCasing", 1)]),
        # A keyword in mixed case is for another rule.
        ("From a as b", []),
        ("FROM a AS B", [("StageNameCasing", 1)]),
        ("FROM a as B", [("StageNameCasing", 1), ("FromAsCasing", 1)]),
        ("FROM a\nMAINTAINER x", [("MaintainerDeprecated", 2)]),
    ],
)
def test_lint_of_keywords_and_names(text: str, expected: list[tuple[str, int]]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# check=skip=FromAsCasing", ["StageNameCasing"]),
        ("# check=skip=FromAsCasing, StageNameCasing", ["StageNameCasing"]),
        ("# check=skip=FromAsCasing,StageNameCasing", []),
        ("# check=skip=all", []),
        ("# CHECK = skip=all;error=true", []),
        ("# check=skip=all;error=maybe", ["StageNameCasing", "FromAsCasing"]),
        ("# check=nonsense", ["StageNameCasing", "FromAsCasing"]),
        ("# check=skip=FromAsCasing\n# check=skip=all", ["StageNameCasing"]),
        (
            "# check=experimental=all",
            ["StageNameCasing", "FromAsCasing", "InvalidDefinitionDescription"],
        ),
        (
            "# check=experimental=InvalidDefinitionDescription\n# b is described",
            ["StageNameCasing", "FromAsCasing"],
        ),
    ],
)
def test_lint_follows_the_first_check_comment_above(comment: str, expected: list[str]) -> None:
    # Given a directive block that has ended, so that the comment is a comment
    text = f"# text\n#\n{comment}\nFROM a as B"

    # Then
    assert [rule for rule, _ in found(text)] == expected


def test_lint_of_an_arg_wants_a_comment_about_one_of_its_names() -> None:
    # Given
    check = "# check=experimental=all\n"

    # Then
    assert found(f"FROM a\n{check}# b text\nARG a b") == []
    assert found(f"FROM a\n{check}# c text\nARG a b") == [("InvalidDefinitionDescription", 4)]


def test_lint_before_an_error_is_kept() -> None:
    # Given
    findings: list[object] = []

    # When
    with pytest.raises(DockerfileError):
        from_parsed(parse(b"FROM a\nMAINTAINER\n"), findings=findings)  # type: ignore[arg-type]

    # Then
    assert len(findings) == 1
