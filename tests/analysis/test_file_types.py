from __future__ import annotations

import pytest

from layerscope.analysis.file_types import file_type


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/usr/lib/libz.so.1.2.13", "shared library"),
        (b"/x/a.PY", "Python source"),
        (b"/x/__pycache__/a.cpython-311.pyc", "Python bytecode"),
        (b"/app/app.min.js", "JavaScript"),
        (b"/usr/share/doc/x/changelog.gz", "document"),
        (b"/var/cache/apt/archives/x.deb", "cache"),
        (b"/var/lib/dpkg/status", "package database"),
        (b"/usr/bin/env", "program"),
        (b"/.py", "other"),
        (b"/etc/hostname", "other"),
        (b"/x/a.\xff", "other"),
        (b"/x/a." + b"z" * 10_000_000, "other"),
    ],
)
def test_type_of_a_file_is_told_by_folder_and_name(path: bytes, expected: str) -> None:
    assert file_type(path) == expected
