"""Parts of a measured case, checked while they are taken out of its JSON.

Source: the format of measured cases (`FORMAT.md` beside them; its fields are named there).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from layerscope.cache import json_texts
from layerscope.cache.build import Base, BaseConfig, NamedImage, ServedFile
from layerscope.cache.filetree import FileNode
from layerscope.cache.memory_tree import MemoryTree, out_of_place
from layerscope.dockerfile.dockerignore import Ignore
from layerscope.errors import BadCaseError, shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from layerscope.cache.filetree import FileKind

DEFAULT_MTIME = 1_700_000_000
NANOSECONDS = 1_000_000_000
FILE_MODE = 0o644
DIRECTORY_MODE = 0o755
LINK_MODE = 0o777
MOST_PATH_CHARACTERS = 4096


def bad(what: str, expected: str) -> BadCaseError:
    """The error for a part that is not what the format says."""
    return BadCaseError(f"{shown(what)}: expected {expected}")


def mapping(value: object, what: str) -> dict[str, object]:
    """`value` if it is an object; None counts as an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise bad(what, "an object")
    return cast("dict[str, object]", value)


def listing(value: object, what: str) -> list[object]:
    """`value` if it is an array; None counts as an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad(what, "an array")
    return value


def text(value: object, what: str) -> str:
    """`value` if it is a string."""
    if not isinstance(value, str):
        raise bad(what, "a string")
    return value


def optional_text(value: object, what: str) -> str | None:
    """`value` if it is a string or null."""
    return None if value is None else text(value, what)


def texts(value: object, what: str) -> tuple[str, ...]:
    """`value` if it is an array of strings."""
    return tuple(text(item, what) for item in listing(value, what))


def text_pairs(value: object, what: str) -> dict[str, str]:
    """`value` if it is an object of strings."""
    return {name: text(item, f"{what}.{name}") for name, item in mapping(value, what).items()}


def flag(value: object, what: str) -> bool:
    """`value` if it is a boolean; None is false."""
    if value is None:
        return False
    if not isinstance(value, bool):
        raise bad(what, "true or false")
    return value


def number(value: object, what: str, default: int = 0) -> int:
    """`value` if it is a whole number."""
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise bad(what, "a whole number")
    return value


def as_bytes(value: str) -> bytes:
    """The bytes of a text of the case (`surrogateescape`)."""
    return value.encode("utf-8", "surrogateescape")


def content_of(entry: Mapping[str, object], what: str) -> bytes | None:
    """The bytes of an entry: `content`, or `content_b64`; None if it has neither."""
    if entry.get("content_b64") is not None:
        try:
            return base64.b64decode(text(entry["content_b64"], what), validate=True)
        except binascii.Error:
            raise bad(what, "base64 in content_b64") from None
    plain = entry.get("content")
    return None if plain is None else as_bytes(text(plain, what))


def entries_tree(entries: Sequence[object], what: str) -> MemoryTree:
    """The tree that a list of context entries describes."""
    nodes: dict[str, FileNode] = {}
    contents: dict[str, bytes] = {}
    links: list[tuple[str, str]] = []
    for index, value in enumerate(entries):
        place = f"{what}[{index}]"
        entry = mapping(value, place)
        path = clean_path(text(entry.get("path"), f"{place}.path"), place)
        if "hardlink" in entry:
            links.append((path, clean_path(text(entry["hardlink"], place), place)))
            continue
        node, content = _node(entry, place)
        nodes[path] = node
        if content is not None:
            contents[path] = content
    # Links are files like any other.
    wrong = out_of_place({**nodes, **{path: FileNode("file") for path, _ in links}})
    if wrong is not None:
        raise bad(what, f"a directory above {shown(wrong or '.')}")
    names: dict[str, list[str]] = {}
    for path, target in links:
        if target not in contents:
            raise bad(path, "a hard link to a regular file of the same list")
        nodes[path] = nodes[target]
        contents[path] = contents[target]
        # A link to a link is a name of the same file.
        group = names.setdefault(target, [target])
        group.append(path)
        names[path] = group
    return MemoryTree(nodes, contents, hard_links=names.values())


def clean_path(path: str, what: str) -> str:
    """A path relative to the root without `.` and empty parts; `.` is the root."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if ".." in parts:
        raise bad(what, "a path without '..'")
    if len(path) > MOST_PATH_CHARACTERS:
        raise bad(what, f"a path of at most {MOST_PATH_CHARACTERS} characters")
    return "/".join(parts)


def _node(entry: Mapping[str, object], what: str) -> tuple[FileNode, bytes | None]:
    kind: FileKind = "file"
    default_mode = FILE_MODE
    content: bytes | None = None
    link = ""
    if "symlink" in entry:
        kind, default_mode, link = "symlink", LINK_MODE, text(entry["symlink"], what)
    elif flag(entry.get("dir"), what) or entry.get("path") == ".":
        kind, default_mode = "dir", DIRECTORY_MODE
    elif flag(entry.get("fifo"), what):
        kind = "fifo"
    else:
        content = content_of(entry, what) or b""
    mode = entry.get("mode")
    return FileNode(
        kind,
        _octal(mode, what) if mode is not None else default_mode,
        uid=number(entry.get("uid"), f"{what}.uid"),
        gid=number(entry.get("gid"), f"{what}.gid"),
        size=len(content or b""),
        link=link,
        xattrs=tuple(
            sorted(
                (name, as_bytes(value))
                for name, value in text_pairs(entry.get("xattrs"), f"{what}.xattrs").items()
            )
        ),
        mtime_ns=number(entry.get("mtime"), f"{what}.mtime", DEFAULT_MTIME) * NANOSECONDS,
    ), content


def _octal(value: object, what: str) -> int:
    try:
        return json_texts.mode(text(value, f"{what}.mode"))
    except ValueError:
        raise bad(f"{what}.mode", "octal digits") from None


def ignored_away(tree: MemoryTree, ignore_file: str | None) -> MemoryTree:
    """What a context walk sends of a tree: all but what `.dockerignore` leaves out."""
    if ignore_file is None:
        return tree
    ignore = Ignore.parse(as_bytes(ignore_file))
    paths = [path for path, _ in tree.walk()]
    directories = {path for path, node in tree.walk() if node.kind == "dir"}
    kept = [path for path, keep in zip(paths, ignore.kept(paths, directories), strict=True) if keep]
    nodes = {path: node for path in ["", *kept] if (node := tree.node(path)) is not None}
    contents = {path: tree.read(path) for path, node in nodes.items() if node.kind == "file"}
    return MemoryTree(nodes, contents, hard_links=tree.hard_links())


def served_files(value: object) -> dict[str, ServedFile]:
    """What the server of a state answers, by path."""
    served = {}
    for index, item in enumerate(listing(value, "http")):
        entry = mapping(item, f"http[{index}]")
        served[text(entry.get("path"), "http.path")] = ServedFile(
            content_of(entry, "http") or b"",
            optional_text(entry.get("etag"), "http.etag"),
            optional_text(entry.get("last_modified"), "http.last_modified"),
        )
    return served


def images(value: object) -> dict[str, NamedImage]:
    """The base images of a case, by name."""
    bases = mapping(value, "bases")
    known = {
        name: {
            platform: _base(mapping(part, f"bases.{name}"), name)
            for platform, part in _platforms(mapping(base, f"bases.{name}"), name)
        }
        for name, base in bases.items()
    }
    _tell_rebuilt_ones_apart(known)
    return {name: NamedImage(platforms) for name, platforms in known.items()}


def _platforms(base: dict[str, object], name: str) -> list[tuple[str | None, object]]:
    platforms = mapping(base.get("platforms"), f"bases.{name}.platforms")
    return list(platforms.items()) or [(None, base)]


def _base(base: Mapping[str, object], name: str) -> Base:
    what = f"bases.{name}"
    files = {
        clean_path(path, what): as_bytes(content)
        for path, content in text_pairs(base.get("files"), f"{what}.files").items()
    }
    nodes = {path: FileNode("file", FILE_MODE, size=len(data)) for path, data in files.items()}
    if out_of_place(nodes) is not None:
        raise bad(f"{what}.files", "files in directories")
    tree = MemoryTree(nodes, files)
    users = mapping(base.get("users"), f"{what}.users")
    ids = {
        user: tuple(number(part, what) for part in listing(pair, what))
        for user, pair in users.items()
    }
    if any(len(pair) != 2 for pair in ids.values()):
        raise bad(f"{what}.users", "[uid, gid] for each name")
    return Base(
        manifest=text(base.get("manifest"), f"{what}.manifest"),
        layers=texts(base.get("layers"), f"{what}.layers"),
        config=_config(mapping(base.get("config"), f"{what}.config"), what),
        users={user: (pair[0], pair[1]) for user, pair in ids.items()},
        groups={user: pair[1] for user, pair in ids.items()},
        files=tree if base.get("files") is not None else None,
        created=None,
    )


def _config(config: Mapping[str, object], what: str) -> BaseConfig:
    return BaseConfig(
        env=texts(config.get("Env"), f"{what}.Env"),
        user=optional_text(config.get("User"), f"{what}.User") or "",
        working_dir=optional_text(config.get("WorkingDir"), f"{what}.WorkingDir") or "",
        shell=texts(config.get("Shell"), f"{what}.Shell"),
        onbuild=texts(config.get("OnBuild"), f"{what}.OnBuild"),
        entrypoint=texts(config["Entrypoint"], what) if config.get("Entrypoint") else None,
        cmd=texts(config["Cmd"], what) if config.get("Cmd") else None,
        labels=tuple(sorted(text_pairs(config.get("Labels"), f"{what}.Labels").items())),
        exposed_ports=tuple(sorted(mapping(config.get("ExposedPorts"), what))),
        volumes=tuple(sorted(mapping(config.get("Volumes"), what))),
        healthcheck=texts(mapping(config.get("Healthcheck"), what).get("Test"), what),
        stop_signal=optional_text(config.get("StopSignal"), what) or "",
    )


def _tell_rebuilt_ones_apart(known: dict[str, dict[str | None, Base]]) -> None:
    """Give each base its identity of creation times.

    The format does not name them. Images with equal layers and equal configs but another manifest
    can differ in nothing else; images whose configs differ too were made from one another.
    """
    first: dict[tuple[tuple[str, ...], BaseConfig | None], str] = {}
    for base in sorted(
        (base for platforms in known.values() for base in platforms.values()),
        key=lambda base: base.manifest,
    ):
        first.setdefault((base.layers, base.config), base.manifest)
    for platforms in known.values():
        for platform, base in platforms.items():
            same = first[base.layers, base.config] == base.manifest
            platforms[platform] = replace(base, created="" if same else base.manifest)
