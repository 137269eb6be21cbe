#define _GNU_SOURCE
#include "common.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static int given;
static char **values;

void settings_take(int argc, char **argv) {
  given = argc;
  values = argv;
}

const char *setting_at(const char *name, int at) {
  size_t length = strlen(name);
  for (int i = 0; i < given; i++)
    if (strncmp(values[i], name, length) == 0 && values[i][length] == '=' && at-- == 0) return values[i] + length + 1;
  return NULL;
}

const char *setting(const char *name, const char *otherwise) {
  const char *found = setting_at(name, 0);
  return found == NULL ? otherwise : found;
}

long long setting_number(const char *name, long long otherwise) {
  const char *found = setting_at(name, 0);
  return found == NULL ? otherwise : atoll(found);
}

uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void each_thread(long pid, void (*visit)(long pid, const char *thread, void *with), void *with) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/task", pid);
  DIR *tasks = opendir(path);
  if (tasks == NULL) return;
  for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks))
    if (task->d_name[0] != '.') visit(pid, task->d_name, with);
  closedir(tasks);
}

/* The first number in /proc/PID/task/TID/schedstat is the time that the thread has run, in ns. */
static void add_cpu(long pid, const char *thread, void *sum) {
  char path[300];
  snprintf(path, sizeof path, "/proc/%ld/task/%s/schedstat", pid, thread);
  FILE *file = fopen(path, "r");
  if (file == NULL) return;
  unsigned long long ran = 0;
  if (fscanf(file, "%llu", &ran) == 1) *(uint64_t *)sum += ran;
  fclose(file);
}

static uint64_t cpu_of(long pid) {
  uint64_t sum = 0;
  each_thread(pid, add_cpu, &sum);
  return sum;
}

static void move_thread(long pid, const char *thread, void *cores) {
  (void)pid;
  sched_setaffinity(atoi(thread), sizeof(cpu_set_t), cores);
}

/* The next of the processes in pids=, from `at`, which is moved on; 0 after the last. */
static long next_pid(const char **at) {
  if (**at == '\0') return 0;
  long pid = strtol(*at, NULL, 10);
  *at += strcspn(*at, ",");
  if (**at == ',') (*at)++;
  return pid;
}

bool own_core(void) {
  cpu_set_t all, mine;
  if (sched_getaffinity(0, sizeof all, &all) < 0 || CPU_COUNT(&all) < 2) return false;
  int last = CPU_SETSIZE - 1;
  while (!CPU_ISSET(last, &all)) last--;
  CPU_ZERO(&mine);
  CPU_SET(last, &mine);
  CPU_CLR(last, &all);
  if (sched_setaffinity(0, sizeof mine, &mine) < 0) return false;
  const char *pids = setting("pids", "");
  for (long pid; (pid = next_pid(&pids)) > 0;) each_thread(pid, move_thread, &all);
  return true;
}

static uint64_t rss_of(long pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%ld/statm", pid);
  FILE *file = fopen(path, "r");
  if (file == NULL) return 0;
  unsigned long long size = 0, resident = 0;
  if (fscanf(file, "%llu %llu", &size, &resident) != 2) resident = 0;
  fclose(file);
  return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

usage usage_now(void) {
  usage all = {0, 0, 0};
  const char *pids = setting("pids", "");
  for (long pid; (pid = next_pid(&pids)) > 0;) {
    all.cpu += cpu_of(pid);
    all.rss += rss_of(pid);
  }
  struct rusage own;
  getrusage(RUSAGE_SELF, &own);
  all.own = ((uint64_t)own.ru_utime.tv_sec + (uint64_t)own.ru_stime.tv_sec) * 1000000000u +
            ((uint64_t)own.ru_utime.tv_usec + (uint64_t)own.ru_stime.tv_usec) * 1000u;
  return all;
}

histogram histogram_make(void) {
  histogram h = {calloc(HISTOGRAM_MICROS, sizeof(uint32_t)), 0, 0};
  if (h.counts == NULL) die("no memory");
  return h;
}

void histogram_add(histogram *h, uint64_t nanos, uint64_t times) {
  uint64_t micros = nanos / 1000;
  h->counts[micros < HISTOGRAM_MICROS ? micros : HISTOGRAM_MICROS - 1] += (uint32_t)times;
  h->total += times;
  if (nanos > h->max) h->max = nanos;
}

double histogram_quantile(const histogram *h, double q) {
  uint64_t rank = (uint64_t)((double)h->total * q), seen = 0;
  for (uint64_t micros = 0; micros < HISTOGRAM_MICROS; micros++) {
    seen += h->counts[micros];
    if (seen > rank) return (double)micros;
  }
  return (double)h->max / 1000;
}

static void out_of_time(int signal) {
  (void)signal;
  static const char words[] = "load: out of time\n";
  if (write(2, words, sizeof words - 1) < 0) _exit(3);
  _exit(2);
}

void limits_begin(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  long long millis = setting_number("limit", 60000);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGALRM, out_of_time);
  alarm((unsigned)((millis + 999) / 1000));
}

void set_nonblocking(int fd) {
  if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) die("fcntl: %s", strerror(errno));
}
