"""The object `typed` of `dockerfile parse`: stages, their instructions, and what is wrong.

Its shape is that of `shared/conformance/dockerfile-parser/cases/*/expected.json`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from layerscope.dockerfile.devices import parse_device
from layerscope.dockerfile.expand import expand_fields
from layerscope.dockerfile.instructions import (
    Add,
    Arg,
    CommandLine,
    Copy,
    Env,
    Expose,
    Healthcheck,
    Label,
    Maintainer,
    Onbuild,
    Run,
    Shell,
    Stopsignal,
    Transfer,
    User,
    Volume,
    Workdir,
)
from layerscope.dockerfile.mounts import first_look, parse_mount
from layerscope.dockerfile.parser import parse
from layerscope.dockerfile.stages import from_parsed
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from layerscope.dockerfile.instructions import Finding, Health, Instruction, KeyValue, Stage
    from layerscope.dockerfile.mounts import Mount
    from layerscope.dockerfile.parser import Parsed

Fields = dict[str, Any]

_EXPANDED = (Env, Label, Arg, Transfer, Workdir, User, Volume, Stopsignal, Run)


def typed_part(data: bytes) -> Fields:
    """The object for the bytes of a Dockerfile; an error in it becomes its `error`."""
    try:
        parsed = parse(data)
    except DockerfileError as error:
        return failed_part(error, "parser")
    return typed_part_of(parsed)


def typed_part_of(parsed: Parsed) -> Fields:
    """The object for what the parser gave."""
    findings: list[Finding] = []
    try:
        dockerfile = from_parsed(parsed, findings=findings)
    except DockerfileError as error:
        return failed_part(error, "instructions", findings)
    return {
        "error": None,
        "failed_in": None,
        "meta_args": [_head(arg) | _fields(arg) for arg in dockerfile.meta_args],
        "stages": [_stage(stage, dockerfile.escape) for stage in dockerfile.stages],
        "lint": [_finding(finding) for finding in findings],
    }


def failed_part(
    error: DockerfileError, failed_in: str, findings: list[Finding] | None = None
) -> Fields:
    """The object for a file that could not be read.

    Args:
        error: Why.
        failed_in: `parser` or `instructions`.
        findings: What was found before that.
    """
    hint = f" ({error.hint})" if error.hint else ""
    return {
        "error": {
            "message": error.problem + hint,
            "start_line": error.first_line,
            "end_line": error.last_line,
        },
        "failed_in": failed_in,
        "meta_args": [],
        "stages": [],
        "lint": [_finding(finding) for finding in findings or ()],
    }


def _finding(finding: Finding) -> Fields:
    return {
        "rule": finding.rule,
        "message": finding.message,
        "start_line": finding.location.first_line,
        "end_line": finding.location.last_line,
    }


def _stage(stage: Stage, escape: str) -> Fields:
    return {
        "name": stage.name,
        "base_name": stage.base_name,
        "platform": stage.platform,
        "doc_comment": stage.doc_comment,
        "code": stage.code,
        "start_line": stage.location.first_line,
        "end_line": stage.location.last_line,
        "commands": [_command(command, escape) for command in stage.commands],
    }


def _command(command: Instruction, escape: str) -> Fields:
    row = _head(command) | _fields(command)
    if isinstance(command, Run):
        row["mounts"] = [_mount(first_look(mount)) for mount in command.mounts]
    if isinstance(command, _EXPANDED):
        row["expanded_empty_env"] = _expanded(command, escape)
    return row


def _expanded(command: Instruction, escape: str) -> Fields:
    try:
        expanded = expand_fields(command, (), escape=escape)
    except DockerfileError as error:
        hint = f" ({error.hint})" if error.hint else ""
        return {"error": error.problem + hint}
    if isinstance(expanded, Run):
        return {"error": None, "mounts": [_mount(parse_mount(text)) for text in expanded.mounts]}
    return {"error": None, **_fields(expanded)}


def _head(command: Instruction) -> Fields:
    return {
        "cmd": command.keyword,
        "start_line": command.location.first_line,
        "end_line": command.location.last_line,
        "code": command.code,
    }


def _fields(command: Instruction) -> Fields:
    """The fields of the instruction's own kind."""
    return next(row(command) for kind, row in _ROWS if isinstance(command, kind))


def _pair(pair: KeyValue) -> Fields:
    return {"key": pair.key, "value": pair.value, "no_delim": pair.no_delimiter}


def _arg(command: Arg) -> Fields:
    return {
        "args": [
            {"key": each.key, "value": each.value, "doc_comment": each.doc_comment}
            for each in command.arguments
        ]
    }


def _ends(command: Transfer) -> Fields:
    return {
        "dest_path": command.destination,
        "source_paths": list(command.sources),
        "source_contents": [
            {"path": each.path, "data": each.content, "expand": each.expand}
            for each in command.contents
        ],
    }


def _common(command: Transfer) -> Fields:
    return {
        "chown": command.chown,
        "chmod": command.chmod,
        "link": command.link,
        "exclude_patterns": list(command.excludes),
    }


def _copy(command: Copy) -> Fields:
    return {
        **_ends(command),
        "from": command.from_name,
        **_common(command),
        "parents": command.parents,
    }


def _add(command: Add) -> Fields:
    return {
        **_ends(command),
        **_common(command),
        "keep_git_dir": command.keep_git_dir,
        "checksum": command.checksum,
        "unpack": command.unpack,
    }


def _command_line(command: CommandLine) -> Fields:
    return {
        "cmd_line": list(command.words),
        "files": [
            {"name": each.name, "data": each.content, "chomp": each.chomp} for each in command.files
        ],
        "prepend_shell": command.prepend_shell,
    }


def _run(command: Run) -> Fields:
    devices = [parse_device(text) for text in command.devices]
    return _command_line(command) | {
        "flags_used": list(command.flags_used),
        "mounts": [],
        "network": command.network,
        "security": command.security,
        "devices": [{"name": each.name, "required": each.required} for each in devices],
    }


def _mount(mount: Mount) -> Fields:
    return {
        "type": mount.type,
        "from": mount.from_name,
        "source": mount.source,
        "target": mount.target,
        "read_only": mount.read_only,
        "size_limit": mount.size_limit,
        "cache_id": mount.cache_id,
        "cache_sharing": mount.cache_sharing,
        "required": mount.required,
        "env": mount.env,
        "mode": mount.mode,
        "uid": mount.uid,
        "gid": mount.gid,
    }


def _health(health: Health) -> Fields:
    return {
        "test": list(health.test),
        "interval": health.interval_ns,
        "timeout": health.timeout_ns,
        "start_period": health.start_period_ns,
        "start_interval": health.start_interval_ns,
        "retries": health.retries,
    }


_ROWS: tuple[tuple[type[Instruction], Callable[[Any], Fields]], ...] = (
    (Env, lambda command: {"env": [_pair(pair) for pair in command.pairs]}),
    (Label, lambda command: {"labels": [_pair(pair) for pair in command.pairs]}),
    (Arg, _arg),
    (Copy, _copy),
    (Add, _add),
    (Run, _run),
    (CommandLine, _command_line),
    (Workdir, lambda command: {"path": command.path}),
    (User, lambda command: {"user": command.user}),
    (Expose, lambda command: {"ports": list(command.ports)}),
    (Volume, lambda command: {"volumes": list(command.volumes)}),
    (Stopsignal, lambda command: {"signal": command.signal}),
    (Shell, lambda command: {"shell": list(command.shell)}),
    (Healthcheck, lambda command: {"health": _health(command.health)}),
    (Onbuild, lambda command: {"expression": command.expression}),
    (Maintainer, lambda command: {"maintainer": command.maintainer}),
)
