#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

static _Thread_local char message[1024];
static _Thread_local int system_error;

static pthread_once_t first_call = PTHREAD_ONCE_INIT;

/* At exit HDF5 closes what is open, and crashes on a file whose closing has failed, as it does on a full disk. Files are
   closed by their owners; nothing is left to it. Must come before any other call. */
static void leave_exit_alone(void) { H5dont_atexit(); }

void chdf5_begin(void) {
  pthread_once(&first_call, leave_exit_alone);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  H5Eclear2(H5E_DEFAULT);
  message[0] = 0;
  system_error = 0;
}

/* The walk goes from the innermost call outwards: the first description says what happened. */
static herr_t collect(unsigned depth, const H5E_error2_t *entry, void *context) {
  char *reason = context;
  if (entry->desc == NULL) return 0;
  if (depth == 0) snprintf(reason, 512, "%s", entry->desc);
  const char *number = strstr(entry->desc, "errno = ");
  if (number != NULL && system_error == 0) system_error = atoi(number + strlen("errno = "));
  return 0;
}

int chdf5_fail(const char *doing) {
  char reason[512] = "";
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, collect, reason);
  H5Eclear2(H5E_DEFAULT);
  if (system_error != 0) {
    snprintf(message, sizeof message, "%s: %s", doing, strerror(system_error));
  } else {
    snprintf(message, sizeof message, "%s: %s", doing, reason[0] ? reason : "HDF5 gives no reason");
  }
  return -1;
}

int chdf5_refuse(const char *reason) {
  snprintf(message, sizeof message, "%s", reason);
  return -1;
}

void chdf5_adopt(const char *reason, int number) {
  snprintf(message, sizeof message, "%s", reason);
  system_error = number;
}

const char *chdf5_last_error(void) { return message; }
int chdf5_last_errno(void) { return system_error; }

int chdf5_is_threadsafe(void) {
  hbool_t safe = 0;
  return H5is_library_threadsafe(&safe) >= 0 && safe;
}

void chdf5_version(unsigned *major, unsigned *minor, unsigned *release) { H5get_libversion(major, minor, release); }

void chdf5_free(void *memory) { free(memory); }

void chdf5_names_add(chdf5_names *names, const char *name) {
  size_t length = strlen(name) + 1;
  if (names->used + length + 1 > names->room) {
    size_t room = 2 * (names->room + length + 64);
    char *data = realloc(names->data, room);
    if (data == NULL) {
      names->failed = 1;
      return;
    }
    names->data = data;
    names->room = room;
  }
  memcpy(names->data + names->used, name, length);
  names->used += length;
}

char *chdf5_names_finish(chdf5_names *names) {
  if (names->data == NULL) return calloc(1, 1);
  if (names->failed) {
    free(names->data);
    chdf5_refuse("no memory for the names");
    return NULL;
  }
  names->data[names->used] = 0;
  return names->data;
}
