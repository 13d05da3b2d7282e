// The floor of `bench/peers`: what a prober with nothing but system calls and OpenSSL sees. A thread for each probe, blocking,
// a stamp after each call. argv: CA file, probes a second, how many, then host, port and path of two mirrors asked in turn.
// The path of the second ends where the probe's number goes. Out: number, connect, tls, processing, transfer in ms; or number, failed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char **args;
static SSL_CTX *context;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int ask(long number, int tcp, SSL *tls, double at[5]) {
  char **mirror = args + 4 + 3 * (number % 2), request[512], answer[8192];
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(mirror[1])), .sin_addr = {inet_addr(mirror[0])}};
  int one = 1;
  int length = number % 2 ? snprintf(request, sizeof request, "GET %s%ld/@v/v1.0.0.mod HTTP/1.1\r\nHost: %s\r\n\r\n", mirror[2], number, mirror[0])
                          : snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", mirror[2], mirror[0]);
  setsockopt(tcp, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), mirror[0]);
  at[0] = now();
  if (connect(tcp, (struct sockaddr *)&to, sizeof to) != 0) return 0;
  at[1] = now();
  if (SSL_set_fd(tls, tcp) != 1 || SSL_connect(tls) != 1) return 0;
  at[2] = now();
  if (SSL_write(tls, request, length) != length) return 0;
  for (int held = 0, whole = 0; held < (int)sizeof answer - 1;) {
    int got = SSL_read(tls, answer + held, sizeof answer - 1 - held);
    at[4] = now();
    if (got <= 0) return 0;
    if (held == 0) at[3] = at[4];
    answer[held += got] = 0;
    char *end = strstr(answer, "\r\n\r\n"), *said = strcasestr(answer, "\r\ncontent-length:");
    if (end && !whole) whole = said ? end + 4 - answer + atoi(said + 17) : -1;
    if (whole && held >= whole) return strncmp(answer + 9, "200", 3) == 0 && whole == held;
  }
  return 0;
}

static void *probe(void *given) {
  long number = (long)given;
  double at[5];
  int tcp = socket(AF_INET, SOCK_STREAM, 0);
  SSL *tls = SSL_new(context);
  if (ask(number, tcp, tls, at)) printf("%ld %.6f %.6f %.6f %.6f\n", number, at[1] - at[0], at[2] - at[1], at[3] - at[2], at[4] - at[3]);
  else printf("%ld failed\n", number);
  SSL_free(tls);
  close(tcp);
  return NULL;
}

int main(int argc, char **argv) {
  args = argv;
  context = SSL_CTX_new(TLS_client_method());
  if (argc != 10 || SSL_CTX_load_verify_locations(context, argv[1], NULL) != 1) return 2;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
  long count = atol(argv[3]);
  pthread_t *threads = calloc(count, sizeof *threads);
  struct timespec due;
  clock_gettime(CLOCK_MONOTONIC, &due);
  for (long number = 0; number < count; number++) {
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
    if (pthread_create(&threads[number], NULL, probe, (void *)number) != 0) return 1;
    due.tv_nsec += 1000000000L / atol(argv[2]);
    if (due.tv_nsec >= 1000000000L) due.tv_sec++, due.tv_nsec -= 1000000000L;
  }
  for (long number = 0; number < count; number++) pthread_join(threads[number], NULL);
  return 0;
}
