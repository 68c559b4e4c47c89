"""The binary form 1 of traces, written independently from the description in src/trace/trace.h."""

import oracle
from timestamps import MINUTE, SECOND

UNITS = 1, 1000, SECOND, MINUTE


def varint(number):
    """7 bits a byte, the low ones first; the high bit says that more follow."""
    low, rest = number & 127, number >> 7
    return bytes([low | 128]) + varint(rest) if rest else bytes([low])


def variant_bytes(labels):
    """Number of labels, size of the dictionary, each label with its length, then an index an event."""
    index = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    dictionary = b"".join(varint(len(label.encode())) + label.encode() for label in index)
    width = 1 if len(index) <= 256 else 2
    indexes = b"".join(index[label].to_bytes(width, "little") for label in labels)
    return varint(len(index)) + varint(len(dictionary)) + dictionary + indexes


def deltas(times):
    """The unit's number, the width of a delta and the deltas' bytes."""
    gaps = [after - before for before, after in zip(times, times[1:])]
    if not any(gaps):
        return 0, 0, b""
    unit = max(n for n, us in enumerate(UNITS) if all(gap % us == 0 for gap in gaps))
    width = (max(gaps) // UNITS[unit]).bit_length() + 7 >> 3
    return unit, width, b"".join((gap // UNITS[unit]).to_bytes(width, "little") for gap in gaps)


def breaks(trace):
    """A bit an event and one for the end, whole bytes."""
    if not trace.breaks:
        return b""
    return sum(1 << number for number in trace.breaks).to_bytes(len(trace.steps) // 8 + 1, "little")


def encode(trace):
    """The bytes that trace_send writes."""
    times = [at for _, at in trace.steps]
    unit, width, gaps = deltas(times)
    flags = width | unit << 4 | bool(trace.breaks) << 6
    start = times[0].to_bytes(8, "little", signed=True)
    head = bytes([1, flags]) + start + varint(len(trace.steps))
    return head + variant_bytes(oracle.activities(trace)) + breaks(trace) + gaps
