"""The container configuration that the classic builder compares.

Source: docker 20.10, `image/cache/compare.go` and `daemon/commit.go`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from layerscope.cache.build import BaseConfig

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_SHELL = ("/bin/sh", "-c")
NO_OPERATION = "#(nop) "


@dataclass(slots=True)
class Settings:
    """What the steps of a stage set, and every later step is looked up with.

    Attributes:
        env: Variables by name, in order.
        user: As given by USER.
        working_dir: As WORKDIR left it.
        shell: Empty for the default.
        entrypoint: None where there is none.
        labels: By name.
        ports: As EXPOSE left them.
        volumes: As VOLUME left them.
        triggers: Of ONBUILD.
    """

    env: dict[str, str] = field(default_factory=dict)
    user: str = ""
    working_dir: str = ""
    shell: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] | None = None
    labels: dict[str, str] = field(default_factory=dict)
    ports: set[str] = field(default_factory=set)
    volumes: set[str] = field(default_factory=set)
    triggers: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: BaseConfig | None) -> Settings:
        """The settings that a stage starts with on this base."""
        settings = cls()
        if config is not None:
            settings = cls(
                env=dict(entry.partition("=")[::2] for entry in config.env),
                user=config.user,
                working_dir=config.working_dir,
                shell=config.shell,
                entrypoint=config.entrypoint,
                labels=dict(config.labels),
                ports=set(config.exposed_ports),
                volumes=set(config.volumes),
                triggers=config.onbuild,
            )
        settings.complete()
        return settings

    def complete(self) -> None:
        """Give the environment a PATH if it has none, as the start of a stage does."""
        self.env.setdefault("PATH", PATH)

    def copy(self) -> Settings:
        """The same settings, to be changed on their own."""
        return Settings(
            dict(self.env),
            self.user,
            self.working_dir,
            self.shell,
            self.entrypoint,
            dict(self.labels),
            set(self.ports),
            set(self.volumes),
            self.triggers,
        )

    def shell_words(self) -> tuple[str, ...]:
        """What the shell form of a command is put behind."""
        return self.shell or DEFAULT_SHELL

    def compared(self, command: tuple[str, ...], *, runs: bool = False) -> Hashable:
        """What is compared of a container with this command; RUN has no entrypoint."""
        compared = (
            command,
            list(self.env.items()),
            self.user,
            () if runs else (self.entrypoint or ()),
            sorted(self.labels.items()),
            sorted(self.ports),
            sorted(self.volumes),
        )
        return sha256(repr(compared).encode("utf-8", "surrogatepass")).digest()

    def stored(self, command: tuple[str, ...], below: Settings) -> Hashable:
        """What is stored of the container of a metadata step.

        Creating it takes over what is not set from the image below, so a step that empties the user
        or the entrypoint is never found again.
        """
        filled = self.copy()
        filled.user = self.user or below.user
        filled.entrypoint = below.entrypoint if self.entrypoint is None else self.entrypoint
        if filled.entrypoint == ("",):
            filled.entrypoint = None
        return filled.compared(command)
