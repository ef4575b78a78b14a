"""On which lines the budgets of a TOML file begin."""

from __future__ import annotations

import tomllib

from layerscope.gate.policy_lines import budget_lines

HIDDEN = '''\
# [[budget]]
[gate]
one = """
[[budget]]
\\"""
[[budget]]
"""
two = \'\'\'
[[budget]]
\'\'\'
three = "\\"[[budget]]"
four = '[[budget]] # "'
five = [
  [[1, 2]],
]

[[budget]] # "the first"
metric = """[[budget]]"""
  [[ budget ]]
[["budget"]]
[[budgets]]
'''


def test_only_headers_count() -> None:
    assert len(tomllib.loads(HIDDEN)["budget"]) == 3

    assert budget_lines(HIDDEN) == (17, 19, 20)


def test_text_that_ends_in_quotes_hides_no_header() -> None:
    text = 'a = """x"""""\nb = \'\'\'y\'\'\'\'\n[[budget]]\n'
    assert tomllib.loads(text)["budget"] == [{}]

    assert budget_lines(text) == (3,)


def test_table_of_a_project_is_found_by_its_full_name() -> None:
    text = '[[budget]]\n[[tool.layerscope.budget]]\n[[ tool . "layerscope".budget ]]\n'

    assert budget_lines(text, ("tool", "layerscope")) == (2, 3)


def test_budgets_in_brackets_have_no_lines() -> None:
    assert budget_lines('budget = [{ metric = "files", max = 1 }]\n') == ()


def test_lines_end_as_on_windows() -> None:
    assert budget_lines("[gate]\r\n\r\n[[budget]]\r\n") == (3,)
