from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from layerscope.gate.verdict import JudgedImage, PartRow, RemarkRow
from layerscope.render.gate_lines import aligned, laid_out
from layerscope.render.gate_text import IMAGES, gate_text
from tests.render import verdicts

FAILED = """\
app:2  linux/amd64  compared with app:1 of main.json

                        then       now       change
  compressed_bytes  120.0 MB  141.2 MB     +21.2 MB
  visible_bytes     322.0 MB  348.9 MB     +26.9 MB
  wasted_bytes       18.0 MB   41.2 MB     +23.2 MB
  efficiency           94.7%     89.4%  -5.3 points
  layers                   9         9            0

PASS  pull size: compressed_bytes  141.2 MB <= 200.0 MB, +17.7% <= 25%
PASS  efficiency  89.4% >= 85%
PASS  layers  9 <= 40
FAIL  own growth: compressed_bytes, own layers  +21.2 MB > +10.0 MB
      (most: RUN pip install --no-cache-dir -r requirements.… +18.3 MB, line 7;
      package torch 2.1.0 to 2.2.1 +31.0 MB;
      /usr/lib/python…ckages/torch/lib/libtorch_cpu.so +9.0 MB)

      by instruction                                       now    change
      RUN pip install --no-cache-dir -r requirements…  58.3 MB  +18.3 MB  line 7
      COPY dir:000000000000 in /srv                    11.9 MB   +2.9 MB  line 9
      all other                                        11.0 MB       0 B
      sum                                              81.2 MB  +21.2 MB

      by package (content_bytes)                                  now     change
      torch (pypi) 2.1.0 to 2.2.1                            151.0 MB   +31.0 MB
      numpy (pypi) added 2.4.1                                12.6 MB   +12.6 MB
      libssl3 (deb) 3.0.1 to 3.0.2                             5.9 MB  -100.0 kB
      all other                                               40.6 MB    +6.6 MB
      sum                                                    210.1 MB   +50.1 MB

      by path (content_bytes)                                      now    change
      /usr/lib/python3/…t-packages/torch/lib/libtorch_cpu.so   99.0 MB   +9.0 MB
      /opt/venv/lib/numpy/core/_multiarray.so                   8.0 MB   +8.0 MB
      all other                                               103.1 MB  +33.1 MB
      sum                                                     210.1 MB  +50.1 MB

FAIL  waste: wasted_bytes  41.2 MB > 20.0 MB
      (most: /var/cache/apt 30.0 MB, layer 4)

      by path                                                       now
      /var/cache/apt (deleted)                                  30.0 MB  layer 4
      /var/lib/apt/lists/a (deleted)                             7.0 MB  layer 4
      /etc/ssl/certs.pem (overwritten)                           4.2 MB  layer 5
      sum                                                       41.2 MB

      by cause                                                               now
      deleted                                                            37.0 MB
      overwritten                                                         4.2 MB
      sum                                                                41.2 MB

Result: FAIL  2 of 5 budgets broken
"""


def text_of(sample: str, *, verbose: bool = False, width: int = 80) -> str:
    return gate_text(verdicts.SAMPLES[sample](), verbose=verbose, width=width).decode()


def test_text_of_a_failed_gate_names_who_made_it_grow_and_ends_with_the_result() -> None:
    assert text_of("failed") == FAILED


def test_line_of_a_check_that_fits_has_the_culprit_beside_it() -> None:
    row = msgspec.structs.replace(verdicts.waste_check(), budget="wasted_bytes")

    lines = gate_text(verdicts.verdict([row])).decode().splitlines()

    assert "FAIL  wasted_bytes  41.2 MB > 20.0 MB  (most: /var/cache/apt 30.0 MB, layer 4)" in (
        lines
    )


def test_text_of_all_outcomes_says_each_in_words() -> None:
    lines = text_of("two_images").splitlines()

    assert "WAIVED  torch: visible_bytes, package pkg:pypi/torch*  151.0 MB > 140.0 MB" in lines
    assert "      waived until 2026-12-31: CUDA wheels until #812" in lines
    assert "WARN  venv: visible_bytes, path /opt/venv/**  88.0 MB > 80.0 MB" in lines
    assert "not measured  packages  counts as a failure" in lines
    assert "      the report has no table of packages" in lines
    assert "app.tar:@1  linux/amd64  compared with nothing" in lines
    assert "FAIL  any layer: compressed_bytes, layer 6  58.3 MB > 50.0 MB" in lines
    assert lines[-7:] == [
        "all images together",
        "FAIL  stored once: blob_bytes_unique  212.0 MB > 200.0 MB",
        "",
        "note: the baseline has no image app.tar:@1",
        "",
        "Result: FAIL  4 of 10 budgets broken, 2 warnings, 1 waived (until 2026-12-31:",
        "        CUDA wheels until #812), 1 not measured (1 counts as a failure)",
    ]


def test_text_of_an_expired_waiver_says_when_it_ended() -> None:
    assert "      the waiver ended 2026-01-31: CUDA wheels until #812" in text_of("expired_waiver")


def test_text_names_rules_of_dive_that_are_off() -> None:
    lines = text_of("dive_ci").splitlines()

    assert "SKIP  highestWastedBytes  switched off" in lines
    assert "FAIL  highestUserWastedPercent: dive_user_wasted_ratio  125.0% > 10%" in lines


def test_text_of_a_wide_page_has_the_old_sizes_of_parts_too() -> None:
    lines = text_of("failed", width=100).splitlines()

    row = next(line for line in lines if line.startswith("      COPY dir:"))
    assert " ".join(row.split()) == "COPY dir:000000000000 in /srv 9.0 MB 11.9 MB +2.9 MB line 9"


def test_text_lists_faults_before_the_result() -> None:
    lines = text_of("not_measured").splitlines()

    assert lines[-6:] == [
        "fault: app.tar: layer 3: expected sha256:ab12, read sha256:99fe",
        "  (digest-mismatch)",
        "1 fault in the inputs",
        "",
        "Result: FAIL  0 of 4 budgets broken, 2 not measured (1 counts as a failure), not",
        "        all was judged: 1 fault in the inputs",
    ]


def test_text_with_verbose_has_all_sizes_reasons_and_the_policy() -> None:
    text = text_of("failed", verbose=True)

    assert text.startswith("budgets of layerscope.toml\n\napp:2")
    assert "  packages                   ?         ?            ?\n" in text
    assert "      the own layers grew by 21.2 MB; at most 10.0 MB are allowed\n" in text


def test_text_shows_five_parts_and_verbose_all_with_equal_sums() -> None:
    parts = [verdicts.part(f"/p{number}", 0, 100 - number) for number in range(9)]
    rest = PartRow(label="all other", old=0, new=4, delta=4, rest=True)
    # 100 + 99 + … + 92 = 864, and 4.
    paths = verdicts.split("path", "content_bytes", 0, 868, [*parts, rest], rest=False)
    bound = [verdicts.limit("max-increase", 1, holds=False)]
    row = verdicts.check(
        "b", "content_bytes", 868, bound, outcome="fail", baseline=0, attribution=[paths]
    )
    verdict = verdicts.verdict([row])

    short, long = (gate_text(verdict, verbose=verbose).decode() for verbose in (False, True))

    def rows(text: str) -> list[list[str]]:
        row = re.compile(r" {6}(/p\d|all other|sum) +(\d+) B +\+(\d+) B")
        return [list(found.groups()) for found in map(row.fullmatch, text.split("\n")) if found]

    # 95 + 94 + 93 + 92 + 4 of the parts that have no row.
    assert rows(short)[5:] == [["all other", "378", "378"], ["sum", "868", "868"]]
    assert [row[0] for row in rows(long)] == [*(f"/p{n}" for n in range(9)), "all other", "sum"]
    assert rows(long)[-2:] == [["all other", "4", "4"], ["sum", "868", "868"]]


def test_text_of_many_images_keeps_to_those_that_fail_and_counts_the_others() -> None:
    verdict = verdicts.huge(40)

    short, long = (gate_text(verdict, verbose=verbose).decode() for verbose in (False, True))

    assert short.count("compared with") == IMAGES
    # Ten checks of each image, two of which fail.
    assert "20 more images with 200 checks, 40 of them failed; -v prints them" in short
    assert long.count("compared with") == 40
    assert "more image" not in long


def test_text_of_many_passed_checks_counts_those_above() -> None:
    rows = [
        verdicts.check(f"b{number}", "files", 1, [verdicts.limit("max", 2, holds=True)])
        for number in range(40)
    ]
    verdict = verdicts.verdict(rows)

    assert "PASS  10 more\n" in gate_text(verdict).decode()
    assert "10 more" not in gate_text(verdict, verbose=True).decode()


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_text_of_hostile_names_is_printable_and_no_wider_than_the_page(text: str) -> None:
    verdict = verdicts.hostile(text)
    for verbose, width in ((False, 80), (True, 60)):
        lines = gate_text(verdict, verbose=verbose, width=width).decode().split("\n")

        assert [line for line in lines if not line.isprintable() or cell_len(line) > width] == []
        # No name can make a line that begins like one of ours.
        assert sum(line.startswith("Result: ") for line in lines) == 1


def test_text_of_many_notes_counts_those_it_leaves_out() -> None:
    notes = [RemarkRow(code="no-baseline", text=f"note {number}") for number in range(12)]
    verdict = verdicts.verdict(verdicts.passed_checks(), remarks=notes)

    short, long = (gate_text(verdict, verbose=verbose).decode() for verbose in (False, True))

    assert "note: note 9\nand 2 more notes and faults\n" in short
    assert "note: note 11\n\nResult: PASS  all 3 budgets are kept\n" in long


def test_text_of_an_image_without_sizes_or_parts_has_no_empty_table() -> None:
    image = JudgedImage(name=verdicts.image_name())
    nothing = verdicts.split("path", "files", None, 0, [], rest=False)
    bound = [verdicts.limit("min", 1, holds=False)]
    row = verdicts.check("files", "files", 0, bound, outcome="fail", attribution=[nothing])

    assert gate_text(verdicts.verdict([row], [image])).decode().splitlines() == [
        "app:2  linux/amd64  compared with nothing",
        "FAIL  files  0 < 1",
        "",
        "Result: FAIL  1 of 1 budget broken",
    ]


@pytest.mark.parametrize("sample", verdicts.SAMPLES)
def test_styles_change_no_word(sample: str) -> None:
    verdict = verdicts.SAMPLES[sample]()

    styled = gate_text(verdict, styled=True).decode()

    assert "\x1b[" in styled
    plain = "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", styled).split("\n"))
    assert plain == gate_text(verdict).decode()


def test_text_is_the_same_each_time() -> None:
    assert gate_text(verdicts.huge(30)) == gate_text(verdicts.huge(30))


@given(st.lists(st.text("ab 漢🌈-", max_size=90), min_size=1, max_size=5), st.integers(12, 60))
def test_layout_keeps_every_character_and_the_width(pieces: list[str], width: int) -> None:
    lines = laid_out(pieces, width, 6)

    assert all(cell_len(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == "".join(pieces).replace(" ", "")


@given(st.text("ab漢🌈", max_size=40), st.integers(1, 30))
def test_row_has_its_width_whatever_is_in_it(text: str, width: int) -> None:
    assert cell_len(aligned([text, "1 B"], [width, 5])) == width + 7
