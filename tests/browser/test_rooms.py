"""A room as a class meets it: teacher and students in Chromium, a server killed in mid-round."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, Route, expect, sync_playwright

from experiments.classroom.rooms.desk import ALPHABET, CODE_LENGTH
from experiments.words import LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
SERIOUS = ("serious", "critical")
LONG = 20_000  # milliseconds
expect.set_options(timeout=LONG)  # a machine may be busy
UNCOVERED = """() => {
    const [one, bar] = [document.activeElement, document.querySelector(".send")];
    return one.getBoundingClientRect().bottom <= bar.getBoundingClientRect().top;
}"""  # nothing that has the focus lies under the bar
READABLE = """() => {
    const names = [...document.querySelectorAll("#net .name")];
    const told = [...names, document.querySelector(".below")];
    const boxes = told.map((one) => one.getBoundingClientRect());
    const over = (a, k) => told.slice(k + 1).filter((_, n) => !apart(a, boxes[k + 1 + n]));
    const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top;
    const inside = (a) => a.left >= 0 && a.right <= innerWidth && a.top >= 0 && a.bottom <= innerHeight;
    const size = (one) => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a;
    return {
        names: names.length, smallest: Math.min(...names.map(size)) / innerHeight, inside: boxes.every(inside),
        covered: boxes.flatMap((a, k) => over(a, k).map((one) => [told[k].textContent, one.textContent])),
    };
}"""
FORTIETH = 1 / 40  # of the height of what is projected: a letter that is read in the last row
NAME = "<img src=x onerror=alert(1)>"


class Server:
    """The application as users start it; it can be killed and started again on its file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.start()

    def start(self, port: str = "0") -> None:
        command = [sys.executable, "-m", "experiments.cli", "classroom", "host=127.0.0.1",
                   f"port={port}", "jobs=1", f"rooms={self.folder / 'rooms.sqlite'}"]  # fmt: skip
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)/", line):
                self.address, self.port = found.group(), found.group(1)
                return
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path)
    yield started
    started.kill()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    assert chromium, "Chromium is not installed. On Debian: apt-get install chromium"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


def fresh(browser: Browser, width: int, height: int) -> Page:
    """A page of another person; no request leaves the loopback."""
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    page.on("request", lambda request: outside(request.url))
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def outside(url: str) -> None:
    assert url.startswith(("http://127.0.0.1:", "data:", "blob:")), url


def sound(page: Page) -> None:
    """No serious issue of accessibility, and nothing wider than the page."""
    found = Axe().run(page).response["violations"]
    assert not [one["id"] for one in found if one["impact"] in SERIOUS]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def word(lang: str, key: str, **values: object) -> str:
    return catalogue(lang)[f"classroom.room.{key}"].format(**values)


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, for those who look at it: ROOM_SHOTS names a folder."""
    if folder := os.environ.get("ROOM_SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def opened(server: Server, browser: Browser, lang: str) -> tuple[Page, str]:
    """A teacher's page and the code of its room."""
    teacher = fresh(browser, 1366, 768)
    teacher.goto(f"{server.address}room?lang={lang}")
    sound(teacher)
    shot(teacher, f"open-{lang}")
    teacher.get_by_role("button", name=word(lang, "open.do")).click()
    shown = teacher.locator("#code-shown")
    expect(shown).to_have_text(re.compile(f"^[{ALPHABET}]{{{CODE_LENGTH}}}$"))  # empty at first
    return teacher, shown.inner_text()


def step_on(teacher: Page, lang: str) -> None:
    """Close the window that is open."""
    before = teacher.locator("#steps").inner_html() + teacher.locator("#clock").inner_text()
    teacher.get_by_role("button", name=word(lang, "control.next"), exact=True).click()
    expect(teacher.locator("#steps")).to_be_visible()
    teacher.wait_for_function(
        "(was) => steps.innerHTML + clock.innerText !== was", arg=before, timeout=LONG
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_lesson_with_a_killed_server(server: Server, browser: Browser, lang: str) -> None:
    teacher, code = opened(server, browser, lang)
    student = fresh(browser, 390, 844)
    student.goto(f"{server.address}room/seat?lang={lang}#{code}")
    expect(student.locator("#stored")).to_have_text(word(lang, "stored"))
    sound(student)
    shot(student, f"join-{lang}")
    student.get_by_label(word(lang, "join.name")).fill(NAME)
    student.get_by_label(word(lang, "join.seat")).select_option("ministry")
    student.get_by_role("button", name=word(lang, "join.do")).click()
    expect(student.locator("#who")).to_contain_text(NAME)
    teacher.get_by_role("button", name=word(lang, "control.start"), exact=True).click()
    boxes = student.get_by_role("checkbox")
    expect(boxes.first).to_be_checked()
    expect(teacher.locator("#items .thinks")).to_contain_text(NAME)  # whom the room waits for
    boxes.first.focus()
    student.keyboard.press("Space")
    student.get_by_role("button", name=word(lang, "decide"), exact=True).click()
    expect(student.get_by_text(word(lang, "decided"))).to_be_visible()
    teacher.get_by_role("button", name=word(lang, "control.pause"), exact=True).click()
    expect(teacher.locator("#items")).to_contain_text("✓")
    expect(teacher.locator("#items .thinks")).to_have_count(0)
    for page, name in ((teacher, "teacher"), (student, "seat")):
        sound(page)
        shot(page, f"{name}-{lang}")

    server.kill()
    expect(student.get_by_role("alert")).to_have_text(word(lang, "gone"))
    server.start(server.port)
    expect(student.get_by_role("alert")).to_be_hidden()  # the page has kept trying
    student.reload()  # a closed laptop: same browser, same seat, same decision
    expect(student.locator("#who")).to_contain_text(NAME)
    expect(boxes.first).not_to_be_checked()

    teacher.reload()
    expect(teacher.locator("#clock")).not_to_be_empty()
    present = student.locator("#steps [aria-current]")
    expect(present).to_have_text(word(lang, "window.publish"))
    teacher.get_by_role("button", name=word(lang, "control.next"), exact=True).click()
    expect(present).not_to_have_text(word(lang, "window.publish"))
    teacher.get_by_role("button", name=word(lang, "control.end"), exact=True).click()
    debrief = student.locator("#debrief")
    expect(debrief).to_contain_text(word(lang, "one_run"))
    expect(debrief).to_contain_text(NAME)
    expect(debrief.locator("figure")).to_have_count(3)
    expect(debrief.get_by_role("heading", name=word(lang, "own"))).to_be_visible()
    expect(debrief.locator(".deeds li").first).to_be_visible()
    expect(debrief.locator(".questions li")).to_have_count(3)
    sound(student)
    shot(student, f"debrief-phone-{lang}")
    expect(teacher.locator("#debrief figure")).to_have_count(3)
    expect(teacher.locator(".deeds")).to_be_hidden()  # thirty seats are thirty lines
    reach(teacher, teacher.locator(".seats summary"))
    teacher.keyboard.press("Enter")
    expect(teacher.locator(".deeds li").first).to_be_visible()
    sound(teacher)
    shot(teacher, f"debrief-{lang}")
    teacher.get_by_role("button", name=word(lang, "control.delete"), exact=True).click()
    student.goto(f"{server.address}room/seat?lang={lang}#{code}.{'x' * 43}")
    expect(student.get_by_role("alert")).to_have_text(forgotten(lang, "error.code"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_lead_invites_by_keyboard_and_the_projector_shows_who_is_ready(
    server: Server, browser: Browser, lang: str
) -> None:
    teacher, code = opened(server, browser, lang)
    context = browser.new_context(viewport={"width": 1366, "height": 768}, reduced_motion="reduce")
    lead = context.new_page()
    lead.on("request", lambda request: outside(request.url))
    lead.goto(f"{server.address}room/seat?lang={lang}#{code}")
    reach(lead, lead.get_by_label(word(lang, "join.name")))
    lead.keyboard.type("诸葛亮" if lang == "zh" else "Zhuge Liang")
    reach(lead, lead.get_by_label(word(lang, "join.seat")))
    lead.get_by_label(word(lang, "join.seat")).select_option("organisation-21")
    reach(lead, lead.get_by_role("button", name=word(lang, "join.do")))
    lead.keyboard.press("Enter")
    expect(lead.locator("#who")).to_be_visible()
    teacher.get_by_role("button", name=word(lang, "control.start"), exact=True).click()
    for _ in range(8):
        expect(lead.locator("#items h3")).to_be_visible()
        if lead.locator("fieldset").count():
            break
        step_on(teacher, lang)
    screen = fresh(browser, 1920, 1080)
    with teacher.expect_popup() as popup:
        teacher.locator("#projector").click()
    assert code in popup.value.url and "." not in popup.value.url.partition("#")[2]
    screen.goto(popup.value.url)
    expect(screen.locator("#ready")).to_contain_text(word(lang, "screen.thinking"))

    bid = lead.locator("fieldset").first
    box = bid.get_by_label(word(lang, "item.bid_do"), exact=True)
    if not box.is_checked():
        expect(bid.locator(".invite")).to_be_hidden()  # whoever does not bid invites nobody
        reach(lead, box)
        lead.keyboard.press("Space")
    reach(lead, bid.locator("summary"))
    lead.keyboard.press("Enter")
    stranger = bid.locator("details input").first
    key = stranger.get_attribute("value")
    invited = names(lead)[f"organisation-{str(key).split(':')[3]}"]
    before = bid.locator(".invite input[type=checkbox]:checked").count()
    reach(lead, bid.get_by_label(word(lang, "find")))
    lead.keyboard.type(invited)
    everybody = bid.locator(".invite .choice").count()
    expect(bid.get_by_role("status")).to_have_text(word(lang, "found", n=1, all=everybody))
    expect(bid.locator(".invite .choice:visible")).to_have_count(1)
    reach(lead, stranger)
    lead.keyboard.press("Space")
    expect(stranger).to_be_checked()
    bids = lead.locator("fieldset > .choice input:checked").count()
    counted = lead.locator("#count")
    expect(counted).to_have_text(word(lang, "count_bids", bids=bids, invited=before + 1))
    bid.get_by_label(word(lang, "find")).fill("")
    expect(bid.locator(".invite .choice:visible")).to_have_count(everybody)
    for order in ("pause", "start"):  # a stopped clock takes no tick away
        teacher.get_by_role("button", name=word(lang, f"control.{order}"), exact=True).click()
        clock = lead.locator("#clock")
        expect(clock).to_contain_text(stopped(lang) if order == "pause" else running(lang))
        expect(stranger).to_be_checked()
    sound(lead)
    shot(lead, f"invite-{lang}")
    lead.set_viewport_size({"width": 390, "height": 844})
    lead.evaluate("scrollTo(0, 0)")
    expect(lead.get_by_role("button", name=word(lang, "decide"), exact=True)).to_be_in_viewport()
    sound(lead)
    shot(lead, f"invite-phone-{lang}")
    reach(lead, bid.locator(".invite input[type=checkbox]").last)
    assert lead.evaluate(UNCOVERED)
    reach(lead, lead.get_by_role("button", name=word(lang, "decide"), exact=True))
    lead.keyboard.press("Enter")
    expect(lead.get_by_text(word(lang, "decided"))).to_be_visible()
    stranger.click()
    expect(lead.get_by_text(word(lang, "unsent"))).to_be_visible()
    stranger.click()
    lead.set_viewport_size({"width": 1366, "height": 768})
    expect(screen.locator("#ready")).to_contain_text(word(lang, "screen.decided"))
    expect(screen.locator("#net .edges path").first).to_be_attached()
    expect(screen.locator("#qr")).to_have_js_property("complete", True)
    assert "Zhuge" not in screen.content() and "诸葛亮" not in screen.content()
    sound(screen)
    shot(screen, f"screen-{lang}")
    for width, height in ((1366, 768), (1920, 1080)):
        screen.set_viewport_size({"width": width, "height": height})
        read = screen.evaluate(READABLE)
        assert read["names"] == 40 and read["inside"] and read["covered"] == []
        assert read["smallest"] >= FORTIETH
        sound(screen)
    screen.set_viewport_size({"width": 390, "height": 844})
    sound(screen)
    shot(screen, f"screen-phone-{lang}")
    screen.set_viewport_size({"width": 1920, "height": 1080})

    again = context.new_page()  # the same browser, without the key in the address
    again.goto(f"{server.address}room/seat?lang={lang}#{code}")
    expect(again.locator("#who")).to_contain_text("诸葛亮" if lang == "zh" else "Zhuge Liang")
    other = fresh(browser, 1366, 768)  # another browser is nobody
    other.goto(f"{server.address}room/seat?lang={lang}#{code}")
    expect(other.locator("#join")).to_be_visible()
    expect(other.locator("#wanted option[value=organisation-21]")).to_have_count(0)
    step_on(teacher, lang)
    teacher.get_by_role("button", name=word(lang, "control.end"), exact=True).click()
    projected = screen.locator("#debrief")
    expect(projected.locator("figure")).to_have_count(3)
    expect(projected).to_contain_text(word(lang, "one_run"))
    expect(projected.locator(".deeds")).to_have_count(0)
    assert "Zhuge" not in screen.content() and "诸葛亮" not in screen.content()
    for width, height in ((1366, 768), (1920, 1080)):
        screen.set_viewport_size({"width": width, "height": height})
        assert screen.evaluate("document.documentElement.scrollHeight <= innerHeight")
        assert screen.evaluate("debrief.scrollHeight <= debrief.clientHeight")  # nothing is cut off
        sound(screen)
    shot(screen, f"screen-debrief-{lang}")
    screen.set_viewport_size({"width": 390, "height": 844})
    sound(screen)
    said = word(lang, "said.ask.yes", need=str(key).split(":")[1], who=invited)
    expect(lead.locator(".deeds")).to_contain_text(said)
    shot(lead, f"debrief-lead-{lang}")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_seat_that_is_waited_for_says_so_and_one_that_is_gone_can_be_taken_anew(
    server: Server, browser: Browser, lang: str
) -> None:
    teacher, code = opened(server, browser, lang)
    student = fresh(browser, 390, 844)
    slow: list[Route] = []
    student.route("**/api/room/*/seat?*", lambda route: slow.append(route))
    student.goto(f"{server.address}room/seat?lang={lang}#{code}")
    join(student, lang, "Ada")
    expect(student.locator("#fetching")).to_be_visible()
    expect(student.locator("#join")).to_be_hidden()
    sound(student)
    shot(student, f"fetching-{lang}")
    for route in slow:
        route.continue_()
    student.unroute("**/api/room/*/seat?*")
    expect(student.locator("#who")).to_contain_text("Ada")
    expect(student.locator("#fetching")).to_be_hidden()

    assert student.evaluate("Object.keys(localStorage)") == [f"room-{code}"]
    watched = fresh(browser, 1366, 768)
    watched.goto(f"{server.address}room/screen?lang={lang}#{code}")
    expect(watched.locator("#ready li")).to_have_text([word(lang, "ministry")])  # who has come
    expect(watched.locator("#picture")).to_be_hidden()
    assert "Ada" not in watched.content()
    sound(watched)
    shot(watched, f"lobby-{lang}")
    teacher.get_by_role("button", name=word(lang, "control.delete"), exact=True).click()
    expect(student.get_by_role("alert")).to_have_text(forgotten(lang, "error.code"))
    expect(student.locator("#live")).to_be_hidden()
    assert student.evaluate("localStorage.length") == 0 and "." not in student.url.split("?")[1]
    sound(student)
    shot(student, f"forgotten-{lang}")
    another = watched.get_by_role("link", name=word(lang, "open.another"))
    expect(another).to_be_visible()
    expect(watched.locator("#live")).to_be_hidden()
    student.reload()
    expect(student.get_by_role("alert")).to_be_hidden()  # nothing is kept that would ask again
    _, other = opened(server, browser, lang)
    student.get_by_label(word(lang, "join.code")).fill(other.lower())
    join(student, lang, "Bert")
    expect(student.locator("#who")).to_contain_text("Bert")
    expect(student.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_browser_with_the_key_of_no_seat_forgets_it_and_one_with_a_wrong_address_finds_its_seat(
    server: Server, browser: Browser, lang: str
) -> None:
    _, code = opened(server, browser, lang)
    student = fresh(browser, 390, 844)
    student.goto(f"{server.address}room/seat?lang={lang}")
    student.evaluate(f"localStorage.setItem('room-{code}', '{'x' * 43}')")
    student.goto(f"{server.address}room/seat?lang={lang}#{code}")
    expect(student.get_by_role("alert")).to_have_text(forgotten(lang, "error.token"))
    expect(student.get_by_label(word(lang, "join.code"))).to_have_value(code)
    join(student, lang, "Ada")
    expect(student.locator("#who")).to_contain_text("Ada")
    expect(student.get_by_role("alert")).to_be_hidden()
    student.goto(f"{server.address}room/seat?lang={lang}#{code}.{'y' * 43}")  # mistyped
    expect(student.locator("#who")).to_contain_text("Ada")


def running(lang: str) -> str:
    """What the clock says before it says how long; no seconds are left when it stands."""
    return catalogue(lang)["classroom.room.state.running"].partition("{left}")[2]


def stopped(lang: str) -> str:
    return catalogue(lang)["classroom.room.state.paused"].rpartition("}")[2]


def forgotten(lang: str, key: str) -> str:
    """Why a key is of no use, and that it is kept no longer."""
    return ("" if lang == "zh" else " ").join([word(lang, key), word(lang, "forgotten")])


def join(student: Page, lang: str, name: str) -> None:
    """Take the first free seat."""
    student.get_by_label(word(lang, "join.name")).fill(name)
    student.get_by_role("button", name=word(lang, "join.do")).click()


def reach(page: Page, wanted: Locator) -> None:
    """Come to an element with the tabulator alone."""
    for _ in range(200):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached by keyboard")


def names(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("JSON.parse(data.textContent).names")
    return found
