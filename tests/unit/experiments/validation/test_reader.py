"""Tables as CORDIS publishes them, and what is said of those that cannot be read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from agents.settings import ConfigError
from experiments.validation.network import TYPES, UNKNOWN
from experiments.validation.reader import read_programme

HEAD = "projectID;projectAcronym;organisationID;name;activityType;country;role;ecContribution"
ROWS = (
    '7;ACRO;11;"Uni; with a semicolon";HES;DE;coordinator;1,5',
    "7;ACRO;12;Firm;PRC;FR;participant;2",
    "7;ACRO;13;Town;PUB;FR;participant;3",
    "5;BCRO;11;Uni;HES;DE;participant;1",
    "5;BCRO;14;Lab;REC;;coordinator;1",
)
PROJECTS = "id;acronym;startDate;endDate\n7;ACRO;2015-01-01;2016-12-31\n5;BCRO;2014-03-01;\n"


def folder(tmp_path: Path, rows=ROWS, head: str = HEAD, projects: str | None = None) -> str:
    (tmp_path / "organization.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    if projects is not None:
        (tmp_path / "project.csv").write_text(projects, encoding="utf-8")
    return str(tmp_path)


def test_reads_types_countries_and_leads(tmp_path):
    read = read_programme(folder(tmp_path))
    network = read.network
    assert not read.dated and network.projects == 2
    assert network.sizes.tolist() == [2, 2]  # the town is left out
    assert network.lead.tolist() == [True, False, False, True]
    kinds = [TYPES[kind] for kind in network.kind[network.organisation]]
    assert kinds == ["university", "firm", "university", "institute"]
    assert network.region[network.organisation].tolist() == [0, 1, 0, UNKNOWN]
    assert read.counts["dropped_organisations"] == read.counts["dropped_participations"] == 1


def test_dates_put_projects_in_order(tmp_path):
    read = read_programme(folder(tmp_path, projects=PROJECTS))
    assert read.dated
    assert [int(year) for year in read.network.start] == [2014, 2015]
    assert read.network.months[1] == pytest.approx(24.0, abs=0.05)
    assert read.network.lead.tolist() == [False, True, True, False]


def test_commas_other_names_and_compressed_files_are_read(tmp_path):
    text = "project_rcn,PIC,legal entity type,country_code\n1,10,HES,UK\n1,20,prc,UK\n"
    with gzip.open(tmp_path / "organization.csv.gz", "wt", encoding="utf-8-sig") as file:
        file.write(text)
    network = read_programme(str(tmp_path)).network
    assert network.sizes.tolist() == [2] and network.kind.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("rows", "head", "told"),
    [
        (ROWS, HEAD.replace("projectID", "proj"), "no column projectID"),
        (ROWS, HEAD.replace("organisationID", "o"), "no column organisationID"),
        ((*ROWS, ROWS[0]), HEAD, "row 7, column organisationID: '11' is in project 7 a second time; the first is row 2"),
        ((*ROWS, "9;X;11;Uni;UNI;DE;participant;1"), HEAD, "row 7, column activityType: 'UNI' is not a type"),
        ((*ROWS, ";X;11;Uni;HES;DE;participant;1"), HEAD, "row 7, column projectID: '' is empty"),
        ((*ROWS, "9;X;11"), HEAD, "row 7: 3 cells under 8 columns"),
        ((), HEAD, "the network is empty"),
        (("7;A;1;Town;PUB;DE;coordinator;1",), HEAD, "the network is empty"),
    ],
)  # fmt: skip
def test_says_where_and_what_is_wrong(tmp_path, rows, head, told):
    with pytest.raises(ConfigError) as error:
        read_programme(folder(tmp_path, rows, head))
    assert told in str(error.value) and "organization.csv" in str(error.value)


@pytest.mark.parametrize(
    ("projects", "told"),
    [
        ("id;startDate\n7;soon\n", "row 2, column startDate: 'soon' is not a date"),
        ("id;startDate;endDate\n7;2015-01-01;2014-01-01\n", "'2014-01-01' is before the start"),
        ("id;startDate\n7;2015-01-01\n7;2015-01-01\n", "row 3, column id: '7' stands there twice"),
        ("id;began\n7;2015-01-01\n", "no column startDate"),
    ],
)
def test_says_what_is_wrong_with_dates(tmp_path, projects, told):
    with pytest.raises(ConfigError) as error:
        read_programme(folder(tmp_path, projects=projects))
    assert told in str(error.value)


def test_missing_data_names_what_there_is(tmp_path):
    with pytest.raises(ConfigError, match="fp7, fp7_2007_2014"):
        read_programme(str(tmp_path / "nowhere"))
    with pytest.raises(ConfigError, match=r"holds no organization\.csv"):
        read_programme(str(tmp_path))


def test_what_comes_with_the_product():
    whole, sample = map(read_programme, ("fp7", "fp7_2007_2014"))
    assert whole.counts["projects"] == 12_226 and whole.counts["participations"] == 122_105
    assert sample.dated and sample.counts["projects"] == 1034
    assert int(sample.network.lead.sum()) < sample.network.projects  # some led by public bodies
