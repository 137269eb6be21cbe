/* What every part of the load generator needs: settings, time, what processes use, latencies. */
#ifndef COMMON_H
#define COMMON_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ends the program with a sentence on stderr, and status 1. */
void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* Settings are arguments NAME=VALUE; a name may come several times. */
void settings_take(int argc, char **argv);
const char *setting(const char *name, const char *otherwise);
long long setting_number(const char *name, long long otherwise);
/* The value of the at-th argument of that name, or NULL. */
const char *setting_at(const char *name, int at);

/* CLOCK_MONOTONIC in nanoseconds: the clock of Node's process.hrtime. */
uint64_t now(void);

/* What the processes named by pids=1,2 use. */
typedef struct {
  uint64_t cpu; /* ns, all threads */
  uint64_t own; /* ns, this program */
  uint64_t rss; /* bytes */
} usage;
usage usage_now(void);

/*
 * Gives this program a core of its own, and the processes named by pids= the others, so that it can spin: whoever writes
 * to a program that sleeps pays for waking it. False on a machine with one core, where it has to sleep.
 */
bool own_core(void);

/* Latencies, to a microsecond. */
enum { HISTOGRAM_MICROS = 4000000 };
typedef struct {
  uint32_t *counts;
  uint64_t total;
  uint64_t max;
} histogram;
histogram histogram_make(void);
void histogram_add(histogram *h, uint64_t nanos, uint64_t times);
/* In microseconds. */
double histogram_quantile(const histogram *h, double q);

/* As many files as the system allows, and a wall around the whole program: it ends after limit=MS, whatever it waits for. */
void limits_begin(void);

void set_nonblocking(int fd);

#endif
