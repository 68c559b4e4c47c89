"""A ticket that writes its rows, and the dice that decide about it."""

from random import Random

import habits as h

STATUS, TEAM, MESSAGE = "status", "team", "message"
IN, OUT, INTERNAL, AUTO = "in", "out", "internal", "auto"


class Dice:
    """All chance: arithmetic on Random.random(), whose sequence is stable"""

    def __init__(self, seed):
        self.random = Random(seed).random

    def happens(self, probability):
        return self.random() < probability

    def pick(self, weighted):
        """One of the values of (value, weight) pairs"""
        point = self.random() * sum(weight for _, weight in weighted)
        for value, weight in weighted:
            point -= weight
            if point < 0:
                return value
        return weighted[-1][0]

    def spread(self, points):
        """Whole seconds from a spread of (share, seconds) points"""
        share = self.random()
        for (from_, low), (to, high) in zip(points, points[1:]):
            if share < to:
                return int(low + (high - low) * (share - from_) / (to - from_))
        return int(points[-1][1])

    def number(self, mean):
        """A whole number around a mean, at most a third away from it"""
        return int(mean * (2 + 2 * self.random()) / 3 + self.random())


class Ticket:
    """A ticket that writes its rows as time goes by"""

    def __init__(self, ticket_id, created_at, dice):
        self.id = ticket_id
        self.dice = dice
        self.created_at = self.at = created_at
        self.category = dice.pick(h.CATEGORIES)
        self.priority = dice.pick(h.PRIORITIES)
        self.department = dice.pick(h.DEPARTMENTS)
        self.channel = dice.pick(h.CHANNELS)
        self.team = None
        self.rows = []

    # Rows; all calls at one time are one save.

    def status(self, label):
        self.rows.append((self.at, STATUS, label))
        if self.dice.happens(h.P_DUPLICATE):
            self.rows.append(self.rows[-1])

    def assign(self, team):
        self.rows.append((self.at, TEAM, team))
        self.team = team

    def message(self, direction):
        self.rows.append((self.at, MESSAGE, direction))

    def note(self):
        self.status(h.NOTE)
        self.message(INTERNAL)

    # Time.

    def wait(self, shifts, spread, pace=1.0):
        """Lets working time pass"""
        self.at = shifts.add(self.at, int(self.dice.spread(spread) * pace) + 1)

    def wait_for_team(self, spread):
        """Lets the team's own working time pass, at its pace"""
        if self.dice.happens(h.P_EVENING):
            self.at += self.dice.spread(h.WORK)
        else:
            self.wait(h.HOURS.get(self.team, h.OFFICE), spread,
                      h.PACE[self.team])

    def wait_for_user(self, spread):
        self.wait(h.USER_HOURS, spread)
