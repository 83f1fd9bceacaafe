/* A room over HDF5 1.10: files, groups, one-dimensional chunked datasets, attributes.
   Every function that returns int gives 0 when done and -1 when failed; every one that returns a pointer gives NULL
   when failed. chdf5_last_error() then says why, for the calling thread. Nothing is printed. */
#ifndef SEARCHLIGHT_CHDF5_H
#define SEARCHLIGHT_CHDF5_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif

typedef struct chdf5_file chdf5_file;
typedef struct chdf5_dataset chdf5_dataset;

typedef enum {
  CHDF5_OTHER = 0, /* anything that is not below: references, opaque bytes, times, ... */
  CHDF5_FLOAT32 = 1,
  CHDF5_FLOAT64 = 2,
  CHDF5_INT32 = 3,
  CHDF5_INT64 = 4,
  CHDF5_UINT8 = 5,
  CHDF5_BOOL = 6, /* as h5py stores it: an 8-bit enumeration FALSE = 0, TRUE = 1 */
  CHDF5_STRING = 7,
  CHDF5_UINT64 = 8, /* read as CHDF5_INT64: values beyond it come as the largest */
  CHDF5_COMPOUND = 9, /* read member by member */
  CHDF5_BITS = 10 /* PyTables' truth values: eight bits of which the lowest counts */
} chdf5_type;

typedef enum { CHDF5_ABSENT = 0, CHDF5_GROUP = 1, CHDF5_DATASET = 2, CHDF5_UNKNOWN = 3 } chdf5_kind;

#define CHDF5_MAX_RANK 8

typedef struct {
  chdf5_type type; /* the type to read it as: narrower integers widen to the next of the list */
  int rank;
  uint64_t shape[CHDF5_MAX_RANK];
  uint64_t chunk; /* 0 where it is not chunked; else the first chunk dimension */
  uint64_t stored_bytes; /* on disk, after compression */
  uint64_t element_bytes; /* one element on disk, before compression */
} chdf5_info;

/* The last failure of the calling thread; valid until its next call. */
const char *chdf5_last_error(void);
/* The system's error number behind the last failure, or 0. */
int chdf5_last_errno(void);
int chdf5_is_threadsafe(void);
void chdf5_version(unsigned *major, unsigned *minor, unsigned *release);
void chdf5_free(void *_Nullable memory);

/* 1 yes, 0 no, -1 it cannot be read. */
int chdf5_is_hdf5(const char *path);
/* The first user_block bytes (0, or a power of two from 512) are left to the caller. */
chdf5_file *_Nullable chdf5_file_create(const char *path, uint64_t user_block);
chdf5_file *_Nullable chdf5_file_open(const char *path);
/* Opens a file for reading in a child process, which reads its whole structure first and is asked from then on: where the
   file is damaged, the library may crash, and then only the child does, and what was asked fails. NULL: it cannot be opened, or the
   child crashed at the object that is named then (free with chdf5_free). Where no process can be made, it is opened here. No other
   thread may be in the library meanwhile. */
chdf5_file *_Nullable chdf5_file_open_apart(const char *path, char *_Nullable *_Nonnull object);
int chdf5_file_flush(chdf5_file *file);
/* Frees the handle even if it fails. Close the file's datasets first. */
int chdf5_file_close(chdf5_file *file);

int chdf5_group_create(chdf5_file *file, const char *path);
chdf5_kind chdf5_kind_of(chdf5_file *file, const char *path);
/* The names in a group, in order of creation where the file kept it, else by name: zero-terminated, one after another,
   an empty one at the end. Free with chdf5_free. */
char *_Nullable chdf5_list(chdf5_file *file, const char *path);

/* An empty one-dimensional dataset that can grow. gzip 0-9 (0: uncompressed). */
chdf5_dataset *_Nullable chdf5_dataset_create(
    chdf5_file *file, const char *path, chdf5_type type, uint64_t chunk, int gzip, int shuffle);
chdf5_dataset *_Nullable chdf5_dataset_open(chdf5_file *file, const char *path);
int chdf5_dataset_info(chdf5_dataset *dataset, chdf5_info *info);
/* Appends count values of the type (CHDF5_BOOL: one byte each). */
int chdf5_dataset_append(chdf5_dataset *dataset, chdf5_type type, const void *_Nullable values, uint64_t count);
/* Reads positions [start, start + count) of a one-dimensional dataset as values of the type. */
int chdf5_dataset_read(
    chdf5_dataset *dataset, chdf5_type type, uint64_t start, uint64_t count, void *_Nullable values);
/* Of a dataset of compound elements: the names of the members, as chdf5_list gives names. */
char *_Nullable chdf5_dataset_members(chdf5_dataset *dataset);
/* The type of a member, and in `shape` the lengths of its array, if it is one. */
int chdf5_dataset_member_info(chdf5_dataset *dataset, const char *member, chdf5_info *info);
/* Reads rows [start, start + count) of the first dimension as values of the type, `width` a row: all of the other dimensions;
   of compound elements one member. */
int chdf5_dataset_read_rows(
    chdf5_dataset *dataset, const char *_Nullable member, chdf5_type type, uint64_t start, uint64_t count,
    uint64_t width, void *_Nullable values);
void chdf5_dataset_close(chdf5_dataset *dataset);

/* A scalar dataset that holds a UTF-8 text of any length. */
int chdf5_text_write(chdf5_file *file, const char *path, const char *text);
char *_Nullable chdf5_text_read(chdf5_file *file, const char *path);
/* A one-dimensional dataset of texts, stored with the length of the longest. */
/* The texts of a one-dimensional dataset of texts of fixed length, as chdf5_list gives names; at most 65536. */
char *_Nullable chdf5_texts_read(chdf5_file *file, const char *path);
int chdf5_texts_write(chdf5_file *file, const char *path, const char *_Nonnull const *_Nonnull texts, uint64_t count);

/* Attributes of the object at a path; "/" is the file. */
int chdf5_attribute_set_text(chdf5_file *file, const char *path, const char *name, const char *text);
int chdf5_attribute_set_integer(chdf5_file *file, const char *path, const char *name, int64_t value);
int chdf5_attribute_set_real(chdf5_file *file, const char *path, const char *name, double value);
char *_Nullable chdf5_attribute_text(chdf5_file *file, const char *path, const char *name);
int chdf5_attribute_integer(chdf5_file *file, const char *path, const char *name, int64_t *value);
int chdf5_attribute_real(chdf5_file *file, const char *path, const char *name, double *value);
/* The names of the attributes, as chdf5_list gives names. */
char *_Nullable chdf5_attribute_list(chdf5_file *file, const char *path);

#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
