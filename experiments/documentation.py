"""The generated parts of ``docs``: tables of the model, from the declarations the model runs on.

It also writes ``configs/published``, what the published tables say (:mod:`experiments.published`).

A page is written by hand; between a line ``<!-- generated: NAME -->`` and a line
``<!-- end of NAME -->`` stands what the renderer of that name gives. ``python -m
experiments.documentation`` writes these parts anew; with ``--check`` it only says which pages
differ, with exit code 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from agents import kinds
from agents.settings import ConfigError, Parameter, Settings, nearest
from experiments.configuration import list_regimes
from experiments.explain import _shown as shown
from experiments.levers.page import lever_census, lever_census_zh
from experiments.levers.settings import TABLE
from experiments.library import Library, read_yaml
from experiments.markdown import table
from experiments.published import published_files
from experiments.rankings.page import (
    assumed_rankings,
    parameter_cells,
    ranking_page,
    ranking_page_zh,
)
from experiments.regimes import DEFAULT, RegimeEntry, preset
from experiments.seed_page import seed_document
from experiments.stylised.page import fact_definitions, stylised_facts, stylised_facts_zh
from experiments.why.page import why_pairs, why_pairs_zh
from simulation import columns, streams
from simulation.outcomes import OUTCOMES, TRAJECTORIES, Outcome
from simulation.policies.registry import FAMILIES
from simulation.world import SECTIONS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SYSTEMS = DOCS / "model" / "systems.yaml"
BLOCK = re.compile(
    r"(?P<head><!-- generated: (?P<name>[a-z_]+) -->\n).*?(?P<tail><!-- end of (?P=name) -->)",
    re.DOTALL,
)
NO_SOURCE = re.compile(r"assum|swept|not found", re.IGNORECASE)
STRUCTURES = {
    "organisation": columns.ORGANISATION,
    "tie": columns.TIE,
    "place in a directory": columns.PLACE,
    "need": columns.NEED,
    "problem": columns.PROBLEM,
    "consortium": columns.CONSORTIUM,
    "standing body": columns.BODY,
    "programme": columns.PROGRAMME_STATE,
}
TYPES = {"f": "real", "i": "whole", "u": "64 bits"}


# ---------------------------------------------------------------- pages


def main(arguments: Sequence[str]) -> int:
    """Write the generated parts, or only check them; returns the exit code."""
    if unknown := [word for word in arguments if word != "--check"]:
        print(f"'{unknown[0]}' is not known. Write --check or nothing.", file=sys.stderr)
        return 2
    try:
        changed = list(stale_pages())
    except ConfigError as error:
        print(f"documentation: {error}", file=sys.stderr)
        return 2
    for path, text in changed:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} differs; run: python -m experiments.documentation")
        else:
            path.write_text(text, encoding="utf-8", newline="\n")
            print(f"{path.relative_to(ROOT)} written")
    return 1 if changed and "--check" in arguments else 0


def stale_pages() -> Iterator[tuple[Path, str]]:
    """Pages and files of verdicts that differ from what they are made of, with their new text."""
    for path in sorted(DOCS.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        if (new := rendered(text)) != text:
            yield path, new
    for path, new in published_files():
        if not path.is_file() or path.read_text(encoding="utf-8") != new:
            yield path, new


def rendered(text: str) -> str:
    """A page with its generated parts made anew.

    Raises
    ------
    ConfigError: a part that no renderer is known for.
    """

    def replace(match: re.Match[str]) -> str:
        name = match["name"]
        if name not in RENDERERS:
            raise ConfigError(f"'{name}' is not a generated part. {nearest(name, RENDERERS)}")
        return f"{match['head']}\n{RENDERERS[name]().strip()}\n\n{match['tail']}"

    return BLOCK.sub(replace, text)


# ---------------------------------------------------------------- the model's declarations


def phases() -> str:
    """The order of a step."""
    from simulation.phases import PHASES

    return table(
        ("phase", "name", "what happens"),
        ((k, phase.name, phase.meaning) for k, phase in enumerate(PHASES, start=1)),
    )


def codes() -> str:
    """Kinds, owners, layers and payers."""
    from simulation.policies.eligibility import LEAD_TYPES, REQUIRED_TYPES

    sets = {
        "kinds of organisation": kinds.KINDS,
        "owners": kinds.OWNERSHIPS,
        "layers of a consortium": kinds.LAYERS,
        "payers": kinds.PAYERS,
        "types that may be admitted as lead": LEAD_TYPES,
        "types that may be required": REQUIRED_TYPES,
        "accounts of the ledger": columns.ACCOUNTS,
    }
    return table(
        ("set", "values"),
        ((name, ", ".join(f"`{value}`" for value in values)) for name, values in sets.items()),
    )


def state_variables() -> str:
    """A table for each kind of entity, from the columns its rows have."""
    remarks = _remarks(Path(columns.__file__))
    parts = []
    for name, dtype in STRUCTURES.items():
        rows = ((f"`{f}`", _type(dtype[f]), _meaning(f, remarks[name])) for f in dtype.names or ())
        parts.append(f"**{name.capitalize()}**\n\n" + table(("variable", "type", "meaning"), rows))
    return "\n\n".join(parts)


def _type(kind: Any) -> str:
    base = _plain_type(kind.base)
    return base if kind.shape == () else f"{base}, {kind.shape[0]} places"


def _meaning(field: str, remarks: dict[str, str]) -> str:
    return remarks.get(field, field.replace("_", " "))


def _remarks(path: Path) -> dict[str, dict[str, str]]:
    """The comments behind the fields of each structured type, by its name in the docs."""
    text = path.read_text(encoding="utf-8")
    parts = re.findall(r"^(\w+) = np\.dtype\(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL)
    field = re.compile(r'\("(\w+)", "\w+".*?\),  # (.+)')
    by_type = {name: dict(field.findall(body)) for name, body in parts}
    names = {id(value): name for name, value in vars(columns).items() if name.isupper()}
    return {name: by_type.get(names[id(dtype)], {}) for name, dtype in STRUCTURES.items()}


def arrays() -> str:
    """The arrays a run's state consists of."""
    from simulation.state import COLUMNS

    return table(
        ("array", "type", "shape", "meaning"),
        (
            (f"`{name}`", _array_type(c["dtype"]), f"`{_shape(c['shape'])}`", c["meaning"])
            for name, c in COLUMNS.items()
        ),
    )


def _shape(lengths: Sequence[str | int]) -> str:
    return f"({', '.join(map(str, lengths))}{',' if len(lengths) == 1 else ''})"


def _array_type(dtype: np.dtype[Any]) -> str:
    return "record" if dtype.names else _plain_type(dtype)


def _plain_type(dtype: np.dtype[Any]) -> str:
    """What a number is: 64 bits for a name, a hash or a set, and not a quantity, if so wide."""
    return "whole" if dtype.kind == "u" and dtype.itemsize < 8 else TYPES[dtype.kind]


def stages() -> str:
    """The counts of a programme's stages, what switches each off, and the test that does it."""
    from simulation.stages import STAGES

    test = "`test_a_stage_can_be_switched_off_and_bites_when_on[{}]`"
    rows = (
        (
            f"`{one.name}`",
            one.step,
            one.unit,
            one.meaning,
            f"`{one.within}`" if one.within else "",
            ", ".join(f"`{word}`" for word in one.switch.split()) or "nothing",
            (f"`{one.off}`" if one.off else "0") if one.switch else "",
            test.format(one.name) if one.switch else "",
        )
        for one in STAGES
    )
    head = ("count", "step", "unit", "meaning", "part of", "switched off by", "then equals", "test")
    return table(head, rows)


def draws() -> str:
    """The decisions that luck is drawn for."""
    named = {v: n for n, v in vars(streams).items() if n.isupper() and isinstance(v, int)}
    return ", ".join(f"`{named[code].lower()}`" for code in sorted(named))


# ---------------------------------------------------------------- parameters and levers


def parameters() -> str:
    """Every parameter of the world, by section."""
    world = Library.open().read("world", DEFAULT)
    parts = []
    for name, section in SECTIONS.items():
        rows = (
            (f"`{key}`", shown(world[name][key]), *_declared(spec))
            for key, spec in section.parameters().items()
        )
        head = ("parameter", "default", "unit", "range", "meaning", "source")
        parts.append(f"## {name}\n\n{_doc_link(section)}\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def _declared(spec: Parameter) -> tuple[str, str, str, str]:
    allowed = "yes, no" if spec.unit == "yes or no" else spec.allowed()
    return spec.unit, allowed.replace("between ", "").replace(" and ", " to "), spec.meaning, (
        spec.source
    )  # fmt: skip


def _doc_link(settings: type[Settings]) -> str:
    path = settings.__module__.replace(".", "/") + ".py"
    return f"Declared in [{path}](../../{path})."


def levers() -> str:
    """Every lever of every family, and the regimes that move it."""
    library = Library.open()
    entries = list_regimes()
    parts = []
    for name, family in FAMILIES.items():
        neutral = preset(library, name, DEFAULT)
        rows = (
            (f"`{lever}`", shown(neutral[lever]), *_declared(spec), _movers(entries, name, lever))
            for lever, spec in family.parameters().items()
        )
        head = ("lever", "neutral", "unit", "range", "meaning", "source", "moved by")
        doc = (family.__doc__ or "").strip()
        parts.append(
            f"## {name}\n\n{doc} {_doc_link(family)}\n\n{table(head, rows)}\n\n{_presets(name)}"
        )
    return "\n\n".join(parts)


def _movers(entries: Iterable[RegimeEntry], family: str, lever: str) -> str:
    neutral = preset(Library.open(), family, DEFAULT)[lever]
    names = [
        f"[{entry.name}](regimes.md#{entry.name})"
        for entry in entries
        if any(p.levers[family].as_mapping()[lever] != neutral for p in entry.regime.programmes)
    ]
    return ", ".join(names) or "no regime"


def _presets(family: str) -> str:
    library = Library.open()
    names = [name for name in library.names(family) if name != DEFAULT]
    moved = (
        f"`{name}` ({', '.join(f'{k} {shown(v)}' for k, v in library.read(family, name).items())})"
        for name in names
    )
    return f"Presets: {'; '.join(moved)}." if names else "No preset beside the default."


def assumed() -> str:
    """Parameters and levers without a source, or whose source leaves the size open."""
    library = Library.open()
    whole: list[tuple[str, ...]] = []
    partly: list[tuple[str, ...]] = []
    for name, settings in {**SECTIONS, **FAMILIES}.items():
        values = library.read("world", DEFAULT)[name] if name in SECTIONS else None
        values = values or preset(library, name, DEFAULT)
        for key, spec in settings.parameters().items():
            row = (f"`{name}.{key}`", shown(values[key]), spec.unit, spec.meaning)
            if spec.source.startswith("assumption"):
                whole.append((*row, _declared(spec)[1], *parameter_cells(f"{name}.{key}")))
            elif NO_SOURCE.search(spec.source):
                partly.append((*row, spec.source, *parameter_cells(f"{name}.{key}")))
    head = ("name", "value", "unit", "what it stands for")
    held = ("rankings told so (reversed), lower / upper half", "differences that follow it")
    return (
        f"### No source at all ({len(whole)})\n\n"
        + table((*head, "could be", *held), whole)
        + f"\n\n### A source for the mechanism, none for the size ({len(partly)})\n\n"
        + table((*head, "source and what is open", *held), partly)
    )


# ---------------------------------------------------------------- regimes and systems


def regimes() -> str:
    """Every regime: its words, its programmes, and the levers that differ from neutral."""
    systems = {row["number"]: row["name"] for row in read_yaml(SYSTEMS)}
    parts = []
    for entry in list_regimes():
        realised = ", ".join(f"{n} ({systems[n]})" for n in entry.systems) or "none of the twelve"
        parts.append(
            f"## {entry.name}\n\n{entry.title['en']} / {entry.title['zh']}\n\n"
            f"- Question: {entry.question['en']} / {entry.question['zh']}\n"
            f"- Source: {' '.join(entry.source.split())}\n"
            f"- Systems: {realised}\n\n" + "\n\n".join(_programmes(entry))
        )
    return "\n\n".join(parts)


def _programmes(entry: RegimeEntry) -> Iterator[str]:
    if not entry.programmes:
        yield "No programme."
    library = Library.open()
    for name, programme in zip(entry.programmes, entry.regime.programmes, strict=True):
        rows = []
        for family, setting in programme.levers.items():
            neutral = FAMILIES[family].from_mapping(preset(library, family, DEFAULT)).as_mapping()
            for lever, value in setting.as_mapping().items():
                if value != neutral[lever]:
                    link = f"[{family}.{lever}](levers.md#{family})"
                    rows.append((link, shown(value), shown(neutral[lever])))
        yield f"Programme `{name}`\n\n{table(('lever', 'value', 'neutral'), rows)}"


def systems() -> str:
    """The twelve systems, and where each stands in the product."""
    entries = list_regimes()
    rows = []
    for row in read_yaml(SYSTEMS):
        realised = [entry.name for entry in entries if row["number"] in entry.systems]
        rows.append(
            (
                row["number"],
                f"{row['name']} {row['term']}: {row['what']}",
                ", ".join(f"[{name}](regimes.md#{name})" for name in realised),
                ", ".join(f"[{lever}](levers.md#{_family(lever)})" for lever in row["levers"]),
                ", ".join(f"[{path}](../../{path})" for path in row["files"]),
                _lever_tests(row["levers"]),
                row["later"],
            )
        )
    head = ("no.", "system", "regimes", "levers", "mechanism", "tests that it bites", "still open")
    return table(head, rows)


def _family(lever: str) -> str:
    family, name = lever.split(".")
    if name not in FAMILIES[family].parameters():
        raise ConfigError(f"'{lever}' is no lever. {nearest(name, FAMILIES[family].parameters())}")
    return family


def _lever_tests(names: Iterable[str]) -> str:
    """Those of the levers that are tested to bite, and those that were found to move nothing."""
    rows = {row["lever"]: row for row in lever_rows()}
    tested = [f"`{name}`" for name in names if name in rows and rows[name]["sign"]]
    inert = [f"`{name}`" for name in names if name in rows and not rows[name]["sign"]]
    parts = [", ".join(tested) or "none"]
    return "; inert where tried: ".join([*parts, ", ".join(inert)] if inert else parts)


def lever_tests() -> str:
    """The table of lever tests, as it was written before they were run."""
    rows = (
        (
            f"`{row['lever']}`",
            row["regime"],
            *(_settings(row[side]) for side in ("low", "high", "world")),
            f"`{row['outcome']}`" if row["sign"] else "",
            {-1: "falls", 0: "inert where tried", 1: "rises"}[row["sign"]],
            shown(row["smallest"]) if row["sign"] else "",
            row["replicates"],
        )
        for row in lever_rows()
    )
    head = ("lever", "in", "from", "to", "world", "outcome", "which", "by at least", "pairs")
    return table(head, rows)


def lever_rows() -> list[dict[str, Any]]:
    """Rows of the table of lever tests."""
    return [{"world": {}, **row} for row in read_yaml(TABLE)]


def _settings(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {shown(value)}" for name, value in values.items())


# ---------------------------------------------------------------- results


def outcomes() -> str:
    """The columns of the table of runs."""
    return _outcome_table(OUTCOMES)


def trajectories() -> str:
    """The columns of the table of quarters."""
    return _outcome_table(TRAJECTORIES)


def _outcome_table(rows: Iterable[Outcome]) -> str:
    return table(("column", "unit", "meaning"), ((f"`{r.name}`", r.unit, r.meaning) for r in rows))


def summary_columns() -> str:
    """The columns of every table of a comparison, from the schemas they are written with."""
    from experiments import question_tables, replayed, tables

    schemas = tables.SCHEMAS | {
        "organisations": replayed.ORGANISATIONS,
        "projects": replayed.PROJECTS,
        "contrasts": question_tables.CONTRASTS,
        "break_even": question_tables.BREAK_EVEN,
    }
    return table(
        ("file", "columns"),
        (
            (f"`{name}`", ", ".join(f"`{column}`" for column in schema.names))
            for name, schema in schemas.items()
        ),
    )


RENDERERS: dict[str, Callable[[], str]] = {
    renderer.__name__: renderer
    for renderer in (
        phases, codes, state_variables, arrays, stages, draws, parameters, levers, lever_tests, assumed, regimes,
        systems, outcomes, trajectories, summary_columns, seed_document, lever_census, lever_census_zh, assumed_rankings, ranking_page, ranking_page_zh, fact_definitions, stylised_facts,
        stylised_facts_zh, why_pairs, why_pairs_zh,
    )
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
