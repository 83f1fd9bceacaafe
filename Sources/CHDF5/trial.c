#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "internal.h"

/* A file is read in a child process first: HDF5 trusts metadata, and where they are damaged it may write outside its buffers or
   go round in circles. There that ends the child. */

enum { SECONDS = 60, DEEPEST = 32, NAME_BYTES = 1024, GARBAGE = 0x5a };

/* Leaves garbage in the memory that is given out next: what the library never wrote, or no longer owns, holds no zeros by chance. glibc
   fills what it gives out, but the seven pieces of each size up to 1032 bytes that it keeps for a thread, and HDF5 keeps some of its own. */
static void spoil_memory(void) {
  void *pieces[65 * 7];
  int count = 0;
  H5garbage_collect();
  for (size_t size = 24; size <= 1032; size += 16) {
    for (int i = 0; i < 7; ++i) {
      void *piece = pieces[count++] = malloc(size);
      if (piece != NULL) memset(piece, GARBAGE, size);
    }
  }
  while (count > 0) free(pieces[--count]);
}

/* The first and the last row of a dataset or of a member of its elements. */
static void try_rows(chdf5_dataset *dataset, const char *member, const chdf5_info *whole, const chdf5_info *part) {
  uint64_t width = 1;
  for (int i = member == NULL; i < part->rank && i < CHDF5_MAX_RANK; ++i) {
    if (part->shape[i] == 0 || part->shape[i] > (UINT64_C(1) << 24) / width) return;
    width *= part->shape[i];
  }
  chdf5_type type = part->type == CHDF5_UINT64 ? CHDF5_INT64 : part->type;
  if (whole->rank < 1 || whole->shape[0] == 0 || type == CHDF5_OTHER || type == CHDF5_STRING || type == CHDF5_COMPOUND) return;
  void *values = malloc(width * 8);
  if (values == NULL) return;
  spoil_memory();
  chdf5_dataset_read_rows(dataset, member, type, 0, 1, width, values);
  chdf5_dataset_read_rows(dataset, member, type, whole->shape[0] - 1, 1, width, values);
  free(values);
}

static void try_dataset(chdf5_file *file, const char *path) {
  spoil_memory();
  chdf5_dataset *dataset = chdf5_dataset_open(file, path);
  if (dataset == NULL) return;
  chdf5_info info, part;
  if (chdf5_dataset_info(dataset, &info) == 0) {
    if (info.type != CHDF5_COMPOUND) try_rows(dataset, NULL, &info, &info);
    char *members = info.type == CHDF5_COMPOUND ? chdf5_dataset_members(dataset) : NULL;
    for (char *name = members; name != NULL && *name; name += strlen(name) + 1) {
      if (chdf5_dataset_member_info(dataset, name, &part) == 0) try_rows(dataset, name, &info, &part);
    }
    free(members);
    if (info.type == CHDF5_STRING) {
      free(chdf5_text_read(file, path));
      free(chdf5_texts_read(file, path));
    }
  }
  chdf5_dataset_close(dataset);
}

static void try_attributes(chdf5_file *file, const char *path) {
  spoil_memory();
  char *names = chdf5_attribute_list(file, path);
  for (char *name = names; name != NULL && *name; name += strlen(name) + 1) {
    int64_t integer;
    double real;
    free(chdf5_attribute_text(file, path, name));
    chdf5_attribute_integer(file, path, name, &integer);
    chdf5_attribute_real(file, path, name, &real);
  }
  free(names);
}

/* Whatever is below a path; `reached` holds its name while it is read. */
static void try_object(chdf5_file *file, char *reached, int depth) {
  size_t length = strlen(reached);
  spoil_memory();
  chdf5_kind kind = chdf5_kind_of(file, reached);
  if (kind == CHDF5_ABSENT) return;
  try_attributes(file, reached);
  if (kind == CHDF5_DATASET) try_dataset(file, reached);
  if (kind != CHDF5_GROUP || depth == DEEPEST) return;
  spoil_memory();
  char *names = chdf5_list(file, reached);
  for (char *name = names; name != NULL && *name; name += strlen(name) + 1) {
    if (length + strlen(name) + 2 > NAME_BYTES) continue;
    snprintf(reached + length, NAME_BYTES - length, "%s%s", length > 1 ? "/" : "", name);
    try_object(file, reached, depth + 1);
    reached[length] = 0;
  }
  free(names);
}

/* In the child. Nothing of the parent's is run here: no handlers of signals, no exit functions; nothing is printed. */
static void try_file(const char *path, char *reached) {
  static const int signals[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM, SIGXCPU};
  for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i) signal(signals[i], SIG_DFL);
  int null = open("/dev/null", O_WRONLY);
  if (null >= 0) dup2(null, 2);
  struct rlimit none = {0, 0}, time = {SECONDS, SECONDS};
  setrlimit(RLIMIT_CORE, &none);
  setrlimit(RLIMIT_CPU, &time);
  mallopt(M_PERTURB, GARBAGE);
  strcpy(reached, "/");
  chdf5_file *file = chdf5_file_open(path);
  if (file != NULL) {
    try_object(file, reached, 0);
    chdf5_file_close(file);
  }
  _exit(0);
}

int chdf5_try(const char *path, char **object) {
  chdf5_begin();
  *object = NULL;
  char *reached = mmap(NULL, NAME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (reached == MAP_FAILED) return 0;
  pid_t child = fork();
  if (child == 0) try_file(path, reached);
  int status = 0;
  pid_t ended = -1;
  while (child > 0 && (ended = waitpid(child, &status, 0)) < 0 && errno == EINTR) {}
  int failed = child > 0 && ended == child && WIFSIGNALED(status);
  if (failed) {
    char reason[160];
    snprintf(reason, sizeof reason, "HDF5 would crash on its structure (%s)", strsignal(WTERMSIG(status)));
    *object = strdup(reached);
    chdf5_refuse(WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL ? "HDF5 finds no end of its structure" : reason);
  }
  munmap(reached, NAME_BYTES);
  return failed ? -1 : 0;
}
