/*
 * Readers of several sites: `load sites site=NAME,SERVER,AUTHOR,PIPE … readers=100 rate=100 time=5000`. Each reader is a
 * client that is linked with the server of its site, and with the client there that says lines: what it types comes from
 * the pipe. The authors say `rate` lines a second together, in turns. Each line has a mark as in `talk`.
 *
 * Says how late lines come to readers of the same site and of the others, counted from when they were due; how many came
 * of how many; and how many came again. Prints `ready` when the time begins that is measured.
 */
#define _GNU_SOURCE
#include "common.h"
#include "parts.h"
#include "protocol.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { SITES = 8, MARK = 13, READ = 1 << 16, RING = 1 << 16, TEXT = 64 };

typedef struct {
  char name[32];
  int server, author, feed;
  uint64_t sent;
  uint64_t due[RING];
} place;

/* Two connections of one reader share what it has. */
typedef struct {
  int at;
  uint64_t got[SITES];
} reader;

typedef struct {
  int fd;
  reader *of;
  char tail[MARK];
  size_t tail_length;
} line_in;

static place places[SITES];
static int place_count;
static histogram near_ones, far_ones;
static uint64_t came, again, missed, counted_from[SITES];
static bool counts;

static void take_places(void) {
  for (const char *text; (text = setting_at("site", place_count)) != NULL; place_count++) {
    if (place_count == SITES) die("more than %d sites", SITES);
    place *p = &places[place_count];
    char path[512];
    if (sscanf(text, "%31[^,],%d,%d,%511s", p->name, &p->server, &p->author, path) != 4) die("no site: %s", text);
    p->feed = open(path, O_RDWR | O_CLOEXEC);
    if (p->feed < 0) die("%s: %s", path, strerror(errno));
  }
}

/* A sign of life of each of these each second, a tenth of them at a time. */
static void give_signs_of_life(const line_in *all, int count) {
  static uint64_t next;
  static int turn;
  if (now() < next) return;
  next = now() + 100000000;
  for (int i = turn; i < count; i += 10) write_all(all[i].fd, "{\"type\":\"pong\"}\n", 16);
  turn = (turn + 1) % 10;
}

static void join_at(const line_in *all, line_in *lines, const char *site, int count, int port) {
  char hello[512];
  static const char have[] = "{\"type\":\"have\",\"streams\":{},\"more\":false}\n{\"type\":\"ping\"}\n";
  for (int i = 0; i < count; i++) {
    lines[i].fd = dial(port, i);
    int length = snprintf(hello, sizeof hello,
                          "{\"type\":\"hello\",\"protocol\":3,\"id\":\"%s-%d\",\"epoch\":\"%s\",\"host\":\"127.0.0.1\","
                          "\"port\":9,\"member\":true,\"guests\":true}\n",
                          site, i, outlive_epoch);
    write_all(lines[i].fd, hello, (size_t)length);
    read_until(lines[i].fd, "\"member\":true", 13);
    write_all(lines[i].fd, have, sizeof have - 1);
    read_until(lines[i].fd, "\"pong\"}\n", 8);
    set_nonblocking(lines[i].fd);
    give_signs_of_life(all, (int)(lines + i - all));
  }
}

static void progress(reader *r, const char *mark, uint64_t at_time) {
  int from = (mark[1] - '0') * 10 + mark[2] - '0';
  uint64_t number = 0;
  for (int i = 3; i < MARK; i++) number = number * 10 + (uint64_t)(mark[i] - '0');
  if (from < 0 || from >= place_count) die("a mark of no site: %.13s", mark);
  uint64_t next = r->got[from];
  if (number < next) {
    again++;
    return;
  }
  if (counts) missed += number - next;
  r->got[from] = number + 1;
  if (!counts || number < counted_from[from]) return;
  came++;
  uint64_t due = places[from].due[number % RING];
  histogram_add(from == r->at ? &near_ones : &far_ones, at_time > due ? at_time - due : 0, 1);
}

static void take(line_in *l) {
  static char buffer[MARK + READ];
  memcpy(buffer, l->tail, l->tail_length);
  ssize_t got = read(l->fd, buffer + l->tail_length, READ);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) die("a reader of %s was cut off", places[l->of->at].name);
  uint64_t at_time = now();
  const char *end = buffer + l->tail_length + got;
  l->tail_length = 0;
  for (const char *mark = buffer; (mark = memchr(mark, '^', (size_t)(end - mark))) != NULL; mark += MARK) {
    if (end - mark < MARK) {
      l->tail_length = (size_t)(end - mark);
      memmove(l->tail, mark, l->tail_length);
      break;
    }
    progress(l->of, mark, at_time);
  }
}

static void say_next(place *p, int at, uint64_t due) {
  char text[TEXT + 2];
  memset(text, 'x', TEXT);
  snprintf(text, sizeof text, "^%02d%010llu ", at, (unsigned long long)p->sent);
  text[strlen(text)] = 'x';
  text[TEXT] = '\n';
  p->due[p->sent % RING] = due;
  p->sent++;
  write_all(p->feed, text, TEXT + 1);
}

void sites(void) {
  take_places();
  const int each = (int)setting_number("readers", 100);
  const uint64_t rate = (uint64_t)setting_number("rate", 100);
  const uint64_t warm = (uint64_t)setting_number("warm", 2000) * 1000000;
  const uint64_t lasts = (uint64_t)setting_number("time", 5000) * 1000000;
  near_ones = histogram_make();
  far_ones = histogram_make();
  const int count = place_count * each;
  reader *readers = calloc((size_t)count, sizeof *readers);
  line_in *lines = calloc((size_t)count * 2, sizeof *lines);
  int queue = epoll_create1(EPOLL_CLOEXEC);
  for (int at = 0; at < place_count; at++) {
    line_in *of = lines + at * each * 2;
    for (int i = 0; i < each; i++) readers[at * each + i].at = at;
    for (int i = 0; i < each * 2; i++) of[i].of = &readers[at * each + i % each];
    join_at(lines, of, places[at].name, each, places[at].server);
    join_at(lines, of + each, places[at].name, each, places[at].author);
  }
  for (int i = 0; i < count * 2; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)i};
    epoll_ctl(queue, EPOLL_CTL_ADD, lines[i].fd, &event);
  }

  const uint64_t beat = 1000000000u / rate;
  uint64_t due = now() + 100000000;
  const uint64_t begin = due + warm, end = begin + lasts, close = end + 3000000000u;
  int turn = 0;
  static struct epoll_event events[1024];
  for (uint64_t at_time = now(); at_time < close; at_time = now()) {
    int ready = epoll_wait(queue, events, 1024, 1);
    for (int e = 0; e < ready; e++) take(&lines[events[e].data.u32]);
    for (; due <= now() && due < end; due += beat, turn = (turn + 1) % place_count) {
      if (!counts && due >= begin) {
        counts = true;
        for (int at = 0; at < place_count; at++) counted_from[at] = places[at].sent;
        printf("ready\n");
        fflush(stdout);
      }
      say_next(&places[turn], turn, due);
    }
    give_signs_of_life(lines, count * 2);
  }
  uint64_t said = 0;
  for (int at = 0; at < place_count; at++) said += places[at].sent - counted_from[at];
  printf("{\"lines\":%llu,\"expected\":%llu,\"came\":%llu,\"again\":%llu,\"missed\":%llu,\"nearP50\":%.0f,\"nearP99\":%.0f,"
         "\"farP50\":%.0f,\"farP99\":%.0f}\n",
         (unsigned long long)said, (unsigned long long)(said * (uint64_t)count), (unsigned long long)came,
         (unsigned long long)again, (unsigned long long)missed, histogram_quantile(&near_ones, 0.5),
         histogram_quantile(&near_ones, 0.99), histogram_quantile(&far_ones, 0.5), histogram_quantile(&far_ones, 0.99));
}
