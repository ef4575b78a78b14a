from __future__ import annotations

from layerscope.cache.lint import Evidence, LayerEvidence, Measured, lint
from layerscope.dockerfile import stages


def measured(rule: str, text: str, evidence: Evidence) -> Measured | None:
    found = lint(stages.read(text.encode()), measured=evidence, has_ignore_file=False)
    return next(finding.measured for finding in found if finding.rule == rule)


def test_measured_cache_has_the_bytes_of_its_class_in_its_layer() -> None:
    layers = [
        LayerEvidence(0, None, junk={"apt-lists": 5}),
        LayerEvidence(3, 2, junk={"apt-lists": 41_200_000, "logs": 7}),
    ]

    found = measured("package-cache-kept", "FROM a\nRUN apt-get update\n", Evidence(layers))

    assert found == Measured(41_200_000, "bytes", "41.2 MB of apt: package lists in layer 3")


def test_measured_deletion_has_the_bytes_that_its_layer_hides() -> None:
    layers = [
        LayerEvidence(1, 2, hidden={2: 3000, 5: 9}),
        LayerEvidence(2, 3),
    ]

    found = measured("deleted-in-later-layer", "FROM a\nCOPY a /a\nRUN rm /a\n", Evidence(layers))

    assert found == Measured(3000, "bytes", "3.0 kB of layer 1 that layer 2 hides")


def test_measured_owner_has_the_bytes_stored_again() -> None:
    layers = [LayerEvidence(2, 3, again=2000)]

    found = measured("owner-copies", "FROM a\nCOPY . /a\nRUN chown -R x /a\n", Evidence(layers))

    assert found == Measured(2000, "bytes", "2.0 kB a second time in layer 2")


def test_measured_order_has_the_misses_of_the_install() -> None:
    evidence = Evidence(builds=10, misses={2: 9, 3: 8})

    found = measured("copy-before-install", "FROM a\nCOPY . .\nRUN npm ci\n", evidence)

    assert found == Measured(8, "misses", "line 3 ran in 8 of 10 builds")


def test_measured_context_has_its_bytes() -> None:
    found = measured("missing-dockerignore", "FROM a\nCOPY . .\n", Evidence(context_bytes=1000))

    assert found == Measured(1000, "bytes", "1.0 kB in the context")


def test_measured_nothing_is_none() -> None:
    layers = [LayerEvidence(1, 2)]

    assert measured("package-cache-kept", "FROM a\nRUN apk add a\n", Evidence(layers)) is None
