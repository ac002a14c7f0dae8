"""Populations: who is there at the start, built from yearbook figures, programme data or a file.

The numbers stand in ``configs/population/*.yaml``, the data in ``experiments/data/``, and what
the mapping from one to the other assumes in ``docs/model/populations.md``. Nothing here draws at
random: counts come from largest remainders, staff from the quantiles of a distribution.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from agents.kinds import (
    CENTRAL_SOE,
    INSTITUTE,
    LEAD_FIRM,
    LOCAL_SOE,
    PRIVATE,
    PUBLIC_BODY,
    SME,
    UNIVERSITY,
)
from agents.settings import ConfigError, Settings, nearest, parameter
from experiments.apportionment import apportion, apportion_table, heavy_tail, spread_ranks
from experiments.organisation_file import LABEL_SEPARATOR, read_organisations
from simulation.population import Population

DATA = Path(__file__).parent / "data"
NO_HUB = "none"
HEADER = ("name", "title", "source", "builder")


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of organisation with its ownership, and the class of sizes it belongs to."""

    kind: int
    ownership: int
    size_class: str
    en: str
    zh: str


# Lead firms by owner, then the other kinds in the order of agents.kinds.KINDS.
CATEGORIES = (
    Category(LEAD_FIRM, CENTRAL_SOE, "soe", "central SOE", "中央企业"),
    Category(LEAD_FIRM, LOCAL_SOE, "soe", "local SOE", "地方国企"),
    Category(LEAD_FIRM, PRIVATE, "lead_firm", "private lead firm", "民营龙头企业"),
    Category(SME, PRIVATE, "sme", "private SME", "民营中小企业"),
    Category(UNIVERSITY, PUBLIC_BODY, "university", "university", "高校"),
    Category(INSTITUTE, PUBLIC_BODY, "institute", "institute", "科研院所"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent(Settings):
    """How many organisations, and where."""

    SECTION: ClassVar[str] = "population"

    size: int = parameter(
        unit="organisations",
        low=2,
        high=2_000_000,
        meaning="organisations at the start",
        source="assumption: 120 in the Delta, 10 per province, 300 in Europe; scale at will",
    )
    regions: tuple[str, ...] = parameter(
        unit="names",
        meaning="regions, as they are named in the data file",
        source="seed document (Shanghai, Jiangsu, Zhejiang, Anhui); yearbook; CORDIS",
    )
    hub: str = parameter(
        unit="name of a region, or none",
        meaning="region around which the others are organised",
        source="seed document: Shanghai leads the Delta; elsewhere none",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Firms(Settings):
    """How firms divide into lead firms, SMEs and state-owned ones."""

    SECTION: ClassVar[str] = "population.firms"

    lead_share: float = parameter(
        unit="share of firms",
        low=0,
        high=1,
        meaning="lead (backbone) firms; the others are private SMEs",
        source="assumption: .25; no yearbook figure tells who leads",
    )
    central_soe_share: float = parameter(
        unit="share of lead firms",
        low=0,
        high=1,
        meaning="lead firms owned by the central state",
        source="assumption: .2 in China, 0 in Europe",
    )
    local_soe_share: float = parameter(
        unit="share of lead firms",
        low=0,
        high=1,
        meaning="lead firms owned by a province or city",
        source="assumption: .2 in China, 0 in Europe",
    )

    def check(self) -> None:
        """State-owned firms cannot be more than all lead firms."""
        if self.central_soe_share + self.local_soe_share > 1.0:
            raise ConfigError(
                f"population.firms.central_soe_share = {self.central_soe_share:g} and "
                f"population.firms.local_soe_share = {self.local_soe_share:g} add up to more than "
                f"1. Write two shares of lead firms whose sum is 1 at most."
            )

    def sizes(self) -> np.ndarray:
        """Shares of lead firms and SMEs among firms, shape (2,)."""
        return np.array([self.lead_share, 1.0 - self.lead_share])

    def owners(self) -> np.ndarray:
        """Shares of central, local and private ownership among lead firms, shape (3,)."""
        central, local = self.central_soe_share, self.local_soe_share
        return np.array([central, local, max(0.0, 1.0 - central - local)])


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicBodies(Settings):
    """How yearbook money turns into numbers of universities and institutes."""

    SECTION: ClassVar[str] = "population.public_bodies"

    odds: float = parameter(
        unit="ratio of odds",
        low=0,
        high=20,
        meaning="odds of universities and institutes among organisations, over the odds of "
        "government among government and enterprise R&D money in the region",
        source="1.63: odds among FP7 organisations (.301/.699) over national odds of 2018 "
        "(.209/.791); that it holds in every province is an assumption",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSizes(Settings):
    """Distribution of research staff: truncated Pareto, one median per class of size."""

    SECTION: ClassVar[str] = "population.staff"

    index: float = parameter(
        unit="exponent",
        low=0.5,
        high=5,
        meaning="tail index of staff within a class",
        source="Axtell 2001 (Science 293): 1.06 for employees of US firms; same for research "
        "staff and other organisations by assumption",
    )
    largest: float = parameter(
        unit="times the median",
        low=1.1,
        high=1000,
        meaning="where the distribution of a class is cut off",
        source="assumption: 20, so that no single organisation holds most of the staff",
    )
    median_soe: float = parameter(
        unit="full-time equivalents",
        low=0.1,
        high=100_000,
        meaning="median research staff of a state-owned lead firm",
        source="assumption: 400",
    )
    median_lead_firm: float = parameter(
        unit="full-time equivalents",
        low=0.1,
        high=100_000,
        meaning="median research staff of a private lead firm",
        source="assumption: 250",
    )
    median_sme: float = parameter(
        unit="full-time equivalents",
        low=0.1,
        high=100_000,
        meaning="median research staff of an SME",
        source="assumption: 20, of whom 3 are free for joint work",
    )
    median_university: float = parameter(
        unit="full-time equivalents",
        low=0.1,
        high=100_000,
        meaning="median research staff of a university",
        source="assumption: 400",
    )
    median_institute: float = parameter(
        unit="full-time equivalents",
        low=0.1,
        high=100_000,
        meaning="median research staff of an institute",
        source="assumption: 150",
    )

    def medians(self) -> dict[str, float]:
        """Median staff by class of size."""
        return {
            category.size_class: getattr(self, f"median_{category.size_class}")
            for category in CATEGORIES
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Settings):
    """A population that stands in a file."""

    SECTION: ClassVar[str] = "population"

    file: str = parameter(
        unit="path",
        meaning="CSV file of organisations",
        source="the user; for classroom a file of invented organisations",
    )


@dataclass(frozen=True, slots=True)
class PopulationEntry:
    """What a list of populations shows. ``title`` is by language (en, zh)."""

    name: str
    title: dict[str, str]
    source: str


def build_population(values: Mapping[str, Any], *, where: Path | None = None) -> Population:
    """Build the population that a configuration describes.

    Parameters
    ----------
    values: the resolved ``population`` node, as one file of ``configs/population`` gives it.
    where: folder at which a relative ``population.file`` starts; by default the current one.

    Raises
    ------
    ConfigError: a setting or a cell of the file is unknown, missing or not allowed.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(
            f"population = {values!r} is not a group of settings. Write population=NAME with the "
            f"name of a population; 'consortia populations' lists them."
        )
    build, settings = _builder(values)
    return build(values, settings, where)


def list_populations(config_dirs: Sequence[Path] = ()) -> tuple[PopulationEntry, ...]:
    """The shipped populations and those of the user's folders, by name."""
    files: dict[str, Path] = {}
    for folder in (Path(__file__).parent.parent / "configs", *config_dirs):
        files |= {path.stem: path for path in sorted((folder / "population").glob("*.yaml"))}
    return tuple(_entry(name, files[name]) for name in sorted(files))


def read_preset(path: Path) -> dict[str, Any]:
    """Plain values of one population file, without composing Hydra's defaults.

    Raises
    ------
    ConfigError: the file is no YAML mapping.
    """
    import yaml  # only when populations are listed

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} holds no settings. Start from a copy of csv.yaml.")
    return values


def describe_population(values: Mapping[str, Any], lang: str, *, where: Path | None = None) -> str:
    """Counts by region, kind and ownership, total staff and source, as a Markdown text.

    Parameters
    ----------
    values, where: as for :func:`build_population`.
    lang: ``en`` or ``zh``.
    """
    words = _WORDS.get(lang)
    if words is None:
        raise ConfigError(f"lang = {lang!r} is not known. {nearest(str(lang), _WORDS)}")
    population = build_population(values, where=where)
    return "\n".join(
        [
            f"{values['name']}: {values['title'][lang]}",
            "",
            *_count_table(population, words, lang),
            "",
            f"{words['hub']}: {_hub_title(population, words, lang)}",
            f"{words['source']}: {values['source']}",
        ]
    )


def label_in(label: str, lang: str) -> str:
    """The name in ``lang`` (en or zh) out of an organisation's label.

    A label without a second name is returned as it is.
    """
    first, _, second = label.partition(LABEL_SEPARATOR)
    return second if lang == "zh" and second else first


def region_title(region: str, lang: str) -> str:
    """Name of a region in ``lang``; a region that the data files do not know keeps its name."""
    return _chinese_names().get(region, region) if lang == "zh" else region


# ---------------------------------------------------------------- builders


def _from_yearbook(
    values: Mapping[str, Any], settings: Mapping[str, Any], where: Path | None
) -> Population:
    """Organisations in proportion to research staff; types from kind and funding of R&D."""
    del where
    extent = Extent.from_mapping(settings)
    table = _select(_read_table("provinces_2018.csv"), extent)
    firms = Firms.from_mapping(values["firms"])
    shares = yearbook_shares(table, firms, PublicBodies.from_mapping(values["public_bodies"]))
    counts = apportion(_numbers(table, "rd_fte"), extent.size, least=1)
    return _generate(values, extent, _category_counts(shares, firms, counts))


def _from_programme(
    values: Mapping[str, Any], settings: Mapping[str, Any], where: Path | None
) -> Population:
    """Organisations as in FP7: counts by country, the same shares of types everywhere."""
    del where
    extent = Extent.from_mapping(settings)
    table = _select(_read_table("fp7_countries.csv"), extent)
    firms = Firms.from_mapping(values["firms"])
    counts = apportion(_numbers(table, "organisations"), extent.size, least=1)
    shares = np.tile(programme_shares(firms), (len(counts), 1))
    return _generate(values, extent, _category_counts(shares, firms, counts))


def _from_file(
    values: Mapping[str, Any], settings: Mapping[str, Any], where: Path | None
) -> Population:
    listed = Listed.from_mapping(settings)
    if not listed.file.strip():
        raise ConfigError(
            "population.file is not given. Write population.file=PATH with the path of a CSV file "
            "of organisations (columns: name, kind, ownership, region, staff)."
        )
    return read_organisations((where or Path()) / listed.file, values["name"])


def _from_class_list(
    values: Mapping[str, Any], settings: Mapping[str, Any], where: Path | None
) -> Population:
    del where
    return read_organisations(DATA / Listed.from_mapping(settings).file, values["name"])


def yearbook_shares(
    table: Mapping[str, Sequence[str]], firms: Firms, public_bodies: PublicBodies
) -> np.ndarray:
    """Shares of the four kinds by region from yearbook figures; the mapping is an assumption.

    Government money against enterprise money says how many organisations are universities or
    institutes rather than firms; basic against applied research says how many of those are
    universities.

    Returns
    -------
    Shape (regions, 4), rows sum to 1, columns as :data:`agents.kinds.KINDS`.
    """
    government = _numbers(table, "rd_government_10k_yuan") * public_bodies.odds
    public = government / (government + _numbers(table, "rd_enterprise_10k_yuan"))
    basic, applied = _numbers(table, "rd_fte_basic"), _numbers(table, "rd_fte_applied")
    university = basic / (basic + applied)
    return np.column_stack(
        [
            np.outer(1.0 - public, firms.sizes()),
            public * university,
            public * (1.0 - university),
        ]
    )


def programme_shares(firms: Firms) -> np.ndarray:
    """Shares of the four kinds, shape (4,), from FP7 organisations.

    HES are universities, REC institutes, PRC firms; PUB and OTH are left out and the rest made
    to sum to 1.
    """
    table = _read_table("fp7_organisation_types.csv")
    share = dict(zip(table["type"], _numbers(table, "share"), strict=True))
    parts = np.append(firms.sizes() * share["PRC"], [share["HES"], share["REC"]])
    shares: np.ndarray = parts / parts.sum()
    return shares


def _category_counts(shares: np.ndarray, firms: Firms, counts: np.ndarray) -> np.ndarray:
    """Organisations by region and category, shape (regions, 6).

    Kinds first and owners of the lead firms second: in one go, the many small shares of lead
    firms would all be rounded away in a region of a dozen organisations.
    """
    kinds = apportion_table(shares, counts)
    lead_firms = kinds[:, LEAD_FIRM]
    owners = apportion_table(np.tile(firms.owners(), (len(counts), 1)), lead_firms)
    return np.column_stack([owners, kinds[:, SME:]])


def _generate(values: Mapping[str, Any], extent: Extent, table: np.ndarray) -> Population:
    """Organisations in order of region and category from a table of counts (regions, 6)."""
    sizes = StaffSizes.from_mapping(values["staff"])
    cell = np.repeat(np.arange(table.size), table.ravel())
    region, category = np.divmod(cell, len(CATEGORIES))
    return Population(
        name=values["name"],
        kind=np.array([c.kind for c in CATEGORIES])[category],
        ownership=np.array([c.ownership for c in CATEGORIES])[category],
        region=region,
        staff=_staff(category, sizes),
        home_field=np.full(len(cell), -1, dtype=np.int64),
        labels=_labels(extent.regions, table),
        regions=extent.regions,
        hub=-1 if extent.hub == NO_HUB else extent.regions.index(extent.hub),
    )


def _staff(category: np.ndarray, sizes: StaffSizes) -> np.ndarray:
    """Full-time equivalents, shape (n,), to a tenth (the last bits of a power differ by machine)."""
    staff = np.zeros(len(category))
    classes = np.array([c.size_class for c in CATEGORIES])
    for size_class, median in sizes.medians().items():
        rows = np.flatnonzero((classes == size_class)[category])
        ranks = spread_ranks(len(rows))
        tail = heavy_tail(ranks, median=median, index=sizes.index, ratio=sizes.largest)
        staff[rows] = np.round(tail, 1)
    return staff


def _labels(regions: Sequence[str], table: np.ndarray) -> tuple[str, ...]:
    labels: list[str] = []
    for region, counts in zip(regions, table, strict=True):
        region_zh = region_title(region, "zh")
        for category, count in zip(CATEGORIES, counts, strict=True):
            en, zh = f"{region} {category.en}", f"{region_zh}{category.zh}"
            labels += [f"{en} {i}{LABEL_SEPARATOR}{zh}{i}" for i in range(1, count + 1)]
    return tuple(labels)


_Build = Callable[[Mapping[str, Any], Mapping[str, Any], Path | None], Population]

# builder: how it builds, the groups of settings it has, the settings outside groups
_BUILDERS: dict[str, tuple[_Build, tuple[str, ...], type[Settings]]] = {
    "yearbook": (_from_yearbook, ("firms", "public_bodies", "staff"), Extent),
    "programme": (_from_programme, ("firms", "staff"), Extent),
    "file": (_from_file, (), Listed),
    "class_list": (_from_class_list, (), Listed),
}


def _builder(values: Mapping[str, Any]) -> tuple[_Build, dict[str, Any]]:
    """The function that builds ``values``, and the settings outside groups."""
    for key in HEADER:
        if key not in values:
            raise ConfigError(
                f"population.{key} is missing. A population file starts with "
                f"{', '.join(HEADER)}; 'consortia populations' lists complete ones."
            )
    name = values["builder"]
    if name not in _BUILDERS:
        raise ConfigError(
            f"population.builder = {name!r} is not known. {nearest(str(name), _BUILDERS)}"
        )
    build, groups, plain = _BUILDERS[name]
    known = (*HEADER, *plain.parameters(), *groups)
    if "size" in values and "size" not in known:
        raise ConfigError(
            f"population.size = {values['size']!r} cannot be set: population "
            f"'{values['name']}' is a list of organisations. Leave the size out, or take a "
            f"population that can be scaled, such as population=yangtze_delta."
        )
    for key in values:
        if key not in known:
            raise ConfigError(f"population.{key} is not a setting. {nearest(str(key), known)}")
    for group in groups:
        if group not in values:
            raise ConfigError(f"population.{group} is missing; it is a group of settings.")
    _check_title(values["title"])
    return build, {key: values[key] for key in plain.parameters() if key in values}


def _check_title(title: Any) -> None:
    if not isinstance(title, Mapping) or any(not title.get(lang) for lang in _WORDS):
        raise ConfigError(
            f"population.title = {title!r} lacks a language. Write population.title as "
            f"{{en: English title, zh: 中文标题}}."
        )


# ---------------------------------------------------------------- data files


def _read_table(name: str) -> dict[str, list[str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return {column: [row[column] for row in rows] for column in rows[0]}


def _numbers(table: Mapping[str, Sequence[str]], column: str) -> np.ndarray:
    return np.array(table[column], dtype=np.float64)


def _select(table: Mapping[str, Sequence[str]], extent: Extent) -> dict[str, list[str]]:
    """The rows of the chosen regions, in the order of the setting."""
    known = list(table["region"])
    if not extent.regions:
        raise ConfigError(f"population.regions is empty. Choose from: {', '.join(known)}.")
    for region in extent.regions:
        if region not in known:
            raise ConfigError(
                f"population.regions: {region!r} is not in the data. {nearest(str(region), known)}"
            )
        if extent.regions.count(region) > 1:
            raise ConfigError(f"population.regions: '{region}' stands there twice. Keep one.")
    if extent.hub not in (NO_HUB, *extent.regions):
        raise ConfigError(
            f"population.hub = {extent.hub!r} is not among the regions. "
            f"{nearest(extent.hub, (NO_HUB, *extent.regions))}"
        )
    rows = [known.index(region) for region in extent.regions]
    return {column: [cells[row] for row in rows] for column, cells in table.items()}


@functools.cache
def _chinese_names() -> dict[str, str]:
    names: dict[str, str] = {}
    for file in ("provinces_2018.csv", "fp7_countries.csv"):
        table = _read_table(file)
        names |= dict(zip(table["region"], table["region_zh"], strict=True))
    return names


# ---------------------------------------------------------------- description

_WORDS = {
    "en": {
        "region": "region", "all": "all", "total": "organisations", "staff": "staff (FTE)",
        "other": "other", "hub": "Hub region", "none": "none", "source": "Source",
    },
    "zh": {
        "region": "地区", "all": "合计", "total": "机构数", "staff": "科研人员(全时当量)",
        "other": "其他", "hub": "中心地区", "none": "无", "source": "来源",
    },
}  # fmt: skip


def _entry(name: str, path: Path) -> PopulationEntry:
    values = read_preset(path)
    title = values.get("title")
    return PopulationEntry(
        name=name,
        title=dict(title) if isinstance(title, dict) else dict.fromkeys(_WORDS, name),
        source=str(values.get("source", "")),
    )


def _count_table(population: Population, words: Mapping[str, str], lang: str) -> list[str]:
    """Markdown lines: one row per region and one for all."""
    titles = [category.zh if lang == "zh" else category.en for category in CATEGORIES]
    heads = [words["region"], *titles, words["other"], words["total"], words["staff"]]
    lines = [f"| {' | '.join(heads)} |", "|---" + "|---:" * (len(heads) - 1) + "|"]
    for index, region in enumerate(population.regions):
        title = region_title(region, lang)
        lines.append(_count_row(title, population, population.region == index))
    lines.append(_count_row(words["all"], population, np.ones(population.size, dtype=bool)))
    return lines


def _count_row(title: str, population: Population, rows: np.ndarray) -> str:
    counts = [
        int(np.sum(rows & (population.kind == c.kind) & (population.ownership == c.ownership)))
        for c in CATEGORIES
    ]
    total = int(rows.sum())
    cells = [*counts, total - sum(counts), total, f"{population.staff[rows].sum():.0f}"]
    return f"| {title} | {' | '.join(str(cell) for cell in cells)} |"


def _hub_title(population: Population, words: Mapping[str, str], lang: str) -> str:
    if population.hub < 0:
        return words["none"]
    return region_title(population.regions[population.hub], lang)
