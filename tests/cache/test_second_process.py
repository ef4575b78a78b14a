from __future__ import annotations

import os
from typing import TYPE_CHECKING

from layerscope.cache import second_process
from layerscope.cache.second_process import answers

if TYPE_CHECKING:
    import pytest


def test_answers_come_in_order() -> None:
    called_in = answers(lambda number: number % 3 == 0, range(7))

    assert called_in() == [True, False, False, True, False, False, True]


def test_answers_are_worked_out_here_where_no_fork_is_possible(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(second_process, "_may_fork", lambda: False)
    monkeypatch.setattr(os, "fork", lambda: 1 / 0)

    assert answers(bool, [0, 1])() == [False, True]


def test_answers_of_a_process_that_died_are_worked_out_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(second_process, "_may_fork", lambda: True)
    here = os.getpid()

    def ask(number: int) -> bool:
        if os.getpid() != here:
            os._exit(1)
        return number > 1

    assert answers(ask, [1, 2])() == [False, True]
