/* The protocols of all systems, as far as a reader or an author of lines needs them. */
#ifndef PROTOCOL_H
#define PROTOCOL_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { PIPE, RAW, OUTLIVE, REDIS, NATS, MQTT, IRC, WEBSOCKET } protocol;

/* An end of the system under test: `pipe:PATH` or `PROTOCOL:PORT`, on 127.0.0.1. */
typedef struct {
  protocol protocol;
  const char *path;
  int port;
} endpoint;

endpoint endpoint_parse(const char *text);

/* A connection, blocking. The index decides its source address, so that 10,000 and more fit. */
int dial(int port, int index);

/*
 * Opens connections to a listening endpoint, to the point where they get what is said: in groups, so that no queue of the
 * kernel overflows.
 */
void readers_open(endpoint to, int count, int *fds);
/* A reader that is sent at once what it lacks, which is everything. */
int outlive_late(endpoint to, int id);
/* A connection of one who says something, and gets nothing. */
int author_open(endpoint to);

/* One line as that protocol's author says it; returns how many bytes that is. */
size_t framed(protocol p, const char *text, size_t length, char *into);

/* Writes all of it, blocking. */
void write_all(int fd, const char *bytes, size_t length);

/* Whether reading never sleeps: only with a core of its own. */
void spin_reading(bool spins);
/* Reads until that stands in what has come. */
void read_until(int fd, const char *token, size_t length);

/* What outlive's load says of itself. */
extern const char *outlive_epoch;

#endif
