"""Published figures beside the model's, and the settings that an experiment brings."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from agents.settings import ConfigError
from experiments.answers import publish, write_answer
from experiments.compare import comparison_plan, runs_table
from experiments.configuration import QuestionSetup, load_setup
from experiments.running.executor import execute
from experiments.running.progress import make_progress
from experiments.running.provenance import provenance
from experiments.running.store import Store
from experiments.tables import write_tables
from tests.support import fake_engine as fake

FACT = {
    "outcome": "solved",
    "what": {"en": "solved needs", "zh": "已解决需求"},
    "published": 12,
    "given": False,
    "source": "a paper",
}
DOCUMENT: dict[str, Any] = {
    "title": {"en": "Batches", "zh": "分批"},
    "question": {"en": "What comes out?", "zh": "结果如何？"},
    "source": "a test",
    "settings": ["population=classroom", "robustness=none", "replicates=3", "jobs=1"],
    "regimes": {
        "race": {"from": "race"},
        "open_challenge": {"from": "open_challenge"},
    },
    "contrasts": [
        {"of": "race", "minus": "open_challenge", "asks": {"en": "Does it?", "zh": "是否有效？"}}
    ],
    "outcomes": ["technical", "solved"],
    "facts": [FACT],
}


def load(folder: Path, *settings: str, document: dict[str, Any] = DOCUMENT) -> QuestionSetup:
    (folder / "configs" / "experiment").mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False)
    (folder / "configs" / "experiment" / "batches.yaml").write_text(text, encoding="utf-8")
    given = ["experiment=batches", f"out={folder / 'out'}", *settings]
    made = load_setup("compare", given, [folder / "configs"])
    assert isinstance(made, QuestionSetup)
    return made


def finished(setup: QuestionSetup, folder: Path) -> pa.Table:
    (folder / "log").mkdir()
    plan = comparison_plan(setup)
    with Store(folder / "store", {"test": 1}) as store, make_progress(False) as shown:
        execute(plan, store, 1, shown, run=fake.FakeEngine(folder / "log"))
        return runs_table(plan, store)


def test_an_experiment_brings_settings_and_the_command_line_wins(tmp_path: Path) -> None:
    brought = load(tmp_path)
    assert (brought.population.name, brought.replicates) == ("classroom", 3)
    assert not brought.cells and not brought.variants
    assert load(tmp_path, "replicates=7").replicates == 7
    assert load(tmp_path, "population=framework").population.name == "framework"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "solvd"}, "'solvd' is not an outcome. Did you mean 'solved'"),
        ({"published": "many"}, "published = 'many' is not a number"),
        ({"published": True}, "published = True is not a number"),
        ({"given": "yes"}, "given = 'yes'. Write true or false"),
        ({"what": {"en": "only"}}, "needs both languages"),
        ({"colour": "red"}, "'colour' is not known"),
    ],
)
def test_a_wrong_fact_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    document["facts"][0] |= change
    with pytest.raises(ConfigError, match=message):
        load(tmp_path, document=document)


@pytest.mark.parametrize("settings", [{"replicates": 3}, ["replicates"], [3]])
def test_wrong_settings_are_refused(tmp_path: Path, settings: Any) -> None:
    with pytest.raises(ConfigError, match="is not a list of name=value"):
        load(tmp_path, document=DOCUMENT | {"settings": settings})
    with pytest.raises(ConfigError, match="facts = \\[\\] is not a list of published figures"):
        load(tmp_path, document=DOCUMENT | {"facts": []})


def test_the_page_sets_figures_beside_the_model(tmp_path: Path) -> None:
    setup = load(tmp_path)
    runs = finished(setup, tmp_path)
    tables = write_tables(runs, setup, tmp_path / "out")
    origin = provenance(
        seed=1, replicates={"main": 3}, runs={"done": 9, "cached": 0, "failed": 0}, seconds=1.0
    )
    english, chinese = write_answer(runs, tables, setup, origin, tmp_path / "out")
    frame = runs.to_pandas()
    mean = frame[frame.regime == "race"]["solved"].mean()
    facts = pa.parquet.read_table(tmp_path / "out" / "facts.parquet").to_pylist()
    assert [(row["outcome"], row["published"], row["given"]) for row in facts] == [
        ("solved", 12.0, False)
    ]
    assert facts[0]["mean"] == pytest.approx(mean)
    assert facts[0]["low"] <= mean <= facts[0]["high"] and np.isfinite(facts[0]["high"])
    text = english.read_text("utf-8")
    assert "`population=classroom` `robustness=none`" in text
    assert "| solved needs | 12.0 |" in text and "| comes out | a paper |" in text
    assert "已解决需求 | 12.0" in chinese.read_text("utf-8")
    assert "figures/" not in text


def test_pages_without_a_map_are_published_without_a_figure(tmp_path: Path) -> None:
    setup = load(tmp_path)
    runs = finished(setup, tmp_path)
    out = tmp_path / "out"
    tables = write_tables(runs, setup, out)
    origin = provenance(
        seed=1, replicates={"main": 3}, runs={"done": 9, "cached": 0, "failed": 0}, seconds=1.0
    )
    write_answer(runs, tables, setup, origin, out)
    (out / "config.yaml").write_text("experiment: {name: batches}\n", encoding="utf-8")
    publish(out, tmp_path / "questions")
    names = sorted(path.name for path in (tmp_path / "questions").iterdir())
    assert names == ["batches.md", "batches.zh.md", "index.md"]
