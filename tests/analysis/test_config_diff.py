from __future__ import annotations

from layerscope.analysis.config_diff import (
    Setting,
    Step,
    StepChange,
    config_diff,
    history_diff,
)


def steps(*words: str) -> list[Step]:
    """Each word made a layer, in order."""
    return [Step(position, word, position) for position, word in enumerate(words)]


def test_config_diff_of_env_goes_by_name_and_takes_the_last_value() -> None:
    old = {"Env": ["A=1", "B=2", "B=3"]}
    new = {"Env": ["A=9", "C=x=y"]}

    assert config_diff(old, new) == [
        Setting("env", "A", "changed", "1", "9"),
        Setting("env", "B", "removed", "3", None),
        Setting("env", "C", "added", None, "x=y"),
    ]


def test_config_diff_of_labels_ports_and_volumes_goes_by_name() -> None:
    old: dict[str, object] = {"Labels": {"a": "1"}, "ExposedPorts": {"80/tcp": {}}}
    new: dict[str, object] = {"Labels": {"a": "2"}, "Volumes": {"/data": None}}

    assert config_diff(old, new) == [
        Setting("label", "a", "changed", "1", "2"),
        Setting("port", "80/tcp", "removed", "", None),
        Setting("volume", "/data", "added", None, ""),
    ]


def test_config_diff_of_commands_keeps_words_apart() -> None:
    old = {"Cmd": ["sh", "-c", "x"], "User": "root", "Entrypoint": None}
    new = {"Cmd": "sh -c x", "User": "", "Entrypoint": []}

    assert config_diff(old, new) == [
        Setting("cmd", "", "changed", ["sh", "-c", "x"], "sh -c x"),
        Setting("user", "", "removed", "root", None),
    ]


def test_config_diff_of_a_healthcheck_and_of_an_unknown_setting_is_json() -> None:
    found = config_diff({}, {"Healthcheck": {"Test": ["NONE"]}, "Memory": 5})

    assert found == [
        Setting("Memory", "", "added", None, "5"),
        Setting("healthcheck", "", "added", None, '{"Test": ["NONE"]}'),
    ]


def test_config_diff_of_times_orders_and_parent_ids_counts_only_literally() -> None:
    found = config_diff(
        {"Env": ["A=1", "B=2"], "Image": "x"},
        {"Env": ["B=2", "A=1"], "Image": "y"},
        top=[("created", "1", "2"), ("author", "me", "me")],
    )

    assert [row.setting for row in found] == ["Image", "created", "env-order"]
    assert not any(row.counts_semantically for row in found)


def test_history_diff_tells_added_removed_changed_and_rebuilt() -> None:
    old = steps("FROM", "COPY dir:1 in /app", "RUN make", "USER a")
    new = steps("FROM", "COPY dir:2 in /app", "RUN make", "EXPOSE 80", "LABEL x")

    found = history_diff(old, new, ["b", "c", "m1", "u"], ["b", "d", "m2", "e", "l"])

    assert found == [
        StepChange("changed", old[1], new[1]),
        StepChange("rebuilt", old[2], new[2]),
        StepChange("removed", old[3], None),
        StepChange("added", None, new[3]),
        StepChange("added", None, new[4]),
    ]


def test_history_diff_of_a_changed_instruction_keeps_the_order_of_what_came() -> None:
    old = steps("RUN one")
    new = steps("COPY a", "RUN two", "COPY b")

    found = history_diff(old, new, ["1"], ["a", "2", "b"])

    assert [(row.change, row.new.position if row.new else None) for row in found] == [
        ("added", 0),
        ("changed", 1),
        ("added", 2),
    ]


def test_history_diff_of_equal_records_is_empty() -> None:
    assert history_diff(steps("a", "b"), steps("a", "b"), ["1", "2"], ["1", "2"]) == []
