"""Tables of an NSP-like database, and what stands in those that hardly change.

The physical names are nowhere published. Names of columns come from public client code
where there is any; what is only likely is so because the product's documentation has
the idea. SysCategory and BaseEntitySourceId are likely at best: the demo's tickets have
a category and a channel.
"""

import habits as h

ENTITY_TYPE = 112  # Ticket, at one site
END_USER, AGENT, SYSTEM = 2, 1, 3
SELF_SERVICE, MAIL_IN, BY_AGENT, BY_SYSTEM = 1, 2, 3, 4

TABLES = {
    "dbo.SysEntityStatus": "Id int NOT NULL, StrongName nvarchar(100) NOT NULL, DisplayNameId nvarchar(200)",
    "dbo.SysEntityStage": "Id int NOT NULL, EntityTypeId int, StrongName nvarchar(100), IsPending bit, IsClosed bit, SortOrder int",
    "dbo.SysEntityStageStatus": "StageId int, StatusId int",
    "dbo.SysPriority": "Id int, StrongName nvarchar(100), DisplayNameId nvarchar(200)",
    "dbo.SysGroup": "Id int, GroupName nvarchar(200), StrongName nvarchar(200), EscalationGroupId int",
    "dbo.SysCategory": "Id int, CategoryName nvarchar(200), ParentId int",
    "dbo.SysEntitySource": "Id int, SourceName nvarchar(100), DisplayNameId nvarchar(200)",
    "dbo.Person": "Id int, Email nvarchar(256), FullName nvarchar(256), UserTypeId int, IsActive bit, Department nvarchar(200)",
    "dbo.SysTicket": """Id int NOT NULL, ReferenceNo nvarchar(50), Type int, BaseHeader nvarchar(500), BaseDescription nvarchar(max),
        BaseEntityStatusId int, BaseEntityStageId int, PriorityId int, CategoryId int, BaseEntitySourceId int, AgentGroupId int,
        BaseAgentId int, BaseEndUserId int, CreatedDate datetime NOT NULL, UpdatedDate datetime, AssignedDate datetime,
        CloseDateTime datetime, CommentCount int, RequesterCommentCount int, LastCommentUserType int, IsClosedFromSsp bit,
        MarkedForDelete bit""",
    "dbo.EntityChangeLog": """Id bigint NOT NULL, EntityId int, EntityTypeId int, PropertyName nvarchar(128), OldValue nvarchar(max),
        NewValue nvarchar(max), ChangedDate datetime2(7) NOT NULL, ChangedById int""",
    "dbo.EntityComment": """Id int NOT NULL, EntityId int, CreatedDate datetime, CreatedById int, UserType int, IsInternal bit,
        IsSolution bit, Source int, Body nvarchar(max)""",
    "dbo.EmailOutbox": """Id int NOT NULL, EntityId int, SentDate datetime, Recipients nvarchar(max), Subject nvarchar(500),
        DeliveryStatus int""",
}  # fmt: skip
HISTORY_VIEW = """TicketId int, ReferenceNo nvarchar(50), EventId bigint NOT NULL, EventTime datetime, EventType nvarchar(50),
    OldValue nvarchar(200), NewValue nvarchar(200), AgentName nvarchar(256), GroupName nvarchar(200)"""

# id: (strong name, what users see, stage)
NEW, OPEN, RESOLVED, CLOSED, PENDING = 1, 2, 3, 4, 41
STATUSES = {
    12: ("New", h.NEW, NEW), 3: ("Assigned", h.ASSIGNED, OPEN), 6: ("InProgress", h.IN_PROGRESS, OPEN),
    101: ("SysUsrDefTicket_Planned", h.PLANNED, OPEN), 9: ("Pending", h.WAITS_FOR_USER, PENDING),
    102: ("SysUsrDefTicket_Vendor", h.WAITS_FOR_VENDOR, PENDING), 103: ("SysUsrDefTicket_Parcel", h.WAITS_FOR_PARCEL, PENDING),
    104: ("SysUsrDefTicket_Reply", h.USER_REPLIED, OPEN), 10: ("Resolved", h.SOLVED, RESOLVED),
    105: ("SysUsrDefTicket_ResolvedMail", h.SOLVED_BY_MAIL, RESOLVED), 11: ("Closed", h.CLOSED, CLOSED),
    106: ("SysUsrDefTicket_Reopened", h.REOPENED, OPEN),
}  # fmt: skip
# id: (strong name, is pending, is closed)
STAGES = {NEW: ("New", 0, 0), OPEN: ("Open", 0, 0), PENDING: ("SysUsrDefTicket_Pending", 1, 0), RESOLVED: ("Resolved", 0, 1), CLOSED: ("Closed", 0, 1)}
PRIORITIES = {5: ("Critical", "Kritisk"), 6: ("High", "Høj"), 7: ("Medium", "Normal"), 8: ("Low", "Lav")}
CHANNELS = {1: ("Email", h.MAIL), 2: ("SelfService", h.SELF_SERVICE), 3: ("Phone", h.PHONE), 16: ("Monitoring", h.ALERT_CHANNEL)}

STATUS_IDS = {label: number for number, (_, label, _) in STATUSES.items()}
PRIORITY_IDS = {label: number for number, (_, label) in PRIORITIES.items()}
CHANNEL_IDS = {label: number for number, (_, label) in CHANNELS.items()}
TEAM_IDS = {team: 20 + number for number, team in enumerate(h.TEAMS)}
CATEGORY_IDS = {name: 300 + n for n, name in enumerate([*(name for name, _ in h.CATEGORIES), h.ALERT_CATEGORY])}
DEPARTMENTS = [name for name, _ in h.DEPARTMENTS]

SYSTEM_PERSON = 1
AGENTS_A_TEAM, USERS_A_DEPARTMENT = 5, 40
FIRST_NAMES = ("Åse", "Bjørn", "Cæcilie", "Dorthe", "Emil", "Frida", "Gøran", "Hanne", "Ib", "Jørgen")
LAST_NAMES = ("Sørensen", "Ågård", "Kjær", "Møller")


def agent_id(team, number):
    return 100 + list(h.TEAMS).index(team) * AGENTS_A_TEAM + number % AGENTS_A_TEAM


def user_id(department, number):
    return 1000 + DEPARTMENTS.index(department) * USERS_A_DEPARTMENT + number % USERS_A_DEPARTMENT


def _person(number, user_type, department):
    name = f"{FIRST_NAMES[number % 10]} {LAST_NAMES[number // 10 % 4]}"
    return number, f"p{number}@kommune.example", name, user_type, number % 17 != 0, department


def people():
    found = [(SYSTEM_PERSON, None, "NSP System", SYSTEM, True, None)]
    found += [_person(agent_id(team, n), AGENT, team) for team in h.TEAMS for n in range(AGENTS_A_TEAM)]
    return found + [_person(user_id(department, n), END_USER, department) for department in DEPARTMENTS for n in range(USERS_A_DEPARTMENT)]


def lookups():
    """The rows of the lookup tables, by table."""
    desk = TEAM_IDS[h.DESK]
    return {
        "dbo.SysEntityStatus": [(number, strong, label) for number, (strong, label, _) in STATUSES.items()],
        "dbo.SysEntityStage": [(number, ENTITY_TYPE, *facts, order) for order, (number, facts) in enumerate(STAGES.items())],
        "dbo.SysEntityStageStatus": [(stage, number) for number, (_, _, stage) in STATUSES.items()],
        "dbo.SysPriority": [(number, *names) for number, names in PRIORITIES.items()],
        "dbo.SysGroup": [(number, team, f"Group_{number}", None if number == desk else desk) for team, number in TEAM_IDS.items()],
        "dbo.SysCategory": [(number, name, None) for name, number in CATEGORY_IDS.items()],
        "dbo.SysEntitySource": [(number, *names) for number, names in CHANNELS.items()],
        "dbo.Person": people(),
    }
