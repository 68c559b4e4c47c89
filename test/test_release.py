"""What is released: META.json by the rules of PGXN, and the archive with what is built in it."""

import json
import re
import subprocess
import zipfile

import pytest
from client import ROOT

META = json.loads((ROOT / "META.json").read_text())
SEMVER = r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-?[a-z][0-9a-z-]*)?"
PHASES = {"configure", "build", "test", "runtime", "develop"}
RELATIONS = {"requires", "recommends", "suggests", "conflicts"}


def test_keys():
    """All that PGXN asks for, and none that it does not know."""
    asked = {"abstract", "maintainer", "license", "provides", "name", "version", "meta-spec"}
    known = {"description", "generated_by", "tags", "no_index", "prereqs", "release_status", "resources"}
    assert asked <= set(META) <= asked | known
    texts = [META[key] for key in ("abstract", "description", "generated_by", "name", "version")]
    assert all(isinstance(text, str) and text.strip() for text in texts)
    assert META["meta-spec"] == {"version": "1.0.0", "url": "https://pgxn.org/meta/spec.txt"}


def test_names_and_versions():
    assert re.fullmatch(r"[^\s/\\\x00-\x1f]{2,}", META["name"])
    assert re.fullmatch(SEMVER, META["version"])
    people = META["maintainer"] if isinstance(META["maintainer"], list) else [META["maintainer"]]
    assert all(re.fullmatch(r"[^<>]+ <[^<>@\s]+@[^<>@\s]+>", person) for person in people)
    assert all(1 <= len(tag) <= 255 and not re.search(r"[/\\\x00-\x1f]", tag) for tag in META["tags"])
    assert len(set(META["tags"])) == len(META["tags"])


def test_license():
    assert all(name and re.match("https?://", url) for name, url in META["license"].items())


def test_provides():
    """The file is the install script, which the archive has, of the extension's version; the manual is there."""
    assert set(META["provides"]) == {META["name"]}
    given = META["provides"][META["name"]]
    assert {"file", "version"} <= set(given) <= {"file", "version", "docfile", "abstract"}
    assert re.fullmatch(SEMVER, given["version"]) and given["version"] == META["version"]
    assert given["file"] == f"{META['name']}--{META['version']}.sql"
    assert (ROOT / given["docfile"]).is_file()


def test_prereqs():
    assert set(META["prereqs"]) <= PHASES
    for phase in META["prereqs"].values():
        assert set(phase) <= RELATIONS
        for wanted in phase.values():
            assert all(re.fullmatch(rf"(==|!=|<=?|>=?)? ?{SEMVER}", version) for version in wanted.values())
    assert "PG_VERSION_NUM < 150000" in (ROOT / "src/compat.h").read_text()
    assert META["prereqs"]["runtime"]["requires"] == {"PostgreSQL": "15.0.0"}


def git(directory, *arguments):
    who = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", directory, *who, *arguments], check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path):
    """This one, committed, and a page that has been built there."""
    kept = subprocess.run(["tar", "-c", "--exclude=./.git", "--exclude=./web/node_modules", "--exclude=./web/dist", "--exclude=*.o", "--exclude=*.so", "."],
                          cwd=ROOT, check=True, capture_output=True)  # fmt: skip
    subprocess.run(["tar", "-x", "-C", tmp_path], input=kept.stdout, check=True)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "as it stands")
    (tmp_path / "web/dist").mkdir()
    (tmp_path / "web/dist/page.html").write_text("a page with @DATA@")
    return tmp_path


def dist(clone):
    # As if the page were newer than what it is built of.
    return subprocess.run(["make", "-o", "web/dist/page.html", "dist"], cwd=clone, capture_output=True, text=True)


def test_archive(clone):
    """All that is committed, the page and the install script, under one folder."""
    made = dist(clone)
    assert made.returncode == 0, made.stderr
    folder = f"{META['name']}-{META['version']}/"
    with zipfile.ZipFile(clone / f"{folder[:-1]}.zip") as archive:
        names = archive.namelist()
        assert archive.read(f"{folder}web/dist/page.html") == b"a page with @DATA@"
        assert archive.read(folder + META["provides"]["ticket_mining"]["file"]).count(b"CREATE FUNCTION") > 100
    assert all(name.startswith(folder) for name in names) and len(set(names)) == len(names)
    for name in ("META.json", "Makefile", "ticket_mining.control", META["provides"]["ticket_mining"]["docfile"], "test/upgrade/ticket_mining--0.1.0.sql"):
        assert folder + name in names


def test_no_archive_of_changes(clone):
    (clone / "META.json").write_text("{}")
    made = dist(clone)
    assert made.returncode != 0 and "not committed" in made.stderr


def test_debian():
    """The packages are of this version; control is made of control.in, by which pg_buildext makes it for other versions."""
    newest = (ROOT / "debian/changelog").read_text().split("\n")[0]
    assert re.match(rf"ticket-mining \({re.escape(META['version'])}-\d+\) ", newest)
    assert (ROOT / "debian/control").read_text() == (ROOT / "debian/control.in").read_text().replace("PGVERSION", "15")
    assert (ROOT / "debian/pgversions").read_text() == "15+\n"
