/* What a broken machine does to a program, by LD_PRELOAD: writes that find no room, syncs that fail, a clock that
 * jumps, names that can't be looked up. The test steers it through a file that both sides map or write. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include <stdio.h>

/* Eight numbers of 64 bits, in the order in which broken_machine.rs writes them. */
struct plan {
    volatile int64_t writes;       /* counted: writes into the folder, syncs among them */
    volatile int64_t fail_from;    /* the first that fails; 0 for none */
    volatile int64_t fail_count;   /* how many fail from there on */
    volatile int64_t failed;       /* counted: how many did */
    volatile int64_t clock_offset; /* seconds by which the clock is wrong */
    volatile int64_t names_dead;   /* whether look-ups of names fail */
    volatile int64_t names;        /* counted: look-ups of names */
    volatile int64_t which;        /* 1: writes count and fail, 2: syncs, 3: both */
};

static struct plan *plan;
static const char *folder;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("BROKEN_MACHINE_PLAN");
    folder = getenv("BROKEN_MACHINE_FOLDER");
    if (!path || !folder) return;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return;
    void *at = mmap(NULL, sizeof *plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (at != MAP_FAILED) plan = at;
}

/* Whether this call is one of those that fail. */
static int fails(int fd, int kind) {
    char link[64], path[4096];
    if (!plan || !(plan->which & kind)) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    if (strncmp(path, folder, strlen(folder)) != 0) return 0;
    int64_t number = __atomic_add_fetch(&plan->writes, 1, __ATOMIC_SEQ_CST);
    int64_t from = plan->fail_from;
    if (from == 0 || number < from || number >= from + plan->fail_count) return 0;
    __atomic_add_fetch(&plan->failed, 1, __ATOMIC_SEQ_CST);
    errno = kind == 2 ? EIO : ENOSPC;
    return 1;
}

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *b, size_t n) {
    static typeof(&write) real;
    if (!real) real = REAL(write);
    return fails(fd, 1) ? -1 : real(fd, b, n);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
    static typeof(&pwrite) real;
    if (!real) real = REAL(pwrite);
    return fails(fd, 1) ? -1 : real(fd, b, n, at);
}
ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) {
    static typeof(&pwrite64) real;
    if (!real) real = REAL(pwrite64);
    return fails(fd, 1) ? -1 : real(fd, b, n, at);
}
ssize_t writev(int fd, const struct iovec *v, int n) {
    static typeof(&writev) real;
    if (!real) real = REAL(writev);
    return fails(fd, 1) ? -1 : real(fd, v, n);
}
int ftruncate(int fd, off_t n) {
    static typeof(&ftruncate) real;
    if (!real) real = REAL(ftruncate);
    return fails(fd, 1) ? -1 : real(fd, n);
}
int ftruncate64(int fd, off64_t n) {
    static typeof(&ftruncate64) real;
    if (!real) real = REAL(ftruncate64);
    return fails(fd, 1) ? -1 : real(fd, n);
}
int fsync(int fd) {
    static typeof(&fsync) real;
    if (!real) real = REAL(fsync);
    return fails(fd, 2) ? -1 : real(fd);
}
int fdatasync(int fd) {
    static typeof(&fdatasync) real;
    if (!real) real = REAL(fdatasync);
    return fails(fd, 2) ? -1 : real(fd);
}
int clock_gettime(clockid_t which, struct timespec *at) {
    static typeof(&clock_gettime) real;
    if (!real) real = REAL(clock_gettime);
    int ended = real(which, at);
    if (ended == 0 && plan && which == CLOCK_REALTIME) at->tv_sec += plan->clock_offset;
    return ended;
}
int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static typeof(&getaddrinfo) real;
    if (!real) real = REAL(getaddrinfo);
    /* An address written as numbers is no name. */
    struct addrinfo numeric = { .ai_flags = AI_NUMERICHOST }, *known = NULL;
    if (plan && node && real(node, NULL, &numeric, &known) != 0) {
        __atomic_add_fetch(&plan->names, 1, __ATOMIC_SEQ_CST);
        if (plan->names_dead) return EAI_AGAIN;
    } else if (known) {
        freeaddrinfo(known);
    }
    return real(node, service, hints, found);
}
