"""Small faults in texts and bytes."""


def text_mutator(pieces, more=()):
    """A function that puts one to four small faults into a text: pieces are what gets in, more are other faults."""

    def once(rng, text, other):
        here, there = sorted(rng.randrange(len(text) + 1) for _ in "12")
        there = min(there, here + rng.choice((1, 1, 2, 5, 12, 50)))
        faults = (
            lambda: text[:here] + text[there:],
            lambda: text[:here] + rng.choice(pieces) + text[here:],
            lambda: text[:here] + rng.choice(pieces) + text[there:],
            lambda: text[:here] + rng.choice(pieces) + text[here + 1 :],
            lambda: text[:there] + text[here:there] + text[there:],
            lambda: text[:here] + text[here:there][::-1] + text[there:],
            lambda: text[:here],
            lambda: text[:here] + other[here:],
            *(lambda fault=fault: fault(rng, text) for fault in more),
        )
        return rng.choice(faults)()

    def mutated(rng, text, other):
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            text = once(rng, text, other) or pieces[0]
        return text

    return mutated


def mutated_bytes(rng, data, other):
    """The bytes with one to four small faults."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        here = rng.randrange(len(data) + 1)
        width = rng.choice((1, 1, 2, 8))
        noise = bytes(rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256))) for _ in range(width))
        data = rng.choice((
            lambda: data[:here] + noise + data[here + width :],
            lambda: data[:here] + noise + data[here:],
            lambda: data[:here] + data[here + width :],
            lambda: data[:here],
            lambda: data[:here] + other[here:],
            lambda: flipped(data, rng.randrange(max(1, 8 * len(data)))),
            lambda: flipped(data, rng.randrange(min(240, max(1, 8 * len(data))))),
        ))()  # fmt: skip
    return data


def flipped(data, bit):
    return bytes(b ^ (1 << bit % 8) if n == bit // 8 else b for n, b in enumerate(data))


def mutations(rng, mutate, seeds, count):
    return [mutate(rng, rng.choice(seeds), rng.choice(seeds)) for _ in range(count)]
