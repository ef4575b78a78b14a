from __future__ import annotations

from layerscope.render.history_text import history_text
from layerscope.report.answers import HistoryDocument, ImageName, Origin, StepRow
from layerscope.report.document import PlatformRow, Tool

NARROW, WIDE = 80, 120


def step(
    created_by: str,
    layer: int | None = None,
    *,
    origin: Origin = "instruction",
    content: int | None = 1000,
    hidden: int | None = 0,
    from_base: bool | None = None,
) -> StepRow:
    made = layer is not None
    return StepRow(
        created="2024-05-06T07:08:09Z",
        created_by=created_by,
        comment=None,
        empty_layer=not made,
        origin=origin,
        reviewable=origin == "instruction",
        evidence="",
        layer=layer,
        from_base=from_base,
        diff_id=None,
        compressed_bytes=500 if made else None,
        uncompressed_bytes=2000 if made else None,
        content_bytes=content if made else None,
        hidden_bytes=hidden if made else None,
    )


def lines_of(*steps: StepRow, width: int = NARROW) -> list[str]:
    name = ImageName(
        input="a.tar",
        source="docker-archive",
        index=0,
        names=["a:1"],
        platform=PlatformRow(os="linux", architecture="amd64"),
        manifest_digest=None,
        config_digest=None,
    )
    document = HistoryDocument(tool=Tool(version="1"), image=name, steps=list(steps), faults=[])
    text = history_text(document, width=width).decode()
    return [" ".join(line.split()) for line in text.splitlines()]


def rules(lines: list[str]) -> list[int]:
    return [at for at, line in enumerate(lines) if line and not line.strip("-")]


def test_share_that_is_hidden_later_is_beside_its_bytes_where_there_is_room() -> None:
    steps = step("RUN make", 0, content=4000, hidden=1000), step("RUN rm x", 1, content=0)

    wide, narrow = lines_of(*steps, width=WIDE), lines_of(*steps)

    assert "0 2024-05-06 RUN make 500 B 2.0 kB 4.0 kB 1.0 kB 25.0%" in wide
    assert "2 layers 1.0 kB 4.0 kB 4.0 kB 1.0 kB 25.0%" in wide
    assert "0 RUN make 500 B 2.0 kB 4.0 kB 1.0 kB" in narrow


def test_rule_separates_the_steps_of_the_base_from_the_own_ones() -> None:
    lines = lines_of(
        step("ADD x /", 0, from_base=True),
        step('CMD ["bash"]'),
        step("ENV OWN=1"),
        step("RUN make", 1, from_base=False),
    )

    header, border, sums = rules(lines)
    assert lines[header + 1].startswith("0 ADD x /")
    assert lines[border - 1].startswith('- CMD ["bash"]')
    assert lines[border + 1].startswith("- ENV OWN=1")
    assert lines[sums + 1].startswith("2 layers")


def test_rule_is_missing_where_no_own_step_follows_the_base() -> None:
    lines = lines_of(step("ADD x /", 0, from_base=True))

    assert len(rules(lines)) == 2


def test_layers_that_nobody_can_review_and_those_of_unknown_origin_are_counted_apart() -> None:
    lines = lines_of(
        step("RUN make", 0),
        step("bash", 1, origin="hand-made", content=3000),
        step("bash", 2, origin="hand-made", content=0),
        step("/t a b", 3, origin="unknown", content=20),
    )

    assert "3 [?] /t a b 500 B 2.0 kB 20 B -" in lines
    assert lines[-2:] == [
        "1 layer with 3.0 kB that no Dockerfile instruction explains",
        "1 layer with 20 B whose origin the record does not tell, marked [?]",
    ]


def test_history_of_instructions_alone_counts_nothing_that_cannot_be_reviewed() -> None:
    assert lines_of(step("RUN make", 0))[-1].startswith("1 layer 500 B")


def test_unreviewable_layer_that_could_not_be_read_has_unknown_bytes() -> None:
    lines = lines_of(step("bash", 0, origin="hand-made", content=None, hidden=None))

    assert lines[-1] == "1 layer with ? bytes that no Dockerfile instruction explains"
