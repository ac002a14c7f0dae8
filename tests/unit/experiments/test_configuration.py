"""From YAML files and settings to validated objects: what is accepted, and what is refused how."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from agents.settings import ConfigError
from experiments.configuration import Setup, list_regimes, load_setup
from experiments.library import read_yaml
from experiments.overrides import as_override, sort_overrides

SMALL = ("population=classroom", "robustness=none")


def lever(setup: Setup, regime: str, path: str, programme: int = 0) -> Any:
    """Value of a lever such as ``funding.public_share``."""
    family, name = path.split(".")
    entry = next(one for one in setup.regimes if one.name == regime)
    return getattr(entry.regime.programmes[programme].levers[family], name)


@pytest.fixture(scope="module")
def setup() -> Setup:
    return load_setup("compare", [])


def test_defaults_compare_all_regimes_in_the_order_of_their_systems(setup: Setup) -> None:
    names = [entry.name for entry in setup.regimes]
    assert names[:3] == ["laissez_faire", "rd_tax_credit", "bilateral_partnership"]
    assert len(names) == 13
    assert setup.reference.name == "laissez_faire"
    assert (setup.replicates, setup.jobs, setup.lang) == (200, 0, "en")
    assert setup.out == Path("results/compare")
    assert setup.population.name == "yangtze_delta"


def test_variants_multiply_q_and_leave_out_what_the_main_world_has(setup: Setup) -> None:
    worlds = {one.name: one.world.as_mapping()["criteria"] for one in setup.variants}
    assert {name: c["top_share"] for name, c in worlds.items() if name.startswith("q=")} == {
        "q=0.00125": 0.00125,
        "q=0.0025": 0.0025,
        "q=0.01": 0.01,
        "q=0.02": 0.02,
    }
    ends = [c["quarter_ends"] for name, c in worlds.items() if name.startswith("quarter_ends")]
    assert ends == [1, 3]
    assert 0 < setup.variant_replicates < setup.replicates


def test_config_is_plain_and_names_every_lever(setup: Setup) -> None:
    again = yaml.safe_load(yaml.safe_dump(setup.config, allow_unicode=True))
    assert again == setup.config
    race = again["regimes"]["race"]["programmes"]["race"]
    assert race["selection"]["teams"] == 3
    assert len(race) == 18
    assert again["world"] == setup.world.as_mapping()
    assert again["population"]["name"] == "yangtze_delta"


@pytest.mark.parametrize(
    ("overrides", "read", "wanted"),
    [
        (["replicates=20"], lambda s: s.replicates, 20),
        (["seed=9223372036854775807"], lambda s: s.seed, 2**63 - 1),
        (["jobs=256"], lambda s: s.jobs, 256),
        (["lang=zh"], lambda s: s.lang, "zh"),
        (["out=a b/c,d=e"], lambda s: s.out, Path("a b/c,d=e")),
        (["out=结果"], lambda s: s.out, Path("结果")),
        (["search.noise=.1"], lambda s: s.world.sections["search"].noise, 0.1),
        (["world.search.noise=1e-3"], lambda s: s.world.sections["search"].noise, 0.001),
        (["population=yangtze_delta", "population.size=60"], lambda s: s.population.size, 60),
        (["regimes=race"], lambda s: [e.name for e in s.regimes], ["laissez_faire", "race"]),
        (
            ["regimes=race,prize"],
            lambda s: [e.name for e in s.regimes],
            ["laissez_faire", "race", "prize"],
        ),
        (
            ["regimes=[prize,laissez_faire]"],
            lambda s: [e.name for e in s.regimes],
            ["laissez_faire", "prize"],
        ),
        (["funding.public_share=.5"], lambda s: lever(s, "race", "funding.public_share"), 0.5),
        (["funding=prize"], lambda s: lever(s, "race", "funding.prize"), 1.0),
        (
            ["funding.cap_myuan=5", "funding=prize"],
            lambda s: (lever(s, "race", "funding.prize"), lever(s, "race", "funding.cap_myuan")),
            (1.0, 5.0),
        ),
        (
            ["regime.race.selection.teams=2", "selection.teams=4"],
            lambda s: (lever(s, "race", "selection.teams"), lever(s, "prize", "selection.teams")),
            (2, 4),
        ),
        (
            ["regime.combined.lead_firm.funding.public_share=.1"],
            lambda s: (
                lever(s, "combined", "funding.public_share", 0),
                lever(s, "combined", "funding.public_share", 1),
                lever(s, "lead_firm_consortium", "funding.public_share"),
            ),
            (0.1, 0.35, 0.35),
        ),
        (
            ["regime.combined.monitoring=patient", "regime.combined.lead_firm.monitoring=default"],
            lambda s: [lever(s, "combined", "monitoring.gate_quarter", i) for i in range(4)],
            [0, 8, 8, 8],
        ),
        (
            ["eligibility.lead_types=[sme]"],
            lambda s: lever(s, "race", "eligibility.lead_types"),
            ("sme",),
        ),
        (["robustness=definitions", "robustness.replicates=7"], lambda s: s.variant_replicates, 7),
        (["robustness=definitions", "replicates=5"], lambda s: s.variant_replicates, 5),
        (["robustness=none"], lambda s: s.variants, ()),
    ],
)
def test_settings_reach_their_place(
    overrides: list[str], read: Callable[[Setup], Any], wanted: Any
) -> None:
    assert read(load_setup("compare", [*SMALL, *overrides])) == wanted


def test_taking_a_programme_keeps_what_is_not_mentioned(setup: Setup) -> None:
    assert lever(setup, "combined", "budget.share", 3) == 0.25
    assert lever(setup, "combined", "budget.mission_share", 3) == lever(
        setup, "origin_sources", "budget.mission_share"
    )


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("replicats=3", "'replicats' is not a setting. Did you mean 'replicates'?"),
        ("n=-3", "'n' is not a setting"),
        ("replicates=-3", r"replicates = -3 is outside \[1, 1000000\]. Write replicates=1"),
        ("replicates=0", "replicates = 0 is outside"),
        ("replicates=2.5", "replicates = 2.5 is not a whole number"),
        ("replicates=many", "replicates = 'many' is not a whole number"),
        ("replicates=nan", "is not a whole number"),
        ("replicates=inf", "is not a whole number"),
        ("seed=-1", "seed = -1 is outside"),
        ("seed=9223372036854775808", "seed = 9223372036854775808 is outside"),
        ("seed=true", "seed = True is not a whole number"),
        ("jobs=257", "jobs = 257 is outside"),
        ("lang=de", "lang = 'de' is not known. Write lang=en or lang=zh"),
        ("out=[a]", r"out = \['a'\] is not a folder"),
        ("out=", "out = '' is not a folder"),
        ("regimes=rase", "regime 'rase' is not known. Did you mean 'race'?"),
        ("regimes=race,race", "'race' stands there twice"),
        ("regimes=[]", "names no regime"),
        ("regimes=3", "names no regime"),
        ("population=natinal", "population 'natinal' is not known. Did you mean 'national'?"),
        ("population.sze=3", "population.sze is not a setting. Did you mean"),
        ("search.nois=1", "search.nois is not a setting. Did you mean 'noise'?"),
        ("world.serch.noise=1", "world.serch is not a setting. Did you mean 'search'?"),
        ("search.noise=3", r"search.noise = 3.0 is outside \[0, 0.3\]"),
        ("search.noise=loud", "search.noise = 'loud' is not a number"),
        ("search.noise=.1,.2", "gives several values where one is needed"),
        ("search=3", "is not a group of settings"),
        ("funding.publc_share=1", "Did you mean 'funding.public_share'?"),
        ("funding.public_share=35", "programme '.*': funding.public_share = 35.0 is outside"),
        ("funding.public_share=35", "Write 35 % as 0.35"),
        ("funding.a.b=1", "is too deep"),
        ("funding=prise", "funding 'prise' is not known. Did you mean 'prize'?"),
        ("funding=3", "neither a preset nor lever values"),
        ("agenda.mode=push", "agenda.mode = 'push' is not known"),
        ("eligibility.min_members=30", "regime '.*', programme '.*': eligibility.min_members = 30"),
        ("funding.upfront=1", "regime '.*', programme '.*': .* is above 1"),
        ("budget.share=.5", "regime 'combined': the budget shares"),
        ("regime.rac.funding.upfront=0", "regime 'rac' is not known. Did you mean 'race'?"),
        ("regime.combined.lead_fir.funding.upfront=0", "Did you mean 'lead_firm'?"),
        ("regime.race.fundin.upfront=0", "Did you mean 'funding'?"),
        ("regime.race.fundin=prize", "Did you mean 'funding'?"),
        ("regime.race=prize", "does not say what to change"),
        ("+seed=3", "settings are neither added nor removed"),
        ("~seed", "settings are neither added nor removed"),
        ("hydra.run.dir=x", "'hydra.run.dir' is not a setting"),
        ("replicates", "cannot be read as a setting"),
        ("criteria.top_share=.05", "robustness: criteria.top_share = 0.2 is outside"),
        ("robustness.replicates=0", "robustness.replicates = 0 is outside"),
        ("robustness.replicats=3", "Did you mean 'replicates'?"),
        ("population.file=nowhere.csv", "population.file is not a setting"),
    ],
)
def test_bad_settings_say_what_to_write(override: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load_setup("compare", [override])


def test_a_change_that_reaches_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match="is not run. Add 'prize'"):
        load_setup("compare", [*SMALL, "regimes=race", "regime.prize.funding.upfront=0"])
    with pytest.raises(ConfigError, match="laissez_faire has no programme"):
        load_setup("run", [*SMALL, "regime=laissez_faire", "funding.upfront=0.1"])


def test_run_takes_one_regime_and_its_own_folder() -> None:
    setup = load_setup("run", [*SMALL, "regime=race", "consortium=3"])
    assert [entry.name for entry in setup.regimes] == ["race"]
    assert setup.out == Path("results/run")
    assert setup.config["consortium"] == 3


def test_csv_population_with_a_missing_column(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("name,kind,region,staff\nA,sme,North,3\n")
    with pytest.raises(ConfigError, match="ownership"):
        load_setup("compare", ["population=csv", f"population.file={tmp_path / 'mine.csv'}"])


# ---------------------------------------------------------------- users' folders


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


HEAD = (
    "title: {en: Mine, zh: 我的}\nquestion: {en: What if?, zh: 如果？}\nsource: mine\nsystems: []\n"
)


def test_user_files_are_found_and_shadow_ours(tmp_path: Path) -> None:
    write(tmp_path, "regime/mine", HEAD + "programmes: {p: {agenda: firm_demand, funding: lavish}}")
    write(tmp_path, "funding/lavish", "public_share: 1e-1")
    write(tmp_path, "screening/value_panel", "panel_size: 9")
    write(tmp_path, "world/quick", "defaults: [default]\ntime: {policy: 8}")
    setup = load_setup(
        "compare", [*SMALL, "regimes=mine,race", "world=quick"], config_dirs=[tmp_path]
    )
    assert lever(setup, "mine", "funding.public_share") == 0.1
    assert lever(setup, "mine", "funding.cap_myuan") == 6.9
    assert lever(setup, "race", "screening.panel_size") == 9
    assert setup.world.as_mapping()["time"]["policy"] == 8
    assert "mine" in [entry.name for entry in list_regimes([tmp_path])]


def test_the_last_folder_given_comes_first(tmp_path: Path) -> None:
    first = write(tmp_path / "a", "screening/value_panel", "panel_size: 8")
    last = write(tmp_path / "b", "screening/value_panel", "panel_size: 9")
    setup = load_setup("compare", [*SMALL, "regimes=race"], config_dirs=[first, last])
    assert lever(setup, "race", "screening.panel_size") == 9


def test_a_users_population_file_starts_at_its_own_folder(tmp_path: Path) -> None:
    text = "name: ours\ntitle: {en: Ours, zh: 我们}\nsource: us\nbuilder: file\nfile: ours.csv\n"
    write(tmp_path, "population/ours", text)
    (tmp_path / "population" / "ours.csv").write_text(
        "name,kind,ownership,region,staff\nA,sme,private,North,30\nB,university,public_body,South,90\n"
    )
    setup = load_setup("compare", ["population=ours"], config_dirs=[tmp_path])
    assert setup.population.size == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD, "programmes is missing"),
        (HEAD + "programmes: [a]", "is not a list of programmes by name"),
        (HEAD + "programmes: {}\nprogrames: {}", "'programes' is not known. Did you mean"),
        (
            HEAD + "programmes: {p: {fundin: prize}}",
            "programme 'p': 'fundin' is not a lever family",
        ),
        (HEAD + "programmes: {p: {funding: prise}}", "programme 'p': funding 'prise' is not known"),
        (HEAD + "programmes: {p: {funding: {prise: 1}}}", "funding.prise is not a setting"),
        (HEAD + "programmes: {p: {funding: {preset: prise}}}", "'prise' is not known"),
        (HEAD + "programmes: {funding: {}}", "'funding' is a lever family"),
        (HEAD + "programmes: {p: 3}", "3 is not a programme"),
        (HEAD + "programmes: {p: {from: combined}}", "from: combined has 4 programmes"),
        (HEAD + "programmes: {p: {from: mine}}", "in a circle"),
        (HEAD + "programmes: {p: {from: rase}}", "regime 'rase' is not known"),
        (HEAD + "programmes: {p: {}, q: {}}", "budget shares of its programmes add up to 2"),
        (HEAD + "programmes: {p: {budget: {share: .1, share: .2}}}", "'share' stands there twice"),
        (HEAD + "programmes: {", "is not valid YAML"),
        (HEAD.replace(", zh: 我的", "") + "programmes: {}", "title = .* needs both languages"),
        (HEAD.replace("source: mine", "source: ''") + "programmes: {}", "source is empty"),
        (HEAD.replace("[]", "[13]") + "programmes: {}", "systems = .* numbers from 1 to 12"),
        ("- a", "holds no settings"),
    ],
)
def test_bad_regime_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, "regime/mine", text)
    with pytest.raises(ConfigError, match=words):
        load_setup("compare", [*SMALL, "regimes=mine"], config_dirs=[tmp_path])


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match="--config-dir nowhere is not a folder"):
        load_setup("compare", [], config_dirs=[Path("nowhere")])


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("title: 我的".encode("gb18030"))
    with pytest.raises(ConfigError, match="not written in UTF-8"):
        read_yaml(tmp_path / "a.yaml")


# ---------------------------------------------------------------- Python values as settings


@pytest.mark.parametrize(
    "value",
    [3, 0.1, 1e-9, True, "plain", "it's", "C:\\dir\\", "中文", ["a", "b c"], "a,b=c", "007"],
)
def test_python_values_survive_the_grammar(value: Any) -> None:
    given = sort_overrides(as_override("seed", value), ["seed"])
    assert given.options["seed"] == value


def test_mappings_become_one_override_for_each_entry() -> None:
    assert as_override("regime", {"race": {"funding": {"prize": 0, "upfront": None}}}) == [
        "regime.race.funding.prize=0",
        "regime.race.funding.upfront=null",
    ]
