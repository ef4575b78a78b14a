from __future__ import annotations

import difflib
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from layerscope.errors import UsageError
from layerscope.gate.baseline import baseline_bytes, baseline_of, load_baseline
from layerscope.gate.baseline_document import PACKAGES, BaselineDocument, KeptPackage
from layerscope.gate.measured import Composition, Measured, Piece
from layerscope.gate.policy import Budget, Policy, Scope
from layerscope.report import published
from tests.gate.baseline_subjects import TableSubject, by_layer, by_package, image_name, layer

if TYPE_CHECKING:
    from layerscope.report.answers import ImageName

LAYERS = (layer("FROM base", 100), layer("RUN make", 40), layer("COPY . /app", 3))
WHOLE = ("compressed_bytes", "image", "", "all")
OWN = ("compressed_bytes", "image", "", "own")
BASE = ("compressed_bytes", "image", "", "base")
LIMIT = Fraction(7)


def budget(metric: str = "compressed_bytes", scope: Scope | None = None, image: str = "") -> Budget:
    return Budget(
        f"{metric} {scope} {image}", metric, image=image, scope=scope or Scope(), maximum=LIMIT
    )


def policy(*budgets: Budget) -> Policy:
    return Policy(budgets or (budget(),))


def subject(*names: str, **fields: Any) -> TableSubject:  # noqa: ANN401 - any field of a subject
    """An image of three layers, of which one is its base's."""
    answers = {
        WHOLE: Measured(
            143,
            splits=(
                by_layer("compressed_bytes", LAYERS, {0: 100, 1: 40, 2: 3}),
                by_package("content_bytes", {"bash": 200, "libc6": 90}),
                Composition("path", "content_bytes", "bytes", 5, (Piece("/secret/path", 5),)),
            ),
        ),
        OWN: Measured(43, splits=(by_layer("compressed_bytes", LAYERS, {1: 40, 2: 3}),)),
        BASE: Measured(100, splits=(by_layer("compressed_bytes", LAYERS, {0: 100}),)),
    }
    values: dict[str, Any] = {"layers": LAYERS, "base_layers": 1, "answers": answers, **fields}
    return TableSubject(values.pop("name", image_name(*(names or ("app:1",)))), **values)


def numbers(document: BaselineDocument, image: int = 0) -> dict[tuple[str, ...], float | None]:
    return {
        (row.metric, row.scope, row.pattern, row.part): row.value
        for row in document.images[image].numbers
    }


def test_baseline_of_a_whole_image_keeps_its_own_and_its_bases_number_too() -> None:
    document = baseline_of(policy(), [subject()])

    assert numbers(document) == {WHOLE: 143, OWN: 43, BASE: 100}
    assert [
        split.amounts for row in document.images[0].numbers for split in row.split_by_instruction
    ] == [
        [100, 40, 3],
        [100, None, None],
        [None, 40, 3],
    ]


def test_baseline_keeps_no_parts_where_nothing_tells_the_base() -> None:
    assert numbers(baseline_of(policy(), [subject(base_layers=None)])) == {WHOLE: 143}


def test_baseline_keeps_no_parts_of_a_number_that_is_no_sum_over_layers() -> None:
    key = ("efficiency", "image", "", "all")
    image = subject(answers={key: Measured(0.75)})

    assert numbers(baseline_of(policy(budget("efficiency")), [image])) == {key: 0.75}


def test_baseline_of_a_budget_on_each_layer_has_a_number_of_each() -> None:
    answers = {("files", "layer", str(at), "all"): Measured(at * 5) for at in range(3)}

    document = baseline_of(
        policy(budget("files", Scope("layer", "each"))), [subject(answers=answers)]
    )

    assert numbers(document) == {
        ("files", "layer", "0", "all"): 0,
        ("files", "layer", "1", "all"): 5,
        ("files", "layer", "2", "all"): 10,
    }


def test_baseline_keeps_the_number_of_a_path_under_the_pattern_of_the_budget() -> None:
    key = ("visible_bytes", "path", "/usr/**", "all")
    image = subject(answers={key: Measured(12)})

    document = baseline_of(policy(budget("visible_bytes", Scope("path", "/usr/**"))), [image])

    assert numbers(document) == {key: 12}


def test_baseline_asks_for_no_number_of_the_run_or_between_two_images() -> None:
    image = subject()

    document = baseline_of(
        policy(budget("images", Scope("run")), budget("new_bytes"), budget("pull_delta_bytes")),
        [image],
    )

    assert image.asked == []
    assert numbers(document) == {}


def test_baseline_has_a_number_only_of_images_that_the_budget_fits() -> None:
    document = baseline_of(policy(budget(image="db*")), [subject("app:1"), subject("db:1")])

    assert [len(image.numbers) for image in document.images] == [0, 3]


def test_baseline_number_that_is_not_known_is_null() -> None:
    document = baseline_of(policy(), [subject(answers={WHOLE: Measured(None, "damaged")})])

    assert numbers(document)[WHOLE] is None
    assert b'"value": null' in baseline_bytes(document)


def test_baseline_keeps_the_twenty_largest_packages_and_the_sum_of_the_others() -> None:
    # 1 + 2 + … + 25 = 325; the five smallest are 1 + 2 + 3 + 4 + 5 = 15.
    split = by_package("content_bytes", {f"p{size:02}": size for size in range(1, 26)})
    image = subject(answers={WHOLE: Measured(143, splits=(split,))})

    kept = baseline_of(policy(), [image]).images[0].numbers[0].split_by_package[0]

    assert (kept.total, kept.rest, len(kept.packages)) == (325, 15, PACKAGES)
    assert [package.name for package in kept.packages] == [f"p{size:02}" for size in range(6, 26)]
    assert kept.packages[0] == KeptPackage(name="p06", kind="deb", version="1", amount=6)


def test_baseline_of_packages_of_one_size_keeps_the_first_by_name() -> None:
    names = [f"p{number:02}" for number in range(30)]
    split = by_package("content_bytes", dict.fromkeys(reversed(names), 1))
    image = subject(answers={WHOLE: Measured(143, splits=(split,))})

    kept = baseline_of(policy(), [image]).images[0].numbers[0].split_by_package[0]

    assert [package.name for package in kept.packages] == names[:20]
    assert kept.rest == 10


def test_baseline_counts_what_a_split_had_no_piece_for_as_the_rest() -> None:
    split = Composition("package", "content_bytes", "bytes", 12, (Piece("bash", 5, "deb", "1"),), 7)
    image = subject(answers={WHOLE: Measured(143, splits=(split,))})

    kept = baseline_of(policy(), [image]).images[0].numbers[0].split_by_package[0]

    assert (kept.total, kept.rest) == (12, 7)


def test_baseline_of_one_manifest_with_two_names_is_one_image_with_the_budgets_of_both() -> None:
    images = [subject(name=image_name(name, manifest="one")) for name in ("web:2", "app:1")]

    document = baseline_of(policy(budget(image="web:*")), images)

    assert [image.names for image in document.images] == [["app:1", "web:2"]]
    assert numbers(document)[WHOLE] == 143


def test_baseline_of_images_without_any_digest_keeps_each() -> None:
    images = [
        subject(name=image_name(name, index=at, manifest=None))
        for at, name in enumerate(("app:1", "db:1"))
    ]

    assert len(baseline_of(policy(), images).images) == 2


def test_baseline_images_come_by_name_then_platform_whatever_the_order_of_the_run() -> None:
    images = [
        subject(name=image_name("b:1")),
        subject(name=image_name("a:1", on="linux/arm64")),
        subject(name=image_name("a:1", on="linux/amd64")),
    ]
    budgets = [budget("files", Scope("layer", "0")), budget(), budget("entries")]

    document = baseline_of(policy(*budgets), images)

    assert [(image.names, str(image.platform)) for image in document.images] == [
        (["a:1"], "linux/amd64"),
        (["a:1"], "linux/arm64"),
        (["b:1"], "linux/amd64"),
    ]
    again = baseline_of(policy(*reversed(budgets)), images[::-1])
    assert baseline_bytes(again) == baseline_bytes(document)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (image_name("app:1"), image_name("docker.io/library/app:1", index=1)),
        (image_name("app:1", on="linux/amd64"), image_name("app:1", on="linux/x86_64")),
        (image_name(input="a/x.tar"), image_name(input="b/x.tar")),
        (image_name("latest", input="a/x.tar"), image_name("latest", input="b/x.tar")),
        (image_name("app:1", input="a/x.tar"), image_name("app:1", input="b/y.tar")),
    ],
)
def test_baseline_of_images_that_nothing_tells_apart_is_a_usage_error(
    one: ImageName, other: ImageName
) -> None:
    with pytest.raises(UsageError, match="tell apart"):
        baseline_of(policy(), [subject(name=one), subject(name=other)])


@pytest.mark.parametrize("names", [(), ("latest",)])
def test_baseline_tells_images_without_names_or_with_bare_tags_apart_by_their_inputs(
    names: tuple[str, ...],
) -> None:
    images = [
        subject(name=image_name(*names, input=f"d/{name}.tar", manifest=None)) for name in "ba"
    ]

    document = baseline_of(policy(), images)

    assert [image.input for image in document.images] == ["a.tar", "b.tar"]


def test_baseline_file_holds_no_folder_no_path_and_no_release() -> None:
    name = image_name("app:1", input="/srv/builder/app.tar")

    data = baseline_bytes(baseline_of(policy(), [subject(name=name)]))

    assert json.loads(data)["images"][0]["input"] == "app.tar"
    assert b"builder" not in data
    assert b"secret" not in data
    assert set(json.loads(data)) == {"checksum", "images", "schema"}


def test_baseline_file_follows_its_schema() -> None:
    schema = json.loads(published.schema("layerscope.baseline/1"))
    image = subject(
        name=image_name("app:\udc80", on="linux/arm/v7"), created="2026-11-24T00:00:00Z"
    )

    data = json.loads(baseline_bytes(baseline_of(policy(), [image])))

    jsonschema.Draft202012Validator(schema).validate(data)


def test_baseline_files_of_one_package_that_grew_differ_in_the_lines_of_just_that() -> None:
    before, after = (
        baseline_bytes(
            baseline_of(
                policy(),
                [
                    subject(
                        base_layers=None,
                        answers={
                            WHOLE: Measured(
                                143, splits=(by_package("content_bytes", {"a": 7, "b": size}),)
                            )
                        },
                    )
                ],
            )
        )
        for size in (100, 105)
    )

    changed = [
        line.strip(" +-").partition(":")[0]
        for line in difflib.ndiff(before.decode().splitlines(), after.decode().splitlines())
        if line[0] == "+"
    ]

    assert changed == ['"checksum"', '{"amount"', '"total"']


def test_baseline_that_was_written_is_read_as_it_was() -> None:
    document = baseline_of(policy(), [subject("app:1"), subject("db:\ud800")])

    assert load_baseline(baseline_bytes(document)) == document
