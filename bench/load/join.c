/*
 * Clients that join one server: `load join to=outlive:PORT count=4000 pids=1`. Each dials as soon as there is room, asks to be
 * admitted, says that it has nothing, and has joined when the roster has come. They answer pings, and dial nobody: behind the ports
 * at which they claim to listen there is nobody. One that is refused asks again. Says how long it took until all had joined, and
 * what all of them were sent until nothing more came.
 */
#define _GNU_SOURCE
#include "common.h"
#include "parts.h"
#include "protocol.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* So many are on their way at a time: fewer than Node's listen queue (511) holds. */
enum { WINDOW = 200 };

/* What comes is looked at with so many bytes of what came before it: a word may be cut in two. */
enum { TAIL = 16, READ_AT_MOST = 1 << 18 };

/* Nothing is on its way any more when nothing has come for so long, in ns. */
static const uint64_t silence = 500000000;

typedef enum { GREETS, MEETS, IN } stage;

typedef struct {
  int fd;
  stage stage;
  size_t tail_length;
  char tail[TAIL];
} member;

static int queue;
static uint64_t refused;

/* Each client is a run of its own, as those of a chat are: they began within some seconds. */
static void ask(member *m, int id, int port) {
  m->stage = GREETS;
  m->tail_length = 0;
  char text[512];
  const unsigned chance = (unsigned)id * 2654435761u;
  m->fd = dial(port, id);
  const int length = snprintf(text, sizeof text,
                              "{\"type\":\"hello\",\"protocol\":3,\"id\":\"%d\",\"epoch\":\"%lld-%08x\",\"host\":\"127.0.0.1\","
                              "\"port\":%d,\"member\":false,\"to\":\"Server\"}\n",
                              id, 1795000000000 + id * 7, chance, 10000 + id);
  write_all(m->fd, text, (size_t)length);
  set_nonblocking(m->fd);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = m};
  if (epoll_ctl(queue, EPOLL_CTL_ADD, m->fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

static bool says(const char *bytes, size_t length, const char *word) {
  return memmem(bytes, length, word, strlen(word)) != NULL;
}

/* Reads what has come. Returns how many bytes that is. */
static size_t take(member *m, int id, int port) {
  static char buffer[TAIL + READ_AT_MOST];
  static const char nothing[] = "{\"type\":\"have\",\"streams\":{},\"more\":false}\n", pong[] = "{\"type\":\"pong\"}\n";
  memcpy(buffer, m->tail, m->tail_length);
  const ssize_t got = read(m->fd, buffer + m->tail_length, READ_AT_MOST);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) die("a link ended");
  const size_t length = m->tail_length + (size_t)got;
  if (m->stage == GREETS && says(buffer, length, "\"refused\"")) {
    if (!says(buffer, length, "\"unavailable\"")) die("refused: %.*s", (int)(length > 200 ? 200 : length), buffer);
    refused++;
    close(m->fd);
    ask(m, id, port);
    return (size_t)got;
  }
  if (m->stage == GREETS && says(buffer, length, "\"welcome\"")) {
    m->stage = MEETS;
    write_all(m->fd, nothing, sizeof nothing - 1);
  }
  if (m->stage == MEETS && says(buffer, length, "\"roster\"")) m->stage = IN;
  /* Of a ping that is cut in two, the next one is answered. */
  if (says(buffer + m->tail_length, (size_t)got, "\"ping\"")) write_all(m->fd, pong, sizeof pong - 1);
  m->tail_length = length < TAIL ? length : TAIL;
  memcpy(m->tail, buffer + length - m->tail_length, m->tail_length);
  return (size_t)got;
}

void join(void) {
  const endpoint to = endpoint_parse(setting("to", ""));
  const int count = (int)setting_number("count", 500);
  member *members = calloc((size_t)count, sizeof *members);
  queue = epoll_create1(EPOLL_CLOEXEC);
  /* Sleeping, it would make each answer of the server dearer: waking it is then the server's work. */
  const bool spins = own_core();

  static struct epoll_event events[1024];
  const usage at_first = usage_now();
  const uint64_t began = now();
  uint64_t last = began, joined_at = 0, bytes = 0, reads = 0;
  int asked = 0, in = 0;
  while (in < count || now() < last + silence) {
    for (; asked < count && asked - in < WINDOW; asked++) ask(&members[asked], asked + 1, to.port);
    const int ready = epoll_wait(queue, events, 1024, spins ? 0 : 10);
    for (int e = 0; e < ready; e++) {
      member *m = events[e].data.ptr;
      const stage before = m->stage;
      const size_t got = take(m, (int)(m - members) + 1, to.port);
      if (got == 0) continue;
      bytes += got;
      reads++;
      last = now();
      if (m->stage == IN && before != IN && ++in == count) joined_at = last;
    }
  }
  const usage used = usage_now();
  printf("{\"seconds\":%.6f,\"until\":%.6f,\"cpu\":%.6f,\"ownCpu\":%.6f,\"bytes\":%llu,\"reads\":%llu,\"rssBefore\":%llu,"
         "\"rss\":%llu,\"refused\":%llu}\n",
         (double)(joined_at - began) / 1e9, (double)(last - began) / 1e9, (double)(used.cpu - at_first.cpu) / 1e9,
         (double)(used.own - at_first.own) / 1e9, (unsigned long long)bytes, (unsigned long long)reads,
         (unsigned long long)at_first.rss, (unsigned long long)used.rss, (unsigned long long)refused);
}
