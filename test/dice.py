"""Chance that can be had again: what tests draw at random depends on the seed of the run and a name alone.

Every run has another seed, which its head and each failure tell; TICKET_MINING_SEED repeats one.
"""

import os
import random
from contextlib import contextmanager

# In the environment, so that the workers of pytest -n have the same.
SEED = os.environ.setdefault("TICKET_MINING_SEED", str(random.SystemRandom().randrange(1_000_000)))
_made_of = [lambda name: f"{SEED} {name}"]


def dice(name):
    return random.Random(_made_of[-1](name))


@contextmanager
def frozen():
    """Chance is the same in every run: golden values are made so."""
    _made_of.append(lambda name: name)
    try:
        yield
    finally:
        _made_of.pop()
