#include "stalls.h"
#include "common.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOOKS = 1 << 20, STALLS = 1 << 16, EVERY = 50000 };

/* ns that the thread has run and waited for a core, and that this program has waited for one. */
typedef struct {
  uint64_t at, ran, waited, away;
} look;

static look *looks;
static int look_count, watched = -1, own;
static struct {
  uint64_t from, to;
} stalls[STALLS];
static int stall_count;
static uint64_t slow;

void stalls_begin(void) {
  if (setting_at("stalls", 0) == NULL) return;
  char path[64];
  const long pid = atol(setting("pids", ""));
  snprintf(path, sizeof path, "/proc/%ld/task/%ld/schedstat", pid, pid);
  watched = open(path, O_RDONLY | O_CLOEXEC);
  if (watched < 0) die("no such thread: %s", path);
  own = open("/proc/self/schedstat", O_RDONLY | O_CLOEXEC);
  slow = (uint64_t)setting_number("slow", 1000) * 1000;
  looks = calloc(LOOKS, sizeof *looks);
}

/* The first two numbers of a schedstat: ns that a thread has run, and waited for a core. */
static bool read_schedstat(int fd, uint64_t *ran, uint64_t *waited) {
  char text[96];
  ssize_t length = pread(fd, text, sizeof text - 1, 0);
  if (length <= 0) return false;
  text[length] = '\0';
  return sscanf(text, "%" SCNu64 " %" SCNu64, ran, waited) == 2;
}

void stalls_look(uint64_t at_time) {
  if (watched < 0 || look_count == LOOKS) return;
  if (look_count > 0 && at_time - looks[look_count - 1].at < EVERY) return;
  look next = {.at = at_time};
  uint64_t ran;
  if (read_schedstat(watched, &next.ran, &next.waited) && read_schedstat(own, &ran, &next.away)) looks[look_count++] = next;
}

void stalls_line(uint64_t due, uint64_t at_time) {
  if (watched < 0 || at_time < due + slow) return;
  /* Lines that were late at the same time are one stall. */
  if (stall_count > 0 && due <= stalls[stall_count - 1].to) {
    if (due < stalls[stall_count - 1].from) stalls[stall_count - 1].from = due;
    if (at_time > stalls[stall_count - 1].to) stalls[stall_count - 1].to = at_time;
  } else if (stall_count < STALLS) {
    stalls[stall_count].from = due;
    stalls[stall_count++].to = at_time;
  }
}

static look look_before(uint64_t at_time) {
  look found = {0, 0, 0, 0};
  for (int i = 0; i < look_count && looks[i].at <= at_time; i++) found = looks[i];
  return found;
}

void stalls_end(void) {
  if (watched < 0) return;
  FILE *file = fopen(setting("stalls", ""), "w");
  if (file == NULL) die("%s can't be written", setting("stalls", ""));
  for (int i = 0; i < stall_count; i++) {
    const look before = look_before(stalls[i].from), after = look_before(stalls[i].to);
    fprintf(file, "{\"from\":%llu,\"to\":%llu,\"ran\":%llu,\"waited\":%llu,\"away\":%llu}\n", (unsigned long long)stalls[i].from,
            (unsigned long long)stalls[i].to, (unsigned long long)(after.ran - before.ran),
            (unsigned long long)(after.waited - before.waited), (unsigned long long)(after.away - before.away));
  }
  fclose(file);
}
