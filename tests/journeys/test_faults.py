from __future__ import annotations

from layerscope.errors import CorruptLayerError, MissingBlobError
from layerscope.journeys.faults import error_of
from layerscope.sources.image import Fault


def test_error_of_a_fault_has_its_code_however_deep_its_class_lies() -> None:
    for kind in (MissingBlobError, CorruptLayerError):
        error = error_of(Fault("app.tar", kind.code, "expected a, found b"))

        assert type(error) is kind
        assert str(error) == f"app.tar: expected a, found b ({kind.code})"
