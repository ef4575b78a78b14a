"""The platform that an image is for, and when one is what a user asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass

from layerscope.errors import UsageError, shown
from layerscope.oci.document import as_object, optional_str, string_list

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_WRITTEN = re.compile(rf"({_PART})/({_PART})(?:/({_PART}))?")

_OS_NAMES = {"macos": "darwin"}
_ARCHITECTURE_NAMES = {
    "i386": "386",
    "x86_64": "amd64",
    "x86-64": "amd64",
    "aarch64": "arm64",
    "armhf": "arm",
    "armel": "arm",
}
_ARM_VARIANTS = {"armhf": "v7", "armel": "v6"}
_USUAL_VARIANTS = {"arm": "v7", "arm64": "v8", "amd64": "v1"}
"""What an image without a variant is, by architecture."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Operating system and processor, each as stored (untrusted text).

    Attributes:
        os: Such as `linux`; empty where the document has none.
        architecture: Such as `amd64`; empty where the document has none.
        variant: Such as `v7`, or None.
        os_version: Of Windows images, such as `10.0.20348.2227`, or None.
        os_features: Such as `win32k`.
    """

    os: str
    architecture: str
    variant: str | None = None
    os_version: str | None = None
    os_features: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, obj: object, where: str) -> Platform:
        """The platform that a descriptor or a config holds in its fields.

        Missing, null and empty fields are alike; fields that are no platform's are not looked at.

        Raises: `BadDocumentError` if `obj` is no object or a field has another type.
        Source: OCI image-spec v1.1, image-index.md, `platform`; config.md, "Properties".
        """
        fields = as_object(obj, where)
        return cls(
            optional_str(fields, "os", where) or "",
            optional_str(fields, "architecture", where) or "",
            optional_str(fields, "variant", where) or None,
            optional_str(fields, "os.version", where) or None,
            string_list(fields, "os.features", where),
        )

    @classmethod
    def parse(cls, text: str) -> Platform:
        """The platform that a user wrote as `os/arch` or `os/arch/variant`.

        Raises: `UsageError` for anything else.

        >>> str(Platform.parse("linux/arm/v7"))
        'linux/arm/v7'
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise UsageError(
                f'expected os/arch or os/arch/variant, found "{shown(text, 40)}"',
                hint="write a platform as linux/amd64 or linux/arm/v7",
            )
        return cls(match[1], match[2], match[3])

    @property
    def is_unknown(self) -> bool:
        """Whether it is `unknown/unknown`, by which BuildKit marks what is no image."""
        return self.os == "unknown" and self.architecture == "unknown"

    def completed(self, other: Platform | None) -> Platform:
        """This platform, with what it does not say taken from `other`."""
        if other is None:
            return self
        return Platform(
            self.os or other.os,
            self.architecture or other.architecture,
            self.variant or other.variant,
            self.os_version or other.os_version,
            self.os_features or other.os_features,
        )

    def matches(self, wanted: Platform) -> bool:
        """Whether an image of this platform is one of those that `wanted` names.

        Spellings of one thing are equal (`aarch64` and `arm64`, `x86_64` and `amd64`, upper case).
        The variant counts only if `wanted` has one; an image without one is `arm/v7`, `arm64/v8`
        or `amd64/v1`. Version and features count only if `wanted` has them.

        Source: the normalisation of containerd's `platforms` package.
        """
        own_os, own_architecture, own_variant = self._normal()
        os, architecture, variant = wanted._normal()
        return (
            own_os == os
            and own_architecture == architecture
            and (not wanted.variant or own_variant == variant)
            and (not wanted.os_version or self.os_version == wanted.os_version)
            and set(wanted.os_features) <= set(self.os_features)
        )

    def to_json(self) -> dict[str, object]:
        """The object of the report: what is not set has no key."""
        fields: dict[str, object] = {"os": self.os, "architecture": self.architecture}
        if self.variant:
            fields["variant"] = self.variant
        if self.os_version:
            fields["os_version"] = self.os_version
        if self.os_features:
            fields["os_features"] = list(self.os_features)
        return fields

    def __str__(self) -> str:
        parts = [self.os or "?", self.architecture or "?"]
        if self.variant:
            parts.append(self.variant)
        return "/".join(parts)

    def _normal(self) -> tuple[str, str, str]:
        os = self.os.lower()
        architecture = self.architecture.lower()
        variant = (self.variant or _ARM_VARIANTS.get(architecture, "")).lower()
        architecture = _ARCHITECTURE_NAMES.get(architecture, architecture)
        if variant[:1].isdigit():
            variant = f"v{variant}"
        variant = variant or _USUAL_VARIANTS.get(architecture, "")
        return _OS_NAMES.get(os, os), architecture, variant
