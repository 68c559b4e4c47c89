"""The documentation files: their blocks, headings, links and tables."""

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
README, CONTRIBUTING = ROOT / "README.md", ROOT / "CONTRIBUTING.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")), CONTRIBUTING)

FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^(#+) (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)")


class Block(NamedTuple):
    """A block between fences: what it is, its text, and the one that follows with nothing between."""

    kind: str
    text: str
    next_kind: str | None
    next_text: str | None


def read(page):
    return page.read_text(encoding="utf-8")


def blocks(page, *kinds):
    """The blocks of some kinds, in their order."""
    text = read(page)
    found = list(FENCE.finditer(text))
    follows = [*((a, b) if text[a.end() : b.start()] == "\n\n" else (a, None) for a, b in zip(found, found[1:])), (found[-1], None)] if found else []
    return [Block(a[1], a[2], b and b[1], b and b[2]) for a, b in follows if a[1] in kinds]


def prose(page):
    """The text without its blocks."""
    return FENCE.sub("", read(page))


def anchors(page):
    """The anchors that GitHub gives the headings: markup gone, small letters, no punctuation, blanks as hyphens, repeats numbered."""
    found = []
    for _, heading in HEADING.findall(prose(page)):
        text = LINK.sub("]", heading).replace("[", "").replace("]", "").lower()
        anchor = "".join(c for c in text if c in "-_ " or unicodedata.category(c)[0] in "LNM").replace(" ", "-")
        repeats = sum(anchor in (name, re.sub(r"-\d+$", "", name)) for name in found)
        found.append(f"{anchor}-{repeats}" if repeats else anchor)
    return found


def links(page):
    """The links to other files and to anchors, as pairs of a file and an anchor or none."""
    targets = (target for target in LINK.findall(prose(page)) if not re.match(r"[a-z]+:", target))
    return [((page.parent / path).resolve() if path else page, anchor or None) for path, _, anchor in (target.partition("#") for target in targets)]


def table_cells(page):
    rows = (line for line in prose(page).splitlines() if line.startswith("|"))
    return [cell.strip() for row in rows for cell in re.split(r"(?<!\\)\|", row)[1:-1]]


def sections(page, level):
    """The headings of a level with what stands below them, blocks included."""
    mark = "#" * level
    parts = re.split(rf"^{mark} (.+)$", read(page), flags=re.MULTILINE)
    return [(heading, re.split(r"^#+ ", text, flags=re.MULTILINE)[0]) for heading, text in zip(parts[1::2], parts[2::2])]
