from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layerscope.render.diff_markdown import code
from layerscope.render.gate_markdown import (
    MARKER,
    SUMMARY_BYTES,
    gate_markdown,
    gate_summary,
)
from layerscope.render.markdown_parts import COMMENT_BYTES, prose
from tests.render import verdicts
from tests.render.markdown_page import OURS, Page, blocks_are_whole

if TYPE_CHECKING:
    from layerscope.gate.verdict import Verdict

WARNED = """\
<!-- layerscope:gate -->

### layerscope gate: PASS

**0 of 2 budgets broken, 1 warning, 1 waived**

| Result | Budget | Measured | Most |
| --- | --- | --- | --- |
| **WARN** | <code>venv&#58; visible&#95;bytes, path /opt/venv/&#42;&#42;</code> \
| 88.0 MB &#62; 80.0 MB |  |
| **WAIVED** | <code>torch&#58; visible&#95;bytes, package pkg&#58;pypi/torch&#42;</code> \
| 151.0 MB &#62; 140.0 MB |  |

<code>app&#58;2  linux/amd64</code> compared with nothing

|  | now |
| --- | ---: |
| <code>compressed&#95;bytes</code> | 141.2 MB |
| <code>uncompressed&#95;bytes</code> | 402.0 MB |
| <code>content&#95;bytes</code> | 390.1 MB |
| <code>visible&#95;bytes</code> | 348.9 MB |
| <code>wasted&#95;bytes</code> | 41.2 MB |
| <code>efficiency</code> | 89.4% |
| <code>files</code> | 12,345 |
| <code>layers</code> | 9 |

**Waivers**

- <code>torch&#58; visible&#95;bytes, package pkg&#58;pypi/torch&#42;</code>: \
<code>waived until 2026-12-31&#58; CUDA wheels until &#35;812</code>
"""
CHECK = re.compile(r"^\| (?:\*\*)?(?:FAIL|WARN|WAIVED|PASS|not measured)", re.MULTILINE)


def rows_of_checks(markdown: str) -> int:
    return len(CHECK.findall(markdown))


def left_out(markdown: str) -> int:
    found = re.search(r"^… ([\d,]+) more checks?( and|;)", markdown, re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


def test_comment_of_a_warning_and_a_waiver() -> None:
    rows = [verdicts.warn_check(), verdicts.waived_check()]
    verdict = verdicts.verdict(rows, [verdicts.judged(old=False)])

    assert gate_markdown(verdict).decode() == WARNED


def test_comment_of_a_failed_gate_names_culprits_and_folds_the_parts() -> None:
    text = gate_markdown(verdicts.failed()).decode()

    assert text.startswith(f"{MARKER}\n\n### layerscope gate: FAIL\n\n**2 of 5 budgets broken**\n")
    assert (
        "| <code>RUN pip install --no-cache-dir -r requirements.…</code> +18.3 MB, line 7<br>"
        "<code>package torch 2.1.0 to 2.2.1</code> +31.0 MB<br>"
        "<code>/usr/lib/python…ckages/torch/lib/libtorch&#95;cpu.so</code> +9.0 MB |\n" in text
    )
    assert (
        "<details><summary>FAIL <code>waste&#58; wasted&#95;bytes</code>: 41.2 MB &#62; 20.0 MB"
        "</summary>\n\n41.2 MB is more than 20.0 MB\n\n| By path | now |\n| --- | ---: |\n"
        "| <code>/var/cache/apt &#40;deleted&#41;</code> layer 4 | 30.0 MB |\n" in text
    )
    assert "| all other | 34.0 MB | 40.6 MB | +6.6 MB |\n| **sum** | 160.0 MB" in text
    # Failures stand above what passed.
    assert text.index("**FAIL**") < text.index("| PASS |")
    assert left_out(text) == 0


def test_comment_on_several_images_says_which() -> None:
    text = gate_markdown(verdicts.two_images()).decode()

    assert "| Result | Budget | Image | Measured | Most |" in text
    assert "| **FAIL** | <code>stored once&#58; blob&#95;bytes&#95;unique</code> | all |" in text
    assert "<code>app.tar&#58;<!-- -->&#64;1  linux/amd64</code> compared with nothing" in text
    assert "</code> of <code>app&#58;2</code>: +21.2 MB" in text


def test_comment_lists_faults_notes_and_rules_that_are_off() -> None:
    faulty = gate_markdown(verdicts.not_measured()).decode()

    assert "**Notes**\n\n- growth is not judged: there is no baseline\n" in faulty
    assert "**Faults**\n\n- <code>app.tar</code>: <code>layer 3&#58; expected sha256" in faulty
    assert "| not measured, counts as a failure | the report has no table of packages |" in faulty
    assert "**Switched off**\n\n- SKIP <code>highestWastedBytes</code>" in (
        gate_markdown(verdicts.dive_ci()).decode()
    )


def test_summary_is_the_comment_without_the_marker() -> None:
    verdict = verdicts.failed()

    assert gate_markdown(verdict).decode() == f"{MARKER}\n\n{gate_summary(verdict).decode()}"


@pytest.mark.parametrize("text", verdicts.HOSTILE)
@pytest.mark.parametrize("limit", [2000, COMMENT_BYTES])
def test_hostile_names_give_no_link_tag_heading_or_mention(text: str, limit: int) -> None:
    markdown = gate_markdown(verdicts.hostile(text), limit).decode()

    page = Page(markdown)

    blocks_are_whole(markdown)
    assert set(page.tags) <= OURS
    assert page.attributes <= {"td style", "th style"}
    assert page.tags.count("h3") == 1
    assert set(page.comments) <= {" layerscope:gate ", " "}
    assert page.open == []
    plain = "\n".join(page.plain)
    assert not re.search(r"[@#\\`|<\[\]]|www\.|//", plain)
    # In code a host still makes a link of an address, unless something parts it.
    assert [part for part in page.in_code if re.search(r"\S@", part)] == []
    assert [part for part in page.in_code if not part.isprintable()] == []


def test_hostile_names_stay_readable() -> None:
    name = "a|b <i> @me `x` [l](u)"

    page = Page(gate_markdown(verdicts.hostile(name)).decode())

    assert any(part.startswith(name) for part in page.in_code)


@pytest.mark.parametrize("limit", [2000, 5000, 20_000, COMMENT_BYTES])
def test_huge_comment_keeps_to_its_limit_and_counts_what_it_leaves_out(limit: int) -> None:
    verdict = verdicts.huge()

    whole = gate_markdown(verdict, limit)
    text = whole.decode()

    assert len(whole) <= limit
    blocks_are_whole(text)
    assert rows_of_checks(text) > 0
    assert rows_of_checks(text) + left_out(text) == 3000
    assert text.endswith("; the whole verdict is in the JSON.\n")
    assert "**6 of 10 budgets" not in text


def test_comment_counts_failures_whose_parts_had_no_room() -> None:
    # 600 of the checks fail and have parts; a comment explains 20 at most.
    text = gate_markdown(verdicts.huge()).decode()

    assert text.count("<details>") == 20
    assert "… 2,950 more checks and the parts of 580 more checks; the whole" in text
    assert "… 250 more images\n" in text


def test_huge_summary_is_far_longer_and_below_one_mebibyte() -> None:
    whole = gate_summary(verdicts.huge())
    text = whole.decode()

    assert COMMENT_BYTES < len(whole) <= SUMMARY_BYTES < 1024 * 1024
    assert (rows_of_checks(text), left_out(text)) == (1000, 2000)
    assert text.count("<details>") == 200


def test_summary_of_long_hostile_names_keeps_to_its_limit() -> None:
    rows = [
        msgspec.structs.replace(row, image=None)
        for row in verdicts.hostile("<" * 5000).checks * 200
    ]
    whole = gate_summary(verdicts.verdict(rows))

    assert len(whole) <= SUMMARY_BYTES
    blocks_are_whole(whole.decode())
    assert rows_of_checks(whole.decode()) + left_out(whole.decode()) == len(rows)


SMALL = [found() for found in verdicts.SAMPLES.values()] + [verdicts.huge(5)]


@settings(max_examples=60)
@given(st.sampled_from(SMALL), st.integers(2000, 30_000))
def test_comment_of_any_limit_is_within_it_and_whole(verdict: Verdict, limit: int) -> None:
    whole = gate_markdown(verdict, limit)
    text = whole.decode()

    assert len(whole) <= limit
    blocks_are_whole(text)
    assert text.startswith(f"{MARKER}\n")
    assert rows_of_checks(text) + left_out(text) == len(verdict.checks)


@settings(max_examples=60)
@given(st.sampled_from(SMALL), st.integers(2000, 30_000), st.integers(0, 5000))
def test_more_room_never_shows_fewer_checks(verdict: Verdict, limit: int, more: int) -> None:
    less, larger = (gate_markdown(verdict, size).decode() for size in (limit, limit + more))

    assert rows_of_checks(less) <= rows_of_checks(larger)


def test_comment_without_room_for_the_result_is_refused() -> None:
    with pytest.raises(ValueError, match="no room in 100 bytes"):
        gate_markdown(verdicts.failed(), 100)


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_prose_and_code_are_text_and_nothing_else(text: str) -> None:
    shown = "".join(char for char in text if char.isprintable())
    for words in (prose(shown), code(shown)):
        page = Page(f"a {words}\n\n{words}\n\n- {words}\n\n| a |\n| --- |\n| {words} |\n")

        assert page.tags.count("td") == page.tags.count("tr") - 1 == 1
        assert set(page.tags) <= {"p", "code", "ul", "li", "table", "thead", "tbody", "tr"} | {
            "th",
            "td",
        }
        assert page.tags.count("li") == 1


@pytest.mark.parametrize(
    "text", ["see #12", "@team", "www.e.example", "GH-12", "//e.example", "- a", "1. a", "2)"]
)
def test_prose_with_a_reference_or_an_item_is_code(text: str) -> None:
    assert prose(text).startswith("<code>")


def test_prose_of_our_own_sentences_stays_a_sentence() -> None:
    assert prose("+5 B > 5% of 0 B; (x_y), 1.5 kB <= 2") == (
        "+5 B &#62; 5% of 0 B; (x&#95;y), 1.5 kB &#60;= 2"
    )
    assert [prose(text) for text in ("", "-50 B", "9")] == ["", "-50 B", "9"]


def test_code_parts_what_would_be_an_address() -> None:
    assert code("me@e.example") == "<code>me<!-- -->&#64;e.example</code>"
    assert code("@me") == "<code>&#64;me</code>"
