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
from playwright.sync_api import Browser, Page, expect, sync_playwright

from experiments.words import LANGUAGES, catalogue

ROOT = Path(__file__).parents[2]
FLAGS = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
SERIOUS = ("serious", "critical")
LONG = 20_000  # milliseconds
expect.set_options(timeout=LONG)  # a machine may be busy
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


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_lesson_with_a_killed_server(server: Server, browser: Browser, lang: str) -> None:
    def word(key: str) -> str:
        return catalogue(lang)[f"classroom.room.{key}"]

    shots = os.environ.get("ROOM_SHOTS")
    teacher, student = fresh(browser, 1366, 768), fresh(browser, 390, 844)
    teacher.goto(f"{server.address}room?lang={lang}")
    sound(teacher)
    teacher.get_by_role("button", name=word("open.do")).click()
    code = teacher.locator("#code-shown").inner_text(timeout=LONG)
    student.goto(f"{server.address}room/seat?lang={lang}#{code}")
    expect(student.locator("#stored")).to_have_text(word("stored"))
    sound(student)
    student.get_by_label(word("join.name")).fill(NAME)
    student.get_by_label(word("join.seat")).select_option("ministry")
    student.get_by_role("button", name=word("join.do")).click()
    expect(student.locator("#who")).to_contain_text(NAME)
    teacher.get_by_role("button", name=word("control.start"), exact=True).click()
    boxes = student.get_by_role("checkbox")
    expect(boxes.first).to_be_checked(timeout=LONG)
    boxes.first.focus()
    student.keyboard.press("Space")
    student.get_by_role("button", name=word("decide"), exact=True).click()
    expect(student.get_by_text(word("decided"))).to_be_visible()
    expect(teacher.locator("#items")).to_contain_text("✓")
    sound(teacher)
    sound(student)
    if shots:
        teacher.screenshot(path=f"{shots}/teacher-{lang}.png", full_page=True)
        student.screenshot(path=f"{shots}/seat-{lang}.png", full_page=True)

    server.kill()
    server.start(server.port)
    student.reload()  # a closed laptop: same browser, same seat, same decision
    expect(student.locator("#who")).to_contain_text(NAME)
    expect(boxes.first).not_to_be_checked()

    teacher.reload()
    before = student.locator("#clock").inner_text()
    teacher.get_by_role("button", name=word("control.next"), exact=True).click()
    expect(student.locator("#clock")).not_to_have_text(before)
    teacher.get_by_role("button", name=word("control.end"), exact=True).click()
    debrief = student.locator("#debrief")
    expect(debrief).to_contain_text(word("one_run"))
    expect(debrief).to_contain_text(NAME)
    sound(student)
    if shots:
        student.screenshot(path=f"{shots}/debrief-{lang}.png", full_page=True)
    teacher.get_by_role("button", name=word("control.delete"), exact=True).click()
    student.goto(f"{server.address}room/seat?lang={lang}#{code}.{'x' * 43}")
    expect(student.get_by_role("alert")).to_have_text(word("error.code"))
