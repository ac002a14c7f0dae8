"""No file tells on which machine or from which registry the project was made."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {"build", "dist", "results", "outputs", "__pycache__"}
KEPT_HIDDEN = {".ci", ".gitignore", ".python-version"}
BINARY = {
    ".png",
    ".parquet",
    ".gz",
    ".otf",
    ".ttf",
    ".ttc",
    ".woff2",
    ".pdf",
    ".zip",
    ".npz",
    ".db",
}
# Invented homes may stand as examples; where this copy lies and whose it is may not.
HERE = "|".join(re.escape(str(folder)) for folder in (Path.home(), ROOT))
FORBIDDEN = {
    "machine path": re.compile(rf"(?<![\w.~*/])(?:/root|/work|/opt|/mnt|{HERE})[/\\]\w"),
    "registry host": re.compile(r"pythonhosted|\bpypi\.|--(?:extra-)?index-url|file:///"),
}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every text file of the project; leaves out what is generated or hidden."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in KEPT_HIDDEN
        if hidden or path.name in SKIPPED_FOLDERS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from files(path)
        elif path.suffix not in BINARY and path != Path(__file__).resolve():
            yield path


def forbidden(text: str) -> list[str]:
    """What a text must not contain, as ``kind: words``."""
    return [
        f"{kind}: {match.group()}"
        for kind, pattern in FORBIDDEN.items()
        for match in pattern.finditer(text)
    ]


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = {
        str(path.relative_to(ROOT)): bad
        for path in files()
        if (bad := forbidden(path.read_text(encoding="utf-8")))
    }
    assert not found


def test_the_walk_sees_the_project() -> None:
    seen = {path.relative_to(ROOT).as_posix() for path in files()}
    assert {"README.md", "requirements.lock", ".ci/run", "agents/settings.py"} <= seen


@pytest.mark.parametrize(
    "text",
    [
        "see /root/x",
        "open('/opt/data.csv')",
        f"out={ROOT / 'results'}",
        f"'{Path.home() / 'cache'}'",
        "--index-url https://example.org/simple/",
        "file:///wheels/a.whl",
    ],
)
def test_the_search_finds(text: str) -> None:
    assert forbidden(text)


@pytest.mark.parametrize(
    "text", ["docs/work/plan", "~/.cache", "and/or", "https://example.org/opt/a"]
)
def test_the_search_leaves_other_things_alone(text: str) -> None:
    assert not forbidden(text)
