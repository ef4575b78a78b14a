from __future__ import annotations

import io
import tarfile
from typing import Literal

import pytest

from layerscope.errors import OverLimitError, TarError
from layerscope.tar import member_headers as module
from layerscope.tar.member_headers import Form, MemberHeaders, member_headers
from tests.tar.made import end, pax


def headers(data: bytes, piece: int = 1 << 20, members: int = 1000) -> MemberHeaders:
    pieces = [data[at : at + piece] for at in range(0, len(data), piece)]
    return member_headers(pieces, max_special=4096, max_members=members)


def one(tar_format: Literal[0, 1, 2], name: str = "a", **fields: object) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = 3
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tar_format) + b"abc" + bytes(509) + end()


def test_plain_member_has_the_form_of_its_header() -> None:
    found = headers(one(tarfile.USTAR_FORMAT, uname="root", gname="adm"))

    assert found.form(0) == Form("ustar", ord("0"), (), b"root", b"adm", slash=False)
    assert (found.end_bytes, found.end_zero, found.global_headers, found.padding) == (
        1024,
        True,
        0,
        0,
    )


def test_dialects_are_told_apart() -> None:
    long_name = "n" * 120

    assert headers(one(tarfile.GNU_FORMAT)).form(0).dialect == "gnu"
    assert headers(one(tarfile.GNU_FORMAT, long_name)).form(0).dialect == "gnu-long"
    assert headers(one(tarfile.PAX_FORMAT, mtime=1.5)).form(0).dialect == "pax"


def test_records_are_named_and_override_the_owner_s_name() -> None:
    found = headers(pax("a", {"atime": "1", "uname": "me"}, uname="root") + end())

    form = found.form(0)
    assert (form.records, form.uname) == ((b"atime", b"uname"), b"me")


def test_values_of_records_that_tables_have_do_not_count() -> None:
    base = headers(pax("a", {"atime": "1", "path": "b", "mtime": "5"}) + end())
    other = headers(pax("a", {"atime": "1", "path": "c", "mtime": "6"}) + end())
    third = headers(pax("a", {"atime": "2", "path": "b", "mtime": "5"}) + end())

    assert base.record_values(0) == other.record_values(0) != third.record_values(0)
    assert base.header(0) != other.header(0)


def test_folder_with_a_slash_is_told() -> None:
    info = tarfile.TarInfo("d")
    info.type = tarfile.DIRTYPE

    assert headers(info.tobuf(tarfile.USTAR_FORMAT) + end()).form(0).slash


def test_padding_and_end_that_are_not_zero_are_counted() -> None:
    data = bytearray(one(tarfile.USTAR_FORMAT))
    data[512 + 3] = 1

    found = headers(bytes(data) + b"behind")

    assert (found.padding, found.end_bytes, found.end_zero) == (1, 1030, False)


def test_global_headers_are_no_members() -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", pax_headers={"comment": "x"}) as tar:
        tar.addfile(tarfile.TarInfo("a"))

    found = headers(stream.getvalue())

    assert (found.global_headers, len(found.form_of)) == (1, 1)


@pytest.mark.parametrize("piece", [1, 7, 511, 512, 513, 2000])
def test_pieces_of_any_length_give_the_same(piece: int) -> None:
    data = (
        pax("a" * 130, {"atime": "1"}, b"x" * 700)
        + pax("b", {}, b"")
        + pax("c", {}, b"y" * 512)
        + end()
        + b"rest"
    )

    found, whole = headers(data, piece), headers(data)

    assert [getattr(found, name) for name in MemberHeaders.__slots__] == [
        getattr(whole, name) for name in MemberHeaders.__slots__
    ]
    assert len(found.form_of) == 3
    assert found.end_bytes == 1028


def test_tar_that_ends_early_is_an_error() -> None:
    with pytest.raises(TarError):
        headers(pax("a", {}, b"x" * 700)[:1024])


def test_limits_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pax("a", {}, uname="one") + pax("b", {}, uname="two") + end()

    with pytest.raises(OverLimitError):
        headers(data, members=1)
    monkeypatch.setattr(module, "MOST_FORMS", 1)
    with pytest.raises(OverLimitError):
        headers(data)


def test_long_words_are_kept_as_digests() -> None:
    found = headers(pax("a", {"k" * 300: "1", "uname": "u" * 300}) + end())

    form = found.form(0)
    assert all(len(word) < 80 for word in (*form.records, form.uname))
