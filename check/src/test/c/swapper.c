/*
 * Swaps names as fast as it can, so that whoever resolves them step by step meets another thing at
 * each step.
 *
 * usage: swapper COUNT KIND ONE OTHER [KIND ONE OTHER ...]
 *
 * KIND x exchanges the two names, KIND m moves ONE to OTHER and back. Says "swapping", goes on for
 * COUNT rounds and until its input ends, and says how many rounds there were. At the end all is
 * where it was.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void swap(const char *kind, const char *one, const char *other, int back) {
  int exchange = *kind == 'x';
  const char *from = back && !exchange ? other : one;
  const char *to = back && !exchange ? one : other;
  if (renameat2(-100, from, -100, to, exchange ? RENAME_EXCHANGE : RENAME_NOREPLACE) < 0) {
    fprintf(stderr, "swapper: %s -> %s: %s\n", from, to, strerror(errno));
    exit(2);
  }
}

int main(int count, char **arguments) {
  if (count < 5 || (count - 2) % 3 != 0) {
    fprintf(stderr, "usage: swapper COUNT KIND ONE OTHER ...\n");
    return 2;
  }
  long least = atol(arguments[1]);
  long rounds = 0;
  struct pollfd input = {.fd = 0, .events = POLLIN};
  printf("swapping\n");
  fflush(stdout);
  while (rounds < least || rounds % 2 != 0 || poll(&input, 1, 0) == 0) {
    for (int i = 2; i < count; i += 3) {
      swap(arguments[i], arguments[i + 1], arguments[i + 2], (int)(rounds % 2));
    }
    rounds++;
  }
  printf("%ld\n", rounds);
  return 0;
}
