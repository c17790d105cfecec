/* Hosts that answer headers and nothing else: one epoll loop, a listener for each address.

   host PORT NET FIRST COUNT TARPITS DELAY: listens on 127.NET.a.b for COUNT addresses from number
   FIRST; the last TARPITS of them take connections and never answer, the others do so after DELAY
   ms. Paths with "/gone" get 404, all others 200. Connections stay open as HTTP/1.1 has it. Prints
   "ready", ends with its stdin. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OPEN = 1 << 20, OWED = 1 << 16 };
static struct { int fd, gone; long due; } owed[OWED]; /* answers that wait, oldest first */
static unsigned first_owed, next_owed;
static char kind[OPEN]; /* l: listener, t: tarpit's listener, h: held by a tarpit, c: connection */

static const char FINE[] =
    "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 48211\r\n"
    "Last-Modified: Mon, 02 Mar 2026 08:00:00 GMT\r\nServer: bench\r\n\r\n";
static const char GONE[] =
    "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 153\r\n"
    "Server: bench\r\n\r\n";

static int listener(int net, int number, int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    at.sin_addr.s_addr = htonl(0x7f000000u | net << 16 | number);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (void *)&at, sizeof at) || listen(fd, 1024)) {
        perror("listen");
        exit(1);
    }
    return fd;
}

static void watch(int loop, int fd, char what) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    kind[fd] = what;
    epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event);
}

static long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000 + at.tv_nsec / 1000000;
}

static void say(int fd, int gone) {
    const char *said = gone ? GONE : FINE;
    if (send(fd, said, gone ? sizeof GONE - 1 : sizeof FINE - 1, MSG_NOSIGNAL) < 0) close(fd);
}

static void answer(int fd, int delay) {
    char asked[4096];
    ssize_t n = recv(fd, asked, sizeof asked - 1, 0);
    if (n <= 0) {
        if (n == 0 || errno != EAGAIN) close(fd);
        return;
    }
    asked[n] = 0;
    char *end = strchr(asked, '\n');
    if (end) *end = 0;
    int gone = strstr(asked, "/gone") != NULL;
    if (!delay) {
        say(fd, gone);
        return;
    }
    unsigned place = next_owed++ % OWED;
    owed[place].fd = fd, owed[place].gone = gone, owed[place].due = now() + delay;
}

/* Answers what is due; how long to wait for the next in ms, -1 where none is owed. */
static int pay(void) {
    for (; first_owed != next_owed; first_owed++) {
        unsigned place = first_owed % OWED;
        long wait = owed[place].due - now();
        if (wait > 0) return (int)wait;
        say(owed[place].fd, owed[place].gone);
    }
    return -1;
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    int port = atoi(argv[1]), net = atoi(argv[2]), first = atoi(argv[3]), count = atoi(argv[4]);
    int tarpits = atoi(argv[5]), delay = atoi(argv[6]), loop = epoll_create1(0);
    struct rlimit most;
    getrlimit(RLIMIT_NOFILE, &most);
    most.rlim_cur = most.rlim_max;
    setrlimit(RLIMIT_NOFILE, &most);
    watch(loop, 0, 'q');
    for (int n = 0; n < count; n++)
        watch(loop, listener(net, first + n, port), n < count - tarpits ? 'l' : 't');
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[512];
        int n = epoll_wait(loop, events, 512, pay());
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (kind[fd] == 'q') return 0;
            if (kind[fd] == 'c') answer(fd, delay);
            if (kind[fd] == 'h') {
                char dropped[4096];
                ssize_t got = recv(fd, dropped, sizeof dropped, 0);
                if (got == 0 || (got < 0 && errno != EAGAIN)) close(fd);
            }
            if (kind[fd] != 'l' && kind[fd] != 't') continue;
            for (int made; (made = accept4(fd, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
                watch(loop, made, kind[fd] == 'l' ? 'c' : 'h');
        }
    }
}
