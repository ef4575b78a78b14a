"""Ruby gems: `specifications/*.gemspec` of a gem directory, read as text and never run."""

from __future__ import annotations

import re

from layerscope.files.packages.claims import Claim, Evidence, text

SPECIFICATION_END = b".gemspec"

_FOLDERS = (b"/specifications", b"/specifications/default")
_HEAD_BYTES = 64 * 1024
_LINE_BYTES = 1024

# RubyGems writes this line first: name, version, platform, and where Ruby loads from.
_STUB = re.compile(rb"# stub: (\S{1,200}) (\S{1,200}) (\S{1,200}) ")
_ASSIGNED = re.compile(
    rb"\s{0,20}\w{1,40}\.(name|version|platform) ?= ?"
    rb"(?:Gem::Version\.new\(?\s?)?[\"']([^\"']{1,200})[\"']"
)


def is_specification(path: bytes) -> bool:
    """Whether `path` is the specification of an installed gem."""
    return path.endswith(SPECIFICATION_END) and path.rpartition(b"/")[0].endswith(_FOLDERS)


def read_specification(path: bytes, content: bytes) -> Evidence:
    """The one gem of a specification, with the directories that RubyGems gives it.

    A default gem lies among Ruby's own files, so that it owns nothing but its specification.
    """
    fields: dict[bytes, bytes] = {}
    for line in content[:_HEAD_BYTES].split(b"\n"):
        head = line[:_LINE_BYTES]
        if stub := _STUB.match(head + b" "):
            fields = dict(zip((b"name", b"version", b"platform"), stub.groups(), strict=True))
            break
        if assigned := _ASSIGNED.match(head):
            fields.setdefault(assigned[1], assigned[2])
    if b"name" not in fields or b"version" not in fields:
        return Evidence(problem="no plain name and version in the specification")
    folder, _, base = path.rpartition(b"/")
    full_name = base.removesuffix(SPECIFICATION_END)
    directories: tuple[bytes, ...] = ()
    files = b""
    if folder.endswith(_FOLDERS[0]):
        home = folder.removesuffix(_FOLDERS[0])
        directories = tuple(
            b"%b/%b/%b/" % (home, kind, full_name) for kind in (b"gems", b"doc", b"build_info")
        )
        files = b"%b/cache/%b.gem\0" % (home, full_name)
    platform = text(fields.get(b"platform", b""))
    claim = Claim(
        kind="gem",
        name=text(fields[b"name"]),
        version=text(fields[b"version"]),
        arch="" if platform == "ruby" else platform,
        files=files,
        directories=directories,
        whole=True,
    )
    return Evidence(claims=(claim,))
