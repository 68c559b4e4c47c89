"""Labels that look alike, and the ones nearest to one that is not there."""

import unicodedata

import pytest
from client import column, longer, rows, value
from dice import dice

FOLDED = {
    "Løst": "løst", "LØST ": "løst", " løst": "løst", "Lo\u0308st": "löst", "L\u00f6st": "löst", "A\u030abnet": "åbnet", "Åbnet": "åbnet",
    "Løst  m. mail": "løst m. mail", "Løst\u00a0m.\u2003mail": "løst m. mail", "Løst\tm.\nmail\r\n": "løst m. mail", "Løst\u3000m. mail": "løst m. mail",
    "Lø\u200bst": "løst", "\ufeffLøst": "løst", "Lø\u00adst": "løst", "Løst\u200e": "løst", "Løst\ufe0f": "løst",
    "": "", "   ": "", "\u200b": "", "\u00a0": "", "\u3000": "", "\u2800 \u1680\u2028": "", "\u3164": "",
    "ÆØÅÄÖÜÉÐÞ ČĐŊŠŦŽŒŸ": "æøåäöüéðþ čđŋšŧžœÿ", "×÷ß": "×÷ß", "ﬁn": "fin", "Ｎｙ": "ny", "²": "2", "I": "i", "I\u0307": "i\u0307", "ı": "ı", "J\u030c": "\u01f0", "ÝŞĀ": "ýşā", "Ночь": "Ночь", "😀": "😀",
}  # fmt: skip


@pytest.mark.parametrize("label", FOLDED)
def test_folded_label(db, label):
    assert value(db, "SELECT log_folded_label(%s)", (label,)) == FOLDED[label]


def test_folded_twice(db):
    """What is folded stays as it is, and compositions are one label."""
    rng = dice("folded")
    labels = ["".join(rng.choices("aAøØæÆåÅéÉ e\u0301 \u00a0\u200b\u3000\t-ﬁ１", k=rng.randrange(12))) for _ in range(longer(300, 5000))]
    forms = [(label, unicodedata.normalize("NFC", label), unicodedata.normalize("NFD", label), label.swapcase() if "ﬁ" not in label else label) for label in labels]
    for form in range(4):
        query = "SELECT coalesce(max(a), '') FROM unnest(%s::text[], %s::text[]) u(a, b) WHERE log_folded_label(a) <> log_folded_label(b) OR log_folded_label(log_folded_label(a)) <> log_folded_label(a)"
        assert value(db, query, ([forms[n][0] for n in range(len(forms))], [forms[n][form] for n in range(len(forms))])) == ""


@pytest.mark.parametrize("locale", ("C.UTF-8", "C"))
def test_locale(databases, template, locale):
    """The same whatever the collation of the database, or of the argument."""
    from client import connect

    name = databases.create(options=f"ENCODING 'UTF8' LOCALE '{locale}'")
    with connect(name) as db:
        db.execute("CREATE EXTENSION ticket_mining")
        assert dict(rows(db, "SELECT u, log_folded_label(u) FROM unnest(%s::text[]) u", (list(FOLDED),))) == FOLDED
        icu = column(db, "SELECT log_folded_label(u COLLATE \"tr-x-icu\") FROM unnest(%s::text[]) u", (list(FOLDED),))
        assert icu == list(FOLDED.values())


ACTIVITIES = ["Ny", "I gang", "Løst", "Løst m. mail", "Løst u. mail", "Lukket", "Genåbnet", "Genaabnet", "Note", "Notat", "Afventer bruger", "Afventer leverandør", ""]
NEAREST = {
    "Lost m. mail": ["Løst m. mail", "Løst u. mail"],
    "Genåbnet ": ["Genåbnet", "Genaabnet"],
    "LØST": ["Løst"],
    "Noter": ["Note"],
    "Notater": ["Notat"],
    "Afventer bruge": ["Afventer bruger"],
    "afventer leverandor": ["Afventer leverandør"],
    "Tildelt": [],
    "Nyt": ["Ny"],
    "x": [""],
    "Lo\u0308st m. mail": ["Løst m. mail", "Løst u. mail"],
}  # fmt: skip


@pytest.mark.parametrize("wanted", NEAREST)
def test_nearest_labels(db, wanted):
    rng = dice(wanted)
    for _ in range(3):
        assert value(db, "SELECT nearest_labels(%s, %s)", (wanted, rng.sample(ACTIVITIES, len(ACTIVITIES)))) == NEAREST[wanted]


def test_nearest_three(db):
    """At most three; of equal ones those whose bytes come first; each once; NULL does not count."""
    given = ["Fase 4", "fase 2", "Fase 3", None, "Fase 2", "Fase 3", "Fåse 1", "Fase 5", "Fase 11"]
    assert value(db, "SELECT nearest_labels('Fase 1', %s)", (given,)) == ["Fase 11", "Fase 2", "Fase 3"]
    assert value(db, "SELECT nearest_labels('Fase 1', '{}')") == []
    assert value(db, "SELECT nearest_labels('Fase 1', NULL)") is None
    assert value(db, "SELECT nearest_labels(NULL, '{a}')") is None


def distance(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def test_distance(db):
    """In characters, not bytes; exact up to the bound, beyond it somewhere beyond."""
    rng = dice("distance")
    pairs = [("".join(rng.choices("aøæ😀e", k=rng.randrange(9))), "".join(rng.choices("aøæ😀e", k=rng.randrange(9)))) for _ in range(longer(300, 5000))]
    for most in (0, 1, 3, 20):
        found = column(db, "SELECT label_distance(a, b, %s) FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY u(a, b, n) ORDER BY n",
                       (most, [a for a, _ in pairs], [b for _, b in pairs]))  # fmt: skip
        assert [min(d, most + 1) for d in found] == [min(distance(a, b), most + 1) for a, b in pairs]


@pytest.mark.parametrize("letter", "aø€😀")
def test_long_labels(db, letter):
    """Only so much of them is compared; no character is cut in two."""
    assert value(db, "SELECT label_distance(repeat(%s, 255), 'x' || repeat(%s, 254), 5)", (letter, letter)) <= 2
    assert value(db, "SELECT nearest_labels(repeat(%s, 10000), ARRAY[repeat(%s, 10000)])", (letter, letter)) == [letter * 10000]
