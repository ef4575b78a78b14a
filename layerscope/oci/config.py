"""Image configs: platform, run-time settings, DiffIDs and history."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.errors import BadDigestError, BadDocumentError, shown
from layerscope.oci.digest import DiffID, Digest
from layerscope.oci.document import (
    optional_list,
    optional_object,
    optional_str,
    others,
    parse_object,
    refuse,
    str_map,
    string_list,
)
from layerscope.oci.history import History
from layerscope.oci.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Callable

_KNOWN = frozenset(
    {
        "architecture",
        "author",
        "config",
        "created",
        "history",
        "os",
        "os.features",
        "os.version",
        "rootfs",
        "variant",
    }
)


@dataclass(frozen=True, slots=True)
class ImageConfig:
    """The config of an image. All texts but the DiffIDs are untrusted.

    Attributes:
        raw: The stored bytes.
        digest: The sha256 of `raw`: the image's id.
        platform: `os` and `architecture` are empty where the config has none.
        created: The time as stored, or None. Not every such text is a time.
        author: Or None.
        config: The run-time settings (`Env`, `Cmd`, `Labels` …) as JSON values, of the spec's types
            or null; settings that the spec does not have may be anything.
        diff_ids: From the base up. Whether they are as many as the layers is for the source to say.
        history: From the base up; see `history.layer_of_each`.
        extra: Fields that the spec does not have, as JSON values.
    """

    raw: bytes = field(repr=False)
    digest: Digest
    platform: Platform
    created: str | None
    author: str | None
    config: dict[str, object]
    diff_ids: tuple[DiffID, ...]
    history: tuple[History, ...]
    extra: dict[str, object]

    @classmethod
    def parse(cls, raw: bytes, where: str) -> ImageConfig:
        """The config in the bytes of a document; `where` names it in errors.

        Missing and null are alike everywhere but for `rootfs`, which must be there.

        Raises: `BadDocumentError` if it is no JSON object, a field has another type, or there is no
            `rootfs`; `BadDigestError` for a DiffID that cannot be checked.
        Source: OCI image-spec v1.1, config.md.
        """
        document = parse_object(raw, where)
        settings = optional_object(document, "config", where) or {}
        _check_settings(settings, f"{where}: config")
        return cls(
            raw,
            Digest.of(raw),
            Platform.from_json(document, where),
            optional_str(document, "created", where),
            optional_str(document, "author", where),
            settings,
            _diff_ids(document, where),
            tuple(
                History.from_json(record, f"{where}: history[{position}]")
                for position, record in enumerate(optional_list(document, "history", where))
            ),
            others(document, _KNOWN),
        )


def _diff_ids(document: dict[str, object], where: str) -> tuple[DiffID, ...]:
    rootfs = optional_object(document, "rootfs", where)
    if rootfs is None:
        raise BadDocumentError("expected rootfs with the layers' DiffIDs, found none", where)
    inner = f"{where}: rootfs"
    kind = optional_str(rootfs, "type", inner)
    # The spec: "Implementations MUST generate an error if they encounter a unknown value".
    if kind not in (None, "", "layers"):
        raise BadDocumentError(f'type: expected layers, found "{shown(kind, 40)}"', inner)
    diff_ids = []
    for position, text in enumerate(optional_list(rootfs, "diff_ids", inner)):
        try:
            diff_ids.append(DiffID(Digest.parse(text)))
        except BadDigestError as error:
            error.within(f"{inner}: diff_ids[{position}]")
            raise
    return tuple(diff_ids)


def _set_of_names(settings: dict[str, object], key: str, where: str) -> None:
    """`{"80/tcp": {}}`: a Go map of empty structs, whose values are objects or null."""
    for name, value in (optional_object(settings, key, where) or {}).items():
        if value is not None and not isinstance(value, dict):
            refuse(f"{key}.{shown(name, 40)}", "an object", value, where)


def _command(settings: dict[str, object], key: str, where: str) -> None:
    """Docker takes a single text where the spec has a list of words."""
    if type(settings.get(key)) is not str:
        string_list(settings, key, where)


_SETTINGS: dict[str, Callable[[dict[str, object], str, str], object]] = {
    "User": optional_str,
    "ExposedPorts": _set_of_names,
    "Env": string_list,
    "Entrypoint": _command,
    "Cmd": _command,
    "Volumes": _set_of_names,
    "WorkingDir": optional_str,
    "Labels": str_map,
    "StopSignal": optional_str,
    "OnBuild": string_list,
    "Shell": _command,
}


def _check_settings(settings: dict[str, object], where: str) -> None:
    for key, check in _SETTINGS.items():
        check(settings, key, where)
