/*
 * Clients that a server calls back: `load answer first=7000 count=200`. Client I listens at port first + I, welcomes whoever
 * calls, says what it has, and is back when the server sends it the roster. Prints a line when it listens everywhere.
 */
#define _GNU_SOURCE
#include "common.h"
#include "parts.h"
#include "protocol.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct {
  bool listening, welcomed, back;
  int fd, index;
  size_t length;
  char heard[65536];
} end;

static int listen_at(int port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  struct sockaddr_in at = {
    .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 16) < 0) die("port %d: %s", port, strerror(errno));
  return fd;
}

static void watch(int queue, end *e) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = e};
  epoll_ctl(queue, EPOLL_CTL_ADD, e->fd, &event);
}

static bool says(const end *e, const char *words) { return memmem(e->heard, e->length, words, strlen(words)) != NULL; }

void answer(void) {
  const int first = (int)setting_number("first", 0), count = (int)setting_number("count", 200);
  int queue = epoll_create1(EPOLL_CLOEXEC), back = 0;
  for (int i = 0; i < count; i++) {
    end *e = calloc(1, sizeof *e);
    e->listening = true;
    e->index = i;
    e->fd = listen_at(first + i);
    watch(queue, e);
  }
  printf("listening\n");
  fflush(stdout);
  uint64_t first_call = 0, last_back = 0;
  static struct epoll_event events[256];
  while (back < count) {
    int ready = epoll_wait(queue, events, 256, 100);
    for (int i = 0; i < ready; i++) {
      end *e = events[i].data.ptr;
      if (e->listening) {
        end *call = calloc(1, sizeof *call);
        call->index = e->index;
        call->fd = accept4(e->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (first_call == 0) first_call = now();
        watch(queue, call);
        continue;
      }
      if (e->length > sizeof e->heard / 2) e->length = 0;
      ssize_t got = read(e->fd, e->heard + e->length, sizeof e->heard - e->length);
      if (got < 0 && errno == EAGAIN) continue;
      if (got <= 0) {
        /* Whoever tries again calls again. */
        close(e->fd);
        continue;
      }
      e->length += (size_t)got;
      if (!e->welcomed && says(e, "\"hello\"") && memchr(e->heard, '\n', e->length) != NULL) {
        char text[1024];
        int length = snprintf(text, sizeof text,
                              "{\"type\":\"welcome\",\"protocol\":3,\"id\":\"c%d\",\"epoch\":\"%s\",\"chat\":\"00000000000000000000000000000000\",\"member\":true}\n"
                              "{\"type\":\"have\",\"streams\":{},\"more\":false}\n",
                              e->index, outlive_epoch);
        write_all(e->fd, text, (size_t)length);
        e->welcomed = true;
      }
      if (!e->back && says(e, "\"roster\"")) {
        e->back = true;
        back++;
        last_back = now();
      }
      static const char pong[] = "{\"type\":\"pong\"}\n";
      if (e->back && says(e, "\"ping\"")) write_all(e->fd, pong, sizeof pong - 1);
      if (e->back) e->length = 0;
    }
  }
  printf("{\"firstCall\":%llu,\"lastBack\":%llu}\n", (unsigned long long)first_call, (unsigned long long)last_back);
}
