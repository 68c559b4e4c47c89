"""The version stands in the control file; what repeats it agrees."""

import json
import re

from client import ROOT, value


def control(name):
    text = (ROOT / "ticket_mining.control").read_text()
    return re.search(rf"^{name} = '?([^'\n]*)'?$", text, re.MULTILINE)[1]


VERSION = control("default_version")


def test_version_has_three_parts():
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_meta_json():
    meta = json.loads((ROOT / "META.json").read_text())
    assert meta["name"] == "ticket_mining"
    assert meta["version"] == VERSION
    assert meta["provides"]["ticket_mining"]["version"] == VERSION
    assert "postgresql" in json.dumps(meta["license"]).lower()


def test_changelog():
    """The newest entry is this version."""
    heading = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert heading[1] == VERSION


def test_installed_version(db):
    assert value(db, "SELECT extversion FROM pg_extension WHERE extname = 'ticket_mining'") == VERSION
    assert value(db, "SELECT default_version FROM pg_available_extensions WHERE name = 'ticket_mining'") == VERSION


def test_control_file():
    assert control("schema") == "ticket_mining"
    assert control("relocatable") == "false"
    assert control("module_pathname") == "$libdir/ticket_mining"
