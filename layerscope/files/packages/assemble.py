"""The packages of one snapshot of an image, and the package that owns each path."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from layerscope.files.packages import dpkg
from layerscope.files.packages.owners import Claimant, owners
from layerscope.files.packages.purl import package_url

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from layerscope.files.packages.claims import Claim, Evidence

OF_DISTRIBUTIONS = frozenset({"deb", "apk", "rpm"})


@dataclass(frozen=True, slots=True)
class Package:
    """One package of an image.

    Attributes:
        kind: The ecosystem: `deb`, `apk`, `rpm`, `pypi`, `npm`, `golang`, `maven`, `gem`.
        name: As people write it: `@babel/core`, `org.apache:commons`, `github.com/a/b`.
        version: As stated, rpm's with `epoch:` before it if there is one; may be empty.
        arch: Architecture or platform, or empty.
        purl: Its package URL.
        source: The path that names it. Whoever owns that path may have brought the package along.
        inside: The archive inside of `source` in which it was found, or empty.
        declared_bytes: The installed size that its database states, or None.
    """

    kind: str
    name: str
    version: str
    arch: str
    purl: str
    source: bytes
    inside: str = ""
    declared_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What could not be read of the file at `path`, and why; its packages may be unknown."""

    path: bytes
    text: str


@dataclass(frozen=True, slots=True)
class Packages:
    """The packages of a snapshot, sorted by kind, name, version, architecture and source.

    Attributes:
        packages: Those that were found; one found at two places stands there twice.
        owner: Path to the position of its owner in `packages`; other paths are unowned.
        problems: Sorted by path.
    """

    packages: tuple[Package, ...]
    owner: Mapping[bytes, int]
    problems: tuple[Problem, ...]


def assemble(
    evidence: Mapping[bytes, Evidence], paths: Collection[bytes], distro: str | None
) -> Packages:
    """The packages that are visible in one snapshot of an image, with the paths they own.

    Args:
        evidence: What each evidence file says that is visible in the snapshot, by its path.
        paths: All visible paths that may have an owner, clean and absolute. Directories may be left
            out: they have no bytes, and many packages list the same ones.
        distro: The ID of os-release, the namespace in package URLs of the distribution.
    """
    found = sorted(_found(evidence, distro), key=lambda item: _order(item[0]))
    claimants = [
        Claimant(
            source=package.source,
            name=package.name,
            from_distribution=package.kind in OF_DISTRIBUTIONS,
            lists=lists,
            directories=claim.directories,
            whole=claim.whole,
        )
        for package, claim, lists in found
    ]
    return Packages(
        packages=tuple(package for package, _, _ in found),
        owner=owners(claimants, _diversions(evidence), paths),
        problems=tuple(Problem(p, e.problem) for p, e in sorted(evidence.items()) if e.problem),
    )


def _order(package: Package) -> tuple[str, str, str, str, bytes, str]:
    return (
        package.kind,
        package.name,
        package.version,
        package.arch,
        package.source,
        package.inside,
    )


def _found(
    evidence: Mapping[bytes, Evidence], distro: str | None
) -> Iterator[tuple[Package, Claim, tuple[bytes, ...]]]:
    lists = {
        name: said.files
        for path, said in evidence.items()
        if (name := dpkg.listed_as(path)) is not None
    }
    for path, said in sorted(evidence.items()):
        for claim in said.claims:
            listed = [claim.files] if claim.files else []
            listed += _listed_apart(path, claim, evidence, lists)
            yield _package(claim, path, distro), claim, tuple(listed)


def _listed_apart(
    path: bytes,
    claim: Claim,
    evidence: Mapping[bytes, Evidence],
    lists: Mapping[tuple[str, str], bytes],
) -> list[bytes]:
    """What other files list for the package that `path` names."""
    if path == dpkg.STATUS:
        # Only packages that may be installed for several architectures have one in the name.
        listed = lists.get((claim.name, claim.arch)) or lists.get((claim.name, ""))
        return [listed] if listed else []
    folder = path.rpartition(b"/")[0]
    beside = {
        "deb": (path + dpkg.SUMS_END,),
        "pypi": (folder + b"/RECORD", folder + b"/installed-files.txt"),
    }
    return [evidence[at].files for at in beside.get(claim.kind, ()) if at in evidence]


def _package(claim: Claim, path: bytes, distro: str | None) -> Package:
    name = claim.name
    if claim.group:
        name = f"{claim.group}{':' if claim.kind == 'maven' else '/'}{name}"
    return Package(
        kind=claim.kind,
        name=name,
        version=f"{claim.epoch}:{claim.version}" if claim.epoch else claim.version,
        arch=claim.arch,
        purl=package_url(claim, distro),
        source=path,
        inside=claim.inside,
        declared_bytes=claim.declared_bytes,
    )


def _diversions(evidence: Mapping[bytes, Evidence]) -> dict[bytes, tuple[bytes, str]]:
    said = evidence.get(dpkg.DIVERSIONS)
    return {} if said is None else {path: (to, by) for path, to, by in said.diversions}
