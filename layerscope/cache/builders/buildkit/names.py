"""What the builder calls its steps: `[linux/amd64 build 2/4] RUN make`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from layerscope.cache.builders.buildkit.platforms import Platform, for_other, parse_platform
from layerscope.dockerfile.words import expand
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from layerscope.cache.builders.buildkit.stage_state import StageState
    from layerscope.dockerfile.words import Environment


def numbered(stage: StageState, text: str, platform: str | None, *, advance: bool = True) -> str:
    """The name of the next step of a stage; `advance` is false for a second name of the last."""
    if not stage.total:
        return text
    stage.count += advance
    words = [platform] if platform else []
    if stage.shown_label:
        words.append(stage.shown_label)
    width = len(str(stage.total))
    words.append(f"{stage.count:>{width}}/{stage.total}")
    return f"[{' '.join(words)}] {text}"


def platform_mark(platform: Platform, env: Mapping[str, str]) -> str:
    """The platform as names have it, with the one that the step works for, if it is another."""
    return f"{platform}{for_other(platform, target_of(env))}"


def target_of(env: Mapping[str, str]) -> Platform | None:
    """The platform that a stage works for, as far as it declared the `TARGET…` arguments."""
    parts = {"TARGETOS": "", "TARGETARCH": "", "TARGETVARIANT": ""}
    found = False
    for name, value in env.items():
        if name == "TARGETPLATFORM":
            try:
                return parse_platform(value)
            except DockerfileError:
                # BuildKit as well goes on without it.
                continue
        if name in parts:
            parts[name] = value
            found = True
    return Platform(*parts.values()) if found else None


def shown_text(
    code: str, env: Environment, *, escape: str, command: bool = False, keep_code: bool = False
) -> str:
    """An instruction as names show it: keyword in capitals, variables expanded.

    `command` is for `RUN`: quotes stay, and so do variables without a value.
    """
    text = code
    if not keep_code:
        try:
            text = expand(code, env, escape=escape, raw_quotes=command, skip_unset_env=command)
        except DockerfileError:
            # BuildKit shows the text as it stands where it cannot be expanded.
            text = code
    keyword, space, rest = text.partition(" ")
    return f"{keyword.upper()}{space}{rest}"
