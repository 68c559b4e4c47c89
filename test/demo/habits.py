"""How the service desk behaves: labels, teams, chances and times.

The figures of the year come out of these; none of them is written here.
"""

from datetime import date

from clock import DAY, HOUR, MINUTE, WORKDAY, Shifts, from_local

SEED = 4711

# The extract is of all tickets alive in the year, taken as the year ends.
YEAR = 2023
SIMULATED_FROM = date(YEAR - 1, 1, 1).toordinal()
YEAR_BEGINS = from_local(date(YEAR, 1, 1).toordinal(), 0)
EXTRACTED_AT = from_local(date(YEAR + 1, 1, 1).toordinal(), 0)
# Older rows of the change log were moved to an archive.
ARCHIVED_BEFORE = from_local(date(YEAR - 1, 3, 1).toordinal(), 0)

FIRST_TICKET_ID = 180001

# --- Statuses -------------------------------------------------------------

NEW = "Ny"
ASSIGNED = "Tildelt"
IN_PROGRESS = "I gang"
PLANNED = "Planlagt"
WAITS_FOR_USER = "Afventer bruger"
WAITS_FOR_VENDOR = "Afventer leverandør"
WAITS_FOR_PARCEL = "Afventer pakke"
USER_REPLIED = "Svar modtaget"
SOLVED = "Løst"
SOLVED_BY_MAIL = "Løst m. mail"
CLOSED = "Lukket"
REOPENED = "Genåbnet"
NOTE = "Note"

DONE = (SOLVED, SOLVED_BY_MAIL, CLOSED)

# --- Who works when -------------------------------------------------------

OFFICE = Shifts(
    [(8 * HOUR, 15 * HOUR + HOUR // 2)] * 4 + [(8 * HOUR, 14 * HOUR)] * 3)
VENDOR_HOURS = Shifts([(9 * HOUR, 16 * HOUR)] * 7)
USER_HOURS = Shifts(
    [(7 * HOUR, 16 * HOUR)] * 5 + [(9 * HOUR, 12 * HOUR)] * 2,
    closed=lambda day: False)

# --- Spreads: (share of all, seconds) points, straight lines between ------

TRIAGE = ((0, 60), (.5, 18 * MINUTE), (.9, 3 * HOUR), (1, 2 * WORKDAY))
PICK_UP = ((0, 2 * MINUTE), (.35, HOUR), (.7, WORKDAY), (.92, 4 * WORKDAY),
           (1, 15 * WORKDAY))
WORK = ((0, 2 * MINUTE), (.5, 25 * MINUTE), (.85, 4 * HOUR),
        (.97, 2 * WORKDAY), (1, 9 * WORKDAY))
PHONE_CALL = ((0, 90), (.7, 12 * MINUTE), (1, 45 * MINUTE))
REPLY = ((0, 3 * MINUTE), (.3, HOUR), (.7, 12 * HOUR), (.93, 50 * HOUR),
         (1, 250 * HOUR))
REMINDER = ((0, 3 * WORKDAY), (1, 6 * WORKDAY))
PARCEL = ((0, WORKDAY), (.6, 4 * WORKDAY), (.95, 12 * WORKDAY),
          (1, 45 * WORKDAY))
VENDOR = ((0, HOUR), (.5, 2 * WORKDAY), (.9, 10 * WORKDAY), (1, 60 * WORKDAY))
PLAN = ((0, WORKDAY), (.8, 5 * WORKDAY), (1, 30 * WORKDAY))
WITHDRAWAL = ((0, 5 * MINUTE), (.7, 9 * HOUR), (1, 40 * HOUR))
THANKS = ((0, MINUTE), (.6, 2 * HOUR), (.95, 12 * HOUR), (1, 50 * HOUR))
COMPLAINT = ((0, 5 * MINUTE), (.4, 6 * HOUR), (.8, 30 * HOUR),
             (.95, 90 * HOUR), (1, 330 * HOUR))
SILENT_CLOSE = ((0, MINUTE), (.6, HOUR), (1, WORKDAY))
CORRECTION = ((0, MINUTE), (.8, 30 * MINUTE), (1, 2 * HOUR))
AUTO_RECOVERY = ((0, 2 * MINUTE), (.8, 35 * MINUTE), (1, 2 * HOUR))
# From the start of the year until a ticket left lying is taken up again.
CLEAN_UP = ((0, DAY), (.5, 55 * DAY), (.9, 150 * DAY), (.97, 300 * DAY),
            (1, 700 * DAY))
LEFT_LYING = ((0, 10 * DAY), (.8, 60 * DAY), (1, 200 * DAY))
# Local time of day at which tickets come in on a working day.
DAYTIME = ((0, 6 * HOUR), (.06, 7.5 * HOUR), (.45, 10 * HOUR),
           (.7, 12.5 * HOUR), (.93, 15 * HOUR), (.985, 17 * HOUR),
           (1, 23.9 * HOUR))
NIGHT = ((0, 0), (1, 5 * HOUR))

AUTO_CLOSE_DAYS = 10
AUTO_CLOSE_TIME = 2 * HOUR + 15 * MINUTE

# --- How many tickets come in --------------------------------------------

TICKETS_A_WORKDAY = 44.0
TICKETS_A_CLOSED_DAY = 1.2
WEEKDAY_LOAD = (1.25, 1.05, 1.0, 0.95, 0.75)
MONTH_LOAD = (1.1, 1.05, 1.05, 0.95, 1.0, 0.95, 0.6, 1.25, 1.15, 1.05, 1.05,
              0.8)
ALERTS_A_NIGHT = 0.35
# Servers are patched in the night to the last Sunday of each month, which
# is the night of the change of summer time in March and October.
ALERTS_A_PATCH_NIGHT = 9.0

# --- Teams ----------------------------------------------------------------

DESK = "IT-Servicedesk"
CLIENTS = "Klient og udstyr"
SERVERS = "Netværk og server"
ACCOUNTS = "Brugeradministration"
DIGITAL = "Digitalisering"
PAYROLL = "Løn og økonomi"
VENDOR_APPS = "Leverandør: fagsystemer"
VENDOR_PRINT = "Leverandør: print"
VENDOR_PHONE = "Leverandør: telefoni"

PARTNERS = (DIGITAL, PAYROLL, VENDOR_APPS, VENDOR_PRINT, VENDOR_PHONE)
TEAMS = (DESK, CLIENTS, SERVERS, ACCOUNTS) + PARTNERS

# How long a team takes, as a multiple of the spreads above.
PACE = {DESK: 0.6, CLIENTS: 1.0, SERVERS: 1.2, ACCOUNTS: 0.8, DIGITAL: 2.2,
        PAYROLL: 1.8, VENDOR_APPS: 3.0, VENDOR_PRINT: 1.3, VENDOR_PHONE: 2.4}
HOURS = {VENDOR_APPS: VENDOR_HOURS, VENDOR_PRINT: VENDOR_HOURS,
         VENDOR_PHONE: VENDOR_HOURS}

# --- Tickets: (value, weight) ---------------------------------------------

ALERT_CATEGORY = "Overvågning"
ALERT_CHANNEL = "Overvågning"
PHONE = "Telefon"
MAIL = "Mail"
SELF_SERVICE = "Selvbetjening"

CATEGORIES = (("Adgang og kodeord", 22), ("PC og tilbehør", 17),
              ("Fagsystem", 16), ("E-mail og kalender", 11), ("Netværk", 8),
              ("Udskrivning", 8), ("Telefoni", 6), ("Bestilling", 8),
              ("Økonomi og løn", 4))
CHANNELS = ((MAIL, 46), (SELF_SERVICE, 30), (PHONE, 24))
PRIORITIES = (("Normal", 74), ("Lav", 12), ("Høj", 12), ("Kritisk", 2))
DEPARTMENTS = (("Ældre og Sundhed", 30), ("Børn og Skole", 27),
               ("Teknik og Miljø", 12), ("Økonomi og HR", 9),
               ("Borgerservice", 8), ("Jobcenter", 9),
               ("Kultur og Fritid", 5))

# The team that can solve a ticket, by category.
SOLVERS = {
    "Adgang og kodeord": ((DESK, 70), (ACCOUNTS, 30)),
    "PC og tilbehør": ((DESK, 40), (CLIENTS, 60)),
    "Fagsystem": ((DESK, 25), (DIGITAL, 40), (VENDOR_APPS, 35)),
    "E-mail og kalender": ((DESK, 65), (SERVERS, 20), (ACCOUNTS, 15)),
    "Netværk": ((DESK, 25), (SERVERS, 75)),
    "Udskrivning": ((DESK, 45), (VENDOR_PRINT, 55)),
    "Telefoni": ((DESK, 35), (VENDOR_PHONE, 65)),
    "Bestilling": ((DESK, 30), (CLIENTS, 70)),
    "Økonomi og løn": ((DESK, 20), (PAYROLL, 80)),
}

# --- Chances on the way ---------------------------------------------------

P_LEFT_LYING_FIRST_HALF = 0.07  # of the year before: the desk fell behind
P_LEFT_LYING_SECOND_HALF = 0.29
P_LEFT_LYING_NOW = 0.03

P_RECEIPT = 0.97             # automatic receipt for a mail
P_ASSIGNED_AT_ONCE = 0.12    # registered and assigned in one save
P_WITHDRAWN = 0.012
P_SOLVED_ON_PHONE = 0.55
P_WRONG_FIRST = 0.09         # the desk sends it to the wrong team
P_BACK_TO_DESK = 0.65        # the wrong team sends it back, not onwards
P_PARTNER_RETURNS = 0.12
P_PARTNER_RETURNS_AGAIN = 0.3
P_NO_TEAM = 0.15             # handed back to nobody for a while
P_TEAM_SAVED_AGAIN = 0.03    # a new agent of the same team: same team again
P_START_IN_SAME_SAVE = 0.18
P_NOTE = 0.22
P_NOTE_IN_SAME_SAVE = 0.3    # one save writes note and solution
P_NOTE_ON_SOLVED = 0.025
P_ASK_USER = 0.27
P_ASK_AGAIN = 0.38
P_NO_REPLY = 0.14
P_REPLY_AFTER_REMINDER = 0.5
P_TOOK_UP_ON_PHONE = 0.12    # back from waiting without a mail
P_PARCEL = {"Bestilling": 0.55, "PC og tilbehør": 0.16}
P_VENDOR = 0.06
P_PLANNED = 0.05
P_FORGOTTEN = 0.012          # waits for ever
P_EVENING = 0.015            # an agent works outside office hours

P_MAIL_IF_PHONED = 0.3       # solved with a mail to the user
P_MAIL_IF_WROTE = 0.9
P_CORRECTED = 0.008          # a second answer with nothing in between
P_COMPLAINS = 0.031          # the solution did not hold
P_COMPLAINS_AGAIN = 0.12
P_COMPLAINT_FORGOTTEN = 0.02
P_MAIL_AFTER_COMPLAINT = 0.9
P_THANKS = 0.05
P_AUTO_CLOSED = 0.985
P_LATE_MAIL = 0.006          # a mail to a closed ticket

P_RECOVERS = 0.5             # an alert clears by itself
P_ON_CALL = 0.3
P_DUPLICATE = 0.003          # a status row saved twice
