"""Where results come from: the commit of the sources in use."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from experiments.running import provenance

FILE = Path("experiments/running/provenance.py")


@pytest.fixture
def git(tmp_path, monkeypatch):
    """A repository that holds the file where it stands in ours; runs git in it."""
    (tmp_path / FILE.parent).mkdir(parents=True)
    shutil.copy(provenance.__file__, tmp_path / FILE)
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / FILE))

    def run(*words: str) -> str:
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        done = subprocess.run(
            ["git", *who, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    run("init", "--quiet")
    return run


def test_the_file_stands_where_it_is_looked_for() -> None:
    assert Path(provenance.__file__).as_posix().endswith(FILE.as_posix())


def test_the_commit_of_a_checkout_is_told_and_whether_it_was_changed(git, tmp_path) -> None:
    git("add", ".")
    git("commit", "--quiet", "-m", "one")
    assert provenance.git_commit() == git("rev-parse", "HEAD")
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert provenance.git_commit() == git("rev-parse", "HEAD") + "+changes"


def test_a_repository_that_does_not_hold_us_is_not_ours(git) -> None:
    assert provenance.git_commit() is None
