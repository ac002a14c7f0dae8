"""The application's addresses: pages, refusals, streams, headers, limits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from experiments.classroom.server import WEB, make_app
from experiments.words import LANGUAGES, catalogue


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(make_app(1, address="http://192.0.2.7:8000/")) as opened:
        yield opened


class _Scripts(HTMLParser):
    """Collects scripts and attributes that would run code."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[dict[str, str | None]] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append(dict(attrs))
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_is_in_its_language_and_runs_no_other_script(
    client: TestClient, lang: str
) -> None:
    page = client.get("/", params={"lang": lang, "regime": "</script><script>alert(1)</script>"})
    assert catalogue(lang)["classroom.title"] in page.text
    found = _Scripts()
    found.feed(page.text)
    assert [one.get("src") for one in found.scripts] == [None, "/static/main.js"]
    assert found.scripts[0]["type"] == "application/json" and not found.handlers
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "unsafe" not in policy


def test_every_word_that_the_scripts_ask_for_is_there(client: TestClient) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in WEB.glob("*.js"))
    asked = set(re.findall(r'\bt\("([\w.]+)"', text))
    assert len(asked) > 25
    for lang in LANGUAGES:
        words = catalogue(lang)
        assert not {key for key in asked if f"classroom.{key}" not in words and key not in words}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_value_out_of_range_gets_400_and_words(client: TestClient, lang: str) -> None:
    answer = client.get("/api/picture", params={"lang": lang, "search.loss_regions": "7"})
    assert answer.status_code == 400
    assert "0.8" in answer.json()["error"]
    assert catalogue(lang)["classroom.slider.search.loss_regions"] in answer.json()["error"]


def test_equal_levers_cannot_be_taken_apart(client: TestClient) -> None:
    answer = client.get("/api/why", params={"regime": "race", "against": "race"})
    assert answer.status_code == 400 and "same levers" in answer.json()["error"]


def test_the_verdict_comes_last_and_nothing_of_it_before(client: TestClient) -> None:
    answer = client.get("/api/compare", params={"regime": "race", "against": "laissez_faire"})
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert [set(line) for line in lines[:-1]] == [{"done", "all"}] * 10
    assert [line["done"] for line in lines[:-1]] == list(range(3, 31, 3))
    assert lines[-1]["answer"]["n"] == 30 == len(lines[-1]["answer"]["pairs"])


def test_why_tells_one_bar_for_each_group(client: TestClient) -> None:
    params = {"regime": "race", "against": "unchanged", "selection.teams": "4", "outcome": "solved"}
    answer = client.get("/api/why", params=params)
    told = json.loads(answer.text.splitlines()[-1])["answer"]
    assert len(told["bars"]) == 1 and len(told["sentences"]) >= 3


@pytest.mark.parametrize("what", ["organisation", "consortium"])
def test_the_inspector_tells_who_it_is(client: TestClient, what: str) -> None:
    params = {"what": what, "row": "3", "quarter": "20", "lang": "zh"}
    told = client.get("/api/inspect", params=params).json()
    assert len(told["rows"]) >= 7 and all(label and text for label, text in told["rows"])


@pytest.mark.parametrize(
    "more", [{"what": "somebody"}, {"row": "-1"}, {"row": "99999"}, {"row": "²"}, {"row": "1e9"}]
)
def test_the_inspector_refuses_nonsense(client: TestClient, more: dict[str, str]) -> None:
    params = {"what": "organisation", "row": "3", "quarter": "2"} | more
    assert client.get("/api/inspect", params=params).status_code == 400


def test_an_endless_address_is_cut_off(client: TestClient) -> None:
    assert client.get("/api/picture?x=" + "y" * 5000).status_code == 414


def test_no_other_file_can_be_read(client: TestClient) -> None:
    for path in ("/static/../server.py", "/static/%2e%2e/server.py", "/fonts/..%2f..%2fcli.py"):
        assert client.get(path).status_code in (404, 400)


def test_the_same_question_gives_the_same_answer_in_few_bytes(client: TestClient) -> None:
    answers = [client.get("/api/picture", params={"seed": "5"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert int(answers[0].headers["content-length"]) < 20_000
