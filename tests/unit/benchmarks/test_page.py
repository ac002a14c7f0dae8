"""The page of the benchmarks: complete, made from the raw figures, and kept part by part."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import page
from benchmarks.parts import PARTS, Part

AT = {
    "command": "python -m benchmarks one", "date_utc": "2026-01-01", "processor": "P", "cores": 2,
    "memory_gib": None, "system": "S", "versions": {"python": "3"}, "commit": None,
}  # fmt: skip


def test_the_page_of_the_docs_names_every_part_and_says_how_it_is_made() -> None:
    text = (page.DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert "written by `python -m benchmarks`" in text
    for part in PARTS.values():
        assert f"\n## {part.title} (`{part.name}`)\n" in text


def test_the_page_of_the_docs_is_made_from_the_raw_figures() -> None:
    text = (page.DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert text == page.page(page.read(page.DOCS)), "run: python -m benchmarks page"


def test_parts_not_measured_say_so() -> None:
    text = page.page({})
    assert text.count(page.NOT_YET) == len(PARTS) == 13


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> dict[str, Part]:
    """Two parts that measure a number."""
    calls = iter(range(100))
    made = {
        name: Part(name, name, lambda options: {"n": next(calls)}, lambda f: f"found {f['n']}")
        for name in ("one", "two")
    }
    monkeypatch.setattr(page, "PARTS", made)
    monkeypatch.setattr(command, "PARTS", made)
    monkeypatch.setattr(command, "warm_up", lambda tell: None)
    monkeypatch.setattr(command, "circumstances", lambda words: AT | {"command": words})
    return made


def test_other_parts_keep_their_figures(parts: dict[str, Part], tmp_path: Path) -> None:
    out = f"--out={tmp_path}"
    assert command.main(["one", out]) == 0
    assert page.NOT_YET in (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert command.main(["two", out, "--rounds=5"]) == 0
    text = (tmp_path / "benchmarks.md").read_text(encoding="utf-8")
    assert "found 0" in text and "found 1" in text
    assert "by `python -m benchmarks one`" in text
    assert "by `python -m benchmarks two --rounds=5`" in text
    assert page.page(page.read(tmp_path)) == text
    assert command.main(["page", out]) == 0
    assert (tmp_path / "benchmarks.md").read_text(encoding="utf-8") == text


def test_an_unknown_part_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["engin"])
    assert "Did you mean 'engine'" in capsys.readouterr().err


def test_the_command_names_no_folder() -> None:
    assert command._without_out(["one", "--out=/x", "--quick"]) == ["one", "--quick"]
    assert command._without_out(["--out", "/x", "one"]) == ["one"]
