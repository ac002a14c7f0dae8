"""Populations: exact counts, the yearbook's shares, sizes, files of organisations, messages."""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.kinds import INSTITUTE, KINDS, LEAD_FIRM, LOCAL_SOE, OWNERSHIPS, SME, UNIVERSITY
from agents.settings import ConfigError
from experiments import populations
from experiments.apportionment import apportion, apportion_table, heavy_tail, spread_ranks
from experiments.populations import (
    CATEGORIES,
    build_population,
    describe_population,
    label_in,
    list_populations,
    read_preset,
    region_title,
)
from simulation.population import Population

ROOT = Path(__file__).resolve().parents[3]
GENERATED = ("yangtze_delta", "national", "framework")

# Golden digests of Population.digest(): every number the model reads, staff to a tenth of an FTE.
# Made by: build_population(read_preset(Path("configs/population/NAME.yaml"))).digest()
# Version 0.1.0; `inputs` is the SHA-256 (first 12 digits) of the preset
# as it was then, without title and source. A change here changes every result: renew it only on purpose, with a line in CHANGELOG.md.
GOLDEN = {
    "yangtze_delta": {"inputs": "4b9e560ca429", "digest": "93cc15b04595faf0"},
    "national": {"inputs": "48ff99261cdc", "digest": "a881c88da4b07bbd"},
    "framework": {"inputs": "6e64b9f5239f", "digest": "35d8e6895baf7b9f"},
    "classroom": {"inputs": "81b9f6afeb79", "digest": "4b7cd00f29aa8c3b"},
}


def preset_path(name: str) -> Path:
    return ROOT / "configs" / "population" / f"{name}.yaml"


def preset(name: str, **changes: Any) -> dict[str, Any]:
    return read_preset(preset_path(name)) | changes


def counts(population: Population) -> np.ndarray:
    """Organisations by region and kind, shape (regions, 4)."""
    cells = population.region * len(KINDS) + population.kind
    flat = np.bincount(cells, minlength=len(population.regions) * len(KINDS))
    return flat.reshape(-1, len(KINDS))


def yearbook() -> dict[str, dict[str, float]]:
    """The shipped table by region, read without the product's own reader."""
    path = ROOT / "experiments" / "data" / "provinces_2018.csv"
    with path.open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    return {
        row["region"]: {c: float(v) for c, v in row.items() if c.startswith("rd_")} for row in rows
    }


# ---------------------------------------------------------------- apportionment

weights_and_total = st.tuples(
    st.lists(st.floats(0.0, 1e9), min_size=1, max_size=40).filter(lambda w: max(w) > 0),
    st.integers(0, 5000),
)


@given(weights_and_total)
def test_apportion_is_exact_and_within_one_of_the_quota(case: tuple[list[float], int]) -> None:
    weights, total = case
    seats = apportion(np.array(weights), total)
    scaled = np.array(weights) / max(weights)
    quotas = scaled / scaled.sum() * total
    assert seats.sum() == total
    assert (np.abs(seats - quotas) < 1.0 + 1e-6).all()


@given(weights_and_total, st.integers(0, 3))
def test_apportion_never_gives_less_to_a_larger_weight(
    case: tuple[list[float], int], least: int
) -> None:
    weights, total = case
    seats = apportion(np.array(weights), total, least=least)
    assert seats.sum() == total
    order = np.argsort(weights, kind="stable")
    for low, high in zip(order[:-1], order[1:], strict=True):
        if weights[low] < weights[high]:
            assert seats[low] <= seats[high]


@given(weights_and_total, st.integers(1, 3))
def test_apportion_leaves_nobody_below_the_least_while_there_is_enough(
    case: tuple[list[float], int], least: int
) -> None:
    weights, total = case
    seats = apportion(np.array(weights), total, least=least)
    if least * len(weights) <= total:
        assert seats.min() >= least


def test_apportion_ties_go_to_the_lower_index() -> None:
    assert apportion(np.ones(3), 4).tolist() == [2, 1, 1]


def test_apportion_known_case_of_largest_remainders() -> None:
    votes = np.array([47_000, 16_000, 15_800, 12_000, 6_100, 3_100])
    assert apportion(votes, 10).tolist() == [5, 2, 1, 1, 1, 0]


@given(
    st.lists(st.lists(st.floats(0.01, 1.0), min_size=4, max_size=4), min_size=1, max_size=35),
    st.data(),
)
def test_table_keeps_rows_exactly_and_columns_closely(
    shares: list[list[float]], data: st.DataObject
) -> None:
    totals = data.draw(
        st.lists(st.integers(0, 60), min_size=len(shares), max_size=len(shares)), label="totals"
    )
    table = np.array(shares)
    result = apportion_table(table, np.array(totals))
    quotas = table / table.sum(axis=1, keepdims=True) * np.array(totals)[:, None]
    assert (result >= 0).all()
    assert result.sum(axis=1).tolist() == totals
    # Each row by itself could be off by a unit per row; carried remainders keep it to a few.
    assert (np.abs(result.sum(axis=0) - quotas.sum(axis=0)) < 2.0).all()


@given(st.integers(1, 3000))
def test_ranks_are_a_permutation(count: int) -> None:
    assert sorted(spread_ranks(count)) == list(range(count))


@given(st.integers(2, 6000))
def test_every_stretch_of_ranks_holds_about_as_many_large_as_small(count: int) -> None:
    large = spread_ranks(count) >= count // 2
    surplus = np.concatenate([[0.0], np.cumsum(large - 0.5)])
    assert surplus.max() - surplus.min() < 5.0  # grows with log(count); by chance: about 80


def test_heavy_tail_has_the_median_the_index_and_the_cut_it_is_told() -> None:
    sizes = heavy_tail(np.arange(100_001), median=20.0, index=1.06, ratio=20.0)
    assert np.median(sizes) == pytest.approx(20.0, rel=1e-9)
    assert sizes.max() < 400.0
    top = 20.0**-1.06
    tail = np.array([(sizes > x).mean() for x in (30.0, 60.0, 120.0)])
    exact = [((x / 20.0) ** -1.06 - top) / (2.0 - 2.0 * top) for x in (30.0, 60.0, 120.0)]
    assert tail == pytest.approx(exact, abs=1e-4)


# ---------------------------------------------------------------- presets


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_digest(name: str) -> None:
    path = preset_path(name)
    numbers = {k: v for k, v in read_preset(path).items() if k not in ("title", "source")}
    inputs = hashlib.sha256(repr(numbers).encode()).hexdigest()[:12]
    population = build_population(read_preset(path))
    assert {"inputs": inputs, "digest": population.digest()} == GOLDEN[name]


@pytest.mark.parametrize(
    ("name", "size"),
    [("yangtze_delta", 120), ("national", 310), ("framework", 300), ("classroom", 40)],
)
def test_presets_have_their_size_and_distinct_labels(name: str, size: int) -> None:
    population = build_population(preset(name))
    assert population.size == size
    assert len(set(population.labels)) == size
    assert (population.home_field == -1).all()
    assert (population.staff > 0).all()
    assert (counts(population).sum(axis=1) >= 1).all()


@pytest.mark.parametrize("name", GENERATED)
@pytest.mark.parametrize("size", [2, 25, 333, 4_001, 50_000])
def test_size_scales_every_generated_preset(name: str, size: int) -> None:
    population = build_population(preset(name, size=size))
    assert population.size == size
    assert len(set(population.labels)) == size


def test_a_million_organisations() -> None:
    population = build_population(preset("national", size=1_000_000))
    assert population.size == 1_000_000
    assert counts(population).min() > 0


@pytest.mark.parametrize("name", ["yangtze_delta", "national"])
@pytest.mark.parametrize("size", [310, 10_000])
def test_regions_follow_research_staff_of_the_yearbook(name: str, size: int) -> None:
    population = build_population(preset(name, size=size))
    staff = np.array([yearbook()[region]["rd_fte"] for region in population.regions])
    quotas = staff / staff.sum() * size
    found = counts(population).sum(axis=1)
    floors = np.maximum(quotas, 1.0)  # what the smallest provinces get too much, the others lack
    assert (np.abs(found - floors) <= 1.0 + (floors.sum() - size) * staff / staff.sum()).all()


@pytest.mark.parametrize("name", ["yangtze_delta", "national"])
@pytest.mark.parametrize("size", [120, 1000, 100_000])
def test_kinds_follow_money_and_kind_of_research_within_rounding(name: str, size: int) -> None:
    values = preset(name, size=size)
    population = build_population(values)
    found = counts(population)
    expected = np.zeros(len(KINDS))
    for region, total in zip(population.regions, found.sum(axis=1), strict=True):
        row = yearbook()[region]
        odds = values["public_bodies"]["odds"] * (
            row["rd_government_10k_yuan"] / row["rd_enterprise_10k_yuan"]
        )
        public = odds / (1.0 + odds)
        basic = row["rd_fte_basic"] / (row["rd_fte_basic"] + row["rd_fte_applied"])
        lead = values["firms"]["lead_share"]
        quota = total * np.array(
            [(1 - public) * lead, (1 - public) * (1 - lead), public * basic, public * (1 - basic)]
        )
        expected += quota
    assert (np.abs(found.sum(axis=0) - expected) < 1.0).all()


def test_the_odds_of_public_bodies_are_what_their_source_says() -> None:
    book = yearbook()
    money = sum(r["rd_government_10k_yuan"] for r in book.values()) / sum(
        r["rd_enterprise_10k_yuan"] for r in book.values()
    )
    fp7 = (0.0937 + 0.1592) / 0.588  # HES and REC against PRC
    for name in ("yangtze_delta", "national"):
        assert preset(name)["public_bodies"]["odds"] == pytest.approx(fp7 / money, abs=0.005)


def test_shanghai_has_more_universities_per_firm_than_jiangsu() -> None:
    population = build_population(preset("yangtze_delta"))
    table = counts(population)
    public = table[:, UNIVERSITY] + table[:, INSTITUTE]
    shanghai, jiangsu = (population.regions.index(r) for r in ("Shanghai", "Jiangsu"))
    assert public[shanghai] / table[shanghai].sum() > 2 * public[jiangsu] / table[jiangsu].sum()
    assert population.hub == shanghai


@pytest.mark.parametrize("size", [300, 10_000])
def test_framework_has_the_type_shares_of_fp7_without_public_and_other(size: int) -> None:
    table = counts(build_population(preset("framework", size=size))).sum(axis=0)
    rest = 0.0937 + 0.588 + 0.1592
    assert table[UNIVERSITY] == pytest.approx(0.0937 / rest * size, abs=1)
    assert table[INSTITUTE] == pytest.approx(0.1592 / rest * size, abs=1)
    assert table[LEAD_FIRM] + table[SME] == pytest.approx(0.588 / rest * size, abs=1)


@pytest.mark.parametrize("name", ["yangtze_delta", "national"])
def test_state_ownership_is_of_lead_firms_only_and_has_its_share(name: str) -> None:
    values = preset(name, size=2000)
    population = build_population(values)
    owned = population.ownership <= LOCAL_SOE
    assert (population.kind[owned] == LEAD_FIRM).all()
    lead = population.kind == LEAD_FIRM
    for code, setting in enumerate(("central_soe_share", "local_soe_share")):
        share = values["firms"][setting]
        assert (population.ownership == code).sum() == pytest.approx(share * lead.sum(), abs=1)


@pytest.mark.parametrize("name", GENERATED)
def test_staff_by_class_has_its_median_and_a_tail_without_a_giant(name: str) -> None:
    values = preset(name, size=3000)
    population = build_population(values)
    for category in CATEGORIES:
        rows = (population.kind == category.kind) & (population.ownership == category.ownership)
        if rows.sum() > 50:
            median = values["staff"][f"median_{category.size_class}"]
            assert np.median(population.staff[rows]) == pytest.approx(median, rel=0.1)
            assert population.staff[rows].max() <= 20.0 * median
    assert population.staff.max() < 0.05 * population.staff.sum()
    ordered = np.sort(population.staff)[::-1]
    assert ordered[: len(ordered) // 10].sum() > 0.4 * ordered.sum()


def test_regions_differ_in_staff_only_by_their_mix_when_there_are_many() -> None:
    population = build_population(preset("yangtze_delta", size=20_000))
    sme = population.kind == SME
    means = [population.staff[sme & (population.region == r)].mean() for r in range(4)]
    assert max(means) < 1.1 * min(means)


def test_a_setting_changes_the_population() -> None:
    base = preset("yangtze_delta")
    changes: list[dict[str, Any]] = [
        {"size": 121},
        {"regions": ["Shanghai", "Jiangsu", "Zhejiang"]},
        {"hub": "none"},
        {"public_bodies": {"odds": 3.0}},
    ]
    changes += [
        {"firms": base["firms"] | {setting: base["firms"][setting] * 1.5}}
        for setting in base["firms"]
    ]
    changes += [
        {"staff": base["staff"] | {setting: base["staff"][setting] * 1.5}}
        for setting in base["staff"]
    ]
    digests = {build_population(base | change).digest() for change in ({}, *changes)}
    assert len(digests) == len(changes) + 1


def test_the_same_values_give_the_same_population() -> None:
    first, second = (build_population(preset("national", size=777)) for _ in range(2))
    assert first.digest() == second.digest()
    assert first.labels == second.labels


# ---------------------------------------------------------------- settings refused


def refused(values: Any, **kwargs: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        build_population(values, **kwargs)
    return str(caught.value)


DELTA = preset("yangtze_delta")


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"size": 1}, ["population.size = 1", "[2, 2e+06]", "Write 2"]),
        ({"size": 12.5}, ["population.size = 12.5", "a whole number"]),
        ({"sise": 12}, ["population.sise is not a setting", "'size'"]),
        ({"builder": "yearbok"}, ["population.builder = 'yearbok'", "'yearbook'"]),
        ({"hub": "Shanghia"}, ["population.hub = 'Shanghia'", "'Shanghai'"]),
        ({"hub": "Beijing"}, ["population.hub = 'Beijing' is not among the regions"]),
        ({"regions": []}, ["population.regions is empty", "Tibet"]),
        ({"regions": ["Shanghai", "Jiang su"]}, ["'Jiang su' is not in the data", "'Jiangsu'"]),
        ({"regions": ["Shanghai", "Shanghai"]}, ["'Shanghai' stands there twice"]),
        ({"title": {"en": "only"}}, ["population.title", "lacks a language"]),
        ({"firms": {"lead_share": 0.2}}, ["population.firms.central_soe_share is missing"]),
        (
            {"firms": DELTA["firms"] | {"lead_share": 25}},
            ["population.firms.lead_share = 25", "Write 25 % as 0.25"],
        ),
        (
            {"firms": DELTA["firms"] | {"central_soe_share": 0.9}},
            ["population.firms.central_soe_share = 0.9", "more than 1"],
        ),
        (
            {"staff": DELTA["staff"] | {"median_smes": 20}},
            ["population.staff.median_smes", "'median_sme'"],
        ),
        ({"public_bodies": {"odds": -1}}, ["population.public_bodies.odds = -1", "[0, 20]"]),
        ({"staff": 3}, ["population.staff = 3", "is not a group of settings"]),
    ],
)
def test_bad_settings_are_refused_with_what_to_write(
    changes: dict[str, Any], parts: list[str]
) -> None:
    message = refused(DELTA | changes)
    for part in parts:
        assert part in message


@pytest.mark.parametrize("key", ["name", "title", "source", "builder", "firms", "staff", "hub"])
def test_missing_settings_are_named(key: str) -> None:
    message = refused({k: v for k, v in DELTA.items() if k != key})
    assert f"population.{key} is missing" in message


def test_a_list_of_organisations_has_no_size() -> None:
    message = refused(preset("classroom", size=80))
    assert "population.size = 80 cannot be set" in message
    assert "population=yangtze_delta" in message


def test_a_word_is_no_population() -> None:
    assert "population = 'delta' is not a group" in refused("delta")


# ---------------------------------------------------------------- files of organisations

HEADER = "name,kind,ownership,region,staff"
ALPHA = "Alpha,lead_firm,central_soe,North,250"
BETA = "Beta,university,public_body,South,400.5"


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> dict[str, Any]:
    path = folder / "firms.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return preset("csv", file=str(path))


def test_a_file_is_read(tmp_path: Path) -> None:
    population = build_population(write(tmp_path, HEADER, ALPHA, BETA, ",,,,", ""))
    assert population.name == "csv"
    assert population.labels == ("Alpha", "Beta")
    assert population.regions == ("North", "South")
    assert population.kind.tolist() == [LEAD_FIRM, UNIVERSITY]
    assert [OWNERSHIPS[code] for code in population.ownership] == ["central_soe", "public_body"]
    assert population.staff.tolist() == [250.0, 400.5]
    assert population.home_field.tolist() == [-1, -1]
    assert population.hub == -1


def test_optional_columns_in_any_order(tmp_path: Path) -> None:
    population = build_population(
        write(
            tmp_path,
            "hub,home_field,staff,region,ownership,kind,name,name_zh",
            "no,7,0,North,private,SME,Alpha,甲公司",
            "Yes,,20,South,private,institute,Beta,",
        )
    )
    assert population.home_field.tolist() == [7, -1]
    assert population.hub == 1
    assert population.staff.tolist() == [0.0, 20.0]
    assert [label_in(label, "zh") for label in population.labels] == ["甲公司", "Beta"]
    assert [label_in(label, "en") for label in population.labels] == ["Alpha", "Beta"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_text_in_the_usual_encodings(tmp_path: Path, encoding: str) -> None:
    rows = ("云台软件,sme,private,浙江,20", "湖滨大学,university,public_body,江苏,400")
    population = build_population(write(tmp_path, HEADER, *rows, encoding=encoding))
    assert population.labels == ("云台软件", "湖滨大学")
    assert population.regions == ("浙江", "江苏")


def test_a_relative_path_starts_at_where(tmp_path: Path) -> None:
    write(tmp_path, HEADER, ALPHA, BETA)
    assert build_population(preset("csv", file="firms.csv"), where=tmp_path).size == 2


@pytest.mark.parametrize(
    ("lines", "parts"),
    [
        ([], ["is empty", HEADER]),
        (["", " "], ["is empty"]),
        ([HEADER], ["has 0 organisations", "at least 2"]),
        ([HEADER, ALPHA], ["has 1 organisations"]),
        (
            ["name,kind,region,staff", ALPHA],
            ["row 1", "column 'ownership' is missing", "optional are"],
        ),
        ([HEADER + ",size", ALPHA], ["row 1", "column 'size' is not known"]),
        ([HEADER + ",home_feild", ALPHA], ["'home_feild'", "Did you mean 'home_field'?"]),
        ([HEADER + ",staff", ALPHA], ["row 1", "column 'staff' stands there twice"]),
        ([HEADER.replace(",", ";"), ALPHA], ["not separated by commas"]),
        ([HEADER, ALPHA, "Alpha,sme,private,South,3"], ["row 3, column 'name': 'Alpha'", "row 2"]),
        ([HEADER, ALPHA, ",sme,private,South,3"], ["row 3, column 'name'", "is empty"]),
        ([HEADER, ALPHA, "B,sme,private,,3"], ["row 3, column 'region'", "is empty"]),
        (
            [HEADER, ALPHA, "B,univercity,public_body,S,3"],
            ["row 3, column 'kind': 'univercity'", "Did you mean 'university'?", "lead_firm, sme"],
        ),
        (
            [HEADER, ALPHA, "B,sme,privat,S,3"],
            ["row 3, column 'ownership': 'privat'", "Did you mean 'private'?", "public_body"],
        ),
        (
            [HEADER, ALPHA, "B,sme,public_body,S,3"],
            ["row 3, column 'ownership': 'public_body'", "does not go with kind sme"],
        ),
        (
            [HEADER, ALPHA, "B,sme,private,S,many"],
            ["row 3, column 'staff': 'many' is not a number"],
        ),
        ([HEADER, ALPHA, "B,sme,private,S,"], ["row 3, column 'staff': '' is not a number"]),
        (
            [HEADER, ALPHA, "B,sme,private,S,-3"],
            ["row 3, column 'staff': '-3'", "from 0 to 1000000"],
        ),
        ([HEADER, ALPHA, "B,sme,private,S,nan"], ["column 'staff': 'nan' is not a finite number"]),
        ([HEADER, ALPHA, "B,sme,private,S,1e9"], ["column 'staff': '1e9' is out of range"]),
        ([HEADER, ALPHA, 'B,sme,private,S,"1,200"'], ["'1,200' is not a number", "thousands"]),
        ([HEADER, ALPHA, "B,sme,private,S,1,200"], ["row 3: 6 cells where the header has 5"]),
        ([HEADER, ALPHA, "B,sme"], ["row 3: 2 cells where the header has 5"]),
        ([HEADER, ALPHA, '"B,sme,private,S,3'], ["not a well-formed CSV line", "quotation mark"]),
        (
            [HEADER + ",home_field", ALPHA + ",1.5", BETA + ",0"],
            ["row 2, column 'home_field': '1.5'", "a whole number from 0 to 63"],
        ),
        ([HEADER + ",home_field", ALPHA + ",ai", BETA + ",0"], ["'ai' is not a number"]),
        ([HEADER + ",home_field", ALPHA + ",-1", BETA + ",0"], ["'-1' is out of range"]),
        (
            [HEADER + ",hub", ALPHA + ",maybe", BETA + ","],
            ["row 2, column 'hub': 'maybe'", "yes, no"],
        ),
        (
            [HEADER + ",hub", ALPHA + ",yes", BETA + ",yes"],
            ["row 3, column 'hub'", "'South' a second"],
        ),
    ],
)
def test_bad_files_are_refused_with_row_and_column(
    tmp_path: Path, lines: list[str], parts: list[str]
) -> None:
    message = refused(write(tmp_path, *lines))
    assert "firms.csv" in message
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("name,kind\n".encode("utf-16"), "neither UTF-8 nor GB 18030"),
        ("name,kind\n".encode("utf-16-le"), "neither UTF-8 nor GB 18030"),
        (b"PK\x03\x04rest", "is an Excel workbook"),
    ],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, content: bytes, part: str) -> None:
    path = tmp_path / "firms.csv"
    path.write_bytes(content)
    assert part in refused(preset("csv", file=str(path)))


def test_a_file_that_is_not_there_or_not_given(tmp_path: Path) -> None:
    missing = tmp_path / "none.csv"
    assert f"population.file = {missing} cannot be read" in refused(
        preset("csv", file=str(missing))
    )
    assert f"population.file = {tmp_path} cannot be read" in refused(
        preset("csv", file=str(tmp_path))
    )
    assert "population.file is not given" in refused(preset("csv"))


# ---------------------------------------------------------------- lists and descriptions


def test_every_shipped_population_is_listed_in_two_languages() -> None:
    entries = {entry.name: entry for entry in list_populations()}
    assert set(entries) == {"classroom", "csv", *GENERATED}
    for name, entry in entries.items():
        assert preset(name)["name"] == name
        assert entry.title["en"] != entry.title["zh"]
        assert entry.source


def test_a_users_folder_adds_and_replaces(tmp_path: Path) -> None:
    (tmp_path / "population").mkdir()
    title = "title: {en: Mine, zh: 我的}\nsource: me\n"
    for name in ("mine", "national"):
        (tmp_path / "population" / f"{name}.yaml").write_text(title, encoding="utf-8")
    entries = {entry.name: entry for entry in list_populations([tmp_path])}
    assert entries["mine"].title == {"en": "Mine", "zh": "我的"}
    assert entries["national"].source == "me"
    assert entries["yangtze_delta"].title["zh"].startswith("长三角")


def test_a_broken_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "population").mkdir()
    path = tmp_path / "population" / "mine.yaml"
    for content in ("a: [", "just words"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError, match=r"mine\.yaml"):
            list_populations([tmp_path])


def test_description_counts_what_was_built() -> None:
    values = preset("yangtze_delta")
    population = build_population(values)
    text = describe_population(values, "en")
    total = next(line for line in text.splitlines() if line.startswith("| all "))
    cells = [cell.strip() for cell in total.strip("|").split("|")]
    assert cells[-2:] == ["120", f"{population.staff.sum():.0f}"]
    assert sum(int(cell) for cell in cells[1:-2]) == 120
    assert "Hub region: Shanghai" in text
    assert values["source"] in text


def test_description_in_chinese_and_in_no_other_language() -> None:
    text = describe_population(preset("classroom"), "zh")
    assert "| 合计 |" in text
    assert "中心地区: 上海" in text
    with pytest.raises(ConfigError, match="lang = 'fr' is not known"):
        describe_population(preset("classroom"), "fr")


def test_organisations_outside_the_categories_are_counted_as_other(tmp_path: Path) -> None:
    state_sme = "Gamma,sme,local_soe,North,9"
    text = describe_population(write(tmp_path, HEADER, ALPHA, state_sme), "en")
    assert "| all | 1 | 0 | 0 | 0 | 0 | 0 | 1 | 2 | 259 |" in text


def test_classroom_names_are_in_both_languages() -> None:
    for label in build_population(preset("classroom")).labels:
        assert label_in(label, "en").isascii()
        assert not label_in(label, "zh").isascii()


def test_region_titles() -> None:
    assert region_title("Jiangsu", "zh") == "江苏"
    assert region_title("Germany", "zh") == "德国"
    assert region_title("Jiangsu", "en") == "Jiangsu"
    assert region_title("Atlantis", "zh") == "Atlantis"


def test_every_number_says_where_it_comes_from() -> None:
    for section in (
        populations.Extent,
        populations.Firms,
        populations.PublicBodies,
        populations.StaffSizes,
    ):
        for name, spec in section.parameters().items():
            assert spec.source, name
            assert spec.meaning, name


@pytest.mark.parametrize("name", ["yangtze_delta", "national", "framework", "classroom"])
def test_the_page_shows_the_populations_as_they_are(name: str) -> None:
    page = (ROOT / "docs" / "model" / "populations.md").read_text(encoding="utf-8")
    table = "\n".join(
        line
        for line in describe_population(preset(name), "en").splitlines()
        if line.startswith("|")
    )
    assert table in page, f"docs/model/populations.md, {name}: put this table there\n{table}"
