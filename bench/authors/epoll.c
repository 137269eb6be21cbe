/*
 * The same fan-out in C with epoll: lines from stdin as posts to all who connect. What was said stands in one buffer, and
 * each socket has a cursor in it; the buffer begins anew when all have everything.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SAID = 1 << 28, MOST = 20000, CHUNK = 65536 };

typedef struct {
  int fd;
  size_t at;
  bool full;
} reader;

static char *said;
static size_t said_length;
static reader readers[MOST];
static int reader_count, behind;

static void flush(reader *r) {
  while (r->at < said_length && !r->full) {
    ssize_t written = send(r->fd, said + r->at, said_length - r->at, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written > 0) r->at += (size_t)written;
    else r->full = true;
  }
}

static unsigned long long millis(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (unsigned long long)t.tv_sec * 1000 + (unsigned long long)t.tv_nsec / 1000000;
}

static void say(const char *text, size_t length) {
  static unsigned long long n;
  if (said_length + 6 * length + 512 > SAID) exit(1);
  char *to = said + said_length;
  to += sprintf(to, "{\"type\":\"post\",\"stream\":\"1/main/1700000000000-00c0ffee\",\"n\":%llu,\"at\":%llu,\"deps\":{},\"text\":\"",
                ++n, millis());
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c == '"' || c == '\\') *to++ = '\\';
    if (c < ' ') to += sprintf(to, "\\u%04x", c);
    else *to++ = (char)c;
  }
  memcpy(to, "\"}\n", 3);
  said_length = (size_t)(to + 3 - said);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN);
  said = malloc(SAID);
  int server = socket(AF_INET, SOCK_STREAM, 0), queue = epoll_create1(0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  if (bind(server, (struct sockaddr *)&at, size) < 0 || listen(server, 511) < 0) return 1;
  getsockname(server, (struct sockaddr *)&at, &size);
  printf("listening %d\n", ntohs(at.sin_port));
  fflush(stdout);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = &server};
  epoll_ctl(queue, EPOLL_CTL_ADD, server, &event);
  event.data.ptr = NULL;
  epoll_ctl(queue, EPOLL_CTL_ADD, 0, &event);
  static char chunk[2 * CHUNK];
  static struct epoll_event events[1024];
  size_t rest = 0;
  for (;;) {
    int count = epoll_wait(queue, events, 1024, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.ptr == &server) {
        reader *r = &readers[reader_count++];
        *r = (reader){accept4(server, NULL, NULL, SOCK_NONBLOCK), said_length, false};
        int yes = 1;
        setsockopt(r->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        if (write(r->fd, "welcome\n", 8) != 8) return 1;
        event.events = EPOLLOUT | EPOLLET;
        event.data.ptr = r;
        epoll_ctl(queue, EPOLL_CTL_ADD, r->fd, &event);
      } else if (events[i].data.ptr == NULL) {
        ssize_t got = read(0, chunk + rest, CHUNK);
        if (got <= 0) return 0;
        size_t length = rest + (size_t)got, start = 0;
        for (char *end; (end = memchr(chunk + start, '\n', length - start)) != NULL; start = (size_t)(end + 1 - chunk))
          say(chunk + start, (size_t)(end - chunk) - start);
        rest = length - start;
        memmove(chunk, chunk + start, rest);
        for (int j = 0; j < reader_count; j++) flush(&readers[j]);
      } else {
        reader *r = events[i].data.ptr;
        r->full = false;
        flush(r);
      }
    }
    behind = 0;
    for (int j = 0; j < reader_count; j++) behind += readers[j].at < said_length;
    if (behind > 0) continue;
    for (int j = 0; j < reader_count; j++) readers[j].at = 0;
    said_length = 0;
  }
}
