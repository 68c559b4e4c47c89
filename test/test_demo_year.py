"""The demo's year of tickets: the same everywhere, with all kinds of tickets that mining easily gets wrong."""

import hashlib
from collections import Counter

import pytest
from demo_oracle import DONE, FILES, NOBODY, NOTES, SHA256, YEAR_ENDS, Year, instant, repeat_answers, steps, team_changes, without_notes
from demo_run import generate


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return generate(tmp_path_factory.mktemp("year"), every=1)


@pytest.fixture(scope="module")
def year(made):
    return Year(made)


def test_same_bytes_everywhere(made, tmp_path):
    elsewhere = generate(tmp_path, every=1, PYTHONHASHSEED="1", TZ="Asia/Kathmandu", LC_ALL="C")
    for directory in (made, elsewhere):
        together = b"".join((directory / name).read_bytes() for name in FILES)
        assert hashlib.sha256(together).hexdigest() == SHA256


def test_shape_of_the_year(year):
    solved = year.solved_in_year()
    assert 11_000 <= len(year.created_in_year()) <= 12_000
    assert 12_500 <= len(solved) <= 13_500
    assert len(solved - year.created_in_year()) >= 1_500
    assert 250 <= len(year.with_outcome("answered_again")) <= 450
    assert set(year.statuses) == set(year.created)


def test_histories_end_with_the_year(year):
    for cases in (year.statuses, year.teams, year.messages):
        assert max(events[-1][0] for events in cases.values()) < YEAR_ENDS


def test_reopenings_of_every_kind(year):
    for kind in ("answered_again", "first_answer", "silent", "open"):
        assert len(year.with_outcome(kind)) >= 20, kind
    assert sum(repeat_answers(events) > 0 for events in year.statuses.values()) >= 20


def special_tickets(year):
    """Tickets of the kinds that mining easily gets wrong."""
    found = Counter()
    for ticket, events in year.statuses.items():
        labels = [label for _, label in events]
        ties = [(a, b) for a, b, duration in steps(events) if not duration]
        teams = team_changes(year.teams.get(ticket, []))
        found["cut off at the front"] += ticket in year.cut_off
        found["never closed"] += without_notes(events)[-1][1] not in DONE
        found["solved, then closed"] += ("Løst", "Lukket") in zip(labels, labels[1:])
        found["closed, then reopened"] += ("Lukket", "Genåbnet") in zip(labels, labels[1:])
        found["waits for the user"] += "Afventer bruger" in labels
        found["waits for a vendor"] += "Afventer leverandør" in labels
        found["waits for a parcel"] += "Afventer pakke" in labels
        found["note on a solved ticket"] += any(a in DONE and b in NOTES for a, b in zip(labels, labels[1:]))
        found["exact duplicates"] += any(a == b for a, b in ties)
        found["ties that labels would order otherwise"] += any(a.encode() > b.encode() for a, b in ties)
        found["ping-pong"] += any(a == c for a, c in zip(teams, teams[2:]))
        found["at a partner"] += any(team.startswith("Leverandør") for team in teams)
        found["given to nobody"] += any(team == NOBODY for _, team in year.teams.get(ticket, []))
    return found


def test_special_kinds_are_in(year):
    found = special_tickets(year)
    assert {kind: count for kind, count in found.items() if count < 20} == {}


def test_one_save_writes_several_rows(year):
    """A mail that reopens is saved in one second with the reopening."""
    mails = {(ticket, at) for ticket, events in year.messages.items() for at, way in events if way == "in"}
    reopened = {(ticket, found[2]) for ticket, all_found in year.reopenings.items() for found in all_found}
    assert reopened and reopened <= mails
    assert sum(count > 1 for count in year.saves.values()) >= 1_000


def test_daylight_saving_nights(year):
    """Something happens in the hour that is left out and in both that have the same name."""
    seen = {at.replace(minute=0, second=0) for events in year.statuses.values() for at, _ in events}
    for hour in ("2023-03-26T00", "2023-03-26T01", "2023-10-29T00", "2023-10-29T01"):
        assert instant(hour + ":00:00+00:00") in seen


def test_most_happens_by_day(year):
    by_people = [at for events in year.statuses.values() for at, label in events if label != "Lukket"]
    local_hours = Counter((at.hour + 1) % 24 for at in by_people)
    office = sum(local_hours[hour] for hour in range(6, 16))
    assert 0.9 < office / sum(local_hours.values()) < 1
