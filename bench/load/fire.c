/*
 * A firehose of posts into one node, as fast as its socket takes them: `load fire to=outlive:PORT time=3000`. How many it
 * has taken in, it says itself: in the `have` that it sends each second, which is when the clocks are read. With
 * `shown=PATH` it reads what the node shows from that pipe. `idle` are the seconds in which it had nothing to do.
 */
#define _GNU_SOURCE
#include "common.h"
#include "parts.h"
#include "protocol.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 256, LINE = 4096 };

static char block[BLOCK * LINE];
static char stream[128];
static uint64_t number;

static char *put(char *at, const char *bytes, size_t length) {
  memcpy(at, bytes, length);
  return at + length;
}

static char *put_number(char *at, uint64_t value) {
  char digits[20];
  int from = sizeof digits;
  for (; value > 0; value /= 10) digits[--from] = (char)('0' + value % 10);
  return put(at, digits + from, sizeof digits - (size_t)from);
}

/* The next posts, with their numbers. Without printf: it would take longer than a node takes to receive. */
static size_t make_block(const char *text) {
  static char before[256], after[LINE];
  static size_t before_length, after_length;
  if (before_length == 0) {
    before_length = (size_t)sprintf(before, "{\"type\":\"post\",\"stream\":\"%s\",\"n\":", stream);
    after_length = (size_t)sprintf(after, ",\"at\":1700000000000,\"deps\":{},\"text\":\"%s\"}\n", text);
  }
  char *at = block;
  for (int i = 0; i < BLOCK; i++) at = put(put_number(put(at, before, before_length), ++number), after, after_length);
  return (size_t)(at - block);
}

/* Reads what the node has shown, and drops it. */
static bool drop_shown(int fd) {
  static char shown[1 << 18];
  return fd >= 0 && read(fd, shown, sizeof shown) > 0;
}

void fire(void) {
  const endpoint to = endpoint_parse(setting("to", ""));
  const uint64_t warm = (uint64_t)setting_number("warm", 1000) * 1000000;
  const uint64_t lasts = (uint64_t)setting_number("time", 3000) * 1000000;
  char text[LINE / 2];
  size_t text_length = (size_t)setting_number("text", 64);
  memset(text, 'x', text_length);
  text[text_length] = '\0';
  snprintf(stream, sizeof stream, "fire/main/%s", outlive_epoch);

  int fd = dial(to.port, 0);
  char hello[512];
  snprintf(hello, sizeof hello,
           "{\"type\":\"hello\",\"protocol\":3,\"id\":\"fire\",\"epoch\":\"%s\",\"host\":\"127.0.0.1\",\"port\":9,\"member\":true}\n",
           outlive_epoch);
  write_all(fd, hello, strlen(hello));
  read_until(fd, "\"member\":true}\n", 15);
  const char *have = "{\"type\":\"have\",\"streams\":{},\"more\":false}\n{\"type\":\"ping\"}\n";
  write_all(fd, have, strlen(have));
  read_until(fd, "\"pong\"}\n", 8);
  set_nonblocking(fd);

  const int patience = own_core() ? 0 : 1;
  const int shown = setting_at("shown", 0) == NULL ? -1 : open(setting("shown", ""), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (shown >= 0) fcntl(shown, F_SETPIPE_SZ, 1 << 20);
  uint64_t idle = 0, looked = now();
  const uint64_t begin = now() + warm;
  uint64_t first = 0, first_at = 0, last = 0, last_at = 0;
  usage first_used = {0, 0, 0}, last_used = {0, 0, 0};
  size_t length = 0, at = 0;
  char heard[1 << 16];
  size_t heard_length = 0;
  for (;;) {
    struct pollfd ready = {fd, POLLIN | POLLOUT, 0};
    poll(&ready, 1, patience);
    const bool dropped = drop_shown(shown);
    const uint64_t at_time = now();
    if (ready.revents == 0 && !dropped) idle += at_time - looked;
    looked = at_time;
    if (ready.revents & (POLLHUP | POLLERR)) die("it hung up");
    if (ready.revents & POLLOUT) {
      if (at == length) {
        length = make_block(text);
        at = 0;
      }
      ssize_t written = write(fd, block + at, length - at);
      if (written < 0 && errno != EAGAIN) die("write: %s", strerror(errno));
      if (written > 0) at += (size_t)written;
    }
    if (ready.revents & POLLIN) {
      ssize_t got = read(fd, heard + heard_length, sizeof heard - 1 - heard_length);
      if (got <= 0) die("it has cut off the firehose");
      heard_length += (size_t)got;
      heard[heard_length] = '\0';
      char *line_end = memrchr(heard, '\n', heard_length);
      if (line_end == NULL) continue;
      char *mark = NULL;
      for (char *found = heard; (found = strstr(found, stream)) != NULL && found < line_end; found++) mark = found;
      const uint64_t t = now();
      if (mark != NULL) {
        uint64_t taken = strtoull(mark + strlen(stream) + 2, NULL, 10);
        if (t >= begin && first_at == 0) {
          first = taken;
          first_at = t;
          first_used = usage_now();
          idle = 0;
        } else if (first_at != 0) {
          last = taken;
          last_at = t;
          last_used = usage_now();
          if (t - first_at >= lasts) break;
        }
      }
      heard_length -= (size_t)(line_end + 1 - heard);
      memmove(heard, line_end + 1, heard_length);
    }
  }
  const double seconds = (double)(last_at - first_at) / 1e9;
  printf("{\"posts\":%llu,\"seconds\":%.6f,\"cpu\":%.6f,\"ownCpu\":%.6f,\"idle\":%.6f,\"rss\":%llu}\n", (unsigned long long)(last - first),
         seconds, (double)(last_used.cpu - first_used.cpu) / 1e9, (double)(last_used.own - first_used.own) / 1e9,
         (double)idle / 1e9, (unsigned long long)last_used.rss);
}
