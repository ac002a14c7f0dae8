"""The list of checks, and how it is told."""

from __future__ import annotations

import pytest

from experiments import cli
from experiments.verification import checks
from experiments.verification.checks import CHECKS, Check, Row, verify
from experiments.words import LANGUAGES, Words, catalogue


def check(name, *verdicts):
    """A check of the name and columns of a real one, with these findings."""
    columns = next(one.columns for one in CHECKS if one.name == name)

    def run(folder, full, words):
        assert folder.is_dir() and not list(folder.iterdir())
        for verdict in verdicts:
            yield Row(verdict, (name, "full" if full else "quick", *columns[2:]))

    return Check(name, columns, run)


@pytest.mark.parametrize(
    ("verdicts", "passed"),
    [
        ((True, True), True),
        ((True, False), False),
        ((True, None), True),  # what could not be looked at is told, and no failure
        ((), False),  # a check that looked at nothing
    ],
)
def test_what_passes(monkeypatch, capsys, verdicts, passed):
    monkeypatch.setattr(checks, "CHECKS", (check("ways", *verdicts),))
    assert verify([], full=False, lang="en") is passed
    told = capsys.readouterr().out
    assert told.count("| ways | quick |") == len(verdicts)
    assert ("Everything that was looked at is as promised" in told) is passed
    assert told.count("NOT AS PROMISED") == verdicts.count(False)
    assert told.count("cannot be told") == verdicts.count(None)


def test_one_failure_is_not_hidden_by_a_later_check(monkeypatch, capsys):
    monkeypatch.setattr(checks, "CHECKS", (check("ways", False), check("kills", True)))
    assert verify([], full=True, lang="zh") is False
    assert "不符合承诺" in capsys.readouterr().out
    assert verify(["kills"], full=True, lang="zh") is True


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_check_has_words(lang):
    words = Words(lang)
    for one in CHECKS:
        assert words(f"verify.{one.name}.title")
        assert all(words(f"verify.{one.name}.columns.{column}") for column in one.columns)
    used = {one.name for one in CHECKS} | {"verdicts"}
    groups = {
        key.split(".")[1]
        for key in catalogue(lang)
        if key.count(".") > 1 and key.startswith("verify.")
    }
    assert groups == used


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["verify", "kill"], "Did you mean 'kills'?"),
        (["verify", "full=yes"], "Write full=true or full=false"),
        (["verify", "fill=true"], "Did you mean 'full'?"),
        (["verify", "lang=de"], "Write lang=en or lang=zh"),
        (["regimes", "--full"], "'full' is not a setting of this command"),
    ],
)
def test_bad_input(arguments, words, capsys):
    assert cli.main(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["verify", "--full"], ["verify", "full=true"]])
def test_the_exit_code_tells(arguments, monkeypatch, capsys):
    monkeypatch.setattr(checks, "CHECKS", (check("ways", True),))
    assert cli.main(arguments) == 0
    assert "| ways | full |" in capsys.readouterr().out
    monkeypatch.setattr(checks, "CHECKS", (check("ways", False),))
    assert cli.main(arguments) == 1
