"""The SQL that Power BI and Tableau send, over the tables of the log desk, each with plain SQL that gives the same rows.

The text is theirs in structure, down to the quotes and the names of the levels: what
they wrap around a table is what the planner must see through. S1 to S14 are the kinds
that were seen on the wire.
"""

from typing import NamedTuple


class Slicer(NamedTuple):
    """A predicate that must reach the scan of its table: a column, and what the plan shows of the value."""

    table: str
    column: str
    value: str


class Shape(NamedTuple):
    name: str
    sql: str
    plain: str
    slicers: tuple = ()
    is_ordered: bool = False


# ---- S1, S2: a visual of grouped measures --------------------------------------------------

GROUPED = [
    Shape("S1 edges from one activity, all columns listed", """
select "_"."source", "_"."target", "_"."a0", "_"."a1", "_"."a2"
from (
 select "rows"."source" as "source", "rows"."target" as "target", count(1) as "a0",
  sum(cast("rows"."frequency" as decimal)) as "a1", sum("rows"."total_seconds") as "a2"
 from (
  select "_"."case_key", "_"."case_id", "_"."source", "_"."target", "_"."frequency", "_"."total_seconds", "_"."min_seconds", "_"."max_seconds", "_"."business_total_seconds"
  from "desk"."case_edges" "_" where "_"."source" = 'Afventer bruger') "rows"
 group by "source", "target") "_"
where not "_"."a0" is null or not "_"."a1" is null or not "_"."a2" is null
limit 1000001""",
          "SELECT source, target, count(*), sum(frequency), sum(total_seconds) FROM desk.case_edges "
          "WHERE source = 'Afventer bruger' GROUP BY source, target",
          (Slicer("case_edges", "source", "Afventer bruger"),)),
    Shape("S1 backlog by month", """
select "_"."month", "_"."a0", "_"."a1"
from (
 select "rows"."month" as "month", sum(cast("rows"."is_open_at_end" as decimal)) as "a0", sum(cast("rows"."is_resolved" as decimal)) as "a1"
 from (
  select "_"."case_key", "_"."case_id", "_"."month", "_"."is_created", "_"."is_resolved", "_"."is_closed", "_"."is_active", "_"."is_open_at_end", "_"."is_reopened", "_"."is_reopened_within_30_days", "_"."is_answered_again"
  from "desk"."case_months" "_" where "_"."month" < date '2021-01-01' and "_"."month" >= date '2019-01-01') "rows"
 group by "month") "_"
where not "_"."a0" is null or not "_"."a1" is null
limit 1000001""",
          "SELECT month, sum(is_open_at_end), sum(is_resolved) FROM desk.case_months "
          "WHERE month BETWEEN '2019-01-01' AND '2020-12-31' GROUP BY 1",
          (Slicer("case_months", "month", "2019-01-01"), Slicer("case_months", "month", "2021-01-01"))),
    Shape("S1 own time of a team", """
select "_"."outcome", "_"."a0", "_"."a1", "_"."a2"
from (
 select "rows"."outcome" as "outcome", count("rows"."business_own_seconds") as "a0", sum("rows"."business_own_seconds") as "a1", avg("rows"."own_seconds") as "a2"
 from (
  select "_"."case_key", "_"."visit_no", "_"."team", "_"."from_at", "_"."next_team", "_"."outcome", "_"."own_seconds", "_"."business_own_seconds"
  from "desk"."team_visits" "_" where "_"."team" = 'Gruppe 2') "rows"
 group by "outcome") "_"
where not "_"."a0" is null or not "_"."a1" is null or not "_"."a2" is null
limit 1000001""",
          "SELECT outcome, count(business_own_seconds), sum(business_own_seconds), avg(own_seconds) FROM desk.team_visits "
          "WHERE team = 'Gruppe 2' GROUP BY outcome",
          (Slicer("team_visits", "team", "Gruppe 2"),)),
    Shape("S1 cases by department and priority, one service", """
select "_"."department", "_"."priority", "_"."a0", "_"."a1"
from (
 select "rows"."department" as "department", "rows"."priority" as "priority", count(1) as "a0", sum(cast("rows"."is_answered_again" as decimal)) as "a1"
 from (
  select "_"."case_key", "_"."case_no", "_"."department", "_"."priority", "_"."service", "_"."is_answered_again", "_"."total_seconds"
  from "desk"."cases" "_" where "_"."service" = 'Netværk') "rows"
 group by "department", "priority") "_"
where not "_"."a0" is null or not "_"."a1" is null
limit 1000001""",
          "SELECT department, priority, count(*), count(*) FILTER (WHERE is_answered_again = 1) FROM desk.cases "
          "WHERE service = 'Netværk' GROUP BY 1, 2",
          (Slicer("cases", "service", "Netværk"),)),
    Shape("S2 all edges, columns pruned", """
select "_"."source", "_"."target", "_"."a0", "_"."a1"
from (
 select "rows"."source" as "source", "rows"."target" as "target", sum(cast("rows"."frequency" as decimal)) as "a0", sum("rows"."total_seconds") as "a1"
 from (select "source", "target", "frequency", "total_seconds" from "desk"."case_edges" "$Table") "rows"
 group by "source", "target") "_"
where not "_"."a0" is null or not "_"."a1" is null
limit 1000001""",
          "SELECT source, target, frequency, total_seconds FROM desk.edge_stats WHERE clock = 'elapsed'"),
]

# ---- S3 to S7: filters, cards, distinct counts, lists -------------------------------------

FILTERED = [
    Shape("S3 days and some activities", """
select "_"."event_date", "_"."activity", "_"."a0"
from (
 select "rows"."event_date" as "event_date", "rows"."activity" as "activity", count(1) as "a0"
 from (
  select "_"."case_key", "_"."event_no", "_"."activity", "_"."at", "_"."event_date"
  from "desk"."events" "_"
  where ("_"."event_date" < date '2019-03-01' and "_"."event_date" >= date '2018-12-01') and ("_"."activity" in ('Løst', 'Løst m. mail', 'Genåbnet'))) "rows"
 group by "event_date", "activity") "_"
where not "_"."a0" is null
limit 1000001""",
          "SELECT event_date, activity, count(*) FROM desk.events WHERE event_date BETWEEN '2018-12-01' AND '2019-02-28' "
          "AND (activity LIKE 'Løst%' OR activity = 'Genåbnet') GROUP BY 1, 2",
          (Slicer("events", "event_date", "2018-12-01"), Slicer("events", "event_date", "2019-03-01"),
           Slicer("events", "activity", "Genåbnet"))),
    Shape("S3 seconds", """
select "_"."status", "_"."a0"
from (
 select "rows"."status" as "status", count(1) as "a0"
 from (
  select "_"."case_key", "_"."status", "_"."created_at" from "desk"."cases" "_"
  where "_"."created_at" < timestamp '2023-10-08 00:00:00' and "_"."created_at" >= timestamp '2023-07-08 06:30:00') "rows"
 group by "status") "_"
where not "_"."a0" is null
limit 1000001""",
          "SELECT status, count(*) FROM desk.cases WHERE created_at >= '2023-07-08 06:30' AND created_at < '2023-10-08' GROUP BY 1",
          (Slicer("cases", "created_at", "2023-07-08 06:30:00"), Slicer("cases", "created_at", "2023-10-08 00:00:00"))),
    Shape("S3 one month, as a timestamp", """
select "_"."a0"
from (
 select sum(cast("rows"."is_closed" as decimal)) as "a0"
 from (select "is_closed" from "desk"."case_months" "_" where "_"."month" = timestamp '2021-05-01 00:00:00') "rows") "_"
where not "_"."a0" is null
limit 1000001""",
          "SELECT sum(is_closed) FROM desk.case_months WHERE month = '2021-05-01'",
          (Slicer("case_months", "month", "2021-05-01 00:00:00"),)),
    Shape("S4 first and last day", """
select max("rows"."created_date") as "a0", min("rows"."created_date") as "a1"
from (select "created_date" from "desk"."cases" "$Table") "rows\"""",
          "(SELECT max(created_at)::date, min(created_at)::date FROM desk.cases)"),
    Shape("S4 totals of all cases", """
select count(1) as "a0", sum(cast("rows"."reopening_count" as decimal)) as "a1", sum("rows"."real_seconds") as "a2", count("rows"."real_seconds") as "a3"
from (select "reopening_count", "real_seconds" from "desk"."cases" "$Table") "rows\"""",
          "SELECT count(*), sum(reopening_count), sum(real_seconds), count(*) FILTER (WHERE is_cut_off = 0) FROM desk.cases"),
    Shape("S5 distinct cases", """
select "_"."activity", "_"."a0"
from (
 select "rows"."activity" as "activity",
  count(distinct("rows"."case_key")) + max(case when "rows"."case_key" is null then 1 else 0 end) as "a0"
 from (select "case_key", "activity" from "desk"."events" "_" where "_"."activity" in ('Genåbnet', 'Afventer leverandør', 'Lukket')) "rows"
 group by "activity") "_"
where not "_"."a0" is null
limit 1000001""",
          "SELECT activity, case_count FROM desk.activities WHERE activity IN ('Genåbnet', 'Afventer leverandør', 'Lukket')",
          (Slicer("events", "activity", "Genåbnet"),)),
    Shape("S6 contains", """
select "_"."team", "_"."a0"
from (
 select "rows"."team" as "team", count(1) as "a0"
 from (
  select "_"."team", "_"."case_key" from "desk"."team_visits" "_"
  where strpos((case when "_"."team" is not null then "_"."team" else '' end), 'uppe 1') > 0) "rows"
 group by "team") "_"
where not "_"."a0" is null
limit 1000001""",
          "SELECT team, count(*) FROM desk.team_visits WHERE team LIKE '%uppe 1%' GROUP BY team",
          (Slicer("team_visits", "team", "uppe 1"),)),
    Shape("S6 find a case", """
select "rows"."case_no" as "case_no", "rows"."url" as "url", "rows"."total_seconds" as "total_seconds"
from (
 select "_"."case_no", "_"."url", "_"."total_seconds" from "desk"."cases" "_"
 where strpos((case when "_"."case_no" is not null then "_"."case_no" else '' end), '00123') > 0) "rows"
group by "case_no", "url", "total_seconds"
limit 1000001""",
          "SELECT case_no, url, total_seconds FROM desk.cases WHERE case_no ~ '00123'",
          (Slicer("cases", "case_no", "00123"),)),
    Shape("S7 slicer of a fact's column", """
select "rows"."team" as "team" from (select "team" from "desk"."team_visits" "$Table") "rows"
group by "team"
limit 1000001""",
          "SELECT DISTINCT team FROM desk.team_visits"),
    Shape("S7 slicer of an attribute", """
select "rows"."service" as "service" from (select "service" from "desk"."cases" "$Table") "rows"
group by "service"
limit 101""",
          "SELECT DISTINCT service FROM desk.cases"),
    Shape("S7 slicer of a dimension", """
select "rows"."activity" as "activity", "rows"."label" as "label" from (select "activity", "label" from "desk"."activities" "$Table") "rows"
group by "activity", "label"
limit 501""",
          "SELECT activity, label FROM desk.activities"),
]

# ---- S8, S9, S11 to S14: sorted visuals, calculated columns, previews, date tables, Tableau

VISUALS = [
    Shape("S8 table of cases, newest first", """
select "_"."case_no" as "case_no", "_"."created_at" as "created_at", "_"."status" as "status"
from (
 select "case_no", "created_at", "status", "_"."t0_0" as "t0_0", "_"."t1_0" as "t1_0"
 from (
  select "_"."case_no", "_"."created_at", "_"."status", "_"."o0", "_"."t0_0", "_"."t1_0"
  from (
   select "_"."case_no" as "case_no", "_"."created_at" as "created_at", "_"."status" as "status", "_"."o0" as "o0",
    case when "_"."o0" is not null then "_"."o0" else timestamp '1899-12-28 00:00:00' end as "t0_0",
    case when "_"."o0" is null then 0 else 1 end as "t1_0"
   from (
    select "rows"."case_no" as "case_no", "rows"."created_at" as "created_at", "rows"."status" as "status", "rows"."o0" as "o0"
    from (
     select "case_no" as "case_no", "created_at" as "created_at", "status" as "status", "created_at" as "o0"
     from "desk"."cases" "_" where "_"."status" in ('I gang', 'Genåbnet', 'Lukket')) "rows"
    group by "case_no", "created_at", "status", "o0") "_") "_") "_") "_"
order by "_"."t0_0" desc, "_"."t1_0" desc, "_"."case_no"
limit 501""",
          "SELECT case_no, created_at, status FROM desk.cases WHERE status IN ('I gang', 'Genåbnet', 'Lukket') "
          "ORDER BY created_at DESC, case_no LIMIT 501",
          (Slicer("cases", "status", "Genåbnet"),), is_ordered=True),
    Shape("S9 teams by a measure", """
select "_"."source", "_"."a0", "_"."a1"
from (
 select "_"."source", "_"."a0", "_"."a1"
 from (
  select "_"."source", "_"."a0", "_"."a1"
  from (
   select "rows"."source" as "source", count(1) as "a0", sum(cast("rows"."is_bounce" as decimal)) as "a1"
   from (select "source", "is_bounce" from "desk"."handovers" "$Table") "rows"
   group by "source") "_"
  where not "_"."a0" is null) "_") "_"
order by "_"."a0" desc, "_"."source"
limit 1001""",
          "SELECT source, count(*), sum(is_bounce) FROM desk.handovers GROUP BY source ORDER BY 2 DESC, 1 LIMIT 1001",
          is_ordered=True),
    Shape("S9 variants by their cases", """
select "_"."variant", "_"."a0"
from (
 select "_"."variant", "_"."a0"
 from (
  select "rows"."variant" as "variant", count(1) as "a0"
  from (select "variant" from "desk"."cases" "$Table") "rows"
  group by "variant") "_"
 where not "_"."a0" is null) "_"
order by "_"."a0" desc, "_"."variant"
limit 1001""",
          "SELECT variant, cases FROM desk.variants ORDER BY 2 DESC, 1 LIMIT 1001", is_ordered=True),
    Shape("S11 calculated columns", """
select "_"."c0", "_"."c1", "_"."c2", "_"."a0"
from (
 select "rows"."c0" as "c0", "rows"."c1" as "c1", "rows"."c2" as "c2", count(1) as "a0"
 from (
  select lower("_"."status") as "c0", left(cast("_"."turns" as varchar), 4000) as "c1",
   left(cast(extract(year from "_"."created_date") as varchar), 4000) || '-' || left(cast(extract(month from "_"."created_date") as varchar), 4000) as "c2"
  from "desk"."cases" "_" where "_"."service" = 'Mail') "rows"
 group by "c0", "c1", "c2") "_"
where not "_"."a0" is null
limit 1000001""",
          "SELECT lower(status), turns::text, to_char(created_at, 'YYYY-FMMM'), count(*) FROM desk.cases WHERE service = 'Mail' GROUP BY 1, 2, 3",
          (Slicer("cases", "service", "Mail"),)),
    Shape("S11 averages and deviations", """
select "_"."segment", "_"."a0", "_"."a1", "_"."a2", "_"."a3"
from (
 select "rows"."segment" as "segment", avg("rows"."seconds") as "a0", stddev_samp("rows"."business_seconds") as "a1", min("rows"."seconds") as "a2", max("rows"."seconds") as "a3"
 from (select "segment", "seconds", "business_seconds" from "desk"."segment_visits" "_" where "_"."segment" in ('us', 'user')) "rows"
 group by "segment") "_"
limit 1000001""",
          "SELECT segment, sum(seconds) / count(seconds), stddev(business_seconds), min(seconds), max(seconds) FROM desk.segment_visits "
          "WHERE segment LIKE 'us%' GROUP BY segment",
          (Slicer("segment_visits", "segment", "user"),)),
    Shape("S12 preview, ordered", """
select "$Ordered"."case_key", "$Ordered"."event_no", "$Ordered"."activity", "$Ordered"."at", "$Ordered"."seconds_to_next"
from (select "case_key", "event_no", "activity", "at", "seconds_to_next" from "desk"."events" "$Table") "$Ordered"
order by "$Ordered"."case_key", "$Ordered"."event_no"
limit 1000""",
          "SELECT case_key, event_no, activity, at, seconds_to_next FROM desk.events ORDER BY case_key, event_no LIMIT 1000",
          is_ordered=True),
    Shape("S12 preview", """
select "$Table"."case_key" as "case_key", "$Table"."done_at" as "done_at", "$Table"."days_after" as "days_after", "$Table"."outcome" as "outcome"
from "desk"."reopenings" "$Table"
limit 4096""",
          "SELECT case_key, done_at, days_after, outcome FROM desk.reopenings"),
    Shape("S12 probe of a native query", """
select * from (select service, sum(is_open) as backlog from desk.cases group by service having sum(is_open) > 0 order by backlog desc, service) "_" limit 1""",
          "SELECT service, sum(is_open) FROM desk.cases GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1"),
    Shape("S13 mark as date table", """
select count(1) as "a0",
 (count(distinct("rows"."DateFraction")) + max(case when "rows"."DateFraction" is null then 1 else 0 end)) + max("rows"."HasFraction") as "a1",
 min("rows"."date") as "a2", max("rows"."date") as "a3"
from (
 select "_"."date" as "date", "_"."DateFraction" as "DateFraction",
  case when "_"."date" <> date_trunc('day', "_"."date") then 1 else 0 end as "HasFraction"
 from (select "date", cast("date" as timestamp) + interval '0 day' as "DateFraction" from "desk"."dates" "$Table") "_") "rows\"""",
          "SELECT max(date) - min(date) + 1, max(date) - min(date) + 1, min(date), max(date) FROM desk.dates"),
    Shape("S14 Tableau, grouped", """
SELECT CAST("cases"."current_team" AS TEXT) AS "current_team", SUM("cases"."us_seconds") AS "sum:us_seconds:ok", COUNT(DISTINCT "cases"."variant") AS "ctd:variant:ok"
FROM "desk"."cases" "cases"
WHERE (("cases"."created_date" >= (DATE '2022-01-01')) AND ("cases"."created_date" <= (DATE '2022-06-30')))
GROUP BY 1
HAVING (COUNT(1) > 0)""",
          "SELECT current_team, sum(us_seconds), count(DISTINCT variant) FROM desk.cases WHERE created_date BETWEEN '2022-01-01' AND '2022-06-30' GROUP BY 1",
          (Slicer("cases", "created_date", "2022-01-01"), Slicer("cases", "created_date", "2022-06-30"))),
    Shape("S14 Tableau, top 5", """
SELECT CAST("cases"."service" AS TEXT) AS "service", SUM("cases"."handover_count") AS "sum:handover_count:ok"
FROM "desk"."cases" "cases"
 INNER JOIN (
 SELECT "cases"."service" AS "service", SUM("cases"."handover_count") AS "$__alias__0"
 FROM "desk"."cases" "cases"
 WHERE ("cases"."department" = 'Skole')
 GROUP BY 1 ORDER BY 2 DESC, 1 ASC LIMIT 5) "t0" ON (NOT ("cases"."service" IS DISTINCT FROM "t0"."service"))
WHERE ("cases"."department" = 'Skole')
GROUP BY 1""",
          "SELECT service, sum(handover_count) FROM desk.cases WHERE department = 'Skole' GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
          (Slicer("cases", "department", "Skole"),)),
]
