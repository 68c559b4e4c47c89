"""Labels as they are shown in maps: whichever two differ look different, in text maps and in the page alike."""

import itertools
import json
import re
import subprocess
import sys
import unicodedata

import oracle
import pytest
from client import longer, value
from dice import dice
from map_oracle import HIDDEN, is_hidden, label_names, label_text
from random_logs import ODD
from test_map import HOSTILE, dot, labelled, mermaid, random_label
from test_page_browser import WEB

LONG = "Afventer svar fra leverandøren om ændring af aftalen, trin "

# Labels of which some pair is hard to tell apart.
ALIKE = [
    *("", " ", "   ", "\u200b", "\u200c", "\u00a0", "\u3000", "\u2800", "\u3164", "\u00ad", "\ufe0f", "\t", "\n", "\u202e", "\U000e0041"),
    *("–", "-", "—", "(empty)", "(tom)", "‹empty›", "‹tom›", '""', '"   "', "␣", "␣␣␣", "‹", "‹U+200B›", "‹U+2039›U+200B›", "‹1›", "›", "none", "‹none›"),
    *("Løst", "Løst ", " Løst", "Løst  ", "Løst\u00a0", "Løst\t", "Løst\n", "Løst\u200b", "L\u200bøst", "Løst\u202e", "\u202dLøst", "Løst\ufeff", "Løst␣", "Løst…"),
    *("a b", "a  b", "a\u00a0b", "a\u2003b", "a\tb", "a\nb", "a\r\nb", "a\u2028b", "ab", "a\u2060b", "a\u034fb", "a\u200db", "a\ue000b", "a\ue001b", "a\ufffeb"),
    *("Genåbnet", unicodedata.normalize("NFD", "Genåbnet"), "Gena\u030abnet ", "\u212bben", "\u00c5ben", "A\u030aben", "\u1e69", "s\u0323\u0307", "s\u0307\u0323", "\uac00", "\u1100\u1161"),
    *(LONG + n for n in ("", "1", "2", "3 ", "3", "1" * 20, "2" * 20)),
    *("x" * n + end for n in (38, 39, 40, 58, 59, 60, 61, 100, 4000) for end in ("", "…", "y", "\u200b", "\u200c", " ")),
    *("x" * 45 + middle + "y" * 45 for middle in ("", "z", "zz", "\u200b", " ", "‹1›")), "x" * 39 + "…" + "y" * 20, "x" * 39 + "…" + "y" * 20 + "‹1›",
    *("\u200b" * n for n in (2, 7, 8, 9, 300, 301)), *(" " * n for n in (2, 59, 60, 61, 62)),
]  # fmt: skip


def seen(text):
    """What is left for the eye: nothing that cannot be seen, one of several blanks, letters in whatever form."""
    visible = "".join(character for character in text if character in "‹␣" or not is_hidden(character))
    return unicodedata.normalize("NFC", re.sub(" +", " ", visible).strip())


def of_dot(text):
    """Per activity in their order: the whole label, and its name."""
    found = re.findall(r'^\ta\d+ \[label="(.*)", tooltip="(.*)"\];$', text, re.MULTILINE)
    plain = lambda text, backslash: text.replace("&amp;", "&").replace(backslash, "\\").replace('\\"', '"')
    return [(plain(tooltip, r"\\\\"), plain(name, r"\\")) for name, tooltip in found]


def of_mermaid(text):
    names = re.findall(r'^\ta\d+\("(.*)"\)$', text, re.MULTILINE)
    return [re.sub("#(\\d+);", lambda found: chr(int(found[1])), name.replace("\u2060", "")) for name in names]


def of_page(lists):
    assert (WEB / "node_modules").exists(), f"{WEB} lacks its packages: npm ci there"
    found = subprocess.run(["node", "test/show_labels.mjs"], cwd=WEB, input=json.dumps(lists), capture_output=True, text=True, encoding="utf-8", check=False)
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def in_order(labels):
    return sorted(set(labels), key=oracle.label_key)


@pytest.mark.parametrize("language", ("en", "da"))
def test_labels_that_differ_look_different(db, language):
    labels = in_order(ALIKE)
    graph = labelled(labels)
    shown = of_dot(dot(db, graph, 1, 1, [], language))
    assert len(shown) == len(labels) > 120
    for texts in (*zip(*shown, strict=True), of_mermaid(mermaid(db, graph, 1, 1, [], language))):
        assert "" not in map(seen, texts) and "–" not in texts
        assert len(set(map(seen, texts))) == len(labels), [pair for pair in itertools.combinations(texts, 2) if seen(pair[0]) == seen(pair[1])]
    assert max(len(name) for _, name in shown) <= 60 + len("‹10›")


def test_some_labels(db):
    """By hand."""
    wanted = {
        "": "‹empty›", "   ": "␣␣␣", "\u200b": "‹U+200B›", "Løst m. mail": "Løst m. mail", "Løst ": "Løst␣", "a  b": "a␣␣b", "a\nb": "a‹U+000A›b", "–": "‹U+2013›", "‹empty›": "‹U+2039›empty›",
        "Gena\u030abnet": "Gena‹U+030A›bnet", "L\u00f8st pa\u030a": "L‹U+00F8›st pa‹U+030A›", "\U000e0041": "‹U+E0041›", "␣": "‹U+2423›", "x" * 61: "x" * 39 + "…" + "x" * 20,
        "a" * 39 + "b" + "c" * 40: "a" * 39 + "…" + "c" * 20 + "‹1›", "a" * 39 + "d" + "c" * 40: "a" * 39 + "…" + "c" * 20 + "‹2›",
    }  # fmt: skip
    assert dict(zip(in_order(wanted), (name for _, name in of_dot(dot(db, labelled(wanted), 1, 1, []))), strict=True)) == wanted
    assert value(db, "SELECT process_map_dot('1 {\"\"} 1(1,1,1,1,1)'::dfg, language => 'da')").count("‹tom›") == 4


def random_lists(seed, count):
    rng = dice(seed)
    for _ in range(count):
        labels = [random_label(rng) for _ in range(rng.randint(1, 12))] + rng.choices(ALIKE, k=rng.randint(0, 30))
        yield rng.choice(("en", "da")), in_order(labels + [unicodedata.normalize(rng.choice(("NFC", "NFD")), label)[:1300] for label in labels])


@pytest.mark.parametrize("seed", range(longer(2, 60)))
def test_page_and_text_maps_agree(db, seed):
    lists = [*random_lists(seed, 60), *((language, in_order(labels)) for language in ("en", "da") for labels in (ALIKE, ODD, HOSTILE))]
    for (language, labels), page in zip(lists, of_page(lists), strict=True):
        shown = of_dot(dot(db, labelled(labels), 1, 1, [], language))
        assert [tuple(line[1:]) for line in page] == shown
        assert shown == [(label_text(label, language), name) for label, name in label_names(labels, language).items()]
        assert len({seen(whole) for whole, _ in shown}) == len(labels)


def test_every_character(db):
    """Each between two letters, so many to a label; those that a normal form changes, alone."""
    characters = [chr(code) for code in range(1, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    is_stable = lambda c: unicodedata.is_normalized("NFC", f"x{c}x") and not unicodedata.combining(c)
    known = [c for c in characters if unicodedata.category(c) != "Cn" or is_hidden(c)]
    stable = [c for c in known if is_stable(c)]
    labels = ["x".join(stable[at : at + 500]) for at in range(0, len(stable), 500)]
    labels = in_order([*labels, *(f"x{c}x" for c in known if not is_stable(c))])
    assert len(stable) > 270_000 and HIDDEN < set(known)
    shown = of_dot(dot(db, labelled(labels), 1, 1, []))
    ((*page,),) = of_page([("en", labels)])
    assert [tuple(line[1:]) for line in page] == shown
    assert [whole for whole, _ in shown] == list(map(label_text, labels))
