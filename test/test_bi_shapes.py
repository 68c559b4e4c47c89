"""The SQL that BI tools send, as the reader's role: the rows of plain SQL, and slicers that reach the scans."""

import pytest
from bi.joins import JOINS
from bi.plans import is_tested_later, plan, reaches_scan
from bi.rows import compared
from bi.shapes import FILTERED, GROUPED, VISUALS, Slicer
from client import rows

pytest_plugins = ["bi.served"]

SHAPES = {shape.name: shape for shape in (*GROUPED, *FILTERED, *VISUALS, *JOINS)}
SLICED = {name: shape for name, shape in SHAPES.items() if shape.slicers}


@pytest.mark.parametrize("name", SHAPES)
def test_rows_are_those_of_plain_sql(reader, owner, name):
    shape = SHAPES[name]
    wanted = compared(rows(owner, shape.plain), shape.is_ordered)
    assert wanted, "a shape that finds nothing shows nothing"
    assert compared(rows(reader, shape.sql), shape.is_ordered) == wanted


@pytest.mark.parametrize("name", SLICED)
def test_slicers_reach_the_scans(reader, name):
    """Below all joins and aggregates, whatever levels lie around the table."""
    shape = SLICED[name]
    found = plan(reader, shape.sql)
    assert [slicer for slicer in shape.slicers if not reaches_scan(found, slicer)] == []
    assert [slicer for slicer in shape.slicers if is_tested_later(found, slicer)] == []


BARRIERS = {
    "limit": "SELECT status, count(*) FROM (SELECT * FROM desk.cases LIMIT 1000) c WHERE status = 'Lukket' GROUP BY 1",
    "aggregate": "SELECT * FROM (SELECT min(status) AS status FROM desk.cases GROUP BY variant) c WHERE status = 'Lukket'",
    "window": "SELECT count(*) FROM (SELECT status, row_number() OVER () AS n FROM desk.cases) c WHERE status = 'Lukket' AND n < 5",
}


@pytest.mark.parametrize("name", BARRIERS)
def test_the_test_of_slicers_can_fail(reader, name):
    slicer = Slicer("cases", "status", "Lukket")
    found = plan(reader, BARRIERS[name])
    assert not reaches_scan(found, slicer)
    assert is_tested_later(found, slicer)
