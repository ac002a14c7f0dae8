"""The report as readers meet it: the page in Chromium, and the PDF page by page, in both languages.

Needs Chromium (on Debian: ``apt-get install chromium``); nothing is skipped without it.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from experiments import figures, report, tables
from experiments.report import document
from experiments.words import LANGUAGES, catalogue
from tests.support import synthetic_runs as synthetic

NAMES = ("laissez_faire", "rd_tax_credit", "race", "agency_managed")
PROVENANCE = {"command": "consortia compare", "versions": {"python": "3.13"}, "source_hash": "a1"}
WIDTHS = (1280, 390)  # pixels: a laptop and a telephone
LEAST_SPREAD = 8.0  # standard deviation of grey levels below which a picture counts as blank
OVERFLOWING = """() => [...document.querySelectorAll('p, li, figcaption, h1, h2, caption, summary, img')]
    .filter(e => e.offsetParent && !e.closest('.scroll') && (e.scrollWidth > e.clientWidth + 1
        && getComputedStyle(e).display !== 'inline' || e.getBoundingClientRect().right > innerWidth + 1))
    .map(e => e.tagName + ': ' + (e.textContent || e.alt).slice(0, 60))"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed. On Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module", params=LANGUAGES)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path, int]:
    """Language, the page, and its number of pictures."""
    lang = request.param
    out = tmp_path_factory.mktemp("report")
    setup = synthetic.setup(out, lang=lang, names=NAMES, replicates=12)
    runs, replayed = synthetic.runs(setup), synthetic.replayed(setup)
    programmes, paths = synthetic.programmes(setup, runs), synthetic.trajectories(setup, runs)
    found = tables.write_tables(runs, setup, out, programmes, paths, lambda: replayed)
    shown = found | {"organisations": replayed["organisations"], "why": synthetic.why(setup)}
    drawn = figures.write_figures(runs, shown, setup, out)
    path = report.write_report(shown, drawn, setup, PROVENANCE, out, lang, ["! " * 40])
    return lang, path, len(drawn)


@pytest.fixture
def asked() -> list[str]:
    """Addresses that the page has asked for."""
    return []


@pytest.fixture
def page(browser: Browser, written: tuple[str, Path, int], asked: list[str]) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": WIDTHS[0], "height": 900})
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(written[1].as_uri())
    yield opened
    opened.close()


def spread(image: Image.Image) -> float:
    """Standard deviation of the grey levels."""
    return float(np.asarray(image.convert("L"), np.float64).std())


@pytest.mark.usefixtures("page")
def test_nothing_is_asked_of_the_network(asked: list[str], written: tuple[str, Path, int]) -> None:
    outside = [url for url in asked if not url.startswith(("data:", written[1].as_uri()))]
    assert asked and not outside


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(OVERFLOWING) == []


def test_the_search_for_overflow_can_find_one(page: Page) -> None:
    page.evaluate("document.querySelector('#answer p').innerHTML = 'x'.repeat(4000).fontsize(7)")
    page.evaluate("document.querySelector('#answer p').style.overflowWrap = 'normal'")
    assert page.evaluate(OVERFLOWING)


def test_no_picture_is_blank(page: Page, written: tuple[str, Path, int]) -> None:
    images = page.locator("figure img")
    assert images.count() == written[2] == len(figures.PLOTS)
    for k in range(images.count()):
        assert images.nth(k).evaluate("e => e.complete && e.naturalWidth > 100")
        shot = Image.open(io.BytesIO(images.nth(k).screenshot()))
        assert spread(shot) > LEAST_SPREAD, images.nth(k).get_attribute("alt")


def test_pictures_written_beside_are_not_blank_and_nothing_is_cut(
    written: tuple[str, Path, int],
) -> None:
    files = sorted((written[1].parent / "figures").glob("*.png"))
    assert len(files) == written[2]
    for file in files:
        grey = np.asarray(Image.open(file).convert("L"))
        assert grey.std() > LEAST_SPREAD, file.name
        border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        assert border.min() > 250, f"{file.name}: something runs over the edge"


def test_keyboard_alone_reaches_the_answer(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    page.keyboard.press("Enter")
    page.wait_for_url("**#answer")  # the address follows a moment later on a busy machine
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every(e => e.tabIndex === 0)")


def test_chinese_is_set_in_the_shipped_simplified_face(
    page: Page, written: tuple[str, Path, int]
) -> None:
    session = page.context.new_cdp_session(page)
    session.send("DOM.enable")
    session.send("CSS.enable")
    root = session.send("DOM.getDocument")["root"]["nodeId"]
    node = session.send("DOM.querySelector", {"nodeId": root, "selector": "#answer li"})["nodeId"]
    used: Any = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    names = {font["familyName"] for font in used}
    assert ("Consortia Sans SC" in names) == (written[0] == "zh")
    assert not any("JP" in name for name in names)


# ---------------------------------------------------------------- paper


@pytest.fixture(scope="module")
def paper(written: tuple[str, Path, int]) -> Iterator[pypdfium2.PdfDocument]:
    opened = pypdfium2.PdfDocument(written[1].with_suffix(".pdf"))
    yield opened
    opened.close()


def test_no_page_is_blank_and_nothing_leaves_a_page(paper: pypdfium2.PdfDocument) -> None:
    assert len(paper) > 8
    for page in paper:
        width, height = page.get_size()
        assert spread(page.render(scale=0.6).to_pil()) > LEAST_SPREAD
        text = page.get_textpage()
        boxes = np.array([text.get_charbox(k) for k in range(text.count_chars())])
        assert boxes.min() >= 0 and boxes[:, 2].max() <= width and boxes[:, 3].max() <= height


def test_paper_says_what_the_page_says(
    paper: pypdfium2.PdfDocument, written: tuple[str, Path, int]
) -> None:
    words = catalogue(written[0])
    heads = [entry.get_title() for entry in paper.get_toc()]
    assert heads == [f"{k} {words[f'section.{part}']}" for k, part in enumerate(document.PARTS, 1)]
    texts = "".join(page.get_textpage().get_text_range() for page in paper)
    squeezed = "".join(texts.split())
    for key in ("text.answer", "text.deadweight", "odd.input"):
        first = "".join(words[key].split())[:40]
        assert first in squeezed.replace("-\n", ""), key
    images = [o for page in paper for o in page.get_objects() if o.type in (2, 3, 5)]
    assert len(images) >= written[2]
