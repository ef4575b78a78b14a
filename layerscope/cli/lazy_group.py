"""Groups of commands that are imported when they are asked for, each at its own cost."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, ClassVar

import typer
from typer.core import TyperGroup

from layerscope.cli.values import use_plain_values

if TYPE_CHECKING:
    from collections.abc import Mapping


class LazyGroup(TyperGroup):
    """A group whose commands are modules with an `app`, which has one command or is a group."""

    modules: ClassVar[Mapping[str, str]] = {}
    """Command to module, in the order of the help."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # noqa: ARG002 - typer's signature
        """All names, in the order of the help."""
        return list(self.modules)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> typer.core.TyperCommand | None:  # type: ignore[override] # noqa: ARG002 - typer's signature
        """The command of that name, or None."""
        name = self.modules.get(cmd_name)
        if name is None:
            return None
        module = importlib.import_module(name)
        command: typer.core.TyperCommand = typer.main.get_command(module.app)  # type: ignore[assignment] # a group is one too
        return command

    def get_params(self, ctx: typer.Context) -> list[typer.core.TyperOption]:  # type: ignore[override] # typer's own types are wider
        """The parameters, that of `--help` too."""
        return use_plain_values(super().get_params(ctx))


def group_app(modules: Mapping[str, str], *, top: bool = False) -> typer.Typer:
    """A typer application with these commands.

    Args:
        modules: Command to module, in the order of the help.
        top: Is this the program itself? Then `-h` stands for `--help` in it and all below.
    """
    group = type("Group", (LazyGroup,), {"modules": dict(modules)})
    settings = {"help_option_names": ["-h", "--help"]} if top else {}
    return typer.Typer(
        cls=group, add_completion=False, rich_markup_mode=None, context_settings=settings
    )
