/*
 * Stands in for the server's zone library: three zones made up for the fuzzer,
 * one of which moves its clock by 30 minutes every hundred days, and one that
 * leaves out a day.
 */
#include "shim.h"

#include "datatype/timestamp.h"
#include "pgtime.h"

struct pg_tz
{
	const char *name;
	long offset; /* seconds */
	long moved;  /* by how much the clock moves */
	pg_time_t every;
};

static pg_tz zones[] = {
	{"UTC", 0, 0, 0},
	{"Test/Half", 5 * SECS_PER_HOUR + 1800, 1800, 100 * SECS_PER_DAY},
	{"Test/Skip", -11 * SECS_PER_HOUR, SECS_PER_DAY, 20000 * (pg_time_t) SECS_PER_DAY}};

pg_tz *
pg_tzset(const char *name)
{
	int i;

	for (i = 0; i < lengthof(zones); i++)
		if (pg_strcasecmp(name, zones[i].name) == 0)
			return &zones[i];
	return NULL;
}

bool
pg_tz_acceptable(pg_tz *zone)
{
	return true;
}

const char *
pg_get_timezone_name(pg_tz *zone)
{
	return zone->name;
}

/* The clock is moved in every second stretch. */
int
pg_next_dst_boundary(const pg_time_t *at, long *before, int *before_is_dst, pg_time_t *boundary,
					 long *after, int *after_is_dst, const pg_tz *zone)
{
	pg_time_t stretch;

	*before_is_dst = *after_is_dst = 0;
	*before = *after = zone->offset;
	if (zone->every == 0)
		return 0;
	stretch = *at / zone->every - (*at % zone->every < 0);
	*boundary = (stretch + 1) * zone->every;
	*before += (stretch & 1) * zone->moved;
	*after += ((stretch + 1) & 1) * zone->moved;
	return 1;
}
