"""What a plan does with a predicate."""

import json

SCAN_CONDITIONS = ("Index Cond", "Recheck Cond", "Filter")
LATER_CONDITIONS = ("Filter", "Join Filter", "One-Time Filter")


def plan(db, query):
    found = db.execute(f"EXPLAIN (FORMAT JSON, COSTS OFF, VERBOSE) {query}").fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def nodes(node):
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


def conditions(node, names):
    return [node[name] for name in names if name in node]


def is_scan(node):
    return "Relation Name" in node or node["Node Type"] == "Bitmap Index Scan"


def reaches_scan(root, slicer):
    """Whether a scan of the table tests the column against the value."""
    return any(
        slicer.column in condition and slicer.value in condition
        for node in nodes(root) if node.get("Relation Name") == slicer.table
        for condition in conditions(node, SCAN_CONDITIONS)
    )  # fmt: skip


def is_tested_later(root, slicer):
    """Whether rows that a scan could have left out go further up."""
    return any(
        slicer.value in condition
        for node in nodes(root) if not is_scan(node)
        for condition in conditions(node, LATER_CONDITIONS)
    )  # fmt: skip
