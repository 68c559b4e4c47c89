/*
 * Labels that all cases share while aggregates collect them: a session keeps
 * each once, so that an event needs its number alone. At most
 * SHARED_LABELS_MAX of at most SHARED_LABEL_MAX_BYTES are kept, 700 kB with
 * their table, until the session ends; there is room for what a log has, while
 * those who take free text for activities do not fill the memory.
 *
 * A number means the same as long as the session lasts, and nothing outside.
 */
#ifndef TM_SHARED_LABELS_H
#define TM_SHARED_LABELS_H

#include "base/label.h"

#define SHARED_LABELS_MAX 4096
#define SHARED_LABEL_MAX_BYTES 128

/* Finds or adds a label; false where it is not kept. */
extern bool shared_label_number(Label label, uint32 *number);

/* The label of a number. */
extern Label shared_label(uint32 number);

#endif
