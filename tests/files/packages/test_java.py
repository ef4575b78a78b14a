from __future__ import annotations

import io
import zipfile

import pytest

from layerscope.files.packages.claims import Evidence
from layerscope.files.packages.evidence import read


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return out.getvalue()


def pom(group: str, artifact: str, version: str) -> dict[str, bytes]:
    text = f"#Made\nversion={version}\r\ngroupId={group}\nartifactId={artifact}\n"
    return {f"META-INF/maven/{group}/{artifact}/pom.properties": text.encode()}


def found(path: bytes, content: bytes) -> list[tuple[str, str, str, bool, str]]:
    evidence = read(path, content)
    assert evidence is not None
    assert not evidence.problem
    return [(c.group, c.name, c.version, c.whole, c.inside) for c in evidence.claims]


def manifest(*lines: str) -> dict[str, bytes]:
    return {"META-INF/MANIFEST.MF": "\r\n".join(["Manifest-Version: 1.0", *lines, ""]).encode()}


def test_jar_that_maven_made_is_named_by_its_pom() -> None:
    content = archive({**pom("org.a", "b", "1.0"), **manifest("Implementation-Title: other")})

    assert found(b"/app/whatever.jar", content) == [("org.a", "b", "1.0", True, "")]


def test_shaded_jar_is_the_pom_with_its_file_name_and_has_the_others_in_it() -> None:
    content = archive({**pom("g", "x", "2"), **pom("g", "x-core", "3"), **pom("g", "z", "4")})

    assert found(b"/app/x-core-3.jar", content) == [
        ("g", "x-core", "3", True, ""),
        ("g", "x", "2", False, ""),
        ("g", "z", "4", False, ""),
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["Bundle-SymbolicName: org.a.b;singleton:=true", "Bundle-Version: 1.2.0"],
            ("", "org.a.b", "1.2.0", True, ""),
        ),
        (
            [
                "Implementation-Title: name",
                "Implementation-Vendor-Id: org",
                " .a",
                "Implementation-Version: 7",
            ],
            ("org.a", "name", "7", True, ""),
        ),
        ([], ("", "c", "1.5", True, "")),
    ],
)
def test_jar_without_a_pom_is_named_by_manifest_or_file(
    lines: list[str], expected: tuple[str, str, str, bool, str]
) -> None:
    assert found(b"/app/c-1.5.jar", archive(manifest(*lines))) == [expected]


def test_archives_in_an_archive_are_read_one_level_deep() -> None:
    deepest = archive(pom("g", "deepest", "1"))
    inner = archive({**pom("g", "inner", "2"), "lib/deepest.jar": deepest})
    content = archive({"BOOT-INF/lib/inner-2.jar": inner, **pom("g", "app", "3")})

    assert found(b"/app.jar", b"#!/bin/sh\nexec java -jar $0\n" + content) == [
        ("g", "app", "3", True, ""),
        ("g", "inner", "2", False, "BOOT-INF/lib/inner-2.jar"),
    ]


def test_jar_of_more_members_than_16_bits_count_is_read() -> None:
    content = archive({**{f"{n}": b"" for n in range(66_000)}, **pom("g", "big", "1")}, 0)

    assert found(b"/big.jar", content) == [("g", "big", "1", True, "")]


def test_file_that_is_no_archive_is_named_and_a_problem() -> None:
    evidence = read(b"/app/x-1.jar", b"not a zip")

    assert isinstance(evidence, Evidence)
    assert evidence.problem == "not a zip archive"
    assert [(c.name, c.version) for c in evidence.claims] == [("x", "1")]


def test_member_that_unpacks_to_more_than_the_limit_is_a_problem() -> None:
    content = archive({"META-INF/maven/g/a/pom.properties": bytes(10_000_000)})

    evidence = read(b"/app/a.jar", content)

    assert evidence is not None
    assert "over 262144 bytes" in evidence.problem


def test_member_that_lies_about_its_length_is_a_problem() -> None:
    name = "META-INF/maven/g/a/pom.properties"
    content = bytearray(archive({name: bytes(10_000_000)}))
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = (1000).to_bytes(4, "little")

    evidence = read(b"/app/a.jar", bytes(content))

    assert evidence is not None
    assert "not as long as it says" in evidence.problem
