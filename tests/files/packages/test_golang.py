from __future__ import annotations

import struct

import pytest

from layerscope.files.packages.evidence import read
from tests.files.packages.made import GO_MARK, GO_MODULES, elf, framed, inline_build_info

ADDRESS = 0x500000
EXPECTED = [
    ("example.com/app", "(devel)"),
    ("github.com/fork/b", "v1.1.0"),
    ("example.com/local", "v0.1.0"),
    ("stdlib", "1.22.3"),
]


def modules_of(content: bytes) -> list[tuple[str, str]]:
    evidence = read(b"/app/server", content)
    assert evidence is not None
    assert [claim.whole for claim in evidence.claims] == [True, False, False, False]
    return [(claim.name, claim.version) for claim in evidence.claims]


@pytest.mark.parametrize("section", [b".go.buildinfo", None])
def test_go_program_with_strings_inline_names_its_modules(section: bytes | None) -> None:
    data = inline_build_info(b"go1.22.3 X:nocoverageredesign", framed(GO_MODULES))

    assert modules_of(elf(data, address=ADDRESS, section=section)) == EXPECTED


@pytest.mark.parametrize(("order", "flag"), [("<", 0), (">", 1)])
def test_go_program_with_pointers_names_its_modules(order: str, flag: int) -> None:
    version, modules = b"go1.22.3", framed(GO_MODULES)
    strings_at = ADDRESS + 64
    pointers = struct.pack(order + "QQ", ADDRESS + 32, ADDRESS + 48)
    headers = struct.pack(
        order + "QQQQ", strings_at, len(version), strings_at + len(version), len(modules)
    )
    data = GO_MARK + bytes([8, flag]) + pointers + headers + version + modules

    assert modules_of(elf(data, address=ADDRESS, section=b".go.buildinfo")) == EXPECTED


@pytest.mark.parametrize("magic", [b"MZ", b"\xcf\xfa\xed\xfe"])
def test_go_program_for_another_system_names_its_modules(magic: bytes) -> None:
    data = inline_build_info(b"go1.22.3", framed(GO_MODULES))

    assert modules_of(magic.ljust(512, b"\0") + data) == EXPECTED


def test_go_program_without_modules_says_so() -> None:
    content = elf(inline_build_info(b"go1.10", b""), address=ADDRESS, section=b".go.buildinfo")

    evidence = read(b"/app/server", content)

    assert evidence is not None
    assert evidence.problem == "a Go program that does not name its modules"
    assert [claim.name for claim in evidence.claims] == ["stdlib"]


def test_go_mark_outside_of_its_section_or_unaligned_is_no_evidence() -> None:
    info = inline_build_info(b"go1.22.3", framed(GO_MODULES))

    assert read(b"/app/server", elf(b"x" + info, address=ADDRESS, section=None)) is None
    assert read(b"/app/server", b"#!/bin/sh\n".ljust(256) + info) is None


def test_go_string_that_leads_out_of_the_file_is_no_evidence() -> None:
    pointers = struct.pack("<QQ", 1 << 63, ADDRESS + 10**9)
    data = GO_MARK + b"\x08\x00" + pointers

    assert read(b"/app/x", elf(data, address=ADDRESS, section=b".go.buildinfo")) is None
