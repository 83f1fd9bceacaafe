#ifndef SEARCHLIGHT_CHDF5_INTERNAL_H
#define SEARCHLIGHT_CHDF5_INTERNAL_H
#include <hdf5.h>
#include "CHDF5.h"

typedef struct chdf5_server chdf5_server;

/* Where a child process holds it (`server`), it has no `id` here; a dataset has the child's pointer instead. */
struct chdf5_file {
  hid_t id;
  chdf5_server *server;
};
struct chdf5_dataset {
  hid_t id;
  chdf5_server *server;
  uint64_t remote;
};

void chdf5_server_end(chdf5_server *server);

/* Switches HDF5's own printing off for this thread (its error stack is one a thread) and clears the last error. */
void chdf5_begin(void);
/* Takes HDF5's error stack into the last error, with what was being done; returns -1. */
int chdf5_fail(const char *doing);
/* A last error of our own; returns -1. */
int chdf5_refuse(const char *reason);
/* The last error of another process becomes this one's. */
void chdf5_adopt(const char *reason, int system_error);

/* A new in-memory type; close it. Negative for a type that has none. */
hid_t chdf5_memory_type(chdf5_type type);
chdf5_type chdf5_classify(hid_t file_type);
/* Whether all parts of a type of numbers lie within its bytes; HDF5 1.10 does not look. */
int chdf5_is_sound(hid_t file_type);

/* A growing list of names: each with its zero, an empty one at the end. */
typedef struct {
  char *data;
  size_t used, room;
  int failed;
} chdf5_names;
void chdf5_names_add(chdf5_names *names, const char *name);
char *chdf5_names_finish(chdf5_names *names);
#endif
