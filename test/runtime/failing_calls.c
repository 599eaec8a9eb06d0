// Loaded before the C library (LD_PRELOAD): the call number LONGC_FAILING_CALL of those that reach for files, memory maps and
// sockets fails, as it would on a full disk, a broken one, or a machine without descriptors or memory. What failed is appended to
// LONGC_FAILING_LOG.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static atomic_long calls;

static int fails(const char *name) {
  static long chosen = -1;
  if (chosen < 0) {
    const char *number = getenv("LONGC_FAILING_CALL");
    chosen = number ? atol(number) : 0;
  }
  if (atomic_fetch_add(&calls, 1) + 1 != chosen)
    return 0;
  const char *log = getenv("LONGC_FAILING_LOG");
  const long file = log ? syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
  if (file >= 0) {
    syscall(SYS_write, file, name, strlen(name));
    syscall(SYS_write, file, "\n", 1);
    syscall(SYS_close, file);
  }
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAILING(type, name, parameters, arguments, error, result) \
  type name parameters {                                          \
    if (fails(#name)) {                                           \
      errno = error;                                              \
      return result;                                              \
    }                                                             \
    return REAL(name) arguments;                                  \
  }

FAILING(ssize_t, read, (int file, void *to, size_t count), (file, to, count), EIO, -1)
FAILING(ssize_t, pread, (int file, void *to, size_t count, off_t at), (file, to, count, at), EIO, -1)
FAILING(ssize_t, write, (int file, const void *from, size_t count), (file, from, count), ENOSPC, -1)
FAILING(ssize_t, writev, (int file, const struct iovec *parts, int count), (file, parts, count), ENOSPC, -1)
FAILING(size_t, fwrite, (const void *from, size_t size, size_t count, FILE *file), (from, size, count, file), ENOSPC, 0)
FAILING(int, fflush, (FILE *file), (file), ENOSPC, EOF)
FAILING(int, fsync, (int file), (file), EIO, -1)
FAILING(int, rename, (const char *from, const char *to), (from, to), EIO, -1)
FAILING(int, linkat, (int a, const char *from, int b, const char *to, int flags), (a, from, b, to, flags), EIO, -1)
FAILING(int, mkdir, (const char *path, mode_t mode), (path, mode), ENOSPC, -1)
FAILING(int, stat, (const char *path, struct stat *to), (path, to), EIO, -1)
FAILING(int, fstat, (int file, struct stat *to), (file, to), EIO, -1)
FAILING(FILE *, fopen, (const char *path, const char *mode), (path, mode), EMFILE, NULL)
FAILING(FILE *, fopen64, (const char *path, const char *mode), (path, mode), EMFILE, NULL)
FAILING(FILE *, fdopen, (int file, const char *mode), (file, mode), ENOMEM, NULL)
FAILING(void *, mmap, (void *at, size_t bytes, int access, int flags, int file, off_t offset), (at, bytes, access, flags, file, offset), ENOMEM, MAP_FAILED)
FAILING(int, accept, (int socket, struct sockaddr *address, socklen_t *length), (socket, address, length), EMFILE, -1)
FAILING(ssize_t, recv, (int socket, void *to, size_t count, int flags), (socket, to, count, flags), ECONNRESET, -1)
FAILING(ssize_t, send, (int socket, const void *from, size_t count, int flags), (socket, from, count, flags), ECONNRESET, -1)

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0;
  va_end(more);
  if (fails("open")) {
    errno = EMFILE;
    return -1;
  }
  return REAL(open)(path, flags, mode);
}
