from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerscope.analysis.distro import (
    MAX_BYTES,
    Distro,
    distro_name,
    find_distro,
    followed,
    parse_os_release,
)

# As the packages base-files of Debian 12, alpine-baselayout of Alpine 3.19 and filesystem of Arch
# have it.
DEBIAN = b"""PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""
ALPINE = b'NAME="Alpine Linux"\nID=alpine\nVERSION_ID=3.19.1\nPRETTY_NAME="Alpine Linux v3.19"\n'
ARCH = b'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n'
ROCKY = b'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.3"\n'


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (DEBIAN, "debian 12"),
        (ALPINE, "alpine 3.19.1"),
        (ARCH, "arch"),
        (ROCKY, "rocky 9.3"),
        (b"ID=debian\nVERSION_CODENAME=trixie\n", "debian trixie"),
        (b"NAME=Thing\n", "Thing"),
        (b"VERSION_ID=1\n", "linux 1"),
    ],
)
def test_distro_name_is_id_and_version(content: bytes, name: str) -> None:
    distro = parse_os_release(content)

    assert distro is not None
    assert distro_name(distro) == name


def test_distro_fields_are_those_of_the_file() -> None:
    debian, rocky = parse_os_release(DEBIAN), parse_os_release(ROCKY)

    assert debian is not None
    assert debian.pretty_name == "Debian GNU/Linux 12 (bookworm)"
    assert (debian.version, debian.version_codename) == ("12 (bookworm)", "bookworm")
    assert rocky is not None
    assert rocky.id_like == ("rhel", "centos", "fedora")


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"NAME=plain", "plain"),
        (b"NAME='single $x \\ quoted'", "single $x \\ quoted"),
        (b'NAME="a \\"b\\" \\$c \\` \\\\ \\n"', 'a "b" $c ` \\ \\n'),
        (b"NAME=a\\ b", "a b"),
        (b"NAME=a'b'\"c\"", "abc"),
        (b"  NAME = x", ""),
        (b'NAME="open', "open"),
        (b"NAME=a\nNAME=b", "b"),
        (b"NAME=a\r", "a"),
        (b"# NAME=a\nNAME=b", "b"),
        (b"NAME=\xff\xfe", "\udcff\udcfe"),
        (b"NAME=" + b"x" * 1000, "x" * 256),
    ],
)
def test_distro_value_is_read_as_a_shell_reads_it(line: bytes, value: str) -> None:
    distro = parse_os_release(b"ID=i\n" + line)

    assert distro is not None
    assert distro.name == value


@pytest.mark.parametrize("content", [b"", b"\n\n", b"HOME=x", b"no assignment", b"\0" * 100])
def test_distro_of_other_bytes_is_none(content: bytes) -> None:
    assert parse_os_release(content) is None


def test_distro_of_a_file_that_is_too_long_is_none() -> None:
    assert parse_os_release(b"ID=a\n" + b"#" * MAX_BYTES) is None


@given(st.binary(max_size=300))
def test_distro_of_any_bytes_raises_nothing(content: bytes) -> None:
    distro = parse_os_release(b"ID=x\n" + content)

    assert distro is not None
    assert distro_name(distro)


def test_find_distro_follows_the_link_and_takes_etc_before_usr() -> None:
    nothing: dict[bytes, bytes] = {}
    usr = {b"/usr/lib/os-release": ALPINE}
    etc = {**usr, b"/etc/os-release": DEBIAN}
    empty = {**usr, b"/etc/os-release": b""}
    link = {b"/etc/os-release": b"../usr/lib/os-release"}

    def found_in(files: dict[bytes, bytes], links: dict[bytes, bytes]) -> Distro | None:
        return find_distro(files.get, links.get)

    found = [
        found_in(usr, link),
        found_in(etc, nothing),
        found_in(usr, nothing),
        found_in(empty, nothing),
        found_in(nothing, nothing),
    ]

    ids = [distro.id if distro else None for distro in found]
    assert ids == ["alpine", "debian", "alpine", "alpine", None]


@pytest.mark.parametrize(
    ("links", "real"),
    [
        ({}, b"/etc/os-release"),
        ({b"/etc/os-release": b"/usr/lib/os-release"}, b"/usr/lib/os-release"),
        ({b"/etc": b"usr/etc", b"/usr/etc": b"../real"}, b"/real/os-release"),
        ({b"/etc/os-release": b"../../../../x"}, b"/x"),
        ({b"/etc/os-release": b"os-release"}, None),
        ({b"/etc": b"/etc/etc"}, None),
        ({b"/etc/os-release": b"a/" * 5000}, None),
    ],
)
def test_followed_path_stays_in_the_root_and_ends(
    links: dict[bytes, bytes], real: bytes | None
) -> None:
    assert followed(b"/etc/os-release", links.get) == real
