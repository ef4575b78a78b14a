"""Arguments that a build has without an ARG, and those that tell of platforms."""

from __future__ import annotations

PREDEFINED = (
    "FTP_PROXY",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "ftp_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""Arguments that need no ARG, to the classic builder and buildah."""


def platform_arguments(platform: str, build_platform: str) -> dict[str, str]:
    """The values of the arguments that describe platforms.

    >>> platform_arguments("linux/arm/v7", "linux/amd64")["TARGETVARIANT"]
    'v7'
    """
    found = {}
    for prefix, text in (("TARGET", platform), ("BUILD", build_platform)):
        system, _, rest = text.partition("/")
        architecture, _, variant = rest.partition("/")
        found[f"{prefix}PLATFORM"] = text
        found[f"{prefix}OS"] = system
        found[f"{prefix}ARCH"] = architecture
        found[f"{prefix}VARIANT"] = variant
    return found
