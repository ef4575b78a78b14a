"""Platforms as `os/architecture/variant`, normalised as containerd does."""

from __future__ import annotations

from typing import NamedTuple

from layerscope.errors import DockerfileError, shown

ARCHITECTURES = {
    "x86_64": ("amd64", ""),
    "x86-64": ("amd64", ""),
    "i386": ("386", ""),
    "aarch64": ("arm64", ""),
    "armhf": ("arm", "v7"),
    "armel": ("arm", "v6"),
}
PARTS = 3
# Words that name a system when they stand alone; all others name an architecture.
SYSTEMS = frozenset({"linux", "windows", "darwin", "freebsd", "openbsd", "netbsd", "wasip1"})


class Platform(NamedTuple):
    """One platform; `variant` is empty where it is the usual one."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        """The parts, with slashes between them."""
        return "/".join(part for part in self if part)


def parse_platform(text: str) -> Platform:
    """The platform that a text names; one part alone is a system or an architecture of Linux.

    Raises: `DockerfileError`.
    """
    parts = text.lower().split("/")
    if not all(parts) or len(parts) > PARTS:
        problem = f"{shown(text)} is no platform; it has the form os/architecture[/variant]"
        raise DockerfileError(problem)
    if len(parts) == 1:
        parts = [parts[0], "amd64"] if parts[0] in SYSTEMS else ["linux", parts[0]]
    system = "darwin" if parts[0] == "macos" else parts[0]
    return _normal(system, parts[1], parts[2] if len(parts) == PARTS else "")


def _normal(system: str, architecture: str, variant: str) -> Platform:
    if architecture in ARCHITECTURES:
        architecture, implied = ARCHITECTURES[architecture]
        variant = variant or implied
    if (architecture, variant) in {("amd64", "v1"), ("arm64", "8"), ("arm64", "v8")}:
        variant = ""
    elif architecture == "arm":
        variant = "v7" if variant in {"", "7"} else variant
        variant = f"v{variant}" if variant in {"5", "6", "8"} else variant
    return Platform(system, architecture, variant)


def for_other(base: Platform, target: Platform | None) -> str:
    """How a step on `base` that works for `target` is marked: `->arm64`, or nothing."""
    if target is None:
        return ""
    wanted = _normal(target.os or base.os, target.architecture or base.architecture, target.variant)
    if wanted.os != base.os:
        return f"->{wanted}"
    if wanted.architecture == base.architecture:
        return ""
    return "->" + "/".join(part for part in wanted[1:] if part)
