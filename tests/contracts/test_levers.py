"""What every lever family, preset and parameter owes its readers: no dead lever, no bare number."""

from __future__ import annotations

import pytest

from agents.settings import ConfigError, Parameter
from experiments.configuration import list_regimes
from experiments.library import CONFIGS, Library
from experiments.regimes import DEFAULT, preset
from simulation.policies.registry import FAMILIES, PROGRAMME_COLUMNS, Programme, Regime
from simulation.world import SECTIONS, World

LIBRARY = Library.open()
ENTRIES = list_regimes()
PRESETS = [(family, name) for family in FAMILIES for name in LIBRARY.names(family)]
LEVERS = [(family, lever) for family in FAMILIES for lever in FAMILIES[family].parameters()]
PARAMETERS = [
    (f"{section}.{name}", declared)
    for section, settings in {**SECTIONS, **FAMILIES}.items()
    for name, declared in settings.parameters().items()
]


def defaults() -> dict[str, dict[str, object]]:
    return {family: preset(LIBRARY, family, DEFAULT) for family in FAMILIES}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_default_holds_every_lever(family: str) -> None:
    values = LIBRARY.read(family, DEFAULT)
    assert list(values) == list(FAMILIES[family].parameters())
    FAMILIES[family].from_mapping(values)


@pytest.mark.parametrize(("family", "name"), PRESETS)
def test_every_preset_is_valid_and_differs_from_the_default(family: str, name: str) -> None:
    values = preset(LIBRARY, family, name)
    FAMILIES[family].from_mapping(values)
    assert (values == preset(LIBRARY, family, DEFAULT)) == (name == DEFAULT)


@pytest.mark.parametrize(("family", "lever"), LEVERS)
def test_no_lever_is_dead(family: str, lever: str) -> None:
    neutral = FAMILIES[family].from_mapping(preset(LIBRARY, family, DEFAULT)).as_mapping()[lever]
    in_presets = [preset(LIBRARY, family, name)[lever] for name in LIBRARY.names(family)]
    in_regimes = [
        programme.levers[family].as_mapping()[lever]
        for entry in ENTRIES
        for programme in entry.regime.programmes
    ]
    assert any(value != neutral for value in [*in_presets, *in_regimes])


def test_the_default_programme_does_nothing() -> None:
    """Switches are neutral, so a programme of defaults takes up nothing and pays nothing."""
    values = Programme.from_mapping(defaults()).as_mapping()
    assert values["agenda"]["mode"] == "nothing"
    neutral = {
        "governance.joining_departments", "screening.panel_size", "formation.subsidised_scanning",
        "selection.priority_points", "funding.tax_credit", "coordination.bought",
        "coordination.border_relief", "coordination.communication", "monitoring.gate_quarter",
        "monitoring.penalty", "renewal.standing", "capability.budget_share", "diffusion.standards",
        "diffusion.private_standard", "diffusion.ip_sharing", "diffusion.scenarios",
        "targets.consortia_per_year", "targets.emerging_share", "targets.imitation",
        "recognition.label", "eligibility.label_required", "agenda.focus_fields", "adaptation.rate",
    }  # fmt: skip
    for name in neutral:
        family, lever = name.split(".")
        assert not values[family][lever], name


@pytest.mark.parametrize(("name", "declared"), PARAMETERS, ids=[name for name, _ in PARAMETERS])
def test_every_parameter_explains_itself(name: str, declared: Parameter) -> None:
    assert declared.unit
    assert len(declared.meaning) > 8
    assert declared.source
    assert (declared.low is None) == (declared.high is None)
    if declared.low is not None:
        assert declared.high is not None
        assert declared.low < declared.high


def test_the_default_world_is_complete() -> None:
    values = LIBRARY.read("world", DEFAULT)
    assert World.from_mapping(values).as_mapping() == values


@pytest.mark.parametrize(("family", "lever"), LEVERS)
def test_every_lever_has_its_own_column(family: str, lever: str) -> None:
    """A change of one lever changes one column of the programme's record."""
    declared = FAMILIES[family].parameters()[lever]
    base = defaults()
    base["monitoring"] = base["monitoring"] | {"gate_quarter": 4}  # milestones need a gate
    base["governance"] = base["governance"] | {"joining_departments": 2}  # money needs a holder
    other = another_value(base[family][lever], declared)
    changed = base | {family: base[family] | {lever: other}}
    before, after = (record(values) for values in (base, changed))
    different = [name for name in PROGRAMME_COLUMNS.names or () if before[name] != after[name]]
    assert different == [f"{family}_{lever}"]


@pytest.mark.parametrize(("family", "lever"), LEVERS)
def test_every_lever_refuses_nonsense(family: str, lever: str) -> None:
    values = defaults()
    values[family] = values[family] | {lever: {"no": "value"}}
    with pytest.raises(ConfigError, match=rf"{family}\.{lever} = "):
        Programme.from_mapping(values)


def test_every_preset_name_is_an_identifier() -> None:
    """``funding=prize`` is typed: no quotes, no dots, and no name of a lever."""
    for family, name in PRESETS:
        assert name.isidentifier()
        assert name not in FAMILIES[family].parameters() or family == "funding"
    assert (CONFIGS / "config.yaml").is_file()


def record(values: dict[str, dict[str, object]]) -> dict[str, float]:
    table = Regime("any", (Programme.from_mapping(values),)).columns
    return {name: table[0][name].item() for name in PROGRAMME_COLUMNS.names or ()}


def another_value(value: object, declared: Parameter) -> object:
    """An admissible value near the present one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return [choice for choice in declared.choices if [choice] != value][:1]
    if declared.choices:
        return next(choice for choice in declared.choices if choice != value)
    assert isinstance(value, (int, float))
    assert declared.high is not None
    assert declared.low is not None
    if isinstance(value, int):
        return value + 1 if value < declared.high else value - 1
    step = 0.1 * min(1.0, declared.high - declared.low)
    return value + step if value + step <= declared.high else value - step
