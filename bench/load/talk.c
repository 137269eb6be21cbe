/*
 * Says lines through feeds, and counts them at sinks: `load talk feed=pipe:PATH sink=outlive:PORT*100 window=64`.
 *
 * Each line has a mark, `^`, its feed in two digits and its number in ten. What reads it needs no protocol: it looks for
 * the mark. With one feed only the last mark of what a read has brought is looked at: lines come in order.
 *
 * Either `window` lines of each feed are under way, until the slowest reader has them; or `rate` lines a second are said by
 * each, and how late they come is counted from when they were due, so that a stall counts for all the lines that it delays.
 *
 * With `spin=1` it never sleeps, on a core of its own, so that nobody who writes to it pays for waking it. `idle` are the
 * seconds in which it then had nothing to do.
 */
#define _GNU_SOURCE
#include "parts.h"
#include "common.h"
#include "protocol.h"
#include "stalls.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { FEEDS = 32, MARK = 13, READ = 1 << 18, RING = 1 << 16, TEXT = 4096 };

typedef struct {
  endpoint to;
  int fd;
  uint64_t sent;
  uint64_t *due; /* when each of the last RING lines was due */
} feed;

typedef struct {
  endpoint from;
  int fd;
  bool frozen;
  char tail[MARK];
  size_t tail_length;
  uint64_t last; /* when it got something last */
  uint64_t got[FEEDS];
} sink;

static feed feeds[FEEDS];
static int feed_count;
static sink *sinks;
static int sink_count;
static bool mesh;
static long long window, rate;
static size_t text_length;

/* What is counted in a part of the run. */
typedef struct {
  histogram latency;
  uint64_t gap;
} phase;
static phase *counting; /* NULL while nothing is */

static bool expects(int sink, int feed) { return !mesh || sink != feed; }

static int open_pipe(const char *path, int flags) {
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0) die("%s: %s", path, strerror(errno));
  set_nonblocking(fd);
  /* All lines that may be under way fit, where the system allows that much. */
  fcntl(fd, F_SETPIPE_SZ, 1 << 20);
  return fd;
}

static void open_feeds(void) {
  for (const char *text; (text = setting_at("feed", feed_count)) != NULL; feed_count++) {
    if (feed_count == FEEDS) die("more than %d feeds", FEEDS);
    feed *f = &feeds[feed_count];
    f->to = endpoint_parse(text);
    f->due = calloc(RING, sizeof *f->due);
    if (f->to.protocol == PIPE) f->fd = open_pipe(f->to.path, O_RDWR);
    else f->fd = author_open(f->to);
  }
}

static void open_sinks(void) {
  for (int at = 0; setting_at("sink", at) != NULL; at++) {
    char *text = strdup(setting_at("sink", at));
    char *times = strchr(text, '*');
    int count = times == NULL ? 1 : atoi(times + 1);
    if (times != NULL) *times = '\0';
    endpoint from = endpoint_parse(text);
    int *fds = calloc((size_t)count, sizeof *fds);
    if (from.protocol == PIPE) fds[0] = open_pipe(from.path, O_RDWR);
    else readers_open(from, count, fds);
    sinks = realloc(sinks, (size_t)(sink_count + count) * sizeof *sinks);
    for (int i = 0; i < count; i++) {
      sink *s = &sinks[sink_count + i];
      memset(s, 0, sizeof *s);
      s->from = from;
      s->fd = fds[i];
      set_nonblocking(s->fd);
    }
    sink_count += count;
    free(fds);
  }
  for (long long i = 0; i < setting_number("frozen", 0) && i < sink_count; i++) sinks[i].frozen = true;
}

static void say_lines(int at, uint64_t count, uint64_t due, uint64_t step) {
  static char lines[TEXT * 1024];
  static char text[TEXT];
  feed *f = &feeds[at];
  size_t length = 0;
  memset(text, 'x', text_length);
  for (uint64_t i = 0; i < count; i++) {
    char mark[MARK + 2];
    snprintf(mark, sizeof mark, "^%02d%010llu ", at, (unsigned long long)f->sent);
    memcpy(text, mark, MARK + 1);
    f->due[f->sent % RING] = due + i * step;
    f->sent++;
    length += framed(f->to.protocol, text, text_length, lines + length);
    if (length > sizeof lines - 2 * TEXT) {
      write_all(f->fd, lines, length);
      length = 0;
    }
  }
  write_all(f->fd, lines, length);
}

/* How many lines of that feed the slowest reader has. */
static uint64_t slowest(int at) {
  uint64_t least = UINT64_MAX;
  for (int i = 0; i < sink_count; i++)
    if (!sinks[i].frozen && expects(i, at) && sinks[i].got[at] < least) least = sinks[i].got[at];
  return least;
}

static void say_what_fits(void) {
  for (int at = 0; at < feed_count; at++) {
    uint64_t free = (uint64_t)window - (feeds[at].sent - slowest(at));
    if (free * 2 >= (uint64_t)window) say_lines(at, free, now(), 0);
  }
}

static void progress(sink *s, const char *mark, uint64_t at_time) {
  int at = (mark[1] - '0') * 10 + mark[2] - '0';
  uint64_t number = 0;
  for (int i = 3; i < MARK; i++) number = number * 10 + (uint64_t)(mark[i] - '0');
  if (at < 0 || at >= feed_count) die("a mark of no feed: %.13s", mark);
  uint64_t before = s->got[at];
  if (number < before) return;
  s->got[at] = number + 1;
  if (counting == NULL) return;
  if (rate > 0 || window == 1)
    for (uint64_t n = before; n <= number; n++) {
      uint64_t due = feeds[at].due[n % RING];
      histogram_add(&counting->latency, at_time > due ? at_time - due : 0, 1);
      stalls_line(due, at_time);
    }
}

/* Looks at what has come; returns how many bytes at its end are the beginning of a mark. */
static size_t look(sink *s, const char *bytes, size_t length, uint64_t at_time) {
  if (feed_count == 1) {
    const char *mark = memrchr(bytes, '^', length);
    size_t rest = 0;
    if (mark != NULL && (size_t)(bytes + length - mark) < MARK) {
      rest = (size_t)(bytes + length - mark);
      mark = memrchr(bytes, '^', (size_t)(mark - bytes));
    }
    if (mark != NULL) progress(s, mark, at_time);
    return rest;
  }
  const char *end = bytes + length;
  for (const char *mark = bytes; (mark = memchr(mark, '^', (size_t)(end - mark))) != NULL; mark += MARK) {
    if (end - mark < MARK) return (size_t)(end - mark);
    progress(s, mark, at_time);
  }
  return 0;
}

static void take(sink *s) {
  static char buffer[MARK + READ];
  memcpy(buffer, s->tail, s->tail_length);
  ssize_t got = read(s->fd, buffer + s->tail_length, READ);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) die("reader %d was cut off after %llu lines", (int)(s - sinks), (unsigned long long)s->got[0]);
  uint64_t at_time = now();
  if (counting != NULL && at_time - s->last > counting->gap) counting->gap = at_time - s->last;
  s->last = at_time;
  size_t length = s->tail_length + (size_t)got;
  s->tail_length = look(s, buffer, length, at_time);
  memcpy(s->tail, buffer + length - s->tail_length, s->tail_length);
}

/* Readers of outlive give a sign of life each second, a tenth of them at a time. */
static void give_signs_of_life(uint64_t at_time) {
  static uint64_t next;
  static int turn;
  if (at_time < next) return;
  next = at_time + 100000000;
  for (int i = turn; i < sink_count; i += 10)
    if (sinks[i].from.protocol == OUTLIVE) {
      static const char pong[] = "{\"type\":\"pong\"}\n";
      if (write(sinks[i].fd, pong, sizeof pong - 1) < 0 && errno != EAGAIN) die("reader %d: %s", i, strerror(errno));
    }
  turn = (turn + 1) % 10;
}

static uint64_t delivered(void) {
  uint64_t sum = 0;
  for (int i = 0; i < sink_count; i++)
    for (int at = 0; at < feed_count; at++)
      if (!sinks[i].frozen) sum += sinks[i].got[at];
  return sum;
}

static void discard(int fd) {
  static char nothing[READ];
  while (read(fd, nothing, sizeof nothing) > 0) continue;
}

enum { ON_TIMER = -1 };

static void listen_to(int queue, int fd, int what) {
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = (uint64_t)(int64_t)what};
  if (epoll_ctl(queue, EPOLL_CTL_ADD, fd, &event) < 0) die("epoll_ctl: %s", strerror(errno));
}

static void print_phase(const char *name, const phase *p) {
  printf(",\"%sp50\":%.0f,\"%sp99\":%.0f,\"%smax\":%.0f,\"%sgap\":%.0f", name, histogram_quantile(&p->latency, 0.5), name,
         histogram_quantile(&p->latency, 0.99), name, (double)p->latency.max / 1000, name, (double)p->gap / 1000);
}

void talk(void) {
  mesh = setting_number("mesh", 0) != 0;
  window = setting_number("window", 64);
  rate = setting_number("rate", 0);
  text_length = (size_t)setting_number("text", 64);
  if (text_length < MARK + 1 || text_length >= TEXT) die("text has %d to %d bytes", MARK + 1, TEXT - 1);
  const uint64_t warm = (uint64_t)setting_number("warm", 500) * 1000000;
  const uint64_t lasts = (uint64_t)setting_number("time", 2000) * 1000000;
  const long kill_pid = (long)setting_number("kill", 0);
  const bool spins = setting_number("spin", 0) != 0 && own_core();
  open_sinks();
  open_feeds();

  int queue = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < sink_count; i++)
    if (!sinks[i].frozen) listen_to(queue, sinks[i].fd, i);
  for (int at = 0; at < feed_count; at++) {
    set_nonblocking(feeds[at].fd);
    if (feeds[at].to.protocol != PIPE) listen_to(queue, feeds[at].fd, sink_count + at);
  }

  /* One clock for all feeds, which take turns. */
  int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  const uint64_t beat = rate > 0 ? 1000000000u / ((uint64_t)rate * (uint64_t)feed_count) : 0;
  uint64_t due = now() + 1000000;
  int turn = 0;
  if (rate > 0) {
    struct itimerspec times = {{(time_t)(beat / 1000000000u), (long)(beat % 1000000000u)},
                               {(time_t)(due / 1000000000u), (long)(due % 1000000000u)}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &times, NULL);
    listen_to(queue, timer, ON_TIMER);
  } else {
    say_what_fits();
  }

  phase phases[2] = {{histogram_make(), 0}, {histogram_make(), 0}};
  const uint64_t begin = now() + warm;
  uint64_t end = begin + lasts;
  uint64_t began = 0, before = 0, sent_before = 0;
  stalls_begin();
  uint64_t idle = 0, looked = now();
  usage used = {0, 0, 0};
  static struct epoll_event events[1024];
  for (;;) {
    int count = epoll_wait(queue, events, 1024, spins ? 0 : 10);
    for (int e = 0; e < count; e++) {
      int what = (int)(int64_t)events[e].data.u64;
      if (what == ON_TIMER) {
        uint64_t ticks;
        if (read(timer, &ticks, sizeof ticks) != sizeof ticks) continue;
        for (; ticks > 0; ticks--, due += beat, turn = (turn + 1) % feed_count) say_lines(turn, 1, due, 0);
      } else if (what >= sink_count) {
        discard(feeds[what - sink_count].fd);
      } else {
        take(&sinks[what]);
      }
    }
    if (rate == 0) say_what_fits();
    uint64_t at_time = now();
    if (count == 0) idle += at_time - looked;
    looked = at_time;
    stalls_look(at_time);
    give_signs_of_life(at_time);
    if (began == 0 && at_time >= begin) {
      began = at_time;
      end = began + lasts;
      before = delivered();
      for (int at = 0; at < feed_count; at++) sent_before += feeds[at].sent;
      used = usage_now();
      idle = 0;
      for (int i = 0; i < sink_count; i++) sinks[i].last = at_time;
      counting = &phases[0];
    }
    if (kill_pid > 0 && counting == &phases[0] && at_time >= began + lasts / 2) {
      kill((pid_t)kill_pid, SIGKILL);
      counting = &phases[1];
    }
    if (at_time >= end && began > 0) break;
  }

  const double seconds = (double)(now() - began) / 1e9;
  stalls_end();
  const usage used_now = usage_now();
  uint64_t sent = 0, behind = 0;
  for (int at = 0; at < feed_count; at++) {
    sent += feeds[at].sent;
    uint64_t missing = feeds[at].sent - slowest(at);
    if (missing > behind) behind = missing;
  }
  printf("{\"deliveries\":%llu,\"lines\":%llu,\"seconds\":%.6f,\"cpu\":%.6f,\"ownCpu\":%.6f,\"rssBefore\":%llu,\"rss\":%llu,"
         "\"behind\":%llu",
         (unsigned long long)(delivered() - before), (unsigned long long)(sent - sent_before), seconds,
         (double)(used_now.cpu - used.cpu) / 1e9, (double)(used_now.own - used.own) / 1e9, (unsigned long long)used.rss,
         (unsigned long long)used_now.rss, (unsigned long long)behind);
  if (spins) printf(",\"idle\":%.6f", (double)idle / 1e9);
  print_phase("", &phases[0]);
  if (kill_pid > 0) print_phase("after_", &phases[1]);
  printf("}\n");
}
