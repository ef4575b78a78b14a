"""The classes of known junk: what each is, and the Dockerfile line that could avoid it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class JunkClass:
    """A kind of file that images often hold without need.

    Attributes:
        title: What it is, for a heading.
        remedy: A line of a Dockerfile, or of `.dockerignore`, that could avoid it.
        sure: Whether a container never needs it. Where False, some do: the documentation of a
            tool image, headers of an image to compile in, bytecode that makes a start faster.
        note: What to know before it is left out; may be empty.
    """

    title: str
    remedy: str
    sure: bool = True
    note: str = ""


_CACHE_MOUNT = "RUN --mount=type=cache,target={0} {1}"

JUNK_CLASSES: dict[str, JunkClass] = {
    "apk-cache": JunkClass("apk: package index and cache", "RUN apk add --no-cache …"),
    "apt-cache": JunkClass(
        "apt: downloaded packages and binary caches",
        "RUN apt-get update && apt-get install -y … && apt-get clean",
    ),
    "apt-lists": JunkClass(
        "apt: package lists",
        "RUN apt-get update && apt-get install -y … && rm -rf /var/lib/apt/lists/*",
        note="In the same RUN as the install; a later RUN hides the lists and keeps their bytes.",
    ),
    "cargo-registry": JunkClass(
        "Cargo: registry and git checkouts",
        _CACHE_MOUNT.format("/usr/local/cargo/registry", "cargo build --release"),
    ),
    "compiler-cache": JunkClass(
        "ccache and sccache", _CACHE_MOUNT.format("/root/.cache/ccache", "make")
    ),
    "composer-cache": JunkClass("Composer: cache", "RUN composer install --no-cache …"),
    "conda-packages": JunkClass(
        "conda: downloaded packages", "RUN conda install -y … && conda clean -afy"
    ),
    "core-dump": JunkClass(
        "core dumps",
        "RUN ulimit -c 0 && …",
        note="A program crashed during the build. The dump may hold secrets.",
    ),
    "desktop-files": JunkClass(
        "traces of desktops (.DS_Store, Thumbs.db)", ".dockerignore: **/.DS_Store"
    ),
    "dnf-cache": JunkClass("dnf: cache", "RUN dnf install -y … && dnf clean all"),
    "docs": JunkClass(
        "documentation",
        "RUN echo 'path-exclude=/usr/share/doc/*' > /etc/dpkg/dpkg.cfg.d/nodoc && apt-get …",
        sure=False,
        note="Copyright files are not counted: many licences want them kept.",
    ),
    "dpkg-backups": JunkClass(
        "dpkg and debconf: backups of their databases",
        "RUN apt-get install -y … && rm -f /var/lib/dpkg/*-old /var/cache/debconf/*-old",
    ),
    "gem-cache": JunkClass(
        "RubyGems: downloaded gems", "RUN bundle install && rm -rf /usr/local/bundle/cache/*.gem"
    ),
    "go-build-cache": JunkClass(
        "Go: build cache", _CACHE_MOUNT.format("/root/.cache/go-build", "go build …")
    ),
    "go-module-cache": JunkClass(
        "Go: module cache", _CACHE_MOUNT.format("/go/pkg/mod", "go build …")
    ),
    "gradle-cache": JunkClass(
        "Gradle: caches and downloads", _CACHE_MOUNT.format("/root/.gradle", "gradle build")
    ),
    "headers": JunkClass(
        "C and C++ headers",
        "FROM … AS build, then COPY --from=build /out /usr/local",
        sure=False,
        note="Needed where containers compile.",
    ),
    "info-pages": JunkClass(
        "info pages",
        "RUN echo 'path-exclude=/usr/share/info/*' > /etc/dpkg/dpkg.cfg.d/noinfo && apt-get …",
        sure=False,
    ),
    "locales": JunkClass(
        "translations of messages, locale sources",
        "RUN echo 'path-exclude=/usr/share/locale/*' > /etc/dpkg/dpkg.cfg.d/nolocale && apt-get …",
        sure=False,
        note="Needed where messages are shown in other languages.",
    ),
    "logs": JunkClass(
        "logs of the build", "RUN apt-get install -y … && rm -rf /var/log/*.log /var/log/apt"
    ),
    "man-pages": JunkClass(
        "manual pages",
        "RUN echo 'path-exclude=/usr/share/man/*' > /etc/dpkg/dpkg.cfg.d/noman && apt-get …",
        sure=False,
    ),
    "maven-repository": JunkClass(
        "Maven: local repository", _CACHE_MOUNT.format("/root/.m2", "mvn package")
    ),
    "node-build-cache": JunkClass(
        "caches in node_modules, node-gyp",
        "RUN npm ci --omit=dev && rm -rf node_modules/.cache ~/.cache/node-gyp",
    ),
    "npm-cache": JunkClass("npm: cache and logs", _CACHE_MOUNT.format("/root/.npm", "npm ci")),
    "nuget-packages": JunkClass(
        "NuGet: package folder", _CACHE_MOUNT.format("/root/.nuget/packages", "dotnet publish")
    ),
    "pacman-cache": JunkClass(
        "pacman: downloaded packages", "RUN pacman -Syu --noconfirm … && pacman -Scc --noconfirm"
    ),
    "pip-cache": JunkClass(
        "pip: cache",
        "RUN pip install --no-cache-dir …",
        note="Or keep it out of the image: --mount=type=cache,target=/root/.cache/pip.",
    ),
    "pnpm-store": JunkClass(
        "pnpm: store",
        _CACHE_MOUNT.format("/pnpm/store", "pnpm install --frozen-lockfile"),
        note="Where node_modules holds hard links to it, the content stays for them.",
    ),
    "python-bytecode": JunkClass(
        "Python bytecode",
        "ENV PYTHONDONTWRITEBYTECODE=1 and RUN pip install --no-compile …",
        sure=False,
        note="Without it the first start of each container is slower.",
    ),
    "python-tool-cache": JunkClass(
        "caches of pytest, mypy, ruff and tox",
        ".dockerignore: **/.pytest_cache **/.mypy_cache **/.ruff_cache **/.tox",
    ),
    "static-libraries": JunkClass(
        "static libraries",
        "FROM … AS build, then COPY --from=build /out /usr/local",
        sure=False,
        note="Needed where containers compile.",
    ),
    "temporary": JunkClass(
        "temporary files",
        "RUN --mount=type=tmpfs,target=/tmp …",
        note="Of /tmp and /var/tmp.",
    ),
    "uv-cache": JunkClass(
        "uv, Poetry and pipenv: caches", _CACHE_MOUNT.format("/root/.cache/uv", "uv sync")
    ),
    "version-control": JunkClass(
        "version control folders (.git, .hg, .svn)",
        ".dockerignore: **/.git",
        note="The whole history of the source is in them, deleted secrets too.",
    ),
    "yarn-cache": JunkClass("Yarn: cache", "RUN yarn install && yarn cache clean"),
    "yum-cache": JunkClass("yum: cache", "RUN yum install -y … && yum clean all"),
    "zypper-cache": JunkClass("zypper: cache", "RUN zypper install -y … && zypper clean -a"),
}
"""Every class by its name, sorted."""
