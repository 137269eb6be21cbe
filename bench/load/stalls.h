/* Stalls: spans of time in which lines came late, and what the author's main thread did meanwhile. */
#ifndef STALLS_H
#define STALLS_H
#include <stdint.h>

/* Begins to watch, with `stalls=PATH`: the first process in pids=, and lines that take longer than `slow=MICROS`. */
void stalls_begin(void);
/* Called in each turn of the loop: looks at the main thread every 50 µs. */
void stalls_look(uint64_t at_time);
/* A line has come; due and at_time in ns. */
void stalls_line(uint64_t due, uint64_t at_time);
/*
 * Writes them down, one a line: start and end in ns of the monotonic clock, how long the thread ran and waited for a core,
 * and how long this program itself waited for one.
 */
void stalls_end(void);

#endif
