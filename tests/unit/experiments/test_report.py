"""The report claims what the tables allow, in both languages, and opens offline."""

from __future__ import annotations

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from matplotlib.figure import Figure

from experiments import figures, report, tables
from experiments.figures.material import Material
from experiments.figures.style import GREY
from experiments.report import answer, document, render
from experiments.report import tables as report_tables
from experiments.stages import FUNNEL, REASONS, REFUSALS
from experiments.words import LANGUAGES, Words, catalogue
from simulation.outcomes import BINDING_RULES
from simulation.world import SECTIONS
from tests.support import synthetic_runs as synthetic

NAMES = ("laissez_faire", "rd_tax_credit", "race", "agency_managed")
PROVENANCE = {"command": "consortia compare", "versions": {"python": "3.13", "numpy": "2.5"}}
PLACES = re.compile(r"\{(\w+)\}")
ONLY_CHINESE = ("parameter.", "regime_source.")
ENGLISH_SENTENCE = re.compile(r"(?:\b[a-zA-Z]{2,}[ ,]+){4,}")

Compared = tuple[Any, pa.Table, dict[str, pa.Table]]


def compare(out: Path, lang: str = "en", *, effect: float = 1.0, **options: Any) -> Compared:
    setup = synthetic.setup(out, lang=lang, **options)
    runs = synthetic.runs(setup, effect=effect)
    return setup, runs, synthetic_tables(setup, runs)


def synthetic_tables(setup: Any, runs: pa.Table) -> dict[str, pa.Table]:
    """Everything a report can say something about."""
    programmes, replayed = synthetic.programmes(setup, runs), synthetic.replayed(setup)
    paths = synthetic.trajectories(setup, runs)
    found = tables.write_tables(runs, setup, setup.out, programmes, paths, lambda: replayed)
    return found | {"organisations": replayed["organisations"], "why": synthetic.why(setup)}


def empty(_: Material) -> Figure:
    """A picture without content, quickly drawn."""
    figure = Figure()
    figure.subplots()
    return figure


@pytest.fixture(scope="module", params=LANGUAGES)
def html(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, str]:
    out = tmp_path_factory.mktemp("report")
    setup, runs, found = compare(out, request.param, names=NAMES, replicates=12)
    with pytest.MonkeyPatch.context() as patch:  # the pictures have tests of their own
        blank = [dataclasses.replace(plot, draw=empty) for plot in figures.PLOTS]
        patch.setattr(figures, "PLOTS", blank)
        drawn = figures.write_figures(runs, found, setup, out)
    path = report.write_report(found, drawn, setup, PROVENANCE, out, request.param)
    assert path == out / ("report.html" if request.param == "en" else "report.zh.html")
    return request.param, path.read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Text outside code, and the tags with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.silent += tag in ("style", "cite", "code", "title")

    def handle_endtag(self, tag: str) -> None:
        self.silent -= tag in ("style", "cite", "code", "title")

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def test_catalogues_have_the_same_keys_and_places() -> None:
    english = catalogue("en")
    chinese = {
        key: text for key, text in catalogue("zh").items() if not key.startswith(ONLY_CHINESE)
    }
    assert set(english) == set(chinese)
    for key, text in english.items():
        assert set(PLACES.findall(text)) == set(PLACES.findall(chinese[key])), key


def test_every_parameter_of_the_world_is_explained_in_chinese() -> None:
    wanted = {
        f"parameter.{section}.{name}.{part}"
        for section, kind in SECTIONS.items()
        for name in kind.parameters()
        for part in ("meaning", "unit", "source")
    }
    found = {key for key in catalogue("zh") if key.startswith("parameter.")}
    assert found == wanted


def test_every_rule_has_words() -> None:
    assert {f"rule.{rule}" for rule in BINDING_RULES} <= set(catalogue("en"))


def test_every_stage_that_is_shown_has_words() -> None:
    shown = {f"stage.{name}" for name in (*FUNNEL, *REASONS, *REFUSALS)}
    assert {key for key in catalogue("en") if key.startswith("stage.")} == shown


def test_the_funnel_of_every_programme_is_shown(html: tuple[str, str]) -> None:
    lang, text = html
    part = text[text.index('<section id="why"') : text.index('<section id="gains"')]
    texts = [one.strip() for one in read(part).texts]
    for stage in FUNNEL:
        assert catalogue(lang)[f"stage.{stage}"] in texts
    # two tables; the reference has no programme
    assert sum("calls" in one for one in texts) == 2 * (len(NAMES) - 1)
    assert 'href="stages.csv"' in part


def test_report_asks_nothing_of_the_network(html: tuple[str, str]) -> None:
    for tag, attributes in read(html[1]).tags:
        assert tag not in ("script", "link", "iframe", "object")
        assert (attributes.get("src") or "data:image/").startswith("data:image/")
        assert "://" not in (attributes.get("href") or "")
    assert re.findall(r"url\((?!data:font/woff;base64,)", html[1]) == []
    fonts = 2 if html[0] == "zh" else 0  # regular and bold Chinese characters
    assert html[1].count("url(") == fonts
    assert "@import" not in html[1]


def test_parts_stand_in_order(html: tuple[str, str]) -> None:
    sections = [a["id"] for tag, a in read(html[1]).tags if tag == "section"]
    assert sections == list(document.PARTS) and len(sections) == 10
    numbered = re.findall(r"<h2[^>]*>(\d+) ", html[1])
    assert numbered == [str(k) for k in range(1, 11)]


def test_every_picture_has_alternative_text_and_its_table(html: tuple[str, str]) -> None:
    reader = read(html[1])
    images = [attributes for tag, attributes in reader.tags if tag == "img"]
    assert len(images) == len(figures.PLOTS)
    assert all(len(image["alt"] or "") > 12 for image in images)
    assert len(re.findall(r'<span class="meta">n = \d+', html[1])) == len(images)
    targets = {a["href"] or "" for tag, a in reader.tags if tag == "a"}
    links = {target for target in targets if not target.startswith("#")}
    shown = {*tables.SCHEMAS, "why"}
    assert links == {f"{name}.{end}" for name in shown for end in ("csv", "parquet")} | {
        "provenance.json", "config.yaml",
    }  # fmt: skip


def test_no_english_sentence_stands_in_the_chinese_report(html: tuple[str, str]) -> None:
    lang, text = html
    reader = read(text)
    spoken = reader.texts + [a.get("alt") or a.get("aria-label") or "" for _, a in reader.tags]
    found = [match.group() for part in spoken for match in ENGLISH_SENTENCE.finditer(part)]
    assert bool(found) == (lang == "en"), found[:5]


def test_headings_and_numbers_are_marked_for_readers(html: tuple[str, str]) -> None:
    reader = read(html[1])
    assert dict(reader.tags)["html"]["lang"] in ("en", "zh-CN")
    cells = [a for tag, a in reader.tags if tag == "th"]
    assert all(a.get("scope") in ("col", "row") for a in cells)


def contrast(first: str, second: str) -> float:
    def luminance(colour: str) -> float:
        parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_text_colours_have_enough_contrast() -> None:
    css = (render.TEMPLATES / "report.css").read_text(encoding="utf-8")
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", css))
    for name in ("ink", "soft", "link"):
        for ground in ("#ffffff", colours["tint"]):
            assert contrast(colours[name], ground) >= 4.5, name
    assert contrast(GREY, "#ffffff") >= 4.5


@pytest.mark.parametrize("lang", LANGUAGES)
def test_answer_has_three_sentences_with_the_numbers_of_the_tables(
    tmp_path: Path, lang: str
) -> None:
    setup, _, found = compare(tmp_path, lang, names=NAMES, replicates=60)
    sentences = report.answer_sentences(found, setup, lang)
    assert len(sentences) == 3
    row = next(
        r for r in found["differences"].to_pylist()
        if (r["regime"], r["outcome"], r["family"]) == ("race", "technical", "laissez_faire")
    )  # fmt: skip
    assert row["verdict"] == "higher"
    assert report.number(row["difference"], signed=True) in sentences[0]
    assert report.number(row["sim_low"], signed=True) in sentences[0]


@pytest.mark.parametrize(("replicates", "told"), [(8, True), (20, False)])
def test_few_replicates_are_named(tmp_path: Path, replicates: int, told: bool) -> None:
    setup, _, found = compare(tmp_path, names=NAMES, replicates=replicates)
    overturns = report.answer_sentences(found, setup, "en")[2]
    assert (f"{replicates} were run, and the intervals are only known" in overturns) == told


@pytest.mark.parametrize("lang", LANGUAGES)
def test_equal_regimes_are_not_told_apart(tmp_path: Path, lang: str) -> None:
    setup, _, found = compare(tmp_path, lang, names=NAMES, replicates=10, effect=0.0)
    assert (
        catalogue(lang)["verdict.cannot_tell"].lower()
        in report.answer_sentences(found, setup, lang)[0].lower()
    )


def test_regime_is_named_as_different_only_with_its_verdict(tmp_path: Path) -> None:
    setup, _, found = compare(tmp_path, names=NAMES, replicates=8)
    rows = found["differences"].to_pylist()
    untold = [{**row, "verdict": "cannot_tell"} for row in rows]
    silent = found | {"differences": pa.Table.from_pylist(untold, schema=tables.DIFFERENCES)}
    first, second, third = report.answer_sentences(silent, setup, "en")
    assert first.startswith("No difference from")
    assert second.startswith("No regime is shown to add")
    assert "More replicates" in third


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"replicates": 1, "names": NAMES}, "One replicate cannot tell"),
        ({"replicates": 4, "names": ("race",)}, "Only one regime"),
        ({"replicates": 4, "names": ("race", "prize")}, "was not run"),
    ],
)
def test_what_cannot_be_compared_is_said(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    setup, _, found = compare(tmp_path, **options)
    sentences = report.answer_sentences(found, setup, "en")
    assert words in sentences[0]
    assert len(sentences) == 3


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (float("nan"), "–"), (0.0, "0"), (1234.5, "1,234"), (0.00001, "0"), (-2.345, "-2.35"),
     (12.34, "12.3"), (0.0456, "0.0456")],
)  # fmt: skip
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert report.number(value) == text


def test_cost_is_given_only_where_breakthroughs_are_gained(tmp_path: Path) -> None:
    """A ratio of more cost and fewer breakthroughs looks like a saving: words stand in its place."""
    setup, _, found = compare(tmp_path, names=NAMES, replicates=4)
    facts = report.Facts(found, setup, Words("en"))
    row = {"bounded": True, "extra_effect": -2.0, "cost_per_extra": -50.0, "low": -60, "high": -40}
    assert report_tables.cost_cell(facts, row) == "fewer breakthroughs"
    assert report_tables.cost_cell(facts, row | {"extra_effect": 2.0}) == "-50.0 [-60.0, -40.0]"


def test_answer_says_what_was_offered_and_spent(tmp_path: Path) -> None:
    setup, _, found = compare(tmp_path, names=NAMES, replicates=40)
    means = found["summary"].to_pandas().set_index(["outcome", "regime"])["mean"]
    spent = means["public_spent"].drop("laissez_faire")
    text = report.answer_sentences(found, setup, "en")[1]
    assert "600 million yuan of public money offered to each" in text
    assert f"{report.number(spent.min())} to {report.number(spent.max())} were spent" in text


def test_welfare_table_has_the_interval_that_gives_the_verdict(tmp_path: Path) -> None:
    setup, _, found = compare(tmp_path, names=NAMES, replicates=12)
    facts = report.Facts(found, setup, Words("en"))
    row = facts.rows("differences", outcome="welfare", family="laissez_faire", regime="race")[0]
    shown = {cells[0]: cells[2] for cells in report_tables.welfare(facts).rows}
    assert shown["Race"] == report.interval(row["sim_low"], row["sim_high"], signed=True)


def costs(*bounds: tuple[float, float, bool]) -> list[dict[str, Any]]:
    return [{"low": low, "high": high, "bounded": bounded} for low, high, bounded in bounds]


def test_cheapest_is_left_open_where_intervals_overlap() -> None:
    assert answer._overlap(costs((78, 167, True), (115, 208, True), (191, 581, True)))
    assert answer._overlap(costs((150, 300, True), (10, 400, True), (20, 30, True)))
    assert not answer._overlap(costs((78, 110, True), (115, 208, True)))
    assert not answer._overlap(costs((78, 167, True), (0, 0, False)))


def test_answer_gives_the_level_without_policy(tmp_path: Path) -> None:
    setup, _, found = compare(tmp_path, names=NAMES, replicates=60)
    level = found["rankings"].to_pandas().set_index("regime")["technical"]["laissez_faire"]
    text = report.answer_sentences(found, setup, "en")[0]
    assert f"on average {report.number(level)} technical breakthroughs in" in text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_variants_have_words(lang: str) -> None:
    words = Words(lang)
    assert words.variant("main") == catalogue(lang)["variant.main"]
    assert words.variant("q=0.01") == f"{catalogue(lang)['variant.q']} = 0.01"
    assert words.variant("mine=3") == "mine = 3"
    assert words.variant("mine") == "mine"
