/*
 * echo: the least a server can do. Listens on a unix socket and sends back what it receives, with
 * a thread for each connection and blocking calls. Says "ready" on stdout, ends with its stdin.
 *
 *   echo PATH
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BUFFER = 65536, BACKLOG = 128 };

static void *serve(void *argument) {
  int client = (int)(intptr_t)argument;
  char *buffer = malloc(BUFFER);
  ssize_t received;
  while (buffer && (received = recv(client, buffer, BUFFER, 0)) > 0) {
    if (send(client, buffer, (size_t)received, MSG_NOSIGNAL) != received) break;
  }
  free(buffer);
  close(client);
  return NULL;
}

static void *end_with_stdin(void *argument) {
  char byte;
  while (read(STDIN_FILENO, &byte, 1) > 0) {}
  unlink(argument);
  exit(0);
}

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  pthread_t thread;
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) {
    fputs("usage: echo PATH\n", stderr);
    return 2;
  }
  strcpy(address.sun_path, argv[1]);
  int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listener < 0 || bind(listener, (void *)&address, sizeof address) || listen(listener, BACKLOG)) {
    fprintf(stderr, "echo: %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  if (pthread_create(&thread, NULL, end_with_stdin, argv[1])) return 1;
  puts("ready");
  fflush(stdout);
  for (;;) {
    int client = accept(listener, NULL, NULL);
    if (client < 0) continue;
    if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)client)) close(client);
    else pthread_detach(thread);
  }
}
