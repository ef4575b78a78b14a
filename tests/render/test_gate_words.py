from __future__ import annotations

import msgspec
import pytest

from layerscope.gate.verdict import CheckRow, LimitRow, PartRow, ScopeRow
from layerscope.render.gate_amounts import amount, limit_words, relation, relations, signed_amount
from layerscope.render.gate_rows import shown_parts
from layerscope.render.gate_words import (
    OUTCOME_WORDS,
    blamed,
    check_title,
    compared_with,
    culprit,
    names_apart,
    result_word,
    result_words,
    scope_words,
    split_label,
    titles,
    waiver_words,
    worst_first,
)
from tests.render import verdicts
from tests.render.verdicts import check, limit, part, split


def bounded(value: float | None, row: LimitRow, *, metric: str = "wasted_bytes") -> CheckRow:
    return check("b", metric, value, [row])


def grown(old: int, new: int, row: LimitRow) -> CheckRow:
    return check("b", "wasted_bytes", new, [row], baseline=old)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (bounded(41_200_000, limit("max", 20_000_000, holds=False)), "41.2 MB > 20.0 MB"),
        (bounded(20_000_000, limit("max", 20_000_000, holds=True)), "20.0 MB <= 20.0 MB"),
        (bounded(10, limit("min", 20, holds=False), metric="files"), "10 < 20"),
        (bounded(1234, limit("min", 20, holds=True), metric="files"), "1,234 >= 20"),
        (bounded(0.8, limit("min", 0.9, holds=False), metric="efficiency"), "80.0% < 90%"),
        (grown(100, 2100, limit("max-increase", 1000, holds=False)), "+2.0 kB > +1.0 kB"),
        (grown(100, 50, limit("max-increase", 1000, holds=True)), "-50 B <= +1.0 kB"),
        (grown(100, 100, limit("max-increase", 0, holds=True)), "0 B <= 0 B"),
        (grown(200, 271, limit("max-increase-percent", 5, holds=False)), "+35.5% > 5%"),
        (grown(200, 100, limit("max-increase-percent", 2.5, holds=True)), "-50.0% <= 2.5%"),
        (bounded(300, limit("history", 212.5, holds=False)), "300 B > usual max 212.5 B"),
        (bounded(300, limit("max", 400, holds=None)), "max 400 B not judged"),
    ],
)
def test_relation_says_number_sign_and_bound(row: CheckRow, words: str) -> None:
    assert relation(row, row.limits[0]) == words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        # Both round to 20.0 MB, to 90.0%, to 5.0%.
        (bounded(20_000_001, limit("max", 20_000_000, holds=False)), "20,000,001 B > 20,000,000 B"),
        (
            bounded(0.89996, limit("min", 0.9, holds=False), metric="efficiency"),
            "89.996% < 90%",
        ),
        (
            grown(100_000, 105_001, limit("max-increase-percent", 5, holds=False)),
            "+5.001% > 5%",
        ),
    ],
)
def test_relation_of_numbers_that_round_alike_has_more_digits(row: CheckRow, words: str) -> None:
    assert relation(row, row.limits[0]) == words


def test_relation_of_a_percentage_of_nothing_names_the_growth() -> None:
    row = grown(0, 500, limit("max-increase-percent", 5, holds=False))

    assert relations(row) == "+500 B > 5% of 0 B"


def test_relation_of_a_percentage_of_own_layers_claims_no_share() -> None:
    # The bound is a percentage of the whole image, which the check does not have.
    row = grown(100, 500, limit("max-increase-percent", 5, holds=False))
    own = msgspec.structs.replace(row, part="own")

    assert relations(own) == "+400 B > 5% of the whole image before"


def test_relation_of_growth_below_the_noise_does_not_look_broken() -> None:
    more = grown(100, 110, limit("max-increase", 5, holds=True))
    share = grown(100, 110, limit("max-increase-percent", 5, holds=True))

    assert relations(more) == "+10 B, too little to count against +5 B"
    assert relations(share) == "+10.0%, too little to count against 5%"


def test_relation_of_an_infinite_number_is_judged_without_one() -> None:
    row = bounded(None, limit("max", 0.1, holds=False), metric="dive_user_wasted_ratio")

    assert relations(row) == "infinite > 10%"


def test_relations_name_only_what_is_broken_if_anything_is() -> None:
    limits = [limit("max", 5, holds=False), limit("min", 1, holds=True)]

    assert relations(check("b", "files", 7, limits)) == "7 > 5"
    assert relations(check("b", "files", 4, [limit("max", 5, holds=True), limits[1]])) == (
        "4 <= 5, 4 >= 1"
    )
    assert relations(check("b", "files", None, [limit("max", 5, holds=None)])) == "not measured"


def test_amounts_have_units_and_changes_signs() -> None:
    assert [amount(1.5, "bytes"), amount(999, "bytes"), amount(1_000_000, "count")] == [
        "1.5 B",
        "999 B",
        "1,000,000",
    ]
    assert [signed_amount(0.012, "ratio"), signed_amount(-7, "bytes")] == ["+1.2 points", "-7 B"]
    assert signed_amount(None, "bytes") == amount(None, "ratio") == "not measured"


def test_limits_in_words() -> None:
    rows = [
        limit("max", 20_000_000, holds=True),
        limit("max-increase", 5, holds=True),
        limit("max-increase-percent", 2.5, holds=True),
        limit("history", 1000, holds=True),
    ]

    assert [limit_words(row, "bytes") for row in rows] == [
        "max 20.0 MB",
        "max increase 5 B",
        "max increase 2.5%",
        "usual max 1.0 kB",
    ]


@pytest.mark.parametrize(
    ("scope", "layer", "words"),
    [
        (ScopeRow(kind="image"), None, ""),
        (ScopeRow(kind="run"), None, ""),
        (ScopeRow(kind="path", pattern="/opt/**"), None, "path /opt/**"),
        (ScopeRow(kind="package", pattern="torch"), None, "package torch"),
        (ScopeRow(kind="layer", pattern="own"), None, "own layers"),
        (ScopeRow(kind="layer", pattern="-1"), None, "layer -1"),
        (ScopeRow(kind="layer", pattern="each"), 3, "layer 3"),
    ],
)
def test_scope_in_words(scope: ScopeRow, layer: int | None, words: str) -> None:
    row = check("b", "files", 1, [], scope=scope, layer=layer)

    assert scope_words(row) == words


@pytest.mark.parametrize(
    ("budget", "title"),
    [
        ("wasted_bytes", "wasted_bytes"),
        ("wasted", "wasted"),
        ("Wasted-Bytes", "Wasted-Bytes"),
        ("wasted by apt", "wasted by apt"),
        ("apt", "apt: wasted_bytes"),
    ],
)
def test_title_names_the_metric_unless_the_budget_does(budget: str, title: str) -> None:
    assert check_title(check(budget, "wasted_bytes", 1, [])) == title


def test_title_of_a_budget_without_a_name_says_nothing_twice() -> None:
    scope = ScopeRow(kind="path", pattern="/opt/**")
    name = "wasted_bytes of path /opt/**"

    assert check_title(check(name, "wasted_bytes", 1, [], scope=scope)) == name
    assert check_title(check("wasted", "wasted_bytes", 1, [], scope=scope)) == (
        "wasted: path /opt/**"
    )
    each = ScopeRow(kind="layer", pattern="each")
    row = check("files of layer each", "files", 1, [], scope=each, layer=2)
    assert check_title(row) == "files of layer each: layer 2"


def test_images_of_one_name_are_told_apart_by_their_input() -> None:
    images = [verdicts.judged(), verdicts.judged(index=1)]
    other = verdicts.image_name(source="dir/other.tar")
    images[1] = msgspec.structs.replace(images[1], name=other)

    assert titles(images) == ["app.tar: app:2  linux/amd64", "other.tar: app:2  linux/amd64"]
    assert names_apart(images[:1]) == ["app:2"]
    assert names_apart([verdicts.two_images().images[1]]) == ["app.tar:@1"]


def test_comparison_names_image_and_input() -> None:
    assert compared_with(verdicts.judged()) == "compared with app:1 of main.json"
    assert compared_with(verdicts.judged(old=False)) == "compared with nothing"


def test_culprits_are_the_largest_growth_of_each_split() -> None:
    assert culprit(verdicts.growth_check()) == (
        "RUN pip install --no-cache-dir -r requirements.… +18.3 MB, line 7; "
        "package torch 2.1.0 to 2.2.1 +31.0 MB; "
        "/usr/lib/python…ckages/torch/lib/libtorch_cpu.so +9.0 MB"
    )
    assert culprit(verdicts.waste_check()) == "/var/cache/apt 30.0 MB, layer 4"


def test_culprit_of_growth_is_not_what_shrank_more() -> None:
    parts = [part("/gone", 90, 0), part("/new", 0, 40), part("/same", 7, 7)]
    paths = split("path", "content_bytes", 97, 47, parts, rest=False)
    row = check("b", "content_bytes", 47, [limit("max", 1, holds=False)], attribution=[paths])

    assert culprit(row) == "/new +40 B"


def test_culprit_without_growth_is_the_largest_part() -> None:
    parts = [part("/small", 9, 7), part("/large", 50, 50)]
    paths = split("path", "content_bytes", 59, 57, parts, rest=False)
    row = check("b", "content_bytes", 57, [limit("max", 1, holds=False)], attribution=[paths])

    assert culprit(row) == "/large 50 B"


def test_culprit_of_too_little_is_what_shrank() -> None:
    parts = [part("/new", 0, 40), part("/gone", 30, 0)]
    paths = split("path", "content_bytes", 30, 40, parts, rest=False)
    row = check("b", "content_bytes", 40, [limit("min", 50, holds=False)], attribution=[paths])

    assert culprit(row) == "/gone -30 B"
    whole = split("path", "content_bytes", None, 40, [part("/a", None, 40)], rest=False)
    assert blamed(msgspec.structs.replace(row, attribution=[whole])) == []


def test_culprit_of_too_low_an_efficiency_is_what_grew() -> None:
    paths = split("path", "wasted_bytes", 0, 9, [part("/tmp/x", 0, 9)], rest=False)
    bound = [limit("min", 0.9, holds=False)]
    row = check("b", "efficiency", 0.5, bound, baseline=0.9, attribution=[paths])

    assert culprit(row) == "/tmp/x +9 B"


def test_culprit_is_never_what_is_of_no_package() -> None:
    parts = [part("", 0, 90), part("torch", 0, 9, kind="pypi")]
    packages = split("package", "content_bytes", 0, 99, parts, rest=False)
    bound = [limit("max", 1, holds=False)]
    row = check("b", "content_bytes", 99, bound, attribution=[packages])

    assert culprit(row) == "package torch +9 B"


def test_culprit_is_a_cause_only_if_nothing_else_is_known() -> None:
    row = verdicts.waste_check()
    causes = [found for found in row.attribution if found.by == "cause"]

    assert culprit(msgspec.structs.replace(row, attribution=causes)) == "deleted 37.0 MB"


def test_row_of_all_others_keeps_its_detail_and_the_sums() -> None:
    rows = [part(f"/{number}", 0, 10 - number) for number in range(8)]
    rest = PartRow(label="all other", old=5, new=6, delta=1, detail="with x", rest=True)
    found = split("path", "content_bytes", 5, 58, [*rows, part("/same", 3, 3), rest], rest=False)

    kept, other = shown_parts(found, 5)

    assert [row.label for row in kept] == ["/0", "/1", "/2", "/3", "/4"]
    # 5 + 4 + 3 of the rows that are left, 3 that did not change, and 1 more of 5 before.
    assert other == PartRow(label="all other", old=8, new=21, delta=13, detail="with x", rest=True)
    assert split_label(found, other) == "all other with x"


def test_row_of_all_others_is_unknown_if_a_part_of_it_is() -> None:
    rest = PartRow(label="all other", old=5, new=None, delta=None, rest=True)
    rows = [part("/a", 0, 9), part("/b", 0, 8), rest]
    found = split("path", "content_bytes", 5, 20, rows, rest=False)

    assert shown_parts(found, 1)[1] == PartRow(label="all other", old=5, rest=True)
    assert shown_parts(msgspec.structs.replace(found, parts=rows[:2]), 2)[1] is None


def test_worst_comes_first_and_order_stays_otherwise() -> None:
    rows = [*verdicts.two_images().checks, verdicts.not_measured_check("pass")]

    found = [(row.counts_as, OUTCOME_WORDS[row.outcome]) for row in worst_first(rows)]

    assert found == [
        *[("fail", "FAIL")] * 4,
        ("fail", "not measured"),
        *[("warn", "WARN")] * 2,
        ("pass", "WAIVED"),
        ("pass", "not measured"),
        *[("pass", "PASS")] * 6,
    ]
    assert [row.budget for row in worst_first(rows)][:2] == ["own growth", "waste"]


@pytest.mark.parametrize(
    ("sample", "word", "words"),
    [
        ("all_passed", "PASS", "all 3 budgets are kept"),
        ("failed", "FAIL", "2 of 5 budgets broken"),
        ("warned", "PASS", "0 of 4 budgets broken, 1 warning"),
        ("waived", "PASS", "0 of 4 budgets broken, 1 waived"),
        ("expired_waiver", "FAIL", "1 of 4 budgets broken"),
        (
            "not_measured",
            "FAIL",
            (
                "0 of 4 budgets broken, 2 not measured (1 counts as a failure), "
                "not all was judged: 1 fault in the inputs"
            ),
        ),
        ("dive_ci", "FAIL", "1 of 2 budgets broken, 1 switched off"),
    ],
)
def test_result_counts_each_outcome(sample: str, word: str, words: str) -> None:
    verdict = verdicts.SAMPLES[sample]()

    assert (result_word(verdict), result_words(verdict)) == (word, words)


def test_result_tells_budgets_from_their_checks_on_several_images() -> None:
    waste = verdicts.waste_check()
    both = [waste, msgspec.structs.replace(waste, image=1)]
    images = [verdicts.judged(), verdicts.judged("b")]

    assert result_words(verdicts.verdict(both, images)) == "1 of 1 budget broken (2 checks)"


def test_result_says_why_a_warning_fails() -> None:
    verdict = verdicts.verdict([verdicts.warn_check()], fail_on="warn")

    assert (result_word(verdict), result_words(verdict)) == (
        "FAIL",
        "0 of 1 budget broken, 1 warning (--fail-on warn)",
    )


def test_result_names_the_waiver_that_ends_first() -> None:
    row = verdicts.waived_check()
    assert row.waiver is not None
    sooner = msgspec.structs.replace(row.waiver, until="2026-12-01", reason="sooner")
    rows = [row, msgspec.structs.replace(row, waiver=sooner)]

    assert result_words(verdicts.verdict(rows[:1]), waivers=True) == (
        "0 of 1 budget broken, 1 waived (until 2026-12-31: CUDA wheels until #812)"
    )
    assert result_words(verdicts.verdict(rows), waivers=True) == (
        "0 of 1 budget broken, 2 waived (the first until 2026-12-01: sooner)"
    )


def test_waiver_in_words_says_whether_it_still_holds() -> None:
    now, past = (found().checks[-1] for found in (verdicts.waived, verdicts.expired_waiver))

    assert waiver_words(now) == "waived until 2026-12-31: CUDA wheels until #812"
    assert waiver_words(past) == "the waiver ended 2026-01-31: CUDA wheels until #812"


@pytest.mark.parametrize("text", verdicts.HOSTILE)
def test_words_of_hostile_names_are_printable(text: str) -> None:
    verdict = verdicts.hostile(text)

    words = [*titles(verdict.images), compared_with(verdict.images[0])]
    for row in verdict.checks:
        words += [check_title(row), culprit(row), waiver_words(row), relations(row)]
        words += [split_label(by, found) for by in row.attribution for found in by.parts]

    assert all(word.isprintable() for word in words)
