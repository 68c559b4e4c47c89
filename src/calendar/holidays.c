/*
 * Public holidays by law.
 */
#include "postgres.h"

#include "base/instant.h"
#include "calendar/holidays.h"

/* Store Bededag is no holiday from this year on. */
#define YEAR_WITHOUT_PRAYER_DAY 2024

/* Easter Sunday of the Gregorian calendar, in days since 2000-01-01 (Oudin's algorithm, 1940). */
static int32
easter_sunday(int year)
{
	int century = year / 100;
	int golden = year % 19;
	int correction = (century - (century - 17) / 25) / 3;
	int epact = (century - century / 4 - correction + 19 * golden + 15) % 30;
	int moon = epact - epact / 28 * (1 - epact / 28 * (29 / (epact + 1)) * ((21 - golden) / 11));
	int weekday = (year + year / 4 + moon + 2 - century + century / 4) % 7;
	int month = 3 + (moon - weekday + 40) / 44;

	return (int32) days_of_date(year, month, moon - weekday + 28 - 31 * (month / 4));
}

/* Days from Easter Sunday: Thursday, Friday, Monday, Ascension, Whit Sunday and Whit Monday. */
static bool
moves_with_easter(int year, int32 from_easter)
{
	switch (from_easter)
	{
		case -3:
		case -2:
		case 0:
		case 1:
		case 39:
		case 49:
		case 50:
			return true;
		case 26: /* General Prayer Day */
			return year < YEAR_WITHOUT_PRAYER_DAY;
		default:
			return false;
	}
}

bool
is_holiday_in_denmark(int32 day)
{
	int64 year;
	int month;
	int day_of_month;

	date_of_days(day, &year, &month, &day_of_month);
	if ((month == 1 && day_of_month == 1) ||
		(month == 12 && (day_of_month == 25 || day_of_month == 26)))
		return true;
	return moves_with_easter((int) year, day - easter_sunday((int) year));
}
