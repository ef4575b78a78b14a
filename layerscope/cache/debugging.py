"""How to look around after the last good step of a build that stopped: short lines of text.

For the classic builder and buildah that step is an image with an id, where the log has it. BuildKit
keeps no images of steps: the Dockerfile is built up to the line before, all from the cache.

The lines hold names and texts of a Dockerfile or a log as they are: they are not safe to print
unescaped.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from layerscope.dockerfile import stages
from layerscope.dockerfile.instructions import Add, Arg, Copy, Shell, User
from layerscope.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from layerscope.cache.build import Build
    from layerscope.cache.failed_step import FailedStep, LogStep
    from layerscope.cache.step import Prediction
    from layerscope.dockerfile.instructions import Dockerfile, Instruction, Stage

_LONGEST = 80
_TAG = "after-failure"
# Parts of names of images that hold a program and no shell.
_NO_SHELL = ("distroless", "chainguard/static", "cgr.dev/chainguard", "scratch")
_SHELLS = ("sh", "bash", "ash", "zsh", "dash")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the build stopped, and what holds there.

    Attributes:
        failed: The instruction that failed, as text.
        keyword: Of it, in lower case.
        good: The last good instruction, as text; empty if there is none.
        good_line: Where it ends; 0 if not known.
        image: Id of the image after it, where a log has it.
        container: In which the failed step ran, where a log has it.
        base: What the stage is built from.
        shell: What a shell is called there; empty where there is none.
        user: Who the steps run as; empty for root or unknown.
        options: Options that the build was given and that matter.
    """

    failed: str
    keyword: str
    good: str = ""
    good_line: int = 0
    image: str | None = None
    container: str | None = None
    base: str = ""
    shell: str = "sh"
    user: str = ""
    options: tuple[str, ...] = ()


def how_to_open(prediction: Prediction, build: Build, builder: str = "buildkit") -> list[str]:
    """How to open the last good step before the one that cannot succeed; empty if all can.

    Args:
        prediction: Of that build.
        build: For its Dockerfile and arguments.
        builder: `buildkit`, `classic` or `buildah`.
    """
    failure = prediction.failed
    if failure is None:
        return []
    if failure.parse or not failure.line:
        return [f"the build stops before its first step: {failure.message}"]
    try:
        dockerfile = stages.read(build.dockerfile)
    except DockerfileError:
        return [f"the build stops at line {failure.line}: {failure.message}"]
    place = _in_file(dockerfile, failure.line)
    if place is None:
        return [f"the build stops at line {failure.line}: {failure.message}"]
    options = tuple(f"--build-arg {shlex.quote(name)}=…" for name in sorted(build.build_args))
    opened = _opened(replace(place, options=options), builder)
    return [f"line {failure.line} cannot succeed: {failure.message}", *opened]


def how_to_open_failed(failed: FailedStep, dockerfile: Dockerfile | None = None) -> list[str]:
    """How to open the last good step before the one at which a log ends.

    Args:
        failed: As `failed_step` gives it.
        dockerfile: The one that was built, if it is at hand: for its lines, SHELL and USER.
    """
    if failed.step is None:
        return [f"the build stopped before its first step: {failed.message}"]
    line = _line_of(failed.step, failed, dockerfile) if dockerfile is not None else 0
    place = _in_file(dockerfile, line) if dockerfile is not None and line else None
    if place is None:
        place = _Place(failed.step.text, _keyword(failed.step.text))
    good = failed.last_good
    place = replace(
        place,
        good=place.good or (good.text if good else ""),
        image=good.image if good else None,
        container=failed.step.container,
    )
    where = f"line {line}" if line else f"step {failed.step.number}"
    lines = [f"{where} failed: {_cut(failed.message)}"]
    return lines + _opened(place, failed.builder)


def _opened(place: _Place, builder: str) -> list[str]:
    lines = []
    if place.keyword in ("copy", "add"):
        lines.append(
            "a source of it is missing or left out by .dockerignore: layerscope cache context"
            " says what the context holds"
        )
    if not place.good:
        return [*lines, *_without_step(place)]
    lines.append(f"last good step: {_cut(place.good)}")
    if place.image is None and builder != "buildkit":
        place = replace(place, image=_named_by(place.good))
    if builder == "buildah":
        return lines + _with_buildah(place)
    if builder == "classic":
        return lines + _with_classic(place)
    return lines + _with_buildkit(place)


def _named_by(text: str) -> str | None:
    """The image that a `FROM` names, quoted; None for other steps and names with variables."""
    words = [word for word in text.split() if not word.startswith("--")]
    if len(words) < 2 or words[0].upper() != "FROM" or "$" in words[1]:
        return None
    return None if words[1].lower() == "scratch" else shlex.quote(words[1])


def _without_step(place: _Place) -> list[str]:
    if not place.base or place.base.lower() == "scratch":
        return ["there is no step before it in its stage to open"]
    run = _run("docker", shlex.quote(place.base), replace(place, shell=place.shell or "sh"))
    return [f"there is no step before it in its stage but its base: {run}"]


def _with_buildkit(place: _Place) -> list[str]:
    if not place.good_line:
        cut = (
            "BuildKit keeps no image of a step: above the failed line start a new stage"
            " (FROM … AS rest), give the one before it a name, and build it with --target NAME"
            f" -t {_TAG}"
        )
        return [cut, *_shell_in("docker", _TAG, place), *_debugger(place)]
    return [*_built("docker build", place), *_shell_in("docker", _TAG, place), *_debugger(place)]


def _with_classic(place: _Place) -> list[str]:
    if place.image is None:
        if not place.good_line:
            return ["its image is the id that the log prints below it"]
        return [
            *_built("DOCKER_BUILDKIT=0 docker build", place),
            *_shell_in("docker", _TAG, place),
        ]
    lines = _shell_in("docker", place.image, place)
    if place.container is not None and place.shell:
        lines.append(
            f"what the failed step left: docker commit {place.container} {_TAG}-left &&"
            f" {_run('docker', f'{_TAG}-left', place)}"
        )
    return lines


def _with_buildah(place: _Place) -> list[str]:
    if place.image is None:
        if not place.good_line:
            return ["its image is the id that the log prints below it"]
        return [*_built("buildah build --layers", place), *_shell_in("podman", _TAG, place)]
    lines = _shell_in("podman", place.image, place)
    if place.shell:
        lines.append(
            f"or with buildah: buildah run --tty $(buildah from {place.image}) -- {place.shell}"
        )
    else:
        lines.append(
            f"or look at its files: buildah unshare, then buildah mount $(buildah from"
            f" {place.image})"
        )
    return lines


def _built(command: str, place: _Place) -> list[str]:
    """The Dockerfile up to the last good line, built from the cache: its last stage is the one."""
    words = [command, *place.options, "-t", _TAG, "-f", "-", "."]
    return [f"build up to it: head -n {place.good_line} Dockerfile | {' '.join(words)}"]


def _shell_in(engine: str, image: str, place: _Place) -> list[str]:
    if place.shell:
        lines = [f"open it: {_run(engine, image, place)}"]
        if place.user:
            lines.append(f"it runs as {place.user}; as root: {_run(engine, image, place, '-u 0 ')}")
        return lines
    builder = "buildah build" if engine == "podman" else "docker build"
    two = f"'FROM busybox\\nCOPY --from={image} / /{_TAG}\\n'"
    found = [
        f"it has no shell: put its files below one: printf {two} | {builder} -t {_TAG}-files -",
        f"open it: {engine} run --rm -it {_TAG}-files sh, and look below /{_TAG}",
    ]
    if "distroless" in place.base.lower():
        found.append("or build on the tag of its base that ends in debug, which has a shell")
    return found


def _run(engine: str, image: str, place: _Place, user: str = "") -> str:
    return f"{engine} run --rm -it {user}--entrypoint {shlex.quote(place.shell)} {image}"


def _debugger(place: _Place) -> list[str]:
    """BuildKit's own debugger opens a shell in a RUN that failed."""
    if place.keyword != "run" or not place.shell:
        return []
    debug = f"docker buildx debug --invoke {shlex.quote(place.shell)} --on=error build ."
    return [f"or stop in the failed step: BUILDX_EXPERIMENTAL=1 {debug}"]


def _in_file(dockerfile: Dockerfile, line: int) -> _Place | None:
    """The place of the instruction that starts on this line."""
    names = {stage.name.lower(): stage for stage in dockerfile.stages if stage.name}
    for stage in dockerfile.stages:
        if stage.node.location.first_line == line:
            # The base itself, or one of its triggers.
            base = "" if stage.base_name.lower() in names else stage.base_name
            return _Place(stage.code, "from", base=base, shell=_shell(stage, (), names))
        for place, instruction in enumerate(stage.commands):
            if instruction.location.first_line == line:
                return _place_of(stage, place, names)
    return None


def _place_of(stage: Stage, place: int, names: dict[str, Stage]) -> _Place:
    failed, above = stage.commands[place], stage.commands[:place]
    # An ARG makes no image: the step above it is the one to open, with the ARG in force.
    steps = [each for each in above if not isinstance(each, Arg)]
    is_scratch = stage.base_name.lower() == "scratch"
    good, line = "", 0
    if steps:
        good, line = steps[-1].code, above[-1].location.last_line
    elif not is_scratch:
        good = stage.code
        line = above[-1].location.last_line if above else stage.node.location.last_line
    return _Place(
        failed=failed.code,
        keyword=failed.keyword,
        good=good,
        good_line=line,
        image=None,
        container=None,
        base=stage.base_name,
        shell=_shell(stage, above, names),
        user=_user(above),
    )


def _shell(stage: Stage, above: Sequence[Instruction], names: dict[str, Stage]) -> str:
    """What a shell is called in the image after these instructions; empty where there is none."""
    seen: set[str] = set()
    while True:
        shells = [each for each in above if isinstance(each, Shell)]
        if shells and shells[-1].shell:
            return shells[-1].shell[0]
        parent = names.get(stage.base_name.lower())
        if parent is None or stage.base_name.lower() in seen or parent is stage:
            break
        seen.add(stage.base_name.lower())
        # Files that a stage copies in may bring a shell; of a stage below nobody looks for that.
        stage, above = parent, parent.commands
    base = stage.base_name.lower()
    if any(part in base for part in _NO_SHELL) and not base.endswith((":debug", "-debug", "-dev")):
        brings = any(_brings_shell(each) for each in above)
        return "sh" if brings else ""
    return "sh"


def _brings_shell(instruction: Instruction) -> bool:
    """Does it copy a shell in, or a whole root file system?"""
    if not isinstance(instruction, Copy | Add):
        return False
    ends = tuple(f"bin/{name}" for name in (*_SHELLS, "busybox"))
    whole = instruction.destination == "/" and any(
        source == "/" or ".tar" in source or "rootfs" in source for source in instruction.sources
    )
    return whole or any(source.endswith(ends) for source in instruction.sources)


def _user(above: Sequence[Instruction]) -> str:
    users = [each.user for each in above if isinstance(each, User)]
    user = users[-1] if users else ""
    return "" if user.partition(":")[0] in ("root", "0") else user


def _line_of(step: LogStep, failed: FailedStep, dockerfile: Dockerfile) -> int:
    """The line of the failed step: the instruction of this text, in its stage where one is named.

    Builders print variables expanded or blanks changed; then the one place that fits by its
    number is taken, and 0 where there is none.
    """
    wanted = _squeezed(step.text)
    texts = [
        (index, stage, instruction)
        for index, stage in enumerate(dockerfile.stages)
        for instruction in stage.commands
    ]
    same = [
        (index, stage, instruction)
        for index, stage, instruction in texts
        if _squeezed(instruction.code) == wanted
    ]
    if failed.builder == "buildkit" and step.stage is not None:
        named = step.stage.split()[-1]
        same = [row for row in same if named in (row[1].name, f"stage-{row[0]}")]
    if len(same) == 1 or (same and failed.builder != "classic"):
        return same[0][2].location.first_line
    for index, stage in enumerate(dockerfile.stages):
        if _squeezed(stage.code) == wanted:
            return dockerfile.stages[index].node.location.first_line
    return same[0][2].location.first_line if same else 0


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _keyword(text: str) -> str:
    words = text[:40].split(None, 1)
    return words[0].lower() if words else ""


def _cut(text: str) -> str:
    line = _squeezed(text)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
