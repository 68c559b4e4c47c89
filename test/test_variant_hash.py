"""trace_variant against an independent implementation of the frozen hash (src/base/hash64.h)."""

import oracle
import pytest
from client import column, longer, value
from collisions import hash64
from oracle import Trace
from random_logs import KINDS, MANY, random_log
from timestamps import utc
from trace_format import variant_bytes

def variant(labels):
    """The hash of the variant's bytes, as a bigint."""
    unsigned = hash64(variant_bytes(labels))
    return unsigned - 2**64 if unsigned >= 2**63 else unsigned


def text_of(labels):
    return oracle.trace_text(Trace(tuple((label, utc(2023) + n) for n, label in enumerate(labels))))


VECTORS = {
    "one label": ["Ny"],
    "empty label": [""],
    "seven bytes": ["a" * 3],
    "danish": ["Ny", "Løst m. mail", "Lukket", "Ny", "Løst m. mail"],
    "longest label": ["æ" * 2048],
    "256 labels": MANY[:256],
    "257 labels": MANY[:257],
    "long": ["A", "B"] * 1000,
}


@pytest.mark.parametrize("name", VECTORS)
def test_vector(db, name):
    labels = VECTORS[name]
    assert value(db, "SELECT trace_variant(%s::trace)", (text_of(labels),)) == variant(labels)


@pytest.mark.parametrize("kind", KINDS)
def test_random(db, kind):
    traces = [t for seed in range(longer(3, 30)) for t in oracle.traces(random_log(kind, seed)).values()]
    texts = [oracle.trace_text(trace) for trace in traces]
    found = column(db, "SELECT trace_variant(t::trace) FROM unnest(%s::text[]) WITH ORDINALITY u(t, n) ORDER BY n", (texts,))
    assert found == [variant(oracle.activities(trace)) for trace in traces]


def test_every_length(db):
    """Each length modulo the eight bytes of a step."""
    labels = ["x" * length for length in range(40)]
    found = column(db, "SELECT trace_variant(trace(ARRAY[l], ARRAY['2023-01-01Z'::timestamptz])) "
                       "FROM unnest(%s::text[]) l", (labels,))
    assert found == [variant([label]) for label in labels]


def test_times_and_breaks_do_not_matter(db):
    texts = ["{A,B} 1@2023-01-01T00:00:00Z 2@2023-01-01T00:00:00Z", "{A,B} | 1@1900-01-01T00:00:00Z | 2@2100-01-01T00:00:00Z |"]
    assert column(db, "SELECT DISTINCT trace_variant(t::trace) FROM unnest(%s::text[]) t", (texts,)) == [variant("AB")]


def test_order_of_labels_matters(db):
    variants = {value(db, "SELECT trace_variant(%s::trace)", (text_of(labels),)) for labels in ("AB", "BA", "ABA", "AAB", "A", "B")}
    assert len(variants) == 6
