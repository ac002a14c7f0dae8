"""A user's own organisations: one CSV file, read strictly and refused helpfully."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.kinds import KINDS, OWNERSHIPS, PUBLIC_BODY, SME
from agents.settings import ConfigError, nearest
from simulation.population import Population

REQUIRED = ("name", "kind", "ownership", "region", "staff")
OPTIONAL = ("name_zh", "home_field", "hub")
ENCODINGS = ("utf-8-sig", "gb18030")
LABEL_SEPARATOR = " / "  # between the English and the Chinese name
MOST_STAFF = 1_000_000.0  # full-time equivalents; the largest real firm has about a tenth
MOST_FIELDS = 64  # the upper bound of fields.count
YES, NO = ("yes", "true", "1", "是"), ("no", "false", "0", "否", "")


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of the file; ``number`` is the line's number, the header being row 1."""

    path: Path
    number: int
    cells: dict[str, str]

    def refuse(self, column: str, why: str) -> ConfigError:
        value = self.cells.get(column, "")
        return ConfigError(f"{self.path}, row {self.number}, column '{column}': '{value}' {why}")


def read_organisations(path: Path, name: str) -> Population:
    """Read a population from a CSV file.

    Parameters
    ----------
    path: comma-separated file in UTF-8 or GB 18030, with a header. Columns, in any order: name;
        kind (:data:`agents.kinds.KINDS`); ownership (:data:`agents.kinds.OWNERSHIPS`); region;
        staff (full-time equivalents, 0 or more); optionally name_zh (second name), home_field
        (whole number, empty: drawn by the model) and hub (yes in the rows of the hub region).
    name: name of the population.

    Raises
    ------
    ConfigError: names file, row, column, and what is allowed.
    """
    rows = _read_rows(path)
    _refuse_duplicates(rows)
    regions = tuple(dict.fromkeys(_text(row, "region") for row in rows))
    code = {region: index for index, region in enumerate(regions)}
    kinds = [_choice(row, "kind", KINDS) for row in rows]
    return Population(
        name=name,
        kind=np.array(kinds, dtype=np.int64),
        ownership=np.array([_ownership(row, kind) for row, kind in zip(rows, kinds, strict=True)]),
        region=np.array([code[_text(row, "region")] for row in rows], dtype=np.int64),
        staff=_column(rows, _staff, np.float64),
        home_field=_column(rows, _home_field, np.int64),
        labels=tuple(_label(row) for row in rows),
        regions=regions,
        hub=_hub(rows, code),
    )


def _column(rows: Sequence[_Row], read: Callable[[_Row], Any], dtype: type) -> np.ndarray:
    return np.array([read(row) for row in rows], dtype=dtype)


def _read_rows(path: Path) -> list[_Row]:
    lines = csv.reader(io.StringIO(_decode(path), newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(lines, [])]
        _check_header(path, header)
        rows = []
        for cells in lines:
            if any(cell.strip() for cell in cells):
                rows.append(_row(path, lines.line_num, header, cells))
    except csv.Error as error:
        raise ConfigError(
            f"{path}, row {lines.line_num}: not a well-formed CSV line ({error}). Look for a "
            f"quotation mark that is opened and not closed."
        ) from error
    if len(rows) < 2:
        raise ConfigError(
            f"{path} has {len(rows)} organisations below its header; a population needs at least 2."
        )
    return rows


def _decode(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"population.file = {path} cannot be read ({error.strerror}). Write "
            f"population.file=PATH with the path of a CSV file; a relative path starts at the "
            f"folder you are in."
        ) from error
    if not content.strip():
        raise ConfigError(f"{path} is empty. Its first line must be: {','.join(REQUIRED)}")
    if content.startswith(b"PK\x03\x04"):
        raise ConfigError(f"{path} is an Excel workbook. Save it as 'CSV UTF-8' and use that file.")
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise ConfigError(
        f"{path} is neither UTF-8 nor GB 18030 text. Save it as 'CSV UTF-8' in the spreadsheet."
    )


def _check_header(path: Path, header: Sequence[str]) -> None:
    if len(header) == 1 and any(mark in header[0] for mark in ";\t，"):
        raise ConfigError(
            f"{path}, row 1: the columns are not separated by commas. Save the file as "
            f"comma-separated values (CSV)."
        )
    known = REQUIRED + OPTIONAL
    for column in header:
        if header.count(column) > 1:
            raise ConfigError(f"{path}, row 1: column '{column}' stands there twice. Keep one.")
    missing = [column for column in REQUIRED if column not in header]
    if missing:
        raise ConfigError(
            f"{path}, row 1: column '{missing[0]}' is missing. Needed are {', '.join(REQUIRED)}; "
            f"optional are {', '.join(OPTIONAL)}; the file has {', '.join(header)}."
        )
    for column in header:
        if column not in known:
            raise ConfigError(
                f"{path}, row 1: column '{column}' is not known. {nearest(column, known)}"
            )


def _row(path: Path, number: int, header: Sequence[str], cells: Sequence[str]) -> _Row:
    if len(cells) != len(header):
        raise ConfigError(
            f"{path}, row {number}: {len(cells)} cells where the header has {len(header)}. Put a "
            f"text that contains a comma in quotation marks."
        )
    return _Row(path, number, {c: cell.strip() for c, cell in zip(header, cells, strict=True)})


def _refuse_duplicates(rows: Sequence[_Row]) -> None:
    seen: dict[str, int] = {}
    for row in rows:
        name = _text(row, "name")
        if name in seen:
            raise row.refuse("name", f"is also the name in row {seen[name]}. Names must differ.")
        seen[name] = row.number


def _text(row: _Row, column: str) -> str:
    if not row.cells[column]:
        raise row.refuse(column, f"is empty. Write the {column} of the organisation.")
    return row.cells[column]


def _choice(row: _Row, column: str, choices: tuple[str, ...]) -> int:
    value = row.cells[column].lower()
    if value not in choices:
        hint = nearest(value, choices)
        raise row.refuse(column, f"is not allowed. {hint} Allowed are {', '.join(choices)}.")
    return choices.index(value)


def _ownership(row: _Row, kind: int) -> int:
    ownership = _choice(row, "ownership", OWNERSHIPS)
    if kind <= SME and ownership == PUBLIC_BODY:
        raise row.refuse(
            "ownership",
            f"does not go with kind {KINDS[kind]}. A firm is one of central_soe, "
            f"local_soe, private; public_body is for universities and institutes.",
        )
    return ownership


def _number(row: _Row, column: str, allowed: str) -> float:
    try:
        value = float(row.cells[column])
    except ValueError:
        raise row.refuse(column, f"is not a number. Allowed is {allowed}.") from None
    if not math.isfinite(value):
        raise row.refuse(column, f"is not a finite number. Allowed is {allowed}.")
    return value


def _staff(row: _Row) -> float:
    allowed = (
        f"a number from 0 to {MOST_STAFF:.0f}, research staff in full-time equivalents, without "
        f"thousands separator"
    )
    value = _number(row, "staff", allowed)
    if not 0.0 <= value <= MOST_STAFF:
        raise row.refuse("staff", f"is out of range. Allowed is {allowed}.")
    return value


def _home_field(row: _Row) -> int:
    if not row.cells.get("home_field"):
        return -1
    allowed = f"a whole number from 0 to {MOST_FIELDS - 1}, or nothing"
    value = _number(row, "home_field", allowed)
    if not value.is_integer() or not 0 <= value < MOST_FIELDS:
        raise row.refuse("home_field", f"is out of range. Allowed is {allowed}.")
    return int(value)


def _hub(rows: Sequence[_Row], code: dict[str, int]) -> int:
    hub = -1
    for row in rows:
        flag = row.cells.get("hub", "").lower()
        if flag not in YES + NO:
            raise row.refuse("hub", "is not allowed. Allowed are yes, no, or nothing.")
        if flag in NO:
            continue
        region = code[row.cells["region"]]
        if hub not in (-1, region):
            raise row.refuse(
                "hub", f"makes '{row.cells['region']}' a second hub region. Mark one region only."
            )
        hub = region
    return hub


def _label(row: _Row) -> str:
    second = row.cells.get("name_zh")
    return row.cells["name"] + (LABEL_SEPARATOR + second if second else "")
