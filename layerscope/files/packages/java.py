"""Java archives: jars, web archives and enterprise archives, and the jars inside of them.

Maven leaves a `pom.properties` in what it builds; else the manifest has names that people chose;
else there is the name of the file. Archives inside of an archive are read, one level deep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from layerscope.errors import InputError
from layerscope.files.packages.claims import MOST_CLAIMS, Claim, Evidence, text
from layerscope.files.packages.zip_directory import members, unpacked

ENDS = (b".jar", b".war", b".ear")

_POM = re.compile(rb"META-INF/maven/[^/]{1,300}/[^/]{1,300}/pom\.properties")
_MANIFEST = b"META-INF/MANIFEST.MF"
_MOST_TEXT_BYTES = 256 * 1024
_MOST_NESTED_BYTES = 64 * 1024 * 1024
_MOST_UNPACKED_BYTES = 256 * 1024 * 1024
_VERSION_IN_NAME = re.compile(r"-[0-9]")


@dataclass(slots=True)
class _Budget:
    """What may still be unpacked of one file, with the archives inside of it."""

    bytes_left: int = _MOST_UNPACKED_BYTES

    def most(self, limit: int) -> int:
        return min(limit, self.bytes_left)


def read_archive(path: bytes, content: bytes) -> Evidence:
    """The package that the archive is, which owns the file, and those that were put into it."""
    budget = _Budget()
    base = path.rpartition(b"/")[2]
    claims, nested, problem = _read(content, base, budget, nests=True)
    for name, inner in nested:
        found, _, trouble = _read(inner, name.rpartition(b"/")[2], budget, nests=False)
        claims += [replace(claim, whole=False, inside=text(name)) for claim in found]
        problem = problem or (f"{text(name)}: {trouble}" if trouble else "")
        if len(claims) > MOST_CLAIMS:
            return Evidence(claims=tuple(claims[:MOST_CLAIMS]), problem="too many packages")
    return Evidence(claims=tuple(claims), problem=problem)


def _read(
    content: bytes, base: bytes, budget: _Budget, *, nests: bool
) -> tuple[list[Claim], list[tuple[bytes, bytes]], str]:
    """The claims of one archive, its own first; the archives in it; and what went wrong."""
    poms: list[Claim] = []
    nested: list[tuple[bytes, bytes]] = []
    manifest: dict[bytes, bytes] = {}
    problem = ""
    try:
        for member in members(content):
            is_pom = _POM.fullmatch(member.name) is not None
            is_nested = nests and member.name.lower().endswith(ENDS)
            if not (is_pom or is_nested or member.name == _MANIFEST):
                continue
            try:
                most = budget.most(_MOST_NESTED_BYTES if is_nested else _MOST_TEXT_BYTES)
                data = unpacked(content, member, most)
            except InputError as error:
                problem = problem or f"{text(member.name)}: {error.problem}"
                continue
            budget.bytes_left -= len(data)
            if is_nested:
                nested.append((member.name, data))
            elif is_pom:
                poms.append(_pom(member.name, data))
            else:
                manifest = _main_section(data)
    except InputError as error:
        problem = problem or error.problem
    return _own_first(poms, manifest, text(base)), nested, problem


def _own_first(poms: list[Claim], manifest: dict[bytes, bytes], base: str) -> list[Claim]:
    """The claims, that of the archive itself first; a shaded jar has the poms of all it swallowed.

    Its own is the only one, or that with the longest name with which the file's name begins; else
    the manifest names it, else its file.
    """
    stem = base.rpartition(".")[0]
    fitting = [pom for pom in poms if stem == pom.name or stem.startswith(pom.name + "-")]
    if fitting or len(poms) == 1:
        own = max(fitting or poms, key=lambda pom: len(pom.name))
        rest = [pom for pom in poms if pom is not own]
    else:
        own = _named_by(manifest, stem)
        rest = poms
    order = sorted(rest, key=lambda claim: (claim.group, claim.name, claim.version))
    return [replace(own, whole=True), *order]


def _pom(name: bytes, data: bytes) -> Claim:
    values: dict[bytes, bytes] = {}
    for line in data.split(b"\n"):
        key, _, value = line.partition(b"=")
        values.setdefault(key.strip(), value.strip())
    _, _, group, artifact, _ = name.split(b"/")
    return Claim(
        kind="maven",
        name=text(values.get(b"artifactId") or artifact),
        version=text(values.get(b"version", b"")),
        group=text(values.get(b"groupId") or group),
    )


def _main_section(data: bytes) -> dict[bytes, bytes]:
    """The attributes before the first empty line; a line that begins with a blank goes on."""
    values: dict[bytes, bytes] = {}
    section = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").partition(b"\n\n")[0]
    for line in section.replace(b"\n ", b"").split(b"\n"):
        key, _, value = line.partition(b":")
        values.setdefault(key.strip().lower(), value.strip())
    return values


def _named_by(manifest: dict[bytes, bytes], stem: str) -> Claim:
    bundle = text(manifest.get(b"bundle-symbolicname", b"").partition(b";")[0])
    title = text(manifest.get(b"implementation-title", b""))
    version = manifest.get(b"implementation-version") or manifest.get(b"bundle-version", b"")
    name = bundle or title
    if not name:
        split = _VERSION_IN_NAME.search(stem)
        at = split.start() if split else len(stem)
        return Claim(kind="maven", name=stem[:at], version=text(version) or stem[at + 1 :])
    # The vendor's id is a groupId by convention, and says nothing about a title in plain words.
    group = "" if bundle or " " in title else text(manifest.get(b"implementation-vendor-id", b""))
    return Claim(kind="maven", name=name, version=text(version), group=group)
