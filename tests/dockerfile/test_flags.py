"""Flags of an instruction: what each kind takes, and what is refused."""

from __future__ import annotations

import pytest

from layerscope.dockerfile.flags import Kind, read_flags
from layerscope.errors import DockerfileError

KNOWN = {"from": Kind.TEXT, "link": Kind.SWITCH, "exclude": Kind.TEXTS}


def test_flags_have_values_by_name() -> None:
    # When
    flags = read_flags(["--from=a=b", "--exclude=1", "--link", "--exclude="], KNOWN, "COPY")

    # Then
    assert flags.used == ("exclude", "from", "link")
    assert flags.text("from") == "a=b"
    assert flags.texts("exclude") == ("1", "")
    assert flags.switch("link")
    assert flags.switch_or_none("other") is None
    assert flags.text("other", "default") == "default"


@pytest.mark.parametrize(
    ("word", "given"), [("--link=TRUE", True), ("--link=false", False), ("--link", True)]
)
def test_flags_take_truth_values_in_any_case(word: str, given: bool) -> None:
    assert read_flags([word], KNOWN, "COPY").switch_or_none("link") is given


def test_flags_end_at_two_dashes() -> None:
    assert read_flags(["--link", "--", "--nonsense"], KNOWN, "COPY").used == ("link",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--frm=a"], "--frm is no flag of COPY; it has --from, --link, --exclude"),
        (["--from"], "write --from=VALUE"),
        (["--exclude"], "write --exclude=VALUE"),
        (["--link="], "takes true or false"),
        (["--link=1"], "not '1'"),
        (["--link", "--link"], "more than once"),
        (["--from=a", "--from=b"], "more than once"),
        (["-x"], "stands among the flags"),
        (["--=a"], "is no flag"),
    ],
)
def test_flags_that_are_wrong_say_what_was_expected(words: list[str], said: str) -> None:
    with pytest.raises(DockerfileError) as caught:
        read_flags(words, KNOWN, "COPY")
    assert said in caught.value.problem


def test_flags_that_are_misspelled_have_a_hint() -> None:
    with pytest.raises(DockerfileError) as caught:
        read_flags(["--form=a"], KNOWN, "COPY")
    assert caught.value.hint == "did you mean --from?"
