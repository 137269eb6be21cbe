/* The load generator: one process, one thread, epoll. `load PART NAME=VALUE …`; what was measured is one line of JSON. */
#include "common.h"
#include "parts.h"
#include <string.h>

int main(int argc, char **argv) {
  if (argc < 2) die("which part?");
  settings_take(argc, argv);
  limits_begin();
  if (strcmp(argv[1], "talk") == 0) talk();
  else if (strcmp(argv[1], "idle") == 0) idle();
  else if (strcmp(argv[1], "fire") == 0) fire();
  else if (strcmp(argv[1], "answer") == 0) answer();
  else if (strcmp(argv[1], "catch") == 0) catch_up();
  else if (strcmp(argv[1], "join") == 0) join();
  else if (strcmp(argv[1], "sites") == 0) sites();
  else die("no such part: %s", argv[1]);
  return 0;
}
