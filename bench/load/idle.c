/*
 * Links on which nothing is said: `load idle to=outlive:PORT count=1000 time=10000`. Says how long it took until all were
 * accepted, and what they cost the node from then on. Pings are answered, and nothing else is sent.
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

void idle(void) {
  const endpoint to = endpoint_parse(setting("to", ""));
  const int count = (int)setting_number("count", 1000);
  const uint64_t lasts = (uint64_t)setting_number("time", 10000) * 1000000;
  int *fds = calloc((size_t)count, sizeof *fds);

  /* Sleeping, it would make each answer of the node dearer: waking it is then the node's work. */
  const bool spins = own_core();
  spin_reading(spins);
  const usage at_first = usage_now();
  const uint64_t began = now();
  readers_open(to, count, fds);
  const double opening = (double)(now() - began) / 1e9;
  const usage opened = usage_now();

  int queue = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < count; i++) {
    set_nonblocking(fds[i]);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fds[i]};
    epoll_ctl(queue, EPOLL_CTL_ADD, fds[i], &event);
  }
  static struct epoll_event events[1024];
  static char buffer[1 << 18];
  static const char pong[] = "{\"type\":\"pong\"}\n";
  uint64_t pings = 0;
  /* A second for the dust to settle. */
  uint64_t from = now() + 1000000000, counted_from = 0;
  usage before = opened;
  for (;;) {
    int ready = epoll_wait(queue, events, 1024, spins ? 0 : 10);
    for (int e = 0; e < ready; e++) {
      ssize_t got = read(events[e].data.fd, buffer, sizeof buffer);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0) die("a link ended");
      if (to.protocol != OUTLIVE) continue;
      if (memmem(buffer, (size_t)got, "\"ping\"", 6) == NULL) continue;
      pings++;
      write_all(events[e].data.fd, pong, sizeof pong - 1);
    }
    uint64_t at = now();
    if (counted_from == 0 && at >= from) {
      counted_from = at;
      before = usage_now();
      pings = 0;
    }
    if (counted_from != 0 && at >= counted_from + lasts) break;
  }
  const usage after = usage_now();
  const double seconds = (double)(now() - counted_from) / 1e9;
  printf("{\"opening\":%.6f,\"openingCpu\":%.6f,\"seconds\":%.6f,\"cpu\":%.6f,\"ownCpu\":%.6f,\"pings\":%llu,\"rssBefore\":%llu,"
         "\"rss\":%llu}\n",
         opening, (double)(opened.cpu - at_first.cpu) / 1e9, seconds, (double)(after.cpu - before.cpu) / 1e9,
         (double)(after.own - before.own) / 1e9, (unsigned long long)pings, (unsigned long long)at_first.rss,
         (unsigned long long)after.rss);
}
