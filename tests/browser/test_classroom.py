"""The classroom as students meet it: in Chromium, in both languages, with keyboard alone too.

Needs Chromium (on Debian: ``apt-get install chromium``); nothing is skipped without it.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from agents.consortium import STATES, UNDER_WAY
from experiments.classroom.menu import menu
from experiments.compare import compare
from experiments.configuration import load_setup
from experiments.words import LANGUAGES, Words, catalogue

ROOT = Path(__file__).parents[2]
SIZES = ((1366, 768), (1920, 1080), (390, 844))
SERIOUS = ("serious", "critical")
RACE = "regime=race&against=laissez_faire&outcome=solved&seed=7"
LONG = 60_000  # milliseconds for thirty pairs on a busy machine


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an application started as users start it, on the loopback."""
    command = [
        sys.executable,
        "-m",
        "experiments.cli",
        "classroom",
        "host=127.0.0.1",
        "port=0",
        "jobs=2",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    log = (tmp_path_factory.mktemp("server") / "errors").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)  # fmt: skip
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                yield found.group()
                break
        else:
            raise AssertionError(Path(log.name).read_text())
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed. On Debian: apt-get install chromium"
    flags = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=flags)
        yield started
        started.close()


@pytest.fixture(params=LANGUAGES)
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def asked() -> list[str]:
    """Addresses that the page has asked for."""
    return []


@pytest.fixture
def page(browser: Browser, server: str, lang: str, asked: list[str]) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1366, "height": 768})
    errors: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda error: errors.append(str(error)))
    go(opened, server, lang)
    yield opened
    opened.close()
    assert errors == []


def go(page: Page, server: str, lang: str, query: str = RACE) -> None:
    """Open the page and wait for its picture."""
    page.goto(f"{server}?lang={lang}&{query}")
    settle(page)


def settle(page: Page) -> None:
    """Until the picture and the line compared with are there."""
    expect(page.locator("#line-summary")).not_to_be_empty()
    expect(page.locator("#busy")).to_be_empty()


def move(page: Page, name: str, value: str) -> None:
    """Move a slider as a finger does."""
    page.locator(f"#slider-{name}".replace(".", "\\.")).fill(value)


def counts(page: Page) -> str:
    return page.locator("#line-summary").inner_text()


def wait_for_quarter(page: Page, quarter: int) -> None:
    """Until the clock is past this quarter; the page's policy forbids waiting inside it."""
    for _ in range(200):
        if int(page.locator("#quarter").input_value()) > quarter:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"the clock stands at {page.locator('#quarter').input_value()}")


def test_the_page_speaks_one_language_and_asks_nobody_else(
    page: Page, server: str, lang: str, asked: list[str]
) -> None:
    assert page.locator("h1").inner_text() == catalogue(lang)["classroom.title"]
    page.click("#compare-start")
    page.locator(".verdict").wait_for(timeout=LONG)
    outside = [url for url in asked if not url.startswith((server, "data:", "blob:"))]
    assert len(asked) > 8 and not outside
    text = page.locator("main").inner_text()
    assert "classroom." not in text and "{" not in text
    page.click("#other-language")
    other = "zh" if lang == "en" else "en"
    expect(page.locator("h1")).to_have_text(catalogue(other)["classroom.title"])
    expect(page.locator("#regime")).to_have_value("race")


def test_a_slider_gives_another_picture_and_another_address(page: Page) -> None:
    before = counts(page)
    move(page, "money.budget_myuan_per_year", "40")
    expect(page.locator("#line-summary")).not_to_have_text(before)
    settle(page)
    assert "money.budget_myuan_per_year=40" in page.url
    again = counts(page)
    page.reload()
    expect(page.locator("#line-summary")).to_have_text(again)


def test_undo_and_redo_go_back_and_forth(page: Page) -> None:
    expect(page.locator("#undo")).to_be_disabled()
    before = counts(page)
    page.select_option("#regime", "open_challenge")
    expect(page.locator("#line-summary")).not_to_have_text(before)
    page.click("#undo")
    expect(page.locator("#regime")).to_have_value("race")
    expect(page.locator("#line-summary")).to_have_text(before)
    page.click("#redo")
    expect(page.locator("#regime")).to_have_value("open_challenge")
    expect(page.locator("#history li")).to_have_count(2)
    page.locator("#history a").last.click()  # the older one
    expect(page.locator("#regime")).to_have_value("race")
    expect(page.locator("#line-summary")).to_have_text(before)


def test_on_opening_there_is_something_to_see_and_step_begins_at_the_start(page: Page) -> None:
    """The last quarter of policy, until somebody touches the clock."""
    quarter = page.locator("#quarter")
    assert "quarter" not in page.url
    expect(quarter).to_have_value("60")
    assert page.locator("#net .edges path").count() > 0
    move(page, "money.budget_myuan_per_year", "40")
    settle(page)
    assert "quarter" not in page.url
    expect(quarter).to_have_value("60")
    page.click("#step")
    expect(quarter).to_have_value("0")
    assert "quarter=0" in page.url
    page.reload()
    expect(page.locator("#line-summary")).not_to_be_empty()
    expect(quarter).to_have_value("0")


def test_run_pause_step_reset(page: Page) -> None:
    quarter = page.locator("#quarter")
    page.click("#reset")
    expect(quarter).to_have_value("0")
    for k in ("1", "2", "3"):
        page.click("#step")
        expect(quarter).to_have_value(k)
    page.select_option("#speed", "fast")
    page.click("#run")
    wait_for_quarter(page, 8)
    page.click("#run")
    stopped = quarter.input_value()
    page.wait_for_timeout(400)
    assert quarter.input_value() == stopped and f"quarter={stopped}" in page.url
    page.reload()
    expect(quarter).to_have_value(stopped)


def test_the_picture_moves_with_the_quarters_and_places_stay(page: Page, server: str) -> None:
    places = "[...document.querySelectorAll('.node[role=button]')].map(e => e.getAttribute('data-row') + (e.querySelector('circle, rect, polygon').outerHTML))"
    first = page.evaluate(places)
    shown = page.request.get(f"{server}api/picture?{RACE}").json()
    page.click("#reset")
    for quarter in range(1, 13):
        page.click("#step")
        assert page.locator("#net .edges path").count() == lines_after(shown, quarter)
    assert page.evaluate(places) == first and len(first) == 40


def lines_after(shown: Any, quarter: int) -> int:
    """Lines between leads and members after so many quarters, from the increments."""
    states: dict[int, int] = {}
    sizes: dict[int, int] = {}
    for step in (shown["start"], *shown["steps"][:quarter]):
        for row, _, _, _, members, state in step.get("c", []):
            states[row], sizes[row] = state, len(members)
        states |= dict(step.get("s", []))
    under_way = {STATES.index(name) for name in UNDER_WAY}
    return sum(sizes[row] - 1 for row in sizes if states[row] in under_way)


def test_an_organisation_and_a_consortium_can_be_looked_at(page: Page, lang: str) -> None:
    page.locator(".node[data-row='6']").click()
    expect(page.locator("#inspected dt").first).to_be_visible()
    assert page.locator("#inspected dd").count() == 8
    expect(page.locator("#organisation")).to_have_value("6")
    page.locator("#quarter").fill("20")
    values = page.locator("#consortium option").evaluate_all("all => all.map(e => e.value)")
    page.select_option("#consortium", values[1])
    expect(page.locator("#inspected h3")).to_have_text(
        catalogue(lang)["classroom.inspect.consortium"].format(row=values[1])
    )


def test_the_inspector_says_why_the_last_bid_failed(page: Page, server: str, lang: str) -> None:
    """Somebody among the lead firms has bid in vain by quarter 20, and its line says why."""
    go(page, server, lang, f"{RACE}&quarter=20")
    answered = catalogue(lang)["classroom.inspect.label.last_bid"]
    why_not = [
        text.split("{")[0] for key, text in catalogue(lang).items()
        if key.startswith("classroom.inspect.why.")
    ]  # fmt: skip
    told = []
    for row in range(8):
        page.select_option("#organisation", str(row))
        expect(page.locator("#inspected h3")).to_have_text(
            page.locator(f"#organisation option[value='{row}']").inner_text()
        )
        labels = page.locator("#inspected dt").all_inner_texts()
        values = page.locator("#inspected dd").all_inner_texts()
        assert len(labels) == len(values) and all(values)
        told.append(values[labels.index(answered)])
    assert any(one.startswith(tuple(why_not)) for one in told), told


def test_the_map_tells_regions_in_tiles_and_in_words(page: Page, server: str, lang: str) -> None:
    shown = page.request.get(f"{server}api/picture?{RACE}").json()
    tiles = page.locator("#tiles .tile")
    expect(tiles).to_have_count(4)
    assert page.locator("#map-summary li").count() == 4
    page.locator("#quarter").fill(str(len(shown["steps"])))
    solved = catalogue(lang)["classroom.axis.tile_solved"]
    pattern = re.escape(solved).replace(r"\{solved\}", r"(\d+)")
    found = [re.search(pattern, text) for text in tiles.all_text_contents()]
    assert sum(int(one.group(1)) for one in found if one) == shown["counts"]["solved"] > 0


def test_every_picture_has_its_content_in_words(page: Page) -> None:
    page.click("#compare-start")
    page.locator(".verdict").wait_for(timeout=LONG)
    for picture in ("net", "chart", "tiles"):
        described = page.locator(f"#{picture}").get_attribute("aria-describedby")
        assert len(page.locator(f"#{described}").inner_text()) > 20
    assert page.locator("svg.pairs").get_attribute("aria-label")
    assert len(page.locator("#compare-answer p").nth(1).inner_text()) > 20


CONTRAST = r"""() => {
    const luminance = (text) => {
        const parts = text.match(/[\d.]+/g).slice(0, 3).map((one) => one / 255)
            .map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
    };
    const ratio = (one, other) => {
        const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const fill = (selector) => getComputedStyle(document.querySelector(selector)).fill;
    const paper = getComputedStyle(document.querySelector('.panel')).backgroundColor;
    const field = fill('.field rect');
    const shade = document.querySelector('.tile rect');
    const shades = [0, 1, 2, 3, 4].map((k) => {
        shade.setAttribute('class', `shade-${k}`);
        return ratio(fill('.tile text'), getComputedStyle(shade).fill);
    });
    return [ratio(fill('#chart .tick'), paper), ratio(fill('.node .name'), field),
        ratio(fill('.field text'), field), ...shades];
}"""


def test_words_inside_pictures_have_contrast(page: Page) -> None:
    """Axe leaves words inside SVG out; WCAG AA asks for 4.5 to 1."""
    ratios = page.evaluate(CONTRAST)
    assert len(ratios) == 8 and min(ratios) >= 4.5


def test_the_numbers_are_those_of_the_command_line(page: Page, lang: str, tmp_path: Path) -> None:
    """The command that the exported settings name, run here, gives the counts that the page tells."""
    page.select_option("#regime", "open_challenge")
    move(page, "search.loss_regions", "0.6")
    moved = re.compile(r"search\.loss_regions=0\.6")  # asked for a moment after the finger rests
    expect(page.locator("#export-settings")).to_have_attribute("href", moved)
    settle(page)
    with page.expect_download() as waiting:
        page.click("#export-settings")
    lines = Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()
    command = next(line for line in lines if "consortia compare" in line).split("compare ")[1]
    given = [one for one in command.split() if not one.startswith("replicates=")]
    setup = load_setup("compare", [*given, "replicates=1", "jobs=1", f"out={tmp_path / 'out'}"])
    runs = compare(setup, progress=False).runs.to_pylist()
    counts = {run["regime"]: run["solved"] for run in runs}
    words = Words(lang)
    sentence = words(
        "classroom.summary.end",
        regime=words.title(menu().regimes["open_challenge"]), mine=f"{counts['open_challenge']:.0f}",
        against=words.title(menu().regimes["laissez_faire"]), other=f"{counts['laissez_faire']:.0f}",
        outcome=words("measure.solved"),
    )  # fmt: skip
    expect(page.locator("#line-summary")).to_contain_text(sentence)


def test_thirty_pairs_give_a_verdict_and_one_run_does_not(page: Page, lang: str) -> None:
    assert page.locator(".verdict").count() == 0
    expect(page.locator(".caution")).to_have_text(catalogue(lang)["classroom.summary.one_run"])
    page.click("#compare-start")
    page.locator(".verdict").wait_for(timeout=LONG)
    assert page.locator(".pair-dot").count() == 30
    assert page.locator("#compare-answer tbody tr").count() == 7
    move(page, "search.loss_regions", "0.8")
    expect(page.locator(".verdict")).to_have_count(0)  # it belonged to other settings


def test_why_shows_what_each_group_of_levers_carries(page: Page, server: str, lang: str) -> None:
    go(
        page,
        server,
        lang,
        "regime=race&against=unchanged&outcome=solved&seed=7&selection.teams=1&funding.public_share=0.9",
    )
    page.click("#why-start")
    page.locator("#why-answer table").wait_for(timeout=LONG)
    assert page.locator("#why-answer tbody tr").count() == 2
    assert page.locator("#why-answer p").count() >= 3


def test_a_value_out_of_range_in_the_address_is_answered(
    page: Page, server: str, lang: str
) -> None:
    page.goto(f"{server}?lang={lang}&{RACE}&search.loss_regions=7")
    expect(page.locator("#error")).to_contain_text("0.8")
    expect(page.locator("#error")).to_contain_text(
        catalogue(lang)["classroom.slider.search.loss_regions"]
    )
    page.goto(
        f"{server}?lang={lang}&{RACE}".replace("race", "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    )
    expect(page.locator("#error")).to_contain_text("<img src=x")
    assert page.locator("#error img").count() == 0


def test_exports_hold_the_page(page: Page, lang: str) -> None:
    found: dict[str, str] = {}
    for name in ("data", "settings", "picture"):
        with page.expect_download() as waiting:
            page.click(f"#export-{name}")
        found[name] = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    assert found["data"].startswith("regime,quarter,solved")
    assert "consortia run regime=race population=classroom seed=7" in found["settings"]
    assert found["picture"].startswith("<svg") and ".node.lead_firm" in found["picture"]
    assert (catalogue(lang)["classroom.export.head"]) in found["settings"]


def test_keyboard_alone_does_it_all(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    reach(page, "step")
    page.keyboard.press("Enter")  # from the end to the start
    expect(page.locator("#quarter")).to_have_value("0")
    page.keyboard.press("Enter")
    expect(page.locator("#quarter")).to_have_value("1")
    reach(page, None, ".node[tabindex='0']")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator("#inspected h3")).to_be_visible()
    reach(page, "compare-start")
    page.keyboard.press("Enter")
    page.locator(".verdict").wait_for(timeout=LONG)
    before = counts(page)
    page.locator("#regime").focus()
    reach(page, "slider-money.budget_myuan_per_year")
    page.keyboard.press("End")  # one change, however slow the machine
    expect(page.locator("#line-summary")).not_to_have_text(before)
    reach(page, "undo")
    page.keyboard.press("Enter")
    expect(page.locator("#line-summary")).to_have_text(before)


def reach(page: Page, identity: str | None, selector: str = "") -> None:
    """Press Tab until an element has the focus; it must be visible there."""
    wanted = f"#{identity}".replace(".", "\\.") if identity else selector
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", wanted):
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none"
            return
    raise AssertionError(f"Tab never reaches {wanted}")


def test_reduced_motion_is_honoured(browser: Browser, server: str, lang: str) -> None:
    calm = browser.new_page(reduced_motion="reduce")
    go(calm, server, lang)
    calm.click("#reset")
    calm.click("#run")
    wait_for_quarter(calm, 1)
    assert not calm.evaluate("document.body.classList.contains('playing')")
    style = "getComputedStyle(document.querySelector('.node rect')).transitionDuration"
    assert calm.evaluate(style) == "0s"
    calm.close()
    lively = browser.new_page(reduced_motion="no-preference")
    go(lively, server, lang)
    lively.click("#reset")
    lively.click("#run")
    assert lively.evaluate("document.body.classList.contains('playing')")
    lively.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_serious_for_axe_and_nothing_overflows(
    page: Page, server: str, lang: str, size: tuple[int, int]
) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    go(page, server, lang, f"{RACE}&quarter=20")
    page.click("#compare-start")
    page.locator(".verdict").wait_for(timeout=LONG)
    page.select_option("#organisation", "0")
    expect(page.locator("#inspected h3")).to_be_visible()
    violations: list[Any] = Axe().run(page).response["violations"]
    serious = [
        (one["id"], one["nodes"][0]["html"]) for one in violations if one["impact"] in SERIOUS
    ]
    assert serious == []
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_on_a_phone_picture_and_answer_come_before_settings(page: Page) -> None:
    """To the eye and to the Tab key; on a desk the settings stand beside."""
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator("#answers + #settings")).to_be_visible()
    tops = [
        page.locator(f"#{name}").bounding_box()["y"]  # type: ignore[index]
        for name in ("task", "net", "line-summary", "compare-start", "regime", "inspector")
    ]
    assert tops == sorted(tops) and tops[1] < 500
    page.set_viewport_size({"width": 1366, "height": 768})
    expect(page.locator("#left #settings")).to_be_visible()
    settings, picture = (page.locator(f"#{name}").bounding_box() for name in ("settings", "net"))
    assert settings and picture and settings["x"] + settings["width"] <= picture["x"]


def test_two_hundred_pages_open_at_once(page: Page, server: str, lang: str) -> None:
    """By protocol, each with luck of its own; all get their numbers, and the page still answers."""
    with ThreadPoolExecutor(1) as apart:  # Playwright has a loop in this thread already
        answered = apart.submit(lambda: asyncio.run(open_many(server, lang, 200))).result()
    assert answered == [200] * 200
    before = counts(page)
    move(page, "money.budget_myuan_per_year", "36")
    expect(page.locator("#line-summary")).not_to_have_text(before, timeout=LONG)


async def open_many(server: str, lang: str, count: int) -> list[int]:
    """Open this many pages together; the status of each one's numbers."""

    async def one(client: httpx.AsyncClient, seed: int) -> int:
        page = await client.get("/", params={"lang": lang})
        assert page.status_code == 200
        asked = {"lang": lang, "regime": "race", "against": "laissez_faire", "seed": str(seed)}
        answers = [await client.get(f"/api/{kind}", params=asked) for kind in ("picture", "line")]
        return max(answer.status_code for answer in answers)

    async with httpx.AsyncClient(base_url=server, timeout=120.0) as client:
        return list(await asyncio.gather(*(one(client, 5000 + k) for k in range(count))))


def test_a_lesson_from_one_run_to_the_changed_assumption(page: Page, lang: str) -> None:
    """Predict, one run, thirty pairs, one assumption changed, thirty pairs: the answer reverses."""
    lesson = next(one for one in menu().lessons if one.name == "borders_hub_purse")
    page.select_option("#lesson", lesson.name)
    expect(page.locator("#question")).to_have_text(lesson.question[lang])
    settle(page)
    page.locator("#seed").fill("1")
    page.keyboard.press("Tab")
    settle(page)
    assert "seed=1" in page.url and page.locator(".verdict").count() == 0
    page.locator("#seed").fill("7")
    page.keyboard.press("Tab")
    settle(page)
    page.click("#compare-start")
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", "lower", timeout=LONG)
    page.click("#assumption")
    settle(page)
    page.click("#compare-start")
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", "higher", timeout=LONG)


def test_axe_can_find_something(page: Page) -> None:
    page.evaluate("document.querySelector('label[for=regime]').remove()")
    violations = Axe().run(page).response["violations"]
    assert any(one["impact"] in SERIOUS for one in violations)


def test_a_closed_laptop_comes_back_to_the_same_page(page: Page, server: str) -> None:
    page.context.set_offline(True)
    move(page, "money.budget_myuan_per_year", "38")
    page.wait_for_timeout(500)
    page.context.set_offline(False)
    expect(page.locator("#busy")).to_be_empty(timeout=10_000)
    expect(page.locator("#error")).to_be_hidden()
    assert "money.budget_myuan_per_year=38" in page.url
