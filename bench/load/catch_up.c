/*
 * A reader that comes late: `load catch feed=pipe:PATH sink=outlive:PORT posts=10000 times=5`. The posts are said while one
 * reader listens; then others come, one after the other, and get them all. Counted from dialling to the last post.
 */
#define _GNU_SOURCE
#include "common.h"
#include "parts.h"
#include "protocol.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 500, TEXT = 64, READ = 1 << 18 };

/* Flags of reading: a generator with a core of its own does not sleep. */
static int waiting;

/* Whoever is silent for three seconds counts as lost. */
static void give_sign_of_life(int fd) {
  static uint64_t next;
  static const char pong[] = "{\"type\":\"pong\"}\n";
  if (now() < next) return;
  next = now() + 500000000;
  write_all(fd, pong, sizeof pong - 1);
}

/* Reads until that many posts have come, and counts each: one that is left out, as gone, would not do. */
static void read_posts(int fd, uint64_t posts) {
  static char buffer[READ];
  for (uint64_t have = 0; have < posts;) {
    give_sign_of_life(fd);
    ssize_t got = recv(fd, buffer, READ, waiting);
    if (got < 0 && errno == EAGAIN) continue;
    if (got <= 0) die("it hung up after %llu posts", (unsigned long long)have);
    const char *end = buffer + got;
    for (const char *mark = buffer; (mark = memchr(mark, '^', (size_t)(end - mark))) != NULL; mark++) have++;
  }
}

void catch_up(void) {
  const endpoint from = endpoint_parse(setting("feed", "")), to = endpoint_parse(setting("sink", ""));
  const uint64_t posts = (uint64_t)setting_number("posts", 10000);
  const int times = (int)setting_number("times", 5);
  waiting = own_core() ? MSG_DONTWAIT : 0;
  int typed = open(from.path, O_RDWR | O_CLOEXEC), first;
  readers_open(to, 1, &first);
  char line[TEXT + 2], text[AT_ONCE * (TEXT + 2)];
  for (uint64_t said = 0; said < posts;) {
    size_t length = 0;
    for (int i = 0; i < AT_ONCE && said < posts; i++, said++) {
      memset(line, 'x', TEXT);
      line[snprintf(line, sizeof line, "^00%010llu", (unsigned long long)said)] = ' ';
      line[TEXT] = '\n';
      memcpy(text + length, line, TEXT + 1);
      length += TEXT + 1;
    }
    write_all(typed, text, length);
    give_sign_of_life(first);
  }
  read_posts(first, posts);

  uint64_t took = 0;
  const usage before = usage_now();
  for (int i = 0; i < times; i++) {
    const uint64_t began = now();
    int late = outlive_late(to, i + 1);
    read_posts(late, posts);
    took += now() - began;
    close(late);
    usleep(100000);
  }
  const usage after = usage_now();
  printf("{\"posts\":%llu,\"seconds\":%.6f,\"cpu\":%.6f,\"ownCpu\":%.6f,\"rss\":%llu}\n", (unsigned long long)(posts * (uint64_t)times),
         (double)took / 1e9, (double)(after.cpu - before.cpu) / 1e9, (double)(after.own - before.own) / 1e9,
         (unsigned long long)after.rss);
}
