"""All that one build is given: the Dockerfile, its context, bases, arguments and options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from layerscope.errors import LayerscopeError
from layerscope.oci.reference import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.filetree import FileTree

IMAGE_CONTEXT = "docker-image://"
"""In front of the reference of an image that is given as a named context."""


@dataclass(frozen=True, slots=True)
class BaseConfig:
    """What of a base image's config acts on a build.

    `env` is the ordered list of `NAME=value`; `shell` is empty where the config sets none.
    """

    env: tuple[str, ...] = ()
    user: str = ""
    working_dir: str = ""
    shell: tuple[str, ...] = ()
    onbuild: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    labels: tuple[tuple[str, str], ...] = ()
    exposed_ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    healthcheck: tuple[str, ...] = ()
    stop_signal: str = ""


@dataclass(frozen=True, slots=True)
class Base:
    """One image for one platform, as far as it is known.

    Attributes:
        manifest: Identity of its manifest: equal texts, equal manifests (and so equal configs).
        layers: Identity of each layer's uncompressed content, from the base up.
        config: What acts on a build; None where only an identity is known.
        users: User name to (uid, gid); None where the user database was not read.
        groups: Group name to gid; None likewise.
        files: The whole tree, where it is known.
        created: Identity of the creation times in its history; None where unknown. buildah tells
            images with equal layers apart by it.
    """

    manifest: str
    layers: tuple[str, ...]
    config: BaseConfig | None = None
    users: Mapping[str, tuple[int, int]] | None = None
    groups: Mapping[str, int] | None = None
    files: FileTree | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image name as a build sees it: one image for each platform, or one for all (`None`)."""

    platforms: Mapping[str | None, Base]


@dataclass(frozen=True, slots=True)
class ServedFile:
    """A file behind a URL while the build runs."""

    content: bytes
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Build:
    """One build.

    Attributes:
        dockerfile: The file's bytes.
        context: What the context sends, after `.dockerignore`.
        bases: What an image name stands for in this build, as written in the Dockerfile or in its
            normal form; a name that is not there is an opaque image (only its name is known).
        build_args: `--build-arg`.
        target: `--target`; None is the last stage.
        no_cache: `--no-cache`.
        no_cache_filter: Stages of `--no-cache-filter`.
        platforms: `--platform`; empty is the build platform.
        build_platform: The machine's own.
        named_contexts: `--build-context`: a folder, or the reference of an image.
        served: What a server answers, by URL, or by absolute path for any server.
        served_all: Does `served` list all that answers? Else an unlisted URL is unknown.
        frontend_options: BuildKit's frontend options (`force-network-mode`, `add-hosts`, …).
        labels: `--label`.
        cache_from: `--cache-from`; None where not given. `case:out` is the image of the build
            before.
        failing_runs: Texts of `RUN` commands that are known to fail.
        full_context: The context without `.dockerignore`, where it is known (to say why a source is
            missing).
    """

    dockerfile: bytes
    context: FileTree
    bases: Mapping[str, NamedImage] = field(default_factory=dict)
    build_args: Mapping[str, str] = field(default_factory=dict)
    target: str | None = None
    no_cache: bool = False
    no_cache_filter: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    build_platform: str = "linux/amd64"
    named_contexts: Mapping[str, FileTree | str] = field(default_factory=dict)
    served: Mapping[str, ServedFile] = field(default_factory=dict)
    served_all: bool = False
    frontend_options: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    cache_from: tuple[str, ...] | None = None
    failing_runs: tuple[str, ...] = ()
    full_context: FileTree | None = None

    def image(self, name: str) -> NamedImage | None:
        """The image that a name stands for, as written or in its full form; None if not known."""
        if name in self.bases:
            return self.bases[name]
        full = full_name(name)
        return next(
            (image for known, image in self.bases.items() if full_name(known) == full), None
        )


def full_name(name: str) -> str:
    """An image name with Docker's default registry, folder and tag; the text if it is no name."""
    try:
        reference = Reference.parse(name)
    except LayerscopeError:
        return name
    text = str(reference)
    return text if reference.tag or reference.digest else f"{text}:latest"
