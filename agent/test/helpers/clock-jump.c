/*
 * LD_PRELOAD library for Linux: moves CLOCK_REALTIME of processes by an offset that may change while they run.
 *
 * CLOCK_JUMP_FILE names a file of 8 bytes, the offset in ns, mapped by every process that inherits both variables.
 * Monotonic clocks are never touched.
 *
 * A wait for an instant of CLOCK_REALTIME cannot go to the kernel as it is: its clock has not moved, and "now + 10 ms"
 * would last an hour. Subtracting the offset when the wait begins would hide what a set clock does to waits that have
 * begun: forward they end at once, back they end an hour late. So they are cut into slices, and the moved clock is read
 * again after each. Not covered, as nothing here uses them: timerfd, timer_settime, rwlocks, pthread_cond_clockwait of
 * CLOCK_REALTIME, calls that pass libc by (Go).
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS 1000000000LL
#define SLICE_NS (SECOND_NS / 20)
/* Instants after 2001 are of CLOCK_REALTIME: as monotonic ones they would mean 31 years of uptime. */
#define IS_REAL_TIME(at) ((at)->tv_sec > 1000000000)
/* libc's function of this name; dlsym reads no clock. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static const long long no_offset;
static const volatile long long *offset_ns = &no_offset;

__attribute__((constructor)) static void map_offset(void) {
  const char *path = getenv("CLOCK_JUMP_FILE");
  if (path == NULL) return;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_ns, PROT_READ, MAP_SHARED, file, 0);
  if (map == MAP_FAILED) {
    perror(path);
    _exit(97);
  }
  close(file);
  offset_ns = map;
}

static int kernel_gettime(clockid_t clock, struct timespec *now) {
  static __typeof__(&clock_gettime) real;
  if (real == NULL) real = NEXT(clock_gettime);
  return real(clock, now);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int failed = kernel_gettime(clock, now);
  if (failed || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return failed;
  long long ns = now->tv_sec * SECOND_NS + now->tv_nsec + *offset_ns;
  *now = (struct timespec){ns / SECOND_NS, ns % SECOND_NS};
  return 0;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone) {
  struct timespec now;
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  *tv = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *seconds) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (seconds != NULL) *seconds = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
  return base == TIME_UTC && clock_gettime(CLOCK_REALTIME, now) == 0 ? base : 0;
}

/* From now until `at`, 0 … SLICE_NS: compared in seconds first, as an instant without end would overflow. */
static long long left_ns(const struct timespec *at) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (at->tv_sec != now.tv_sec && at->tv_sec - now.tv_sec != 1) return at->tv_sec < now.tv_sec ? 0 : SLICE_NS;
  long long ns = (at->tv_sec - now.tv_sec) * SECOND_NS + at->tv_nsec - now.tv_nsec;
  return ns < 0 ? 0 : ns < SLICE_NS ? ns : SLICE_NS;
}

/* When the next slice ends by the kernel's clock. */
static struct timespec slice_end(const struct timespec *at) {
  struct timespec now;
  kernel_gettime(CLOCK_REALTIME, &now);
  long long ns = now.tv_sec * SECOND_NS + now.tv_nsec + left_ns(at);
  return (struct timespec){ns / SECOND_NS, ns % SECOND_NS};
}

/* Condition variables and futexes may wake for nothing; that is what a slice that has passed is given out as. */
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex, const struct timespec *at) {
  static __typeof__(&pthread_cond_timedwait) real;
  /* x86-64 has another one, of 1999, which plain dlsym may find. */
  if (real == NULL) real = (__typeof__(real))dlvsym(RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
  if (real == NULL) real = NEXT(pthread_cond_timedwait);
  if (!IS_REAL_TIME(at)) return real(cond, mutex, at);
  struct timespec end = slice_end(at);
  int error = real(cond, mutex, &end);
  return error == ETIMEDOUT && left_ns(at) > 0 ? 0 : error;
}

long syscall(long number, ...) {
  long a[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i += 1) a[i] = va_arg(list, long);
  va_end(list);
  const struct timespec *at = (const struct timespec *)a[3];
  int is_wait = number == SYS_futex && (a[1] & FUTEX_CLOCK_REALTIME) != 0 && at != NULL && IS_REAL_TIME(at);
  struct timespec end = is_wait ? slice_end(at) : (struct timespec){0, 0};
  if (is_wait) a[3] = (long)&end;
  static __typeof__(&syscall) real;
  if (real == NULL) real = NEXT(syscall);
  long result = real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  return is_wait && result == -1 && errno == ETIMEDOUT && left_ns(at) > 0 ? 0 : result;
}

/* These may not wake for nothing: the next slice begins here. */
int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict at) {
  for (;;) {
    struct timespec end = slice_end(at);
    int result = NEXT(sem_timedwait)(semaphore, &end);
    if (result == 0 || errno != ETIMEDOUT || left_ns(at) == 0) return result;
  }
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict at) {
  for (;;) {
    struct timespec end = slice_end(at);
    int error = NEXT(pthread_mutex_timedlock)(mutex, &end);
    if (error != ETIMEDOUT || left_ns(at) == 0) return error;
  }
}

int clock_nanosleep(clockid_t clock, int flags, const struct timespec *at, struct timespec *rest) {
  int is_moved = clock == CLOCK_REALTIME && (flags & TIMER_ABSTIME) != 0;
  for (;;) {
    struct timespec end = is_moved ? slice_end(at) : *at;
    int error = NEXT(clock_nanosleep)(clock, flags, &end, rest);
    if (error != 0 || !is_moved || left_ns(at) == 0) return error;
  }
}
