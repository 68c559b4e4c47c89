"""S10: what Power BI makes of relationships, over the tables of the log desk; see shapes.py.

A column that may be NULL for all that the catalog says, as every column of a view, is
joined by "a = b or a is null and b is null", for which PostgreSQL has neither hash nor
merge join.
"""

from bi.shapes import Shape, Slicer

SAFE = """("$Outer"."{outer}" = "$Inner"."{inner}" or "$Outer"."{outer}" is null and "$Inner"."{inner}" is null)"""
EQUAL = """("$Outer"."{outer}" = "$Inner"."{inner}")"""


def semijoin(fact, key, measure, dimension, dimension_key, group, where="", join="inner join", on=EQUAL):
    """A measure of a fact, by a column of a dimension."""
    condition = on.format(outer="basetable0.c22", inner="semijoin1.c22")
    return f"""
select "_"."semijoin1.c30" as "c30", "_"."a0" as "a0"
from (
 select "rows"."semijoin1.c30" as "semijoin1.c30", {measure} as "a0"
 from (
  select "$Outer"."basetable0.a0", "$Inner"."semijoin1.c30"
  from (select "{key}" as "basetable0.c22", "case_key" as "basetable0.a0" from "desk"."{fact}" "$Table") "$Outer"
  {join} (
   select "rows"."{group}" as "semijoin1.c30", "rows"."{dimension_key}" as "semijoin1.c22"
   from (select "{group}", "{dimension_key}" from "desk"."{dimension}" "_"{where}) "rows"
   group by "{group}", "{dimension_key}") "$Inner"
  on {condition}) "rows"
 group by "semijoin1.c30") "_"
where not "_"."a0" is null
limit 1000001"""


DISTINCT = 'count(distinct "rows"."basetable0.a0")'
COUNT = 'count("rows"."basetable0.a0")'


def forms(name, plain, slicers=(), **parts):
    """One relationship, in both ways of saying equal."""
    return [
        Shape(f"S10 {name}, =", semijoin(**parts), plain, slicers),
        Shape(f"S10 {name}, null-safe", semijoin(**parts, on=SAFE), plain, slicers),
    ]


TWO_HOPS = """
select "_"."c30", "_"."c31", "_"."a0"
from (
 select "rows"."semijoin2.c30" as "c30", "rows"."semijoin1.c31" as "c31", sum(cast("rows"."basetable0.a0" as decimal)) as "a0"
 from (
  select "$Outer"."basetable0.a0", "$Outer"."semijoin1.c31", "$Inner"."semijoin2.c30"
  from (
   select "$Outer"."basetable0.a0", "$Inner"."semijoin1.c31", "$Inner"."semijoin1.c23"
   from (select "case_key" as "basetable0.c22", "frequency" as "basetable0.a0" from "desk"."case_edges" "_" where "_"."target" = 'Genåbnet') "$Outer"
   inner join (
    select "rows"."service" as "semijoin1.c31", "rows"."first_team" as "semijoin1.c23", "rows"."case_key" as "semijoin1.c22"
    from (select "service", "first_team", "case_key" from "desk"."cases" "_" where "_"."created_date" >= date '2018-01-01') "rows"
    group by "service", "first_team", "case_key") "$Inner"
   on ("$Outer"."basetable0.c22" = "$Inner"."semijoin1.c22")) "$Outer"
  left outer join (
   select "rows"."role" as "semijoin2.c30", "rows"."team" as "semijoin2.c23"
   from (select "role", "team" from "desk"."teams" "$Table") "rows"
   group by "role", "team") "$Inner"
  on ("$Outer"."semijoin1.c23" = "$Inner"."semijoin2.c23")) "rows"
 group by "semijoin2.c30", "semijoin1.c31") "_"
where not "_"."a0" is null
limit 1000001"""

JOINS = [
    *forms("visits by role of the team",
           "SELECT role, count(*) FROM desk.team_visits JOIN desk.teams USING (team) GROUP BY role",
           fact="team_visits", key="team", measure=COUNT, dimension="teams", dimension_key="team", group="role"),
    *forms("cases that left an activity, by its segment",
           "SELECT a.segment, count(DISTINCT e.case_key) FROM desk.case_edges e JOIN desk.activities a ON a.activity = e.source "
           "WHERE a.kind = 'open' GROUP BY 1",
           (Slicer("activities", "kind", "open"),),
           fact="case_edges", key="source", measure=DISTINCT, dimension="source_activities", dimension_key="source", group="segment",
           where=""" where "_"."kind" = 'open'"""),
    *forms("events by an attribute of the case",
           "SELECT department, sum(event_count) FROM desk.cases WHERE service = 'Netværk' GROUP BY 1",
           (Slicer("cases", "service", "Netværk"),),
           fact="events", key="case_key", measure=COUNT, dimension="cases", dimension_key="case_key", group="department",
           where=""" where "_"."service" = 'Netværk'"""),
    *forms("events by an attribute of the case, all of them",
           "SELECT department, sum(event_count) FROM desk.cases GROUP BY 1",
           fact="events", key="case_key", measure=COUNT, dimension="cases", dimension_key="case_key", group="department"),
    *forms("resolutions by month of the date table, one year",
           "SELECT date_trunc('month', resolved_at)::date, count(*) FROM desk.cases "
           "WHERE resolved_at >= '2020-01-01' AND resolved_at < '2021-01-01' GROUP BY 1",
           (Slicer("dates", "year", "2020"),),
           fact="cases", key="resolved_date", measure=DISTINCT, dimension="dates", dimension_key="date", group="month",
           where=""" where "_"."year" = 2020"""),
    *forms("closings by month of the date table, one year",
           "SELECT date_trunc('month', closed_at)::date, count(*) FROM desk.cases "
           "WHERE closed_at >= '2020-01-01' AND closed_at < '2021-01-01' GROUP BY 1",
           (Slicer("dates", "year", "2020"),),
           fact="cases", key="closed_date", measure=COUNT, dimension="dates", dimension_key="date", group="month",
           where=""" where "_"."year" = 2020"""),
    *forms("closings by month of the date table, all",
           "SELECT date_trunc('month', closed_at)::date, count(*) FROM desk.cases WHERE closed_at IS NOT NULL GROUP BY 1",
           fact="cases", key="closed_date", measure=COUNT, dimension="dates", dimension_key="date", group="month"),
    *forms("handovers by label of the team that got the case, outer",
           "SELECT label, count(*) FROM desk.handovers JOIN desk.teams ON team = target GROUP BY 1",
           fact="handovers", key="target", measure=COUNT, dimension="teams", dimension_key="team", group="label", join="left outer join"),
    Shape("S10 reopened edges by role of the first team, two hops", TWO_HOPS,
          "SELECT role, service, sum(frequency) FROM desk.case_edges JOIN desk.cases USING (case_key) JOIN desk.teams ON team = first_team "
          "WHERE target = 'Genåbnet' AND created_date >= '2018-01-01' GROUP BY 1, 2",
          (Slicer("case_edges", "target", "Genåbnet"), Slicer("cases", "created_date", "2018-01-01"))),
]
