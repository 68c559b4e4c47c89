"""Texts that were chosen to collide in the frozen hash (src/base/hash64.h), as anybody can choose them."""

import itertools
import random
import string

from trace_format import variant_bytes

START, LENGTH, MULTIPLIER = 0x9AE16A3B2F90404F, 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93
MASK = 2**64 - 1

LETTERS = (string.ascii_letters + string.digits).encode()
BLOCK = 16


def fold(a, b):
    """The halves of the 128-bit product, one over the other."""
    return a * b & MASK ^ a * b >> 64


def word(data):
    return int.from_bytes(data, "little")


def after(h, data):
    """The hash so far, behind some more words."""
    for at in range(0, len(data), 8):
        h = fold(h ^ word(data[at : at + 8]), MULTIPLIER)
    return h


def hash64(data):
    return fold(after(START ^ len(data) * LENGTH & MASK, data) ^ LENGTH, MULTIPLIER)


def _partner(rng, byte):
    """Two letters that differ by these bits; None where there are none."""
    found = [a for a in LETTERS if a ^ byte in LETTERS]
    return (a := rng.choice(found), a ^ byte) if found else None


def _pair(rng, h):
    """Two blocks of letters that lead from one hash to one and the same; the second words take back what the first ones differ by."""
    while True:
        one, other = (bytes(rng.choices(LETTERS, k=8)) for _ in "ab")
        difference = after(h, one) ^ after(h, other)
        ends = [_partner(rng, byte) for byte in difference.to_bytes(8, "little")]
        if None not in ends:
            return tuple(first + bytes(end[n] for end in ends) for n, first in enumerate((one, other)))


def pairs(count, before=b"", behind=0):
    """So many pairs of blocks, each of which may be chosen freely, behind and before so many bytes: whole words before them."""
    rng, found = random.Random(1), []
    h = after(START ^ (len(before) + count * BLOCK + behind) * LENGTH & MASK, before)
    for _ in range(count):
        found.append(_pair(rng, h))
        h = after(h, found[-1][0])
    return found


def texts(blocks):
    """All choices of one of each pair."""
    found = [b""]
    for one, other in blocks:
        found = [text + block for text in found for block in (one, other)]
    return [text.decode() for text in found]


def short_texts(count):
    """Texts of 16 bytes, the two halves of which differ by the same bits, turned by 29."""
    bits = [b for b in range(64) if b % 8 < 6 and (b + 29) % 64 % 8 < 6]
    found = []
    for n in range(count):
        flipped = sum(1 << b for i, b in enumerate(bits) if n >> i & 1)
        turned = (flipped << 29 | flipped >> 35) & MASK
        found.append(b"".join((word(b"@" * 8) ^ half).to_bytes(8, "little") for half in (turned, flipped)).decode())
    return found


def arrays(hashes, count):
    """Arrays of integers with one hash for PostgreSQL, twice as long as count; hashes are those of 0, 1, …"""
    met = {}
    for n in range(0, len(hashes), 2):
        hashed = (31 * hashes[n] + hashes[n + 1]) % 2**32
        if (other := met.setdefault(hashed, n)) != n:
            return [sum(([start, start + 1] for start in starts), []) for starts in itertools.product((other, n), repeat=count)]


def variants(blocks, first=()):
    """Labels whose cases of the first labels and then one of these have the same variant."""
    for padding in range(8):
        plain = "#" * padding + "+" * BLOCK * blocks
        data = variant_bytes([*first, plain])
        before = data.index(b"+" * BLOCK)
        if before % 8 == 0:
            found = pairs(blocks, data[:before], behind=len(data) - before - BLOCK * blocks)
            return ["#" * padding + text for text in texts(found)]
