"""The life of one ticket, from its first row to its last."""

import habits as h
from clock import NEVER, from_local, local_day
from ticket import AUTO, IN, OUT


def live(ticket, left_lying_until):
    """Writes the history of a ticket that a user asked for"""
    solved_by_phone = register(ticket)
    if not solved_by_phone:
        if ticket.dice.happens(h.P_WITHDRAWN):
            withdraw(ticket)
            return
        route(ticket)
        if left_lying_until:
            lie(ticket, left_lying_until)
        if not work(ticket):
            return
        solve(ticket, mail_chance(ticket))
    follow_up(ticket)


def live_as_alert(ticket):
    """Writes the history of a ticket that the monitoring opened"""
    ticket.category, ticket.channel = h.ALERT_CATEGORY, h.ALERT_CHANNEL
    ticket.priority = "Høj"
    ticket.status(h.NEW)
    ticket.assign(h.SERVERS)
    ticket.message(AUTO)
    if ticket.dice.happens(h.P_RECOVERS):
        ticket.at += ticket.dice.spread(h.AUTO_RECOVERY)
    elif ticket.dice.happens(h.P_ON_CALL):
        ticket.at += ticket.dice.spread(h.AUTO_RECOVERY)
        ticket.status(h.IN_PROGRESS)
        ticket.at += ticket.dice.spread(h.WORK)
    else:
        start_work(ticket)
        ticket.wait_for_team(h.WORK)
    ticket.status(h.SOLVED)
    close_automatically(ticket)


# --- Registration and routing ---------------------------------------------

def register(ticket):
    """Registers a ticket; says whether it was solved in the same call"""
    ticket.status(h.NEW)
    if ticket.channel == h.PHONE:
        ticket.assign(h.DESK)
        return solve_on_phone(ticket)
    ticket.message(IN)
    if ticket.channel == h.MAIL:
        ticket.assign(h.DESK)
    if ticket.dice.happens(h.P_RECEIPT):
        ticket.message(AUTO)
    return False


def solve_on_phone(ticket):
    """Solves a ticket while the user is on the phone, or not"""
    if not ticket.dice.happens(h.P_SOLVED_ON_PHONE):
        return False
    if ticket.dice.happens(h.P_START_IN_SAME_SAVE):
        ticket.status(h.IN_PROGRESS)
    ticket.at += ticket.dice.spread(h.PHONE_CALL)
    solve(ticket, h.P_MAIL_IF_PHONED / 2)
    return True


def withdraw(ticket):
    """The user needs no help any more"""
    ticket.wait_for_user(h.WITHDRAWAL)
    ticket.message(IN)
    ticket.status(h.CLOSED)


def route(ticket):
    """Brings a ticket from the desk to the team that can solve it"""
    dice = ticket.dice
    solver = dice.pick(h.SOLVERS[ticket.category])
    ticket.team = ticket.team or h.DESK
    if not (ticket.channel == h.PHONE and dice.happens(h.P_ASSIGNED_AT_ONCE)):
        ticket.wait_for_team(h.TRIAGE)
    if dice.happens(h.P_WRONG_FIRST):
        go_astray(ticket, solver)
    forward(ticket, solver)
    if solver in h.PARTNERS and dice.happens(h.P_PARTNER_RETURNS):
        come_back(ticket)


def forward(ticket, team):
    """Assigns a ticket to a team; status and team in one save"""
    ticket.status(h.ASSIGNED)
    ticket.assign(team)
    if ticket.dice.happens(h.P_TEAM_SAVED_AGAIN):
        ticket.wait_for_team(h.TRIAGE)
        ticket.assign(team)


def go_astray(ticket, solver):
    """The desk sends a ticket to a team that cannot solve it"""
    wrong = [(team, 1) for team in h.TEAMS if team not in (solver, h.DESK)]
    forward(ticket, ticket.dice.pick(wrong))
    ticket.wait_for_team(h.PICK_UP)
    if ticket.dice.happens(h.P_BACK_TO_DESK):
        return_to_desk(ticket)
        ticket.wait_for_team(h.TRIAGE)


def return_to_desk(ticket):
    """A team sends a ticket back, at times by way of nobody"""
    ticket.note()
    if ticket.dice.happens(h.P_NO_TEAM):
        ticket.assign(None)
        ticket.team = h.DESK
        ticket.wait_for_team(h.TRIAGE)
    forward(ticket, h.DESK)


def come_back(ticket):
    """A partner returns a ticket, and may get it once more"""
    partner = ticket.team
    ticket.wait_for_team(h.PICK_UP)
    return_to_desk(ticket)
    if not ticket.dice.happens(h.P_PARTNER_RETURNS_AGAIN):
        return
    ticket.wait_for_team(h.TRIAGE)
    forward(ticket, partner)


# --- Work -------------------------------------------------------------------

def lie(ticket, until):
    """Nobody gets round to a ticket before a time"""
    ticket.wait_for_team(h.PICK_UP)
    ticket.status(ticket.dice.pick(
        ((h.PLANNED, 4), (h.WAITS_FOR_VENDOR, 3), (h.IN_PROGRESS, 3))))
    ticket.at = h.OFFICE.add(max(ticket.at, until), 0)


def start_work(ticket):
    """An agent of the team takes a ticket up"""
    if not ticket.dice.happens(h.P_START_IN_SAME_SAVE):
        ticket.wait_for_team(h.PICK_UP)
    ticket.status(h.IN_PROGRESS)


def work(ticket):
    """Works on a ticket; says whether it can be solved"""
    dice = ticket.dice
    start_work(ticket)
    ticket.wait_for_team(h.WORK)
    if dice.happens(h.P_NOTE):
        ticket.note()
        ticket.wait_for_team(h.WORK)
    if dice.happens(h.P_ASK_USER):
        ask_user(ticket)
    for status, spread, shifts, probability in obstacles(ticket):
        if dice.happens(probability):
            hold(ticket, status, spread, shifts)
    return ticket.at < NEVER


def obstacles(ticket):
    """What may hold a ticket up"""
    return (
        (h.WAITS_FOR_VENDOR, h.VENDOR, h.VENDOR_HOURS, h.P_VENDOR),
        (h.WAITS_FOR_PARCEL, h.PARCEL, h.OFFICE,
         h.P_PARCEL.get(ticket.category, 0)),
        (h.PLANNED, h.PLAN, h.OFFICE, h.P_PLANNED),
    )


def hold(ticket, status, spread, shifts):
    """Waits for something, at times for ever"""
    ticket.status(status)
    if ticket.dice.happens(h.P_FORGOTTEN):
        ticket.at = NEVER
        return
    ticket.wait(shifts, spread)
    ticket.status(h.IN_PROGRESS)
    ticket.wait_for_team(h.WORK)


def ask_user(ticket):
    """Asks the user, until nothing is left to ask or no answer comes"""
    asks = True
    while asks and ticket.at < NEVER:
        ticket.message(OUT)
        ticket.status(h.WAITS_FOR_USER)
        if ticket.dice.happens(h.P_FORGOTTEN):
            ticket.at = NEVER
        elif ticket.dice.happens(h.P_NO_REPLY) and not remind(ticket):
            return
        else:
            take_reply(ticket)
        asks = ticket.dice.happens(h.P_ASK_AGAIN)


def remind(ticket):
    """Reminds the user; says whether an answer comes then"""
    ticket.wait(h.OFFICE, h.REMINDER)
    ticket.message(OUT)
    if ticket.dice.happens(h.P_REPLY_AFTER_REMINDER):
        return True
    ticket.wait(h.OFFICE, h.REMINDER)
    return False


def take_reply(ticket):
    """The user answers by mail or on the phone, and work goes on"""
    if ticket.dice.happens(h.P_TOOK_UP_ON_PHONE):
        ticket.wait(h.OFFICE, h.REPLY)
    else:
        ticket.wait_for_user(h.REPLY)
        ticket.message(IN)
        ticket.status(h.USER_REPLIED)
        ticket.wait_for_team(h.PICK_UP)
    ticket.status(h.IN_PROGRESS)
    ticket.wait_for_team(h.WORK)


# --- Solution and what comes after ------------------------------------------

def mail_chance(ticket):
    """How likely the solution is mailed to the user"""
    return h.P_MAIL_IF_PHONED if ticket.channel == h.PHONE else h.P_MAIL_IF_WROTE


def solve(ticket, p_mail):
    """Solves a ticket; note, solution and mail in one save"""
    if ticket.dice.happens(h.P_NOTE * h.P_NOTE_IN_SAME_SAVE):
        ticket.note()
    by_mail = ticket.dice.happens(p_mail)
    answer(ticket) if by_mail else ticket.status(h.SOLVED)
    if by_mail and ticket.dice.happens(h.P_CORRECTED):
        ticket.at += ticket.dice.spread(h.CORRECTION)
        answer(ticket)
    if ticket.dice.happens(h.P_NOTE_ON_SOLVED):
        ticket.at += ticket.dice.spread(h.WORK)
        ticket.note()


def answer(ticket):
    """Solves a ticket with a mail to the user"""
    ticket.status(h.SOLVED_BY_MAIL)
    ticket.message(OUT)


def follow_up(ticket):
    """What the user makes of a solution, until nothing more comes"""
    dice = ticket.dice
    p_complains = h.P_COMPLAINS
    solved = True
    while solved:
        if dice.happens(p_complains):
            solved = handle_complaint(ticket)
            p_complains = h.P_COMPLAINS_AGAIN
        elif dice.happens(h.P_THANKS):
            handle_thanks(ticket)
        else:
            close_automatically(ticket)
            solved = dice.happens(h.P_LATE_MAIL) and handle_complaint(ticket)


def reopen(ticket, spread):
    """A mail of the user opens a ticket again, in one save"""
    close_at = auto_close_time(ticket)
    solved_at = ticket.at
    ticket.wait_for_user(spread)
    if solved_at < close_at < ticket.at:
        mailed_at, ticket.at = ticket.at, close_at
        ticket.status(h.CLOSED)
        ticket.at = mailed_at
    ticket.message(IN)
    ticket.status(h.REOPENED)


def handle_complaint(ticket):
    """The solution did not hold; says whether another one was found"""
    reopen(ticket, h.COMPLAINT)
    if ticket.dice.happens(h.P_COMPLAINT_FORGOTTEN) or not work(ticket):
        return False
    solve(ticket, h.P_MAIL_AFTER_COMPLAINT)
    return True


def handle_thanks(ticket):
    """A "thank you" opens a ticket, and an agent closes it without mail"""
    reopen(ticket, h.THANKS)
    ticket.wait(h.OFFICE, h.SILENT_CLOSE)
    ticket.status(h.SOLVED)


def auto_close_time(ticket):
    """When the nightly job closes a ticket solved now"""
    night = local_day(ticket.at) + h.AUTO_CLOSE_DAYS
    return from_local(night, h.AUTO_CLOSE_TIME)


def close_automatically(ticket):
    """The nightly job closes a solved ticket"""
    if ticket.dice.happens(h.P_AUTO_CLOSED):
        ticket.at = auto_close_time(ticket)
        ticket.status(h.CLOSED)
