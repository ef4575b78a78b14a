"""Cases made by chance from a seed: two states of a build that differ by a few random edits.

They are in the format of measured cases, without truth. A real builder gives that; see `compare`.
Commands are such that any shell runs them and they leave the same files each time.
"""

from __future__ import annotations

import copy
from random import Random
from typing import Any

State = dict[str, Any]

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BASES = {
    "base:1": {
        "about": "tools base image",
        "config": {"Cmd": ["sh"], "Env": [PATH]},
        "layers": ["base-1"],
        "manifest": "base-1",
        "users": {"app": [1000, 1000], "root": [0, 0]},
    },
    "base:2": {
        "about": "another base image",
        "config": {"Cmd": ["sh"], "Env": [PATH]},
        "layers": ["base-2"],
        "manifest": "base-2",
        "users": {"app": [1000, 1000], "root": [0, 0]},
    },
}
FILES = ("a.txt", "b.txt", "src/main.py", "src/lib/util.py", "conf/app.conf", "run.sh")
SOURCES = (
    "a.txt",
    "./a.txt",
    "/b.txt",
    "src",
    "src/",
    "src/.",
    "*.txt",
    "src/lib",
    "conf",
    "run.sh",
)
DESTINATIONS = ("/app/", "/app", ".", "./", "/x/y/", "here/", "/srv")
METADATA = (
    'LABEL a="{n}"',
    "EXPOSE {n}080",
    'CMD ["run", "{n}"]',
    "CMD run {n}",
    'ENTRYPOINT ["e{n}"]',
    "VOLUME /v{n}",
    "STOPSIGNAL {n}",
    "USER app",
    "USER root",
    "ENV A={n} B=x",
    "ENV C {n}",
    "ENV A=$B-{n}",
    "ARG N=1{n}",
    "ARG M",
    "ARG A=arg{n}",
    "WORKDIR /w{n}",
    "WORKDIR sub",
    "WORKDIR /w{n}/",
    'SHELL ["/bin/sh", "-ec"]',
    "HEALTHCHECK CMD true {n}",
    "ONBUILD RUN echo {n}",
    "MAINTAINER m{n}",
)
# No command fails, whoever runs it: that a command fails is not for a simulator to know.
RUNS = (
    "RUN echo {n} > /tmp/r{n} || true",
    "RUN echo $A > /tmp/r{n} || true",
    "RUN echo $N $M > /tmp/r{n} || true",
    'RUN ["/bin/sh", "-c", "echo {n} > /tmp/e{n} || true"]',
    "RUN echo {n} && \\\n    echo more > /tmp/c{n} || true",
    "RUN mkdir -p /tmp/d{n} && echo {n} > /tmp/d{n}/f || true",
)


def random_case(seed: int) -> dict[str, Any]:
    """The case of this seed: always the same one."""
    random = Random(seed)
    before = _state(random)
    states = [before]
    for _ in range(random.choice((1, 1, 1, 2))):
        state = copy.deepcopy(states[-1])
        for _ in range(random.choice((1, 1, 2))):
            random.choice(EDITS)(random, state)
        states.append(state)
    if len(states) > 2 and random.random() < 0.5:
        states[-1] = copy.deepcopy(before)
    return {
        "id": f"random-{seed}",
        "about": "made by chance",
        "tags": [],
        "before": _written(states[0]),
        "between": [_written(state) for state in states[1:-1]],
        "after": _written(states[-1]),
        "bases": BASES,
        "truth": {},
    }


def _state(random: Random) -> State:
    stages: list[dict[str, Any]] = [{"base": "base:1", "name": "", "lines": _lines(random)}]
    if random.random() < 0.4:
        stages.insert(0, {"base": "base:1", "name": "build", "lines": _lines(random)})
        stages[0]["lines"] += ["USER root", "RUN mkdir -p /out && echo built > /out/f"]
        at = random.randint(0, len(stages[1]["lines"]))
        source = random.choice(("/out/f", "/out", "/out/"))
        stages[1]["lines"].insert(at, f"COPY --from=build {source} /got/")
    return {
        "stages": stages,
        "files": {name: [f"{name}\n", "0755" if name == "run.sh" else "0644"] for name in FILES},
        "links": {"link": "a.txt", "src/inner": "../b.txt"},
        "mtime": 1_700_000_000,
        "build_args": {"M": "1"} if random.random() < 0.3 else {},
        "no_cache": False,
        "dockerignore": random.choice((None, None, "conf\n", "**/*.py\n!src/main.py\n")),
        "listed": random.random() < 0.2,
    }


def _lines(random: Random) -> list[str]:
    return [_line(random) for _ in range(random.randint(2, 5))]


def _line(random: Random) -> str:
    number = random.randint(1, 4)
    kind = random.random()
    if kind < 0.35:
        return random.choice(RUNS).replace("{n}", str(number))
    if kind < 0.7:
        keyword = random.choice(("COPY", "COPY", "ADD"))
        flag = random.choice(("", "", "", "--chown=1000:1000 ", "--chown=app "))
        return f"{keyword} {flag}{random.choice(SOURCES)} {random.choice(DESTINATIONS)}"
    return random.choice(METADATA).replace("{n}", str(number))


def _a_stage(random: Random, state: State) -> dict[str, Any]:
    stage: dict[str, Any] = random.choice(state["stages"])
    return stage


def _edit_line(random: Random, state: State) -> None:
    lines = _a_stage(random, state)["lines"]
    at = random.randrange(len(lines))
    for old, new in (("1", "2"), ("2", "3"), ("3", "1"), ("4", "1"), ("echo ", "echo  ")):
        if old in lines[at] and "--from" not in lines[at]:
            lines[at] = lines[at].replace(old, new)
            return
    _respell(random, state)


def _respell(random: Random, state: State) -> None:
    lines = _a_stage(random, state)["lines"]
    at = random.randrange(len(lines))
    keyword, _, rest = lines[at].partition(" ")
    lines[at] = random.choice(
        (
            f"{keyword.lower()} {rest}",
            f"{keyword}  {rest}",
            f"  {keyword} {rest}",
            f"{keyword} {rest}  ",
            f"# a comment\n{keyword} {rest}",
            f"{keyword} \\\n{rest}",
        )
    )


def _insert(random: Random, state: State) -> None:
    lines = _a_stage(random, state)["lines"]
    lines.insert(random.randint(0, len(lines)), _line(random))


def _delete(random: Random, state: State) -> None:
    lines = _a_stage(random, state)["lines"]
    if len(lines) > 1:
        lines.pop(random.randrange(len(lines)))


def _swap(random: Random, state: State) -> None:
    lines = _a_stage(random, state)["lines"]
    if len(lines) > 1:
        at = random.randrange(len(lines) - 1)
        lines[at], lines[at + 1] = lines[at + 1], lines[at]


def _base(random: Random, state: State) -> None:
    _a_stage(random, state)["base"] = "base:2"


def _content(random: Random, state: State) -> None:
    state["files"][random.choice(sorted(state["files"]))][0] += "more\n"


def _mode(random: Random, state: State) -> None:
    state["files"][random.choice(sorted(state["files"]))][1] = random.choice(("0664", "0700"))


def _added(random: Random, state: State) -> None:
    state["files"][random.choice(("c.txt", "src/new.py", "conf/z", "other"))] = ["new\n", "0644"]


def _removed(random: Random, state: State) -> None:
    state["files"].pop(random.choice(("src/lib/util.py", "b.txt", "conf/app.conf")), None)


def _touched(random: Random, state: State) -> None:
    state["mtime"] += random.randint(1, 1000)


def _link(random: Random, state: State) -> None:
    state["links"][random.choice(sorted(state["links"]))] = random.choice(("b.txt", "run.sh"))


def _argument(random: Random, state: State) -> None:
    state["build_args"][random.choice(("M", "N", "A", "UNKNOWN"))] = str(random.randint(1, 3))


def _no_cache(random: Random, state: State) -> None:
    state["no_cache"] = random.random() < 0.3


def _ignored(random: Random, state: State) -> None:
    state["dockerignore"] = random.choice(("conf\n", "*.txt\n!a.txt\n", "# nothing\n", "src/lib\n"))


EDITS = (
    _edit_line,
    _edit_line,
    _respell,
    _insert,
    _delete,
    _swap,
    _base,
    _content,
    _content,
    _mode,
    _added,
    _removed,
    _touched,
    _link,
    _argument,
    _argument,
    _no_cache,
    _ignored,
)


def _written(state: State) -> dict[str, Any]:
    """The state in the format of cases."""
    text = ""
    for stage in state["stages"]:
        name = f" AS {stage['name']}" if stage["name"] else ""
        text += f"FROM {stage['base']}{name}\n" + "".join(f"{line}\n" for line in stage["lines"])
    entries = [
        {"path": path, "content": content, "mode": mode, "mtime": state["mtime"]}
        for path, (content, mode) in sorted(state["files"].items())
    ]
    entries += [{"path": path, "symlink": to} for path, to in sorted(state["links"].items())]
    if state["listed"]:
        entries.append({"path": "Dockerfile", "content": text, "mode": "0644"})
    return {
        "dockerfile": text,
        "context": entries,
        "dockerignore": state["dockerignore"],
        "build_args": state["build_args"],
        "target": None,
        "no_cache": state["no_cache"],
        "no_cache_filter": [],
        "platform": None,
        "named_contexts": {},
    }
