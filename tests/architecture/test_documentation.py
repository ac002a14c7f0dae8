"""The docs say what the model runs on: generated parts, names of code, links, and no dead setting."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agents.settings import ConfigError
from experiments import documentation
from experiments.configuration import list_regimes
from experiments.documentation import BLOCK, DOCS, RENDERERS, ROOT, rendered
from experiments.library import read_yaml
from experiments.markdown import table
from simulation.policies.registry import FAMILIES
from simulation.world import SECTIONS

PAGES = sorted(DOCS.rglob("*.md"))
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
CODE_NAME = re.compile(r"`((?:agents|simulation)(?:\.\w+)+)`")
SETTINGS = [
    (section, name)
    for section, settings in {**SECTIONS, **FAMILIES}.items()
    for name in settings.parameters()
]

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(DOCS)))


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """What can stand behind # in a link to a page, as GitHub makes it from headings."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", read(page)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(page: Path) -> Iterator[str]:
    """Relative links of a page that lead nowhere."""
    for link in LINK.findall(FENCED.sub("", read(page))):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        found = target.exists()
        if found and anchor and target.suffix == ".md":
            found = anchor in anchors(target)
        if not found:
            yield link


def names_read(folders: tuple[Path, ...]) -> set[str]:
    """Attributes and keys that the code reads (not those it only sets)."""
    names: set[str] = set()
    for folder in folders:
        for path in folder.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    names.add(node.attr)
                if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                    names |= (
                        {str(node.slice.value)} if isinstance(node.slice, ast.Constant) else set()
                    )
    return names


def defines(name: str) -> bool:
    """Whether ``package.module`` or ``package.module.function`` is there."""
    path = ROOT / name.replace(".", "/")
    if path.is_dir() or path.with_suffix(".py").is_file():
        return True
    module = path.parent.with_suffix(".py")
    if not module.is_file():
        return False
    tree = ast.parse(module.read_text(encoding="utf-8"))
    kinds = (ast.FunctionDef, ast.ClassDef)
    return path.name in {node.name for node in ast.walk(tree) if isinstance(node, kinds)}


@every_page
def test_generated_parts_are_up_to_date(page: Path) -> None:
    assert rendered(read(page)) == read(page), "run: python -m experiments.documentation"


def test_every_generated_part_stands_on_a_page() -> None:
    used = {match["name"] for page in PAGES for match in BLOCK.finditer(read(page))}
    assert used == set(RENDERERS)
    marks = [line for page in PAGES for line in read(page).splitlines() if "generated: " in line]
    assert len([line for line in marks if line.startswith("<!--")]) == len(used)


def test_an_old_part_is_renewed() -> None:
    page = "# A\n<!-- generated: phases -->\nold\n<!-- end of phases -->\nmore\n"
    new = rendered(page)
    assert "| 1 | needs arise |" in new
    assert new.endswith("<!-- end of phases -->\nmore\n")
    assert "old" not in new
    assert rendered(new) == new


def test_an_unknown_part_is_refused() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'phases'"):
        rendered("<!-- generated: phase -->\n<!-- end of phase -->")


def test_cells_stay_cells() -> None:
    assert table(("a",), [("b|c\nd",)]) == "| a |\n| --- |\n| b\\|c d |"


def test_check_tells_a_stale_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "page.md"
    page.parent.mkdir()
    page.write_text("<!-- generated: draws -->\n<!-- end of draws -->\n", encoding="utf-8")
    monkeypatch.setattr(documentation, "ROOT", tmp_path)
    monkeypatch.setattr(documentation, "DOCS", page.parent)
    assert documentation.main(["--check"]) == 1
    assert "page.md differs" in capsys.readouterr().out
    assert documentation.main([]) == 0
    assert documentation.main(["--check"]) == 0
    assert documentation.main(["--chekc"]) == 2


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    assert not list(dead_links(page))


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "a.md"
    page.write_text("# One two\n[x](#one-two) [y](#three) [z](b.md)\n", encoding="utf-8")
    assert list(dead_links(page)) == ["#three", "b.md"]


@every_page
def test_code_that_is_named_is_there(page: Path) -> None:
    names = set(CODE_NAME.findall(read(page)))
    assert not sorted(name for name in names if not defines(name))


def test_code_that_is_not_there_is_found() -> None:
    assert defines("simulation.search.integration")
    assert not defines("simulation.search.disintegration")


@every_page
def test_settings_that_are_named_are_there(page: Path) -> None:
    sections = "|".join({section for section, _ in SETTINGS})
    named = set(re.findall(rf"`((?:{sections})\.[a-z]\w+)`", read(page)))
    files = {"search.py", "selection.csv"}
    assert named - files <= {f"{section}.{name}" for section, name in SETTINGS}


@pytest.mark.parametrize(("section", "name"), SETTINGS)
def test_no_setting_is_dead(section: str, name: str) -> None:
    """A parameter or lever is read somewhere in the model besides its declaration."""
    assert f"{section}_{name}" in READ


def test_a_dead_setting_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text('w.alive\nw.dead = 1\nw["key"]\nw["dead"] = 2\n')
    assert names_read((tmp_path,)) == {"alive", "key"}


def test_every_regime_and_family_has_its_section() -> None:
    assert {entry.name for entry in list_regimes()} <= anchors(DOCS / "model" / "regimes.md")
    assert set(FAMILIES) <= anchors(DOCS / "model" / "levers.md")
    assert set(SECTIONS) <= anchors(DOCS / "model" / "parameters.md")


def test_the_systems_name_files_that_are_there() -> None:
    rows = read_yaml(documentation.SYSTEMS)
    assert [row["number"] for row in rows] == list(range(1, 13))
    assert all((ROOT / path).is_file() for row in rows for path in row["files"])


def test_every_page_can_be_found_from_the_index() -> None:
    linked = {
        (DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(read(DOCS / "index.md"))
    }
    assert not sorted(set(PAGES) - linked - {DOCS / "index.md"})


READ = names_read((ROOT / "agents", ROOT / "simulation"))
