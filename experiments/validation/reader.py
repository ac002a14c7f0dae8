"""Reads a programme from tables as CORDIS publishes them.

``organization.csv`` with one row per project and organisation, and beside it, if there is one,
``project.csv`` with dates. Both may be compressed (``.csv.gz``); columns are separated by
semicolon or comma. Columns that are not named here are left alone.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np

from agents.settings import ConfigError
from experiments.validation.network import TYPES, UNKNOWN, Network

DATA = Path(__file__).resolve().parent.parent / "data"
ORGANISATIONS = ("organization", "organisation", "organizations", "participants")
PROJECTS = ("project", "projects")

# CORDIS's names first, then variants; case, spaces and underscores do not matter.
PARTICIPATION_COLUMNS = {
    "project": ("projectID", "project_rcn", "projectRcn", "grantNumber"),
    "organisation": ("organisationID", "organizationID", "id", "pic", "orgID"),
    "type": ("activityType", "legalEntityType", "legalEntityTypeCode", "type"),
    "country": ("country", "countryCode"),
    "role": ("role", "partnerRole", "projectRole"),
}
PROJECT_COLUMNS = {
    "project": ("id", "projectID", "rcn", "grantNumber"),
    "start": ("startDate", "start"),
    "end": ("endDate", "end"),
}
NEEDED = {"participations": ("project", "organisation"), "projects": ("project", "start")}
CODES = {"PRC": "firm", "HES": "university", "REC": "institute"}
DROPPED = ("PUB", "OTH")  # public bodies and others: no agent of the model stands for them
COORDINATOR = "coordinator"
DATES = ("%Y-%m-%d", "%d/%m/%Y", "%Y/%m/%d", "%d.%m.%Y", "%Y-%m-%d %H:%M:%S")
DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True, eq=False)
class Programme:
    """A real programme.

    Attributes
    ----------
    name: of its folder.
    network: in order of starting dates where all are known, else of the table.
    dated: whether all projects have a starting date.
    counts: what was read and what was dropped, by name.
    """

    name: str
    network: Network
    dated: bool
    counts: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Table:
    """A table as text: its file, names of columns as we call them, and rows by line number."""

    file: Path
    columns: Mapping[str, str]
    rows: list[tuple[int, dict[str, str]]]

    def cell(self, line: int, column: str, text: str, told: str) -> ConfigError:
        """The error of one cell."""
        return ConfigError(
            f"{self.file}, row {line}, column {self.columns[column]}: {text!r} {told}"
        )


def read_programme(name: str) -> Programme:
    """A programme that comes with the product, by name, or the user's, by folder or file.

    Raises
    ------
    ConfigError: no such data, or something in it that cannot be read; names file, row and column.
    """
    organisations, projects = _files(name)
    table = _read(organisations, PARTICIPATION_COLUMNS, NEEDED["participations"])
    if not table.rows:
        raise ConfigError(f"{organisations} has no rows below its heading: the network is empty.")
    _refuse_twice(table)
    dates = _dates(_read(projects, PROJECT_COLUMNS, NEEDED["projects"])) if projects else {}
    return _programme(organisations.parent.name, table, dates)


def _files(name: str) -> tuple[Path, Path | None]:
    """The tables of participations and, if there is one, of projects."""
    shipped = DATA / name
    folder = Path(name).expanduser()
    if not folder.exists() and shipped.is_dir() and "/" not in name:
        folder = shipped
    if folder.is_file():
        return folder, _first(folder.parent, PROJECTS)
    if not folder.is_dir():
        known = ", ".join(sorted({one.parent.name for one in DATA.glob("*/organization.csv.gz")}))
        raise ConfigError(
            f"data = {name} is not there. Write a folder with organization.csv and, if there is one, "
            f"project.csv, or one of the programmes that come with this: {known}."
        )
    found = _first(folder, ORGANISATIONS)
    if found is None:
        raise ConfigError(f"data = {name} holds no organization.csv (or organization.csv.gz).")
    return found, _first(folder, PROJECTS)


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    candidates = (folder / f"{name}{end}" for name in names for end in (".csv", ".csv.gz"))
    return next((path for path in candidates if path.is_file()), None)


def _read(file: Path, known: Mapping[str, Sequence[str]], needed: Sequence[str]) -> _Table:
    """Rows of a table with the columns we know, under our names for them."""
    try:
        raw = file.read_bytes()
        text = (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read as text in UTF-8: {error}.") from error
    head = text.partition("\n")[0]
    separator = ";" if head.count(";") >= head.count(",") else ","
    csv.field_size_limit(2**24)  # geometry and text of objectives are long in some tables
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    heading = next(lines, [])
    places = _places(file, heading, known, needed)
    rows = []
    for cells in lines:
        if not cells:
            continue
        if len(cells) != len(heading):
            raise ConfigError(
                f"{file}, row {lines.line_num}: {len(cells)} cells under {len(heading)} columns. "
                f"Look for a '{separator}' in a text without quotation marks."
            )
        row = {column: cells[place].strip() for column, place in places.items()}
        rows.append((lines.line_num, row))
    return _Table(file, {column: heading[place] for column, place in places.items()}, rows)


def _places(
    file: Path, heading: Sequence[str], known: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> dict[str, int]:
    plain = [_plain(name) for name in heading]
    places = {}
    for column, names in known.items():
        found = [plain.index(_plain(name)) for name in names if _plain(name) in plain]
        if found:
            places[column] = found[0]
        elif column in needed:
            raise ConfigError(
                f"{file} has no column {names[0]} (nor {', '.join(names[1:])}). Its columns are "
                f"{', '.join(heading) or 'none'}."
            )
    return places


def _plain(name: str) -> str:
    return name.strip().replace("_", "").replace(" ", "").casefold()


def _refuse_twice(table: _Table) -> None:
    """Nobody may be in a project twice, and nothing that names them may be empty."""
    seen: dict[tuple[str, str], int] = {}
    for line, row in table.rows:
        for column in NEEDED["participations"]:
            if not row[column]:
                raise table.cell(line, column, "", "is empty. Every row needs one.")
        key = (row["project"], row["organisation"])
        if key in seen:
            told = (
                f"is in project {row['project']} a second time; the first is row {seen[key]}. "
                f"Keep one row of each organisation in a project."
            )
            raise table.cell(line, "organisation", row["organisation"], told)
        seen[key] = line


def _dates(table: _Table) -> dict[str, tuple[date, date | None]]:
    """Start and end of each project that has a start."""
    found: dict[str, tuple[date, date | None]] = {}
    for line, row in table.rows:
        if row["project"] in found:
            raise table.cell(line, "project", row["project"], "stands there twice. Keep one row.")
        start = _date(table, line, "start", row["start"])
        end = _date(table, line, "end", row.get("end", ""))
        if start is None:
            continue
        if end is not None and end < start:
            raise table.cell(line, "end", row["end"], f"is before the start, {row['start']}.")
        found[row["project"]] = (start, end)
    return found


def _date(table: _Table, line: int, column: str, text: str) -> date | None:
    if not text:
        return None
    for form in DATES:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise table.cell(line, column, text, "is not a date. Write it as 2014-01-31.")


def _programme(
    name: str, table: _Table, dates: Mapping[str, tuple[date, date | None]]
) -> Programme:
    rows = list(table.rows)
    projects = list(dict.fromkeys(row["project"] for _, row in rows))
    dated = all(project in dates for project in projects)
    if dated:
        projects.sort(key=lambda project: dates[project][0])
    number = {project: place for place, project in enumerate(projects)}
    rows.sort(key=lambda numbered: number[numbered[1]["project"]])
    organisations = {row["organisation"]: 0 for _, row in rows}
    organisations = {one: place for place, one in enumerate(organisations)}
    kind, dropped, unknown = _kinds(table, rows, organisations)
    network = Network(
        project=np.array([number[row["project"]] for _, row in rows], np.int64),
        organisation=np.array([organisations[row["organisation"]] for _, row in rows], np.int64),
        lead=np.array([row.get("role", "").casefold() == COORDINATOR for _, row in rows], np.bool_),
        kind=kind,
        region=_regions(rows, organisations),
        start=np.array([_year(dates, project) for project in projects]),
        months=np.array([_months(dates, project) for project in projects]),
    )
    left = network.without(dropped)
    if not left.projects:
        raise ConfigError(
            f"{table.file} has only public bodies and others ({', '.join(DROPPED)}), which no agent "
            f"stands for: the network is empty."
        )
    counts = {
        "projects": network.projects, "participations": len(network.project),
        "organisations": len(organisations), "dropped_organisations": int(dropped.sum()),
        "dropped_participations": len(network.project) - len(left.project),
        "unknown_types": unknown,
    }  # fmt: skip
    return Programme(name, left, dated, counts)


def _kinds(
    table: _Table, rows: Sequence[tuple[int, dict[str, str]]], organisations: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray, int]:
    """Types of the organisations, which are dropped, and how many are unknown; the first counts."""
    kind = np.full(len(organisations), UNKNOWN, np.int64)
    dropped = np.zeros(len(organisations), np.bool_)
    told = set()
    for line, row in rows:
        text = row.get("type", "").upper()
        if not text:
            continue
        if text not in CODES and text not in DROPPED:
            allowed = ", ".join([*CODES, *DROPPED])
            raise table.cell(
                line, "type", row["type"], f"is not a type. Write one of {allowed}, or nothing."
            )
        place = organisations[row["organisation"]]
        if place not in told:
            told.add(place)
            dropped[place] = text in DROPPED
            kind[place] = TYPES.index(CODES[text]) if text in CODES else UNKNOWN
    return kind, dropped, len(organisations) - len(told)


def _regions(
    rows: Sequence[tuple[int, dict[str, str]]], organisations: Mapping[str, int]
) -> np.ndarray:
    region = np.full(len(organisations), UNKNOWN, np.int64)
    names: dict[str, int] = {}
    for _, row in rows:
        country = row.get("country", "").upper()
        if country:
            place = organisations[row["organisation"]]
            if region[place] == UNKNOWN:
                region[place] = names.setdefault(country, len(names))
    return region


def _year(dates: Mapping[str, tuple[date, date | None]], project: str) -> float:
    if project not in dates:
        return math.nan
    start = dates[project][0]
    return start.year + (start.timetuple().tm_yday - 1) / DAYS_PER_YEAR


def _months(dates: Mapping[str, tuple[date, date | None]], project: str) -> float:
    start, end = dates.get(project, (None, None))
    if start is None or end is None:
        return math.nan
    return ((end - start).days + 1) / DAYS_PER_YEAR * 12
