/*
 * Public holidays by law.
 *
 * DK, Denmark: New Year's Day,
 * Maundy Thursday, Good Friday, Easter Sunday and Monday, General Prayer Day
 * (Store Bededag, the fourth Friday after Easter; abolished from 2024 by Lov
 * nr. 214 af 2023), Ascension, Whit Sunday and Monday, 25 and 26 December.
 * A change of law changes the rule, as a change of time zone data does.
 */
#ifndef TM_HOLIDAYS_H
#define TM_HOLIDAYS_H

#define HOLIDAYS_FIRST_YEAR 1990
#define HOLIDAYS_LAST_YEAR 2100

/* Whether a date, in days since 2000-01-01, is a public holiday in Denmark. */
extern bool is_holiday_in_denmark(int32 day);

#endif
