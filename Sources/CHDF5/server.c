#define _GNU_SOURCE /* close_range */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "apart.h"

/* In the child. Where a file's metadata are damaged, HDF5 may write outside its buffers or go round in circles; that ends this
   process, and none but this. */

enum { SECONDS = 30, VALUES_A_SECOND = 1 << 22, DEEPEST = 32 };

/* The first and the last row of a dataset or of a member of its elements. */
static void try_rows(chdf5_dataset *dataset, const char *member, const chdf5_info *whole, const chdf5_info *part) {
  uint64_t width = 1;
  for (int i = member == NULL; i < part->rank && i < CHDF5_MAX_RANK; ++i) {
    if (part->shape[i] == 0 || part->shape[i] > (UINT64_C(1) << 24) / width) return;
    width *= part->shape[i];
  }
  chdf5_type type = part->type;
  if (whole->rank < 1 || whole->shape[0] == 0 || type == CHDF5_OTHER || type == CHDF5_STRING || type == CHDF5_COMPOUND) return;
  void *values = malloc(width * chdf5_value_bytes(type));
  if (values == NULL) return;
  chdf5_dataset_read_rows(dataset, member, type, 0, 1, width, values);
  chdf5_dataset_read_rows(dataset, member, type, whole->shape[0] - 1, 1, width, values);
  free(values);
}

static void try_dataset(chdf5_file *file, const char *path) {
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
  chdf5_kind kind = chdf5_kind_of(file, reached);
  if (kind == CHDF5_ABSENT) return;
  try_attributes(file, reached);
  if (kind == CHDF5_DATASET) try_dataset(file, reached);
  if (kind != CHDF5_GROUP || depth == DEEPEST) return;
  char *names = chdf5_list(file, reached);
  for (char *name = names; name != NULL && *name; name += strlen(name) + 1) {
    if (length + strlen(name) + 2 > CHDF5_PATH_BYTES) continue;
    snprintf(reached + length, CHDF5_PATH_BYTES - length, "%s%s", length > 1 ? "/" : "", name);
    try_object(file, reached, depth + 1);
    reached[length] = 0;
  }
  free(names);
}

typedef struct {
  int64_t result;
  void *bytes; /* is freed */
  uint64_t count;
} answer;

static answer of_text(char *text) { return (answer){text != NULL ? 0 : -1, text, text != NULL ? strlen(text) + 1 : 0}; }

static answer of_names(char *names) {
  char *end = names;
  while (end != NULL && *end) end += strlen(end) + 1;
  return (answer){names != NULL ? 0 : -1, names, names != NULL ? (uint64_t)(end - names) + 1 : 0};
}

static answer of_values(int status, void *values, uint64_t count) {
  return status == 0 ? (answer){0, values, count} : (answer){-1, values, 0};
}

static answer of_info(int status, const chdf5_info *info) {
  chdf5_info *copy = malloc(sizeof *copy);
  if (copy != NULL) *copy = *info;
  return copy == NULL ? (answer){chdf5_refuse("no memory for a description"), NULL, 0} : of_values(status, copy, sizeof *copy);
}

static answer of_rows(const chdf5_request *request, chdf5_dataset *dataset, const char *name) {
  uint64_t count = request->count * request->width * chdf5_value_bytes(request->type);
  void *values = malloc(count > 0 ? count : 1);
  if (values == NULL) return (answer){chdf5_refuse("no memory for the values"), NULL, 0};
  int status = request->question == ASK_READ
                   ? chdf5_dataset_read(dataset, request->type, request->start, request->count, values)
                   : chdf5_dataset_read_rows(dataset, name, request->type, request->start, request->count, request->width, values);
  return of_values(status, values, count);
}

static answer of_number(const chdf5_request *request, chdf5_file *file, const char *path, const char *name) {
  void *value = calloc(1, 8);
  if (value == NULL) return (answer){chdf5_refuse("no memory for a number"), NULL, 0};
  int status = request->question == ASK_ATTRIBUTE_INTEGER ? chdf5_attribute_integer(file, path, name, value)
                                                          : chdf5_attribute_real(file, path, name, value);
  return of_values(status, value, 8);
}

static answer respond(const chdf5_request *request, chdf5_file *file, const char *path, const char *name) {
  chdf5_dataset *dataset = (chdf5_dataset *)(uintptr_t)request->dataset;
  chdf5_info info;
  switch (request->question) {
    case ASK_KIND: return (answer){chdf5_kind_of(file, path), NULL, 0};
    case ASK_LIST: return of_names(chdf5_list(file, path));
    case ASK_ATTRIBUTES: return of_names(chdf5_attribute_list(file, path));
    case ASK_ATTRIBUTE_TEXT: return of_text(chdf5_attribute_text(file, path, name));
    case ASK_ATTRIBUTE_INTEGER:
    case ASK_ATTRIBUTE_REAL: return of_number(request, file, path, name);
    case ASK_TEXT: return of_text(chdf5_text_read(file, path));
    case ASK_TEXTS: return of_names(chdf5_texts_read(file, path));
    case ASK_OPEN: {
      dataset = chdf5_dataset_open(file, path);
      return (answer){dataset != NULL ? (int64_t)(uintptr_t)dataset : -1, NULL, 0};
    }
    case ASK_CLOSE: chdf5_dataset_close(dataset); return (answer){0, NULL, 0};
    case ASK_INFO: return of_info(chdf5_dataset_info(dataset, &info), &info);
    case ASK_MEMBERS: return of_names(chdf5_dataset_members(dataset));
    case ASK_MEMBER_INFO: return of_info(chdf5_dataset_member_info(dataset, name, &info), &info);
    case ASK_READ:
    case ASK_READ_ROWS: return of_rows(request, dataset, name);
  }
  return (answer){chdf5_refuse("an unknown question"), NULL, 0};
}

static int reply(int socket, answer answer) {
  const char *error = answer.result < 0 ? chdf5_last_error() : "";
  chdf5_reply header = {answer.result, chdf5_last_errno(), (uint32_t)strlen(error) + 1, answer.count};
  int status = chdf5_send(socket, &header, sizeof header) < 0 || chdf5_send(socket, error, header.error_bytes) < 0 ||
                       chdf5_send(socket, answer.bytes, answer.count) < 0
                   ? -1
                   : 0;
  free(answer.bytes);
  return status;
}

/* 1 with a text, or NULL where none was sent; 0 where the other end is gone. */
static int receive_text(int socket, uint64_t bytes, char **text) {
  *text = bytes > 0 ? malloc(bytes) : NULL;
  return (bytes == 0 || *text != NULL) && chdf5_receive(socket, *text, bytes) == 0;
}

/* Nothing of the parent's is left to act here: its handlers of signals, its files; HDF5 prints nothing, and exit functions do not run. */
static void leave_parent(int *socket) {
  static const int fatal[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGALRM, SIGXCPU, SIGTERM};
  for (size_t i = 0; i < sizeof fatal / sizeof *fatal; ++i) signal(fatal[i], SIG_DFL);
  /* An interrupt is the parent's to deal with; it may want to read on. */
  signal(SIGINT, SIG_IGN);
  sigset_t none_blocked;
  sigemptyset(&none_blocked);
  sigprocmask(SIG_SETMASK, &none_blocked, NULL);
  dup2(*socket, 3);
  *socket = 3;
  close_range(4, ~0U, 0);
  int null = open("/dev/null", O_RDWR);
  for (int i = 0; i < 3 && null >= 0; ++i) dup2(null, i);
  struct rlimit none = {0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

/* The processor's time from here on; what takes longer goes round in circles. */
static void limit_time(uint64_t seconds) {
  struct rlimit limit;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  getrlimit(RLIMIT_CPU, &limit);
  seconds += (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + 2;
  limit.rlim_cur = seconds < limit.rlim_max ? seconds : limit.rlim_max;
  setrlimit(RLIMIT_CPU, &limit);
}

void chdf5_serve(const char *path, int socket, char *reached) {
  leave_parent(&socket);
  limit_time(SECONDS);
  strcpy(reached, "/");
  chdf5_file *file = chdf5_file_open(path);
  if (file != NULL) try_object(file, reached, 0);
  if (reply(socket, (answer){file != NULL ? 0 : -1, NULL, 0}) < 0 || file == NULL) _exit(0);
  for (chdf5_request request; chdf5_receive(socket, &request, sizeof request) == 0;) {
    limit_time(SECONDS + request.count * request.width / VALUES_A_SECOND);
    char *text = NULL, *name = NULL;
    if (!receive_text(socket, request.path_bytes, &text) || !receive_text(socket, request.name_bytes, &name) ||
        reply(socket, respond(&request, file, text, name)) < 0) {
      break;
    }
    free(text);
    free(name);
  }
  _exit(0);
}
