"""The README says what is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from server.cli import _parser
from server.file_check import table_of_checks
from server.settings import HELP, Settings, UnknownSetting, from_environment
from workflow.labels import ROLES
from workflow.sop import SOP

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def rows_after(mark: str) -> list[list[str]]:
    lines = README.partition(f"<!-- {mark}")[2].splitlines()[3:]
    table = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return table


def test_the_readme_has_the_sop_as_it_is_carried_out() -> None:
    expected = [
        [
            str(step.number or "–"),
            step.name,
            ROLES[step.role] if step.role else "–",
            f"{', '.join(step.sources)} → {step.target}",
            str(step.days or "–"),
            step.output or "–",
        ]
        for step in SOP
    ]
    assert rows_after("sop:") == expected


def test_the_readme_has_every_check_as_the_command_prints_it() -> None:
    assert table_of_checks() in README, "sebar checks prints the table anew"


def test_the_readme_has_every_setting_with_its_sentence() -> None:
    # The failpoint is for tests alone.
    names = [entry.name for entry in fields(Settings) if entry.name != "failpoint"]
    documented = {row[0]: row[2] for row in rows_after("settings:")}
    assert documented == {f"SEBAR_{name.upper()}": HELP[name] for name in names}


@pytest.mark.parametrize("command", _parser()[1])
def test_the_readme_has_every_command(command: str) -> None:
    assert f"`sebar {command}" in README


def test_the_readme_has_every_word_of_the_makefile() -> None:
    words = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"run", "test", "check", "fix", "interop"} <= set(words)
    for word in ("run", "test", "check", "fix", "interop"):
        assert f"`make {word}`" in README


def test_every_path_the_readme_names_is_there() -> None:
    for path in re.findall(r"`((?:workflow|server|config|data/sample|data/reference|tests)/[\w/.]*)`", README):
        assert (ROOT / path).exists(), path


def test_an_unknown_setting_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownSetting, match=r"SEBAR_HOMEE is not a setting\. Known: SEBAR_HOME"):
        from_environment({"SEBAR_HOMEE": "rumah"})


@pytest.mark.parametrize("variable", ["SEBAR_PORT", "SEBAR_DEMO", "SEBAR_MOVED_METRES"])
def test_a_value_that_does_not_fit_is_refused_with_its_sentence(variable: str) -> None:
    with pytest.raises(UnknownSetting, match=HELP[variable.removeprefix("SEBAR_").lower()][:20]):
        from_environment({variable: "banyak"})
