"""Python distributions as pip and others install them: `*.dist-info`, and the older `*.egg-info`.

Source: PyPA specifications, "Recording installed projects" and "Core metadata".
"""

from __future__ import annotations

import posixpath

from layerscope.files.packages.claims import MOST_LISTED_BYTES, Claim, Evidence, text

METADATA_ENDS = (b".dist-info/METADATA", b".egg-info/PKG-INFO", b".egg-info")
RECORD_END = b".dist-info/RECORD"
INSTALLED_END = b".egg-info/installed-files.txt"

_HEAD_BYTES = 256 * 1024


def read_metadata(path: bytes, content: bytes) -> Evidence:
    """The one distribution that the headers name; it owns the directory it is described in."""
    fields: dict[bytes, bytes] = {}
    for line in content[:_HEAD_BYTES].split(b"\n"):
        if not line.strip():
            break
        field, _, value = line.partition(b":")
        fields.setdefault(field.lower(), value)
    name = text(fields.get(b"name", b""))
    if not name:
        return Evidence(problem="no name in the metadata")
    directory, _, base = path.rpartition(b"/")
    # distutils wrote one file where there is a directory today.
    alone = base.endswith(b".egg-info")
    claim = Claim(
        kind="pypi",
        name=name,
        version=text(fields.get(b"version", b"")),
        directories=() if alone else (directory + b"/",),
        whole=alone,
    )
    return Evidence(claims=(claim,))


def read_record(path: bytes, content: bytes) -> Evidence:
    """The files of a `RECORD`: lines of path, digest and size, relative to where it is imported."""
    names = []
    for line in content.replace(b"\r\n", b"\n").split(b"\n"):
        name = line.rsplit(b",", 2)[0]
        if name[:1] == b'"' and name[-1:] == b'"':
            name = name[1:-1].replace(b'""', b'"')
        names.append(name)
    return _listed(path.rpartition(b"/")[0].rpartition(b"/")[0], names)


def read_installed_files(path: bytes, content: bytes) -> Evidence:
    """The files of an `installed-files.txt`: a path a line, relative to the file's directory."""
    return _listed(path.rpartition(b"/")[0], content.replace(b"\r\n", b"\n").split(b"\n"))


def _listed(directory: bytes, names: list[bytes]) -> Evidence:
    files = bytearray()
    for name in names:
        if not name:
            continue
        path = name if name[:1] == b"/" else b"%b/%b" % (directory, name)
        if b"/." in path or b"//" in path:
            path = posixpath.normpath(path)
        if len(files) + len(path) >= MOST_LISTED_BYTES:
            return Evidence(
                files=bytes(files), problem=f"over {MOST_LISTED_BYTES} bytes of paths are listed"
            )
        files += path + b"\0"
    return Evidence(files=bytes(files))
