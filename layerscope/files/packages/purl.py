"""Package URLs, as the purl specification writes them for each type of package."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from layerscope.files.packages.claims import Claim

_OF_DISTRIBUTIONS = ("deb", "apk", "rpm")
_LOWER = ("deb", "apk", "golang")


def package_url(claim: Claim, distro: str | None) -> str:
    """The package URL of a package.

    Packages of distributions carry `distro` as their namespace, which is left out if it is not
    known, and their architecture. An archive whose groupId is not known is `generic`: Maven's type
    has no name without one. Go's `(devel)` is no version.
    Source: purl-spec, "Package URL Type definitions".
    """
    from packageurl import PackageURL  # noqa: PLC0415 - 40 ms, for those who ask for packages

    kind, name, version = claim.kind, claim.name, claim.version
    namespace = claim.group
    qualifiers = {}
    if kind in _OF_DISTRIBUTIONS:
        namespace = (distro or "").lower()
        qualifiers = {"arch": claim.arch, "epoch": claim.epoch}
    elif kind == "golang":
        namespace, _, name = name.rpartition("/")
        version = "" if version == "(devel)" else version
    elif kind == "gem":
        qualifiers = {"platform": claim.arch}
    elif kind == "maven" and not namespace:
        kind = "generic"
    if claim.kind in _LOWER:
        namespace, name = namespace.lower(), name.lower()
    kept = {key: value for key, value in qualifiers.items() if value}
    if not name.strip("/ "):
        # A name of slashes alone cannot stand in a package URL.
        return ""
    return PackageURL(kind, namespace or None, name, version or None, kept or None).to_string()
