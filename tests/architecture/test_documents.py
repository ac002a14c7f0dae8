"""The two READMEs stay in step, their links lead somewhere, and one command has one home."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
ENGLISH, CHINESE = ROOT / "README.md", ROOT / "README.zh.md"
CODE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)#]+)[^)]*\)")
DOCUMENTS = [
    path
    for pattern in ("*.md", "docs/**/*.md")
    for path in sorted(ROOT.glob(pattern))
    if path.is_file()
]


def code_blocks(text: str) -> list[tuple[str, str]]:
    """Language and content of the fenced blocks, in order."""
    return CODE.findall(text)


def heading_levels(text: str) -> list[int]:
    """Levels of the headings outside code, in order."""
    prose = CODE.sub("", text)
    return [len(marks) for marks in re.findall(r"^(#+) ", prose, re.MULTILINE)]


def table_rows(text: str) -> int:
    """Number of lines of tables."""
    return len(re.findall(r"^\|.*\|$", text, re.MULTILINE))


def names_in_code(text: str) -> set[str]:
    """What stands in backquotes outside blocks: regimes, settings, files."""
    return set(re.findall(r"`([^`\n]+)`", CODE.sub("", text)))


def test_twins_have_the_same_code() -> None:
    english = ENGLISH.read_text(encoding="utf-8")
    chinese = CHINESE.read_text(encoding="utf-8")
    assert code_blocks(english) == code_blocks(chinese)
    assert len(code_blocks(english)) >= 4


@pytest.mark.parametrize("view", [heading_levels, table_rows, names_in_code])
def test_twins_have_the_same_shape(view) -> None:
    english = view(ENGLISH.read_text(encoding="utf-8"))
    assert english
    assert english == view(CHINESE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_the_table_of_regimes_is_complete(document: Path) -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (.+?) \|", document.read_text(encoding="utf-8"), re.MULTILINE
    )
    titles = {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))["title"]["zh"]
        for path in (ROOT / "configs" / "regime").glob("*.yaml")
    }
    assert dict(rows) == titles
    assert len(rows) == len(titles)


def test_a_difference_is_seen() -> None:
    one, two = "# A\n```sh\nx\n```\n", "# A\n```sh\ny\n```\n## B\n"
    assert code_blocks(one) != code_blocks(two)
    assert heading_levels(one) != heading_levels(two)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = CODE.sub("", document.read_text(encoding="utf-8"))
    missing = [link for link in LINK.findall(text) if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("document", [ENGLISH, CHINESE], ids=lambda path: path.name)
def test_the_test_command_can_be_found_by_ci(document: Path) -> None:
    """.ci/run takes the first line that calls tests/run_all.py."""
    lines = [
        line
        for line in document.read_text(encoding="utf-8").splitlines()
        if "tests/run_all.py" in line
    ]
    assert lines[0].startswith("python3 -m venv .venv && ")
    assert "requirements-dev.lock" in lines[0]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell; CI runs there")
def test_ci_script_is_valid() -> None:
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0


def test_the_locks_hold_hashes_of_every_pin() -> None:
    for lock in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / lock).read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9][\w.-]*==.*\n((?:    --hash=.*\n)*)", text, re.MULTILINE)
        assert len(pins) > 20
        assert all("--hash=sha256:" in hashes for hashes in pins)


def test_development_uses_the_pins_of_the_run() -> None:
    def pins(lock: str) -> set[str]:
        text = (ROOT / lock).read_text(encoding="utf-8")
        return set(re.findall(r"^([a-z0-9][\w.-]*==[\w.]+)", text, re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")
