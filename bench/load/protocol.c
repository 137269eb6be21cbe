#define _GNU_SOURCE
#include "protocol.h"
#include "common.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char *outlive_epoch = "1700000000000-00c0ffee";

/* So many connections are opened at a time: fewer than Node's listen queue (511) holds. */
enum { GROUP = 200, SOURCES = 16 };

endpoint endpoint_parse(const char *text) {
  static const char *const names[] = {"pipe", "raw", "outlive", "redis", "nats", "mqtt", "irc", "ws"};
  for (int i = 0; i < 8; i++) {
    size_t length = strlen(names[i]);
    if (strncmp(text, names[i], length) == 0 && text[length] == ':')
      return (endpoint){(protocol)i, text + length + 1, atoi(text + length + 1)};
  }
  die("no endpoint: %s", text);
}

int dial(int port, int index) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket: %s", strerror(errno));
  int yes = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  /* The kernel chooses the port when it connects, so that each address has all of them for each destination. */
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &yes, sizeof yes);
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001u + (uint32_t)(index % SOURCES))};
  if (bind(fd, (struct sockaddr *)&from, sizeof from) < 0) die("bind: %s", strerror(errno));
  struct sockaddr_in to = {
    .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect to %d: %s", port, strerror(errno));
  return fd;
}

void write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(fd, bytes, length);
    if (written < 0 && errno == EAGAIN) {
      struct pollfd writable = {fd, POLLOUT, 0};
      poll(&writable, 1, 1000);
      continue;
    }
    if (written < 0) die("write: %s", strerror(errno));
    bytes += written;
    length -= (size_t)written;
  }
}

static int waiting;

void spin_reading(bool spins) { waiting = spins ? MSG_DONTWAIT : 0; }

void read_until(int fd, const char *token, size_t length) {
  char seen[65536];
  size_t have = 0;
  while (memmem(seen, have, token, length) == NULL) {
    if (have == sizeof seen) {
      memmove(seen, seen + have - length, length);
      have = length;
    }
    ssize_t got = recv(fd, seen + have, sizeof seen - have, waiting);
    if (got < 0 && errno == EAGAIN) continue;
    if (got <= 0) die("ended before \"%s\" came; \"%.*s\" had", token, (int)(have > 300 ? 300 : have), seen);
    have += (size_t)got;
  }
}

static void say(int fd, const char *text) { write_all(fd, text, strlen(text)); }
static void hear(int fd, const char *token) { read_until(fd, token, strlen(token)); }

/* The steps of a handshake, at most so many: each is sent to a whole group, then awaited there. */
enum { STEPS = 2 };

static void step_send(protocol p, int step, int fd, int index) {
  char text[1024];
  switch (p) {
    case OUTLIVE:
      if (step == 0) {
        snprintf(text, sizeof text,
                 "{\"type\":\"hello\",\"protocol\":3,\"id\":\"load%d\",\"epoch\":\"%s\",\"host\":\"127.0.0.1\",\"port\":9,"
                 "\"member\":true}\n",
                 index, outlive_epoch);
        say(fd, text);
      } else {
        /* The answer to the ping says that the link is up. What the node has need not be awaited: nothing of it is wanted. */
        say(fd, "{\"type\":\"have\",\"streams\":{},\"more\":false}\n{\"type\":\"ping\"}\n");
      }
      break;
    case REDIS:
      if (step == 0) say(fd, "SUBSCRIBE c\r\n");
      break;
    case NATS:
      if (step == 1) say(fd, "CONNECT {\"verbose\":false}\r\nSUB c 1\r\nPING\r\n");
      break;
    case MQTT:
      if (step == 0) {
        char connect[64] = {0x10, 0, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};
        int name = snprintf(connect + 14, 40, "r%d", index);
        connect[1] = (char)(12 + name);
        connect[13] = (char)name;
        write_all(fd, connect, (size_t)(14 + name));
      } else {
        write_all(fd, "\x82\x06\x00\x01\x00\x01"
                      "c\x00",
                  8);
      }
      break;
    case IRC:
      if (step == 0) {
        snprintf(text, sizeof text, "NICK r%d\r\nUSER r%d 0 * :r\r\n", index, index);
        say(fd, text);
      } else {
        say(fd, "JOIN #c\r\n");
      }
      break;
    case WEBSOCKET:
      if (step == 0)
        say(fd, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
      break;
    case RAW:
    case PIPE:
      break;
  }
}

static void step_await(protocol p, int step, int fd) {
  switch (p) {
    case RAW:
      if (step == 0) hear(fd, "welcome\n");
      break;
    case OUTLIVE:
      /* The rooms of the node may follow in the same line. */
      hear(fd, step == 0 ? "\"member\":true" : "\"pong\"}\n");
      break;
    case REDIS:
      if (step == 0) hear(fd, ":1\r\n");
      break;
    case NATS:
      hear(fd, step == 0 ? "\r\n" : "PONG\r\n");
      break;
    case MQTT:
      read_until(fd, step == 0 ? "\x20\x02" : "\x90\x03", 2);
      break;
    case IRC:
      hear(fd, step == 0 ? " 001 " : " 366 ");
      break;
    case WEBSOCKET:
      if (step == 0) hear(fd, "\r\n\r\n");
      break;
    case PIPE:
      break;
  }
}

int outlive_late(endpoint to, int id) {
  int fd = dial(to.port, id);
  step_send(OUTLIVE, 0, fd, id);
  step_await(OUTLIVE, 0, fd);
  say(fd, "{\"type\":\"have\",\"streams\":{},\"more\":false}\n");
  return fd;
}

/* Those who are in already give a sign of life each second while others come in. */
static void stay_alive(endpoint to, int count, const int *fds) {
  static uint64_t next;
  if (to.protocol != OUTLIVE || now() < next) return;
  next = now() + 1000000000;
  for (int i = 0; i < count; i++) say(fds[i], "{\"type\":\"pong\"}\n");
}

void readers_open(endpoint to, int count, int *fds) {
  for (int first = 0; first < count; first += GROUP) {
    int end = first + GROUP < count ? first + GROUP : count;
    stay_alive(to, first, fds);
    for (int i = first; i < end; i++) fds[i] = dial(to.port, i);
    for (int step = 0; step < STEPS; step++) {
      for (int i = first; i < end; i++) step_send(to.protocol, step, fds[i], i);
      for (int i = first; i < end; i++) step_await(to.protocol, step, fds[i]);
    }
  }
}

int author_open(endpoint to) {
  int fd = dial(to.port, 0);
  switch (to.protocol) {
    case NATS:
      hear(fd, "\r\n");
      say(fd, "CONNECT {\"verbose\":false}\r\nPING\r\n");
      hear(fd, "PONG\r\n");
      break;
    case MQTT:
      write_all(fd, "\x10\x12\x00\x04MQTT\x04\x02\x00\x00\x00\x06"
                    "author",
                20);
      read_until(fd, "\x20\x02", 2);
      break;
    case IRC:
      say(fd, "NICK author\r\nUSER author 0 * :author\r\n");
      hear(fd, " 001 ");
      say(fd, "JOIN #c\r\n");
      hear(fd, " 366 ");
      break;
    case WEBSOCKET:
      step_send(WEBSOCKET, 0, fd, 0);
      hear(fd, "\r\n\r\n");
      break;
    case REDIS:
    case PIPE:
    case RAW:
    case OUTLIVE:
      break;
  }
  return fd;
}

size_t framed(protocol p, const char *text, size_t length, char *into) {
  size_t at = 0;
  switch (p) {
    case REDIS:
      at = (size_t)sprintf(into, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$%zu\r\n", length);
      break;
    case NATS:
      at = (size_t)sprintf(into, "PUB c %zu\r\n", length);
      break;
    case IRC:
      at = (size_t)sprintf(into, "PRIVMSG #c :");
      break;
    case MQTT:
      /* Remaining length below 16,384, in two bytes at most. */
      into[at++] = 0x30;
      if (length + 3 < 128) {
        into[at++] = (char)(length + 3);
      } else {
        into[at++] = (char)(((length + 3) & 0x7f) | 0x80);
        into[at++] = (char)((length + 3) >> 7);
      }
      memcpy(into + at, "\x00\x01" "c", 3);
      at += 3;
      break;
    case WEBSOCKET:
      /* Masked, as a client must, with zeros. */
      into[at++] = (char)0x81;
      if (length < 126) {
        into[at++] = (char)(0x80 | length);
      } else {
        into[at++] = (char)(0x80 | 126);
        into[at++] = (char)(length >> 8);
        into[at++] = (char)length;
      }
      memset(into + at, 0, 4);
      at += 4;
      break;
    case PIPE:
    case RAW:
    case OUTLIVE:
      break;
  }
  memcpy(into + at, text, length);
  at += length;
  if (p == REDIS || p == NATS || p == IRC) {
    into[at++] = '\r';
    into[at++] = '\n';
  } else if (p == PIPE) {
    into[at++] = '\n';
  }
  return at;
}
