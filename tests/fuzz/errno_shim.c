/* A library for LD_PRELOAD under which calls of the system fail that would succeed.

   NETC_FAULTS lists what fails, separated by `;`: CALL,ERRNO,FROM,TIMES,PART

     CALL   open (for writing), read, write, fsync, rename, mkdir, unlink (or rmdir), symlink,
            chmod, fork, mmap or thread; `change`: any call that changes what is on the disk
     ERRNO  the number that the call fails with; 0: the process is killed before it
     FROM   the first call that fails, counted from 0, of those that match
     TIMES  how many fail from then on; -1: all
     PART   what the path of the file contains; empty: any file but devices and pipes

   A write that fails with ENOSPC writes half of its bytes first, as a full disk does, and so does one
   in which the process is killed.

   A process that has forked gives what fails in it to `set_faults`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MOST 16

typedef struct {
  char call[16];
  int number;
  long from, times;
  char part[256];
  atomic_long seen;
} fault;

static fault faults[MOST];
static int count;

void set_faults(const char *text) {
  memset(faults, 0, sizeof faults);
  count = 0;
  while (text && *text && count < MOST) {
    fault *f = &faults[count];
    if (sscanf(text, "%15[a-z],%d,%ld,%ld,%255[^;]", f->call, &f->number, &f->from, &f->times,
               f->part) < 4)
      break;
    count++;
    text = strchr(text, ';');
    if (text) text++;
  }
}

__attribute__((constructor)) static void read_faults(void) { set_faults(getenv("NETC_FAULTS")); }

static int matches(const fault *f, const char *call, const char *path) {
  int change = !strcmp(f->call, "change") && strcmp(call, "read") && strcmp(call, "fork") &&
               strcmp(call, "mmap") && strcmp(call, "thread");
  return (change || !strcmp(f->call, call)) && strstr(path, f->part);
}

enum { KILLED = -1 };

/* The number with which a call on a path fails, or KILLED; 0 where it does not fail. */
static int fault_of(const char *call, const char *path) {
  for (int i = 0; i < count; i++) {
    fault *f = &faults[i];
    if (!matches(f, call, path)) continue;
    long seen = atomic_fetch_add(&f->seen, 1);
    if (seen >= f->from && (f->times < 0 || seen < f->from + f->times))
      return f->number ? f->number : KILLED;
  }
  return 0;
}

static int failing(const char *call, const char *path) {
  int number = fault_of(call, path);
  if (number == KILLED) kill(getpid(), SIGKILL);
  return number;
}

/* The path of an open file; 0 for what is no file. */
static int path_of(int file, char *path, size_t size) {
  struct stat found;
  if (fstat(file, &found) || !S_ISREG(found.st_mode)) return 0;
  char link[40];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, size - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static int failing_file(const char *call, int file) {
  char path[4096];
  return count && path_of(file, path, sizeof path) ? failing(call, path) : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(number) \
  do {                  \
    int n = (number);   \
    if (n) {            \
      errno = n;        \
      return -1;        \
    }                   \
  } while (0)

static int writes(int flags) { return (flags & O_ACCMODE) != O_RDONLY; }

#define OPEN(name)                                                                    \
  int name(const char *path, int flags, ...) {                                        \
    va_list more;                                                                     \
    va_start(more, flags);                                                            \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;           \
    va_end(more);                                                                     \
    if (writes(flags) && strncmp(path, "/dev/", 5)) FAIL_IF(failing("open", path));   \
    return REAL(name)(path, flags, mode);                                             \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name)                                                                  \
  int name(int folder, const char *path, int flags, ...) {                            \
    va_list more;                                                                     \
    va_start(more, flags);                                                            \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;           \
    va_end(more);                                                                     \
    if (writes(flags) && strncmp(path, "/dev/", 5)) FAIL_IF(failing("open", path));   \
    return REAL(name)(folder, path, flags, mode);                                     \
  }
OPENAT(openat)
OPENAT(openat64)

FILE *fopen(const char *path, const char *mode) {
  int number = mode[0] != 'r' || strchr(mode, '+') ? failing("open", path) : 0;
  if (number) {
    errno = number;
    return NULL;
  }
  return REAL(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) { return fopen(path, mode); }

ssize_t read(int file, void *to, size_t size) {
  FAIL_IF(failing_file("read", file));
  return REAL(read)(file, to, size);
}

ssize_t write(int file, const void *from, size_t size) {
  char path[4096];
  int number = count && path_of(file, path, sizeof path) ? fault_of("write", path) : 0;
  if ((number == ENOSPC || number == KILLED) && size > 1) {
    ssize_t half = REAL(write)(file, from, size / 2);
    (void)half;
  }
  if (number == KILLED) kill(getpid(), SIGKILL);
  FAIL_IF(number);
  return REAL(write)(file, from, size);
}

ssize_t writev(int file, const struct iovec *parts, int number) {
  FAIL_IF(failing_file("write", file));
  return REAL(writev)(file, parts, number);
}

int fsync(int file) {
  FAIL_IF(failing_file("fsync", file));
  return REAL(fsync)(file);
}

int rename(const char *from, const char *to) {
  FAIL_IF(failing("rename", to));
  return REAL(rename)(from, to);
}

int mkdir(const char *path, mode_t mode) {
  FAIL_IF(failing("mkdir", path));
  return REAL(mkdir)(path, mode);
}

int unlink(const char *path) {
  FAIL_IF(failing("unlink", path));
  return REAL(unlink)(path);
}

int rmdir(const char *path) {
  FAIL_IF(failing("unlink", path));
  return REAL(rmdir)(path);
}

int symlink(const char *to, const char *path) {
  FAIL_IF(failing("symlink", path));
  return REAL(symlink)(to, path);
}

int chmod(const char *path, mode_t mode) {
  FAIL_IF(failing("chmod", path));
  return REAL(chmod)(path, mode);
}

pid_t fork(void) {
  FAIL_IF(failing("fork", ""));
  return REAL(fork)();
}

/* The child of the real one would return through this frame while its parent still needs it. */
pid_t vfork(void) { return fork(); }

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                   void *argument) {
  int number = failing("thread", "");
  if (number) return number;
  return REAL(pthread_create)(thread, attributes, start, argument);
}

/* Of anonymous memory: what an interpreter, NumPy and netc ask the system for at once. */
void *mmap(void *address, size_t size, int protection, int flags, int file, off_t offset) {
  int number = flags & MAP_ANONYMOUS ? failing("mmap", "") : 0;
  if (number) {
    errno = number;
    return MAP_FAILED;
  }
  return REAL(mmap)(address, size, protection, flags, file, offset);
}
