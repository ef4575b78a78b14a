"""Numbers of paths and packages of an image, worked out by hand, and contents for comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from layerscope.errors import BadDocumentError, UsageError
from layerscope.gate.measured import Measured
from layerscope.gate.policy import Scope
from layerscope.gate.report_subject import ReportSubject, subjects_of
from layerscope.report.document import WasteRow
from tests.gate.made import digest, files_table, image_row, packages_table, report_of

if TYPE_CHECKING:
    from layerscope.gate.measured import Part

FILES = files_table(
    {"path": "/app", "kind": "dir", "layer": 1},
    {"path": "/app/cache", "kind": "dir", "layer": 1},
    {"path": "/app/cache/x/old", "size_bytes": 40, "layer": 1},
    {"path": "/app/cache2", "size_bytes": 5, "layer": 1},
    {"path": "/app/empty", "layer": 1},
    {"path": "/bin/sh", "size_bytes": 100},
    {"path": "/bin/bash", "size_bytes": 100, "linked_to": "/bin/sh"},
    {"path": "/bin/link", "kind": "symlink", "link_target": "sh"},
    {"path": "/lib/a.so", "size_bytes": 7},
)
WASTE = [
    WasteRow(path="/app/cache/x/gone", bytes=3, cause="deleted", layer=0, hidden_by_layer=1),
    WasteRow(path="/lib/a.so", bytes=8, cause="overwritten", layer=0, hidden_by_layer=1),
]
ROW = image_row([("FROM base", 60, 118, 11), ("RUN make", 20, 45, 0)], waste=WASTE, base_layers=1)
PACKAGES = packages_table(
    {"name": "bash", "version": "5.2-1", "files": 2, "visible_bytes": 100},
    {"name": "libc6", "files": 3, "visible_bytes": 7, "hidden_bytes": 2},
    {"name": "libc6", "version": "0.9", "state": "hidden", "hidden_bytes": 6},
    {"name": "libssl", "kind": "npm", "purl": "pkg:npm/%40x/libssl@2.0", "visible_bytes": 40},
    {"name": "", "kind": "unowned", "version": "", "visible_bytes": 5, "hidden_bytes": 3},
)


def subject() -> ReportSubject:
    return subjects_of(report_of(ROW, tables={"files": FILES, "packages": PACKAGES}))[0]


def pieces(measured: Measured, by: str) -> list[tuple[str, str, str, int, int | None]]:
    found = [split for split in measured.splits if split.by == by]
    assert len(found) == 1
    return [
        (piece.label, piece.kind, piece.version, piece.amount, piece.layer)
        for piece in found[0].pieces
    ]


@pytest.mark.parametrize(
    ("pattern", "visible", "wasted", "files"),
    [
        ("/app/cache", 40, 3, 1),
        ("/app/cache/", 40, 3, 1),
        ("/app/cache/**", 40, 3, 1),
        ("app/*", 45, 3, 3),
        ("cache", 40, 3, 1),
        ("x", 40, 3, 1),
        ("*.so", 7, 8, 1),
        ("/lib/a.so", 7, 8, 1),
        ("/bin/sh", 100, 0, 1),
        ("/bin/bash", 0, 0, 0),
        ("/", 152, 11, 5),
        ("/**", 152, 11, 5),
        ("/no/such", 0, 0, 0),
    ],
)
def test_path_holds_its_visible_files_and_its_hidden_copies(
    pattern: str, visible: int, wasted: int, files: int
) -> None:
    one, scope = subject(), Scope("path", pattern)

    assert one.measure("visible_bytes", scope) == Measured(
        visible, "", one.measure("visible_bytes", scope).splits
    )
    assert one.measure("wasted_bytes", scope).value == wasted
    assert one.measure("content_bytes", scope).value == visible + wasted
    assert one.measure("files", scope).value == files


def test_path_splits_by_instruction_and_by_path() -> None:
    found = subject().measure("content_bytes", Scope("path", "cache"))

    assert pieces(found, "instruction") == [
        ("FROM base", "", "", 3, 0),
        ("RUN make", "", "", 40, 1),
    ]
    assert pieces(found, "path") == [
        ("/app/cache/x/gone", "deleted", "", 3, 0),
        ("/app/cache/x/old", "", "", 40, 1),
    ]


def test_hidden_copies_of_a_path_split_by_cause_too() -> None:
    found = subject().measure("wasted_bytes", Scope("path", "/**"))

    assert pieces(found, "cause") == [("deleted", "", "", 3, 0), ("overwritten", "", "", 8, 0)]


def test_files_of_a_path_split_by_path_with_one_for_each() -> None:
    found = subject().measure("files", Scope("path", "/app"))

    assert pieces(found, "path") == [
        ("/app/cache/x/old", "", "", 1, 1),
        ("/app/cache2", "", "", 1, 1),
        ("/app/empty", "", "", 1, 1),
    ]


@pytest.mark.parametrize(("part", "expected"), [("own", 40), ("base", 3), ("all", 43)])
def test_path_of_own_layers_is_what_those_store(part: Part, expected: int) -> None:
    assert subject().measure("content_bytes", Scope("path", "cache"), part).value == expected


def test_hidden_copies_of_a_path_take_no_table() -> None:
    one = subjects_of(report_of(ROW))[0]

    assert one.measure("wasted_bytes", Scope("path", "*.so")).value == 8
    assert one.measure("visible_bytes", Scope("path", "*.so")) == Measured(
        None, "the report has no table of files; analyze --tables files writes one"
    )


def test_path_of_an_image_that_the_table_does_not_have_is_not_measured() -> None:
    tables = {"files": files_table(), "packages": packages_table()}
    one = subjects_of(report_of(ROW, tables=tables))[0]

    for kind, table in (("path", "files"), ("package", "packages")):
        found = one.measure("visible_bytes", Scope(kind, "*"))  # type: ignore[arg-type] # both are kinds
        assert found == Measured(None, f"the report's table of {table} does not have the image")


def test_path_of_a_damaged_image_names_the_layer() -> None:
    row = image_row([("A", None, None, None)])
    one = subjects_of(report_of(row, tables={"files": FILES}))[0]

    for metric in ("visible_bytes", "wasted_bytes"):
        found = one.measure(metric, Scope("path", "*"))
        assert found == Measured(None, "layer 0 could not be read")


def test_path_of_an_image_without_files_is_0() -> None:
    row = image_row([("A", 1, 0, 0)])
    tables = {"files": files_table(), "packages": packages_table()}
    one = subjects_of(report_of(row, tables=tables))[0]

    assert one.measure("content_bytes", Scope("path", "*")).value == 0
    assert one.measure("packages", Scope()).value == 0
    assert one.contents() == {}


def test_pattern_on_paths_that_is_none_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        subject().measure("wasted_bytes", Scope("path", "[z-a]"))


def test_waste_that_does_not_sum_to_the_wasted_bytes_is_a_bad_document() -> None:
    one = subjects_of(report_of(image_row(wasted_bytes=1)))[0]

    with pytest.raises(BadDocumentError, match="waste: expected 1 bytes, found 0"):
        one.measure("wasted_bytes", Scope("path", "*"))


@pytest.mark.parametrize(
    ("pattern", "content", "wasted", "files", "packages"),
    [
        ("bash", 100, 0, 2, 1),
        ("lib*", 55, 8, 5, 2),
        ("libc6", 15, 8, 4, 1),
        ("*", 155, 8, 7, 3),
        ("", 0, 0, 0, 0),
        ("LIBC6", 0, 0, 0, 0),
        ("pkg:deb/*", 115, 8, 6, 2),
        ("pkg:deb/debian/bash", 100, 0, 2, 1),
        ("pkg:deb/debian/bash@5.2-1", 100, 0, 2, 1),
        ("pkg:deb/debian/bash@5.2-1?arch=amd64", 100, 0, 2, 1),
        ("pkg:deb/debian/bash@5.1", 0, 0, 0, 0),
        ("pkg:npm/%40x/libssl", 40, 0, 1, 1),
        ("pkg:*", 155, 8, 7, 3),
    ],
)
def test_package_is_found_by_name_and_by_url(
    pattern: str, content: int, wasted: int, files: int, packages: int
) -> None:
    one, scope = subject(), Scope("package", pattern)

    assert one.measure("content_bytes", scope).value == content
    assert one.measure("visible_bytes", scope).value == content - wasted
    assert one.measure("wasted_bytes", scope).value == wasted
    assert one.measure("files", scope).value == files
    assert one.measure("packages", scope).value == packages


def test_package_of_several_versions_is_one_piece_with_those_that_count() -> None:
    one = subject()

    content = one.measure("content_bytes", Scope("package", "libc6"))
    wasted = one.measure("wasted_bytes", Scope("package", "libc6"))

    assert pieces(content, "package") == [("libc6", "deb", "1.0", 15, None)]
    assert pieces(wasted, "package") == [("libc6", "deb", "1.0, 0.9", 8, None)]


def test_packages_of_an_image_are_those_that_are_visible() -> None:
    found = subject().measure("packages", Scope())

    assert found.value == 3
    assert pieces(found, "package") == [
        ("bash", "deb", "5.2-1", 1, None),
        ("libc6", "deb", "1.0", 1, None),
        ("libssl", "npm", "1.0", 1, None),
    ]


def test_packages_of_own_layers_are_not_known() -> None:
    found = subject().measure("content_bytes", Scope("package", "bash"), "own")

    assert found == Measured(None, "packages are known of the whole image only")


def test_packages_without_a_table_say_how_to_have_them() -> None:
    found = subjects_of(report_of(ROW))[0].measure("packages", Scope())

    assert found == Measured(
        None, "the report has no table of packages; analyze --tables packages writes one"
    )


def test_database_that_could_not_be_read_leaves_packages_unmeasured() -> None:
    table = packages_table(
        {"name": "bash", "visible_bytes": 152, "hidden_bytes": 11},
        {"name": "it is damaged", "kind": "unknown", "version": "", "files": 0},
    )
    one = subjects_of(report_of(ROW, tables={"packages": table}))[0]

    for scope in (Scope(), Scope("package", "bash")):
        found = one.measure("packages", scope)
        assert found.value is None
        assert found.reason == (
            "a database of packages could not be read; the report's table names it"
        )
    assert "packages" not in one.sizes()
    assert pieces(one.measure("content_bytes", Scope()), "package") == [
        ("bash", "deb", "1.0", 163, None)
    ]


def test_contents_are_those_of_visible_files_by_digest() -> None:
    table = files_table(
        {"path": "/a", "size_bytes": 5, "content": "blake3:1"},
        {"path": "/b", "size_bytes": 5, "content": "blake3:1"},
        {"path": "/c", "size_bytes": 7, "content": "blake3:2", "layer": 1},
        {"path": "/d", "size_bytes": 7, "content": "blake3:2", "linked_to": "/c"},
    )
    row = image_row([("A", 1, 10, 0), ("B", 1, 7, 0)])
    one = subjects_of(report_of(row, tables={"files": table}))[0]

    assert one.contents() == {"blake3:1": 5, "blake3:2": 7}
    assert one.places_of_contents() == {"blake3:1": ("/a", 0), "blake3:2": ("/c", 1)}


def test_contents_are_not_known_without_a_table_or_without_digests() -> None:
    table = files_table({"path": "/a", "size_bytes": 5, "content": None})
    row = image_row([("A", 1, 5, 0)])

    assert subjects_of(report_of(row))[0].contents() is None
    assert subjects_of(report_of(row, tables={"files": table}))[0].contents() is None


def test_content_of_two_sizes_is_a_bad_document() -> None:
    table = files_table(
        {"path": "/a", "size_bytes": 5, "content": "blake3:1"},
        {"path": "/b", "size_bytes": 6, "content": "blake3:1"},
    )
    one = subjects_of(report_of(image_row([("A", 1, 11, 0)]), tables={"files": table}))[0]

    with pytest.raises(BadDocumentError, match="one size of a content"):
        one.contents()


def test_images_of_one_report_have_their_own_rows_of_a_table() -> None:
    rows = [
        image_row([("A", 1, 5, 0)]),
        image_row([("B", 1, 6, 0)], input="b.tar", names=["b:1"]),
    ]
    table = files_table(
        {"path": "/a", "size_bytes": 5},
        {"path": "/b", "size_bytes": 4, "image": 1},
        {"path": "/c", "size_bytes": 2, "image": 1},
    )

    first, second = subjects_of(report_of(*rows, tables={"files": table}))

    assert first.contents() == {digest("/a", 5).replace("sha256", "blake3"): 5}
    assert second.measure("files", Scope("path", "/**")).value == 2
