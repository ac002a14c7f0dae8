"""Figures in both languages: all drawn, no glyph missing, no colour without a shape."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib
import pyarrow as pa
import pytest
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font

from experiments import figures, second_process, tables
from experiments.figures.axes import regime_colour, regime_marker
from experiments.figures.style import FONT, UNKNOWN_CHARACTER, printable, style
from experiments.words import LANGUAGES, catalogue
from tests.support import synthetic_runs as synthetic

NAMES = ("laissez_faire", "rd_tax_credit", "race")
BEHIND = {"gains_by": 3, "lorenz": 3, "regions": 3, "network": 1, "why": 30}  # other replicates


def draw(out: Path, lang: str, **options: Any) -> list[figures.FigureInfo]:
    setup = synthetic.setup(out, lang=lang, **options)
    runs = synthetic.runs(setup)
    return figures.write_figures(runs, synthetic_tables(setup, runs), setup, out)


def synthetic_tables(setup: Any, runs: pa.Table) -> dict[str, pa.Table]:
    """Everything a figure can be drawn from."""
    replayed = synthetic.replayed(setup)
    paths = synthetic.trajectories(setup, runs)
    found = tables.write_tables(runs, setup, setup.out, None, paths, lambda: replayed)
    return found | {"organisations": replayed["organisations"], "why": synthetic.why(setup)}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_is_drawn_without_any_warning(tmp_path: Path, lang: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = draw(tmp_path, lang, names=NAMES, replicates=8)
    assert [figure.name for figure in found] == [plot.name for plot in figures.PLOTS]
    for figure in found:
        assert ElementTree.parse(figure.svg).getroot().tag.endswith("svg")
        assert figure.png.read_bytes().startswith(b"\x89PNG")
        assert figure.n == BEHIND.get(figure.name, 8)
        assert len(figure.alt) > 12 and len(figure.caption) > 20
        assert "{" not in figure.alt + figure.caption


def test_missing_glyph_would_be_seen(tmp_path: Path) -> None:
    """The check above can fail: a character that no font has makes matplotlib warn."""
    with style("zh"):
        figure = Figure()
        figure.text(0.5, 0.5, "\U00020000")
        with pytest.warns(UserWarning, match="Glyph"):
            figure.savefig(tmp_path / "missing.png")


def test_characters_nobody_has_type_for_are_replaced() -> None:
    assert printable("量子\U00020000 q") == f"量子{UNKNOWN_CHARACTER} q"
    assert ord(UNKNOWN_CHARACTER) in FT2Font(str(FONT)).get_charmap()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_font_covers_every_character_of_the_catalogues(lang: str) -> None:
    text = "".join(catalogue(lang).values())
    assert printable(text) == text


def test_font_covers_the_titles_of_the_regimes_shipped() -> None:
    folder = FONT.parents[2] / "configs" / "regime"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.yaml"))
    assert printable(text.replace("\n", "")) == text.replace("\n", "")


@pytest.mark.parametrize("options", [{"replicates": 1}, {"replicates": 3, "names": ("race", "prize")},
                                     {"replicates": 2, "names": ("laissez_faire",)}])  # fmt: skip
def test_few_runs_draw_what_they_allow(tmp_path: Path, options: dict[str, Any]) -> None:
    options = {"names": NAMES} | options
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = {figure.name for figure in draw(tmp_path, "en", **options)}
    assert "fans_technical" in found
    assert ("forest" in found) == (options["names"] == NAMES)


def test_same_runs_give_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "PLOTS", figures.PLOTS[:1])
    first, second = (draw(tmp_path / name, "en", names=NAMES, replicates=3)[0] for name in "ab")
    assert first.svg.read_bytes() == second.svg.read_bytes()


def test_second_process_draws_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And when it fails, everything is drawn here."""
    setup = synthetic.setup(tmp_path / "one", names=NAMES, replicates=4)
    runs = synthetic.runs(setup)
    found = tables.write_tables(runs, setup, tmp_path / "one")
    plots = [plot for plot in figures.PLOTS if plot.name in ("two_skins", "leads")]
    monkeypatch.setattr(figures, "PLOTS", plots)
    one = figures.write_figures(runs, found, setup, tmp_path / "one")
    with second_process.SecondProcess() as helper:
        both = figures.write_figures(runs, found, setup, tmp_path / "two", helper=helper)
    monkeypatch.setattr(second_process, "SERVE", "raise SystemExit(1)")
    with second_process.SecondProcess() as helper:
        alone = figures.write_figures(runs, found, setup, tmp_path / "three", helper=helper)
    assert [f.name for f in one] == [f.name for f in both] == [f.name for f in alone]
    for k, figure in enumerate(one):
        assert figure.svg.read_bytes() == both[k].svg.read_bytes() == alone[k].svg.read_bytes()


def test_settings_of_the_caller_are_restored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "PLOTS", figures.PLOTS[:1])
    before = dict(matplotlib.rcParams)
    draw(tmp_path, "zh", names=NAMES, replicates=2)
    assert dict(matplotlib.rcParams) == before


def test_regimes_differ_in_shape_as_well_as_colour() -> None:
    styles = [(regime_colour(k), regime_marker(k)) for k in range(13)]
    assert len(set(styles)) == len({marker for _, marker in styles}) == 13


@pytest.mark.parametrize("lang", LANGUAGES)
def test_figure_says_how_many_replicates_it_shows(
    tmp_path: Path, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A figure is copied out of its report; n goes with it, and nothing lies on it."""
    kept: list[Figure] = []
    save = figures.save

    def keep(figure: Figure, *files: Any) -> None:
        save(figure, *files)
        kept.append(figure)

    monkeypatch.setattr(figures, "save", keep)
    draw(tmp_path, lang, names=NAMES, replicates=8)
    assert len(kept) == len(figures.PLOTS)
    for plot, figure in zip(figures.PLOTS, kept, strict=True):
        note = figure.texts[-1]
        assert note.get_text().startswith(f"n = {BEHIND.get(plot.name, 8)} ")
        others = [*figure.legends, *(axes.title for axes in figure.axes)]
        others += [label for axes in figure.axes for label in (axes.xaxis.label, axes.yaxis.label)]
        box = note.get_window_extent()
        assert not any(box.overlaps(other.get_window_extent()) for other in others)
