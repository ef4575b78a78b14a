"""Packages of npm, yarn and pnpm: a directory of `node_modules` with a `package.json`."""

from __future__ import annotations

import msgspec

from layerscope.files.packages.claims import Claim, Evidence, text

MANIFEST = b"/package.json"

_MODULES = b"node_modules"
_MARK = b"\xef\xbb\xbf"


class _Manifest(msgspec.Struct):
    """The two fields that count, of any type: a manifest may hold whatever it likes."""

    name: object = None
    version: object = None


def is_manifest(path: bytes) -> bool:
    """Whether `path` is the manifest of an installed package.

    Others lie deeper in a package and say how to load its files, or belong to an application.

    >>> is_manifest(b"/app/node_modules/a/package.json")
    True
    >>> is_manifest(b"/app/node_modules/@b/a/package.json")
    True
    >>> is_manifest(b"/app/node_modules/a/esm/package.json"), is_manifest(b"/app/package.json")
    (False, False)
    """
    parts = path.rsplit(b"/", 4)
    if len(parts) < 4 or parts[-1] != MANIFEST[1:]:
        return False
    if parts[-3] == _MODULES:
        return parts[-2][:1] not in (b".", b"@")
    return parts[-4] == _MODULES and parts[-3][:1] == b"@"


def read_manifest(path: bytes, content: bytes) -> Evidence:
    """The one package of a manifest; it owns its directory, less the packages inside of it.

    A manifest that cannot be read, or has no name, names the package its directory is named for.
    """
    problem = ""
    try:
        manifest = msgspec.json.decode(content.removeprefix(_MARK), type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        manifest = _Manifest()
        problem = "the manifest is no JSON object"
    name = manifest.name
    if not isinstance(name, str) or not name:
        name = _named_for(path)
    version = manifest.version if isinstance(manifest.version, str) else ""
    group, slash, base = name.rpartition("/")
    claim = Claim(
        kind="npm",
        name=_text(base if slash else name),
        version=_text(version),
        group=_text(group),
        directories=(path[: -len(MANIFEST) + 1],),
    )
    return Evidence(claims=(claim,), problem=problem)


def _named_for(path: bytes) -> str:
    _, above, base, _ = path.rsplit(b"/", 3)
    return text(above + b"/" + base if above[:1] == b"@" else base)


def _text(value: str) -> str:
    return text(value.encode("utf-8", "replace"))
