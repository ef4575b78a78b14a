"""Verdicts made by hand, for the tests of all formats that print them.

Sums hold as in real ones: `split` puts what its parts leave over into the row `all other`.
"""

from __future__ import annotations

import msgspec

from layerscope.gate.metrics import METRICS
from layerscope.gate.verdict import (
    CheckRow,
    Counts,
    JudgedImage,
    LimitKind,
    LimitRow,
    Number,
    Outcome,
    OutcomeCounts,
    PartRow,
    PolicyRow,
    RemarkRow,
    ScopeRow,
    Split,
    SplitRow,
    Verdict,
    WaiverRow,
)
from layerscope.report.answers import ImageName
from layerscope.report.document import FaultRow, PlatformRow, SkippedRow, Tool

TORCH = (
    "RUN /bin/sh -c pip install --no-cache-dir -r requirements.txt && python -m compileall /opt"
    " && rm -rf /root/.cache # buildkit"
)
HOSTILE = (
    "two\nlines\r\n\n# Heading\n- item",
    "pipe|pipe||`code` ``` ~~~ \\| \\",
    "@team/owners please cc @me, see #12 and GH-3 or owner/repo#4",
    "<script>alert(1)</script><img src=x onerror=y></code></details></td><!-- -->",
    "]](x) [a](http://e.example) ![i](http://e.example/x.png) www.e.example http://e.example",
    "\x1b[31mred\x1b]8;;http://e.example\x07link\x1b]8;;\x07\x00\x08\x7f\x9b2J",
    "a\u202egpj.exe\u2066\u200b\ufeff\u2028",
    "bytes \udc80\udcff and \ud800 alone",
    '=HYPERLINK("http://e.example";"x")',
    "+1-1",
    "-2+3|cmd",
    "@SUM(A1)",
    "\t=1",
    "%0A::error::x, a:b%",
    "x" * 5000,
    "\U0001f308" * 300,
)
"""Texts that some format or terminal would read something in."""


def image_name(name: str = "app:2", *, source: str = "app.tar", index: int = 0) -> ImageName:
    return ImageName(
        input=source,
        source="docker-archive",
        index=index,
        names=[name] if name else [],
        platform=PlatformRow(os="linux", architecture="amd64"),
        manifest_digest="sha256:" + "ab" * 32,
        config_digest="sha256:" + "cd" * 32,
    )


def judged(name: str = "app:2", *, old: bool = True, index: int = 0) -> JudgedImage:
    new: dict[str, Number] = {
        "compressed_bytes": 141_200_000,
        "uncompressed_bytes": 402_000_000,
        "content_bytes": 390_100_000,
        "visible_bytes": 348_900_000,
        "wasted_bytes": 41_200_000,
        "efficiency": 348_900_000 / 390_100_000,
        "files": 12_345,
        "layers": 9,
        "packages": None,
    }
    before: dict[str, Number] = {
        "compressed_bytes": 120_000_000,
        "uncompressed_bytes": 350_000_000,
        "content_bytes": 340_000_000,
        "visible_bytes": 322_000_000,
        "wasted_bytes": 18_000_000,
        "efficiency": 322_000_000 / 340_000_000,
        "files": 12_000,
        "layers": 9,
    }
    return JudgedImage(
        name=image_name(name, index=index),
        baseline=image_name("app:1", source="base/app.tar", index=index) if old else None,
        baseline_from="main.json" if old else "",
        old=before if old else {},
        new=new,
    )


def part(
    label: str,
    old: int | None,
    new: int | None,
    *,
    kind: str = "",
    detail: str = "",
    layer: int | None = None,
    line: int | None = None,
) -> PartRow:
    delta = None if old is None or new is None else new - old
    return PartRow(
        label=label,
        kind=kind,
        old=old,
        new=new,
        delta=delta,
        detail=detail,
        layer=layer,
        line=line,
    )


def split(
    by: Split, metric: str, old: int | None, new: int, parts: list[PartRow], *, rest: bool = True
) -> SplitRow:
    """A split whose last row, if there is one, is what the parts leave over."""
    if rest:
        left = new - sum(row.new or 0 for row in parts)
        before = None if old is None else old - sum(row.old or 0 for row in parts)
        delta = None if before is None else left - before
        other = PartRow(label="all other", old=before, new=left, delta=delta, rest=True)
        parts = [*parts, other]
    return SplitRow(
        by=by,
        metric=metric,
        unit=METRICS[metric].unit,
        old=old,
        new=new,
        delta=None if old is None else new - old,
        parts=parts,
    )


def limit(kind: LimitKind, bound: float, holds: bool | None, reason: str = "") -> LimitRow:
    return LimitRow(kind=kind, limit=bound, holds=holds, reason=reason)


def check(
    budget: str,
    metric: str,
    value: Number,
    limits: list[LimitRow],
    *,
    outcome: Outcome = "pass",
    counts_as: Counts | None = None,
    baseline: Number = None,
    image: int | None = 0,
    layer: int | None = None,
    scope: ScopeRow | None = None,
    part: str = "all",
    reason: str = "",
    waiver: WaiverRow | None = None,
    attribution: list[SplitRow] | None = None,
    line: int | None = None,
    policy_line: int = 0,
) -> CheckRow:
    counts: dict[Outcome, Counts] = {"fail": "fail", "warn": "warn", "not-measured": "fail"}
    delta = None if value is None or baseline is None else value - baseline
    row = CheckRow(
        budget=budget,
        image=image,
        layer=layer,
        metric=metric,
        unit=METRICS[metric].unit,
        scope=scope or ScopeRow(kind="image"),
        value=value,
        baseline=baseline,
        delta=delta,
        limits=limits,
        severity="warn" if outcome == "warn" else "fail",
        outcome=outcome,
        counts_as=counts_as or counts.get(outcome, "pass"),
        reason=reason,
        waiver=waiver,
        attribution=attribution or [],
        fingerprint=f"{abs(hash_of(budget, image, part)):064x}",
        line=line,
        policy_line=policy_line,
    )
    return msgspec.structs.replace(row, part=part)


def hash_of(*parts: object) -> int:
    """A number that is the same in every run, unlike `hash`."""
    number = 0
    for char in repr(parts):
        number = (number * 131 + ord(char)) % (1 << 256)
    return number


def verdict(
    checks: list[CheckRow],
    images: list[JudgedImage] | None = None,
    *,
    fail_on: str = "fail",
    policy: PolicyRow | None = None,
    remarks: list[RemarkRow] | None = None,
    faults: list[FaultRow] | None = None,
    skipped: list[SkippedRow] | None = None,
    dockerfile: str | None = "Dockerfile",
) -> Verdict:
    """A verdict of these checks, with counts and outcome as they follow from them."""
    outcomes = [row.outcome for row in checks]
    counted = {row.counts_as for row in checks}
    outcome: Counts = "fail" if "fail" in counted else "warn" if "warn" in counted else "pass"
    row = Verdict(
        tool=Tool(version="0.0.0"),
        passed=outcome == "pass" or (outcome == "warn" and fail_on == "fail"),
        outcome=outcome,
        fail_on="fail",
        policy=policy or PolicyRow(origin="layerscope", file="layerscope.toml"),
        counts=OutcomeCounts(
            passed=outcomes.count("pass"),
            fail=outcomes.count("fail"),
            warn=outcomes.count("warn"),
            waived=outcomes.count("waived"),
            not_measured=outcomes.count("not-measured"),
        ),
        images=[judged()] if images is None else images,
        checks=checks,
        remarks=remarks or [],
        faults=faults or [],
        skipped=skipped or [],
        dockerfile=dockerfile,
    )
    return msgspec.structs.replace(row, fail_on=fail_on)


def passed_checks() -> list[CheckRow]:
    return [
        check(
            "pull size",
            "compressed_bytes",
            141_200_000,
            [limit("max", 200_000_000, holds=True), limit("max-increase-percent", 25, holds=True)],
            baseline=120_000_000,
            policy_line=1,
        ),
        check("efficiency", "efficiency", 0.8944, [limit("min", 0.85, holds=True)], policy_line=9),
        check("layers", "layers", 9, [limit("max", 40, holds=True)], policy_line=13),
    ]


def all_passed() -> Verdict:
    return verdict(passed_checks())


def growth_check() -> CheckRow:
    """Own layers that grew by 21.2 MB where 10 MB are allowed, with three splits."""
    instructions = split(
        "instruction",
        "compressed_bytes",
        60_000_000,
        81_200_000,
        [
            part(TORCH, 40_000_000, 58_300_000, layer=6, line=7),
            part("COPY dir:" + "0" * 64 + " in /srv ", 9_000_000, 11_900_000, layer=7, line=9),
            part("WORKDIR /srv", 100, 100, layer=5, line=5),
        ],
    )
    packages = split(
        "package",
        "content_bytes",
        160_000_000,
        210_100_000,
        [
            part("torch", 120_000_000, 151_000_000, kind="pypi", detail="2.1.0 to 2.2.1"),
            part("numpy", 0, 12_600_000, kind="pypi", detail="added 2.4.1"),
            part("libssl3", 6_000_000, 5_900_000, kind="deb", detail="3.0.1 to 3.0.2"),
        ],
    )
    paths = split(
        "path",
        "content_bytes",
        160_000_000,
        210_100_000,
        [
            part(
                "/usr/lib/python3/dist-packages/torch/lib/libtorch_cpu.so", 90_000_000, 99_000_000
            ),
            part("/opt/venv/lib/numpy/core/_multiarray.so", 0, 8_000_000),
        ],
    )
    return check(
        "own growth",
        "compressed_bytes",
        81_200_000,
        [limit("max-increase", 10_000_000, holds=False)],
        outcome="fail",
        baseline=60_000_000,
        part="own",
        reason="the own layers grew by 21.2 MB; at most 10.0 MB are allowed",
        attribution=[instructions, packages, paths],
        line=7,
        policy_line=17,
    )


def waste_check() -> CheckRow:
    """41.2 MB wasted where 20 MB are allowed, judged without a baseline."""
    causes = split(
        "cause",
        "wasted_bytes",
        None,
        41_200_000,
        [part("deleted", None, 37_000_000), part("overwritten", None, 4_200_000)],
        rest=False,
    )
    paths = split(
        "path",
        "wasted_bytes",
        None,
        41_200_000,
        [
            part("/var/cache/apt", None, 30_000_000, kind="deleted", layer=4),
            part("/var/lib/apt/lists/a", None, 7_000_000, kind="deleted", layer=4),
            part("/etc/ssl/certs.pem", None, 4_200_000, kind="overwritten", layer=5),
        ],
        rest=False,
    )
    return check(
        "waste",
        "wasted_bytes",
        41_200_000,
        [limit("max", 20_000_000, holds=False)],
        outcome="fail",
        reason="41.2 MB is more than 20.0 MB",
        attribution=[paths, causes],
        line=4,
        policy_line=22,
    )


def failed() -> Verdict:
    return verdict([*passed_checks(), growth_check(), waste_check()])


def warn_check() -> CheckRow:
    return check(
        "venv",
        "visible_bytes",
        88_000_000,
        [limit("max", 80_000_000, holds=False)],
        outcome="warn",
        scope=ScopeRow(kind="path", pattern="/opt/venv/**"),
        reason="88.0 MB is more than 80.0 MB",
        policy_line=27,
    )


def warned() -> Verdict:
    return verdict([*passed_checks(), warn_check()])


def waived_check() -> CheckRow:
    return check(
        "torch",
        "visible_bytes",
        151_000_000,
        [limit("max", 140_000_000, holds=False)],
        outcome="waived",
        baseline=120_000_000,
        scope=ScopeRow(kind="package", pattern="pkg:pypi/torch*"),
        reason="151.0 MB is more than 140.0 MB",
        waiver=WaiverRow(until="2026-12-31", reason="CUDA wheels until #812", expired=False),
        policy_line=31,
    )


def waived() -> Verdict:
    return verdict([*passed_checks(), waived_check()])


def expired_waiver() -> Verdict:
    row = msgspec.structs.replace(
        waived_check(),
        outcome="fail",
        counts_as="fail",
        waiver=WaiverRow(until="2026-01-31", reason="CUDA wheels until #812", expired=True),
    )
    remark = RemarkRow(code="expired-waiver", text="a waiver ran out on 2026-01-31")
    return verdict([*passed_checks(), row], remarks=[remark])


def not_measured_check(counts_as: Counts = "fail") -> CheckRow:
    return check(
        "packages",
        "packages",
        None,
        [limit("max", 300, holds=None, reason="the report has no table of packages")],
        outcome="not-measured",
        counts_as=counts_as,
        reason="the report has no table of packages",
        policy_line=35,
    )


def not_measured() -> Verdict:
    fault = FaultRow(
        input="app.tar",
        code="digest-mismatch",
        message="layer 3: expected sha256:ab12, read sha256:99fe",
        image=0,
        layer=3,
        hint="export the image again; the archive is damaged",
    )
    return verdict(
        [*passed_checks(), not_measured_check(), not_measured_check("pass")],
        remarks=[RemarkRow(code="no-baseline", text="growth is not judged: there is no baseline")],
        faults=[fault],
    )


def base_check() -> CheckRow:
    return check(
        "own growth",
        "compressed_bytes",
        60_000_000,
        [limit("max-increase", 10_000_000, holds=False)],
        outcome="warn",
        baseline=40_000_000,
        part="base",
        reason="the base grew by 20.0 MB; its growth is not blamed on the author",
        policy_line=17,
    )


def base_grew() -> Verdict:
    own = check(
        "own growth",
        "compressed_bytes",
        81_200_000,
        [limit("max-increase", 10_000_000, holds=True)],
        baseline=80_000_000,
        part="own",
        policy_line=17,
    )
    return verdict([*passed_checks(), own, base_check()])


def two_images() -> Verdict:
    """One image with all outcomes, one new and unnamed, and a check of the run and of a layer."""
    second = msgspec.structs.replace(judged(old=False), name=image_name("", index=1))
    run = check(
        "stored once",
        "blob_bytes_unique",
        212_000_000,
        [limit("max", 200_000_000, holds=False)],
        outcome="fail",
        image=None,
        scope=ScopeRow(kind="run"),
        reason="212.0 MB is more than 200.0 MB",
        policy_line=40,
    )
    layer = check(
        "any layer",
        "compressed_bytes",
        58_300_000,
        [limit("max", 50_000_000, holds=False)],
        outcome="fail",
        image=1,
        layer=6,
        scope=ScopeRow(kind="layer", pattern="each"),
        reason="58.3 MB is more than 50.0 MB",
        line=7,
        policy_line=44,
    )
    first = [growth_check(), waste_check(), warn_check(), waived_check(), not_measured_check()]
    others = [msgspec.structs.replace(row, image=1) for row in passed_checks()]
    remarks = [
        RemarkRow(code="baseline-image-missing", text="the baseline has no image app.tar:@1"),
    ]
    return verdict(
        [*passed_checks(), *first, base_check(), *others, layer, run],
        [judged(), second],
        remarks=remarks,
    )


def dive_ci() -> Verdict:
    checks = [
        check("lowestEfficiency", "dive_efficiency", 0.95, [limit("min", 0.9, holds=True)]),
        check(
            "highestUserWastedPercent",
            "dive_user_wasted_ratio",
            1.25,
            [limit("max", 0.1, holds=False)],
            outcome="fail",
            reason="1.25 is more than 0.1",
        ),
    ]
    policy = PolicyRow(origin="dive-ci", file=".dive-ci", disabled=["highestWastedBytes"])
    return verdict(checks, policy=policy)


def hostile(text: str) -> Verdict:
    """All outcomes, with one hostile text wherever a text is not the program's own."""
    name = ImageName(
        input=text,
        source=text,
        index=0,
        names=[text, text],
        platform=PlatformRow(os=text, architecture=text, variant=text),
        manifest_digest=text,
        config_digest=text,
    )
    image = JudgedImage(
        name=name,
        baseline=name,
        baseline_from=text,
        old={"compressed_bytes": 1, text: 2},
        new={"compressed_bytes": 2, text: 3},
    )
    kinds: tuple[Split, ...] = ("base", "instruction", "package", "path", "cause")
    rows = [part(text, 0, 9, kind=text, detail=text, layer=1, line=2)]
    splits = [split(by, "content_bytes", 0, 10, rows) for by in kinds]
    outcomes: tuple[Outcome, ...] = ("pass", "fail", "warn", "waived", "not-measured")
    scopes = [
        ScopeRow(kind=kind, pattern=text)
        for kind in ("image", "layer", "path", "package", "instruction", "run")
    ]
    checks = [
        check(
            text,
            "content_bytes",
            None if outcome == "not-measured" else 10,
            [limit("max", 5, holds=False, reason=text)],
            outcome=outcome,
            baseline=0,
            scope=scope,
            reason=text,
            waiver=WaiverRow(until="2026-12-31", reason=text, expired=outcome == "fail"),
            attribution=splits,
            line=2,
            image=None if scope.kind == "run" else 0,
        )
        for outcome in outcomes
        for scope in scopes
    ]
    return verdict(
        checks,
        [image],
        policy=PolicyRow(origin="dive-ci", file=text, disabled=[text]),
        remarks=[RemarkRow(code="no-baseline", text=text)],
        faults=[FaultRow(input=text, code=text, message=text, hint=text)],
        skipped=[SkippedRow(input=text, what=text, digest=text, detail=text)],
        dockerfile=text,
    )


def huge(images: int = 300) -> Verdict:
    """Ten checks for each of many images, a third of them failed, each with attribution."""
    checks: list[CheckRow] = []
    for number in range(images):
        growth = msgspec.structs.replace(growth_check(), image=number)
        waste = msgspec.structs.replace(waste_check(), image=number)
        for copy in range(2):
            rows = [*passed_checks(), growth if copy else waste, warn_check()]
            checks += [
                msgspec.structs.replace(row, image=number, budget=f"{row.budget} {copy}")
                for row in rows
            ]
    return verdict(checks, [judged(f"app{number}:2") for number in range(images)])


SAMPLES = {
    "all_passed": all_passed,
    "failed": failed,
    "warned": warned,
    "waived": waived,
    "expired_waiver": expired_waiver,
    "not_measured": not_measured,
    "base_grew": base_grew,
    "two_images": two_images,
    "dive_ci": dive_ci,
}
"""The ordinary verdicts by name; `hostile` and `huge` take arguments."""
