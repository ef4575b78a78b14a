from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING, Any, Literal

import pytest

from layerscope.errors import DigestMismatchError, MissingBlobError
from layerscope.fleet.header_differences import HEADER_FIELDS, header_differences, headers_of
from layerscope.fleet.near_equal import Difference, aligned, differences
from layerscope.oci.digest import DiffID, Digest
from layerscope.sources.limits import DEFAULT_LIMITS
from layerscope.sources.region import Region
from layerscope.tar.member_headers import member_headers
from tests.fleet.tables import table
from tests.tar.made import checked, end, pax

if TYPE_CHECKING:
    from pathlib import Path


def file(
    name: str = "a",
    tar_format: Literal[0, 1, 2] = tarfile.USTAR_FORMAT,
    **fields: Any,  # noqa: ANN401 - fields of a TarInfo
) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = 3
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tar_format) + b"abc" + bytes(509)


def folder(name: bytes) -> bytes:
    """A folder whose name is stored as it is given."""
    info = tarfile.TarInfo("d")
    info.type = tarfile.DIRTYPE
    block = info.tobuf(tarfile.USTAR_FORMAT)
    return checked(name.ljust(100, b"\0") + block[100:])


def found_in(one: bytes, two: bytes, *, deep: bool = False) -> list[Difference]:
    tables = table(one), table(two)
    pairs = aligned(*tables)
    told, members = differences(*tables, pairs)
    assert deep or told == []
    headers = [member_headers([tar], max_special=4096, max_members=99) for tar in (one, two)]
    return header_differences(headers[0], headers[1], pairs, members)


def test_equal_tars_differ_in_nothing() -> None:
    assert found_in(file() + end(), file() + end()) == []


def test_format_that_differs_is_named() -> None:
    found = found_in(file() + end(), file(tar_format=tarfile.GNU_FORMAT) + end())

    assert found == [Difference("tar-format", 1, b"/a", "ustar", "gnu")]


def test_pax_records_that_differ_are_named() -> None:
    one, two = pax("a", {"atime": "1", "ctime": "2"}), pax("a", {"ctime": "2"})

    assert found_in(one + end(), two + end()) == [
        Difference("pax-records", 1, b"/a", "atime ctime", "ctime")
    ]


def test_format_and_records_are_named_where_one_tar_has_no_records() -> None:
    found = found_in(pax("a", {"atime": "1"}) + end(), pax("a", {}) + end())

    assert [one.field for one in found] == ["tar-format", "pax-records"]


def test_values_of_pax_records_that_differ_are_named() -> None:
    one = pax("a", {"atime": "1"}) + pax("b", {"atime": "5"})
    two = pax("a", {"atime": "2"}) + pax("b", {"atime": "5"})

    assert found_in(one + end(), two + end()) == [
        Difference("pax-values", 1, b"/a", "atime", "atime")
    ]


def test_names_of_owners_that_differ_are_named() -> None:
    found = found_in(file(uname="root", gname="g") + end(), file() + end())

    assert found == [Difference("owner-name", 1, b"/a", "root:g", ":")]


def test_type_flag_that_differs_is_named() -> None:
    found = found_in(file() + end(), file(type=tarfile.AREGTYPE) + end())

    assert found == [Difference("type-flag", 1, b"/a", "0", "\0")]


def test_slash_that_differs_is_named() -> None:
    found = found_in(folder(b"d/") + end(), folder(b"d") + end())

    assert found == [Difference("name-slash", 1, b"/d", "/", "")]


def test_digits_written_otherwise_are_the_encoding_of_the_header() -> None:
    block = file()
    # The mode 0000644 and a NUL, or 000644, a space and a NUL.
    other = checked(block[:100] + b"000644 \0" + block[108:512]) + block[512:]

    assert found_in(block + end(), other + end()) == [
        Difference("header-encoding", 1, b"/a", "", "")
    ]


def test_header_that_differs_because_of_a_told_field_is_not_told_again() -> None:
    assert found_in(file(mtime=1) + end(), file(mtime=2) + end(), deep=True) == []
    found = found_in(file(mtime=1) + end(), file(mtime=2, uname="me") + end(), deep=True)
    assert [one.field for one in found] == ["owner-name"]


def test_global_header_is_named() -> None:
    extra = tarfile.TarInfo.create_pax_global_header({"comment": "x"})

    assert found_in(extra + file() + end(), file() + end()) == [
        Difference("pax-global", 1, None, "1", "0")
    ]


def test_padding_that_is_not_zero_is_named() -> None:
    other = bytearray(file() + end())
    other[512 + 100] = 7

    assert found_in(file() + end(), bytes(other)) == [Difference("padding", 1, None, "0", "1")]


def test_bytes_behind_the_last_member_are_named() -> None:
    assert found_in(file() + end(), file() + bytes(10240 - 1024)) == [
        Difference("trailing-bytes", 0, None, "1024", "9216")
    ]
    assert found_in(file() + end() + b"\0", file() + end() + b"x") == [
        Difference("trailing-bytes", 0, None, "1025", "1025, not all zero")
    ]


def test_several_fields_come_in_one_order() -> None:
    other = file(tar_format=tarfile.GNU_FORMAT, uname="me") + bytes(4096)

    fields = [one.field for one in found_in(file() + end(), other)]

    assert fields == ["tar-format", "owner-name", "trailing-bytes"]
    assert fields == [field for field in HEADER_FIELDS if field in fields]


def test_members_in_another_order_are_compared_by_path() -> None:
    one = file("a", uname="x") + file("b", uname="y") + end()
    two = file("b", uname="y") + file("a", uname="x") + end()

    assert found_in(one, two, deep=True) == []


def test_layer_that_was_changed_since_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "layer.tar"
    path.write_bytes(file() + end())
    other = DiffID(Digest.of(b"something else"))

    with pytest.raises(DigestMismatchError):
        headers_of(Region.of_file(str(path)), other, DEFAULT_LIMITS)
    with pytest.raises(MissingBlobError):
        headers_of(None, other, DEFAULT_LIMITS)
    own = DiffID(Digest.of(path.read_bytes()))
    assert len(headers_of(Region.of_file(str(path)), own, DEFAULT_LIMITS).form_of) == 1
