#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apart.h"

static hid_t text_type(size_t length) {
  hid_t type = H5Tcopy(H5T_C_S1);
  if (type >= 0 && (H5Tset_size(type, length > 0 ? length : 1) < 0 || H5Tset_cset(type, H5T_CSET_UTF8) < 0 ||
                    H5Tset_strpad(type, H5T_STR_NULLPAD) < 0)) {
    H5Tclose(type);
    return -1;
  }
  return type;
}

static int write_texts(chdf5_file *file, const char *path, hid_t space, const char *bytes, size_t width) {
  hid_t type = text_type(width);
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  hid_t id = -1;
  if (type >= 0 && space >= 0 && creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0) {
    id = H5Dcreate2(file->id, path, type, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  }
  int status = id >= 0 && H5Dwrite(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0 ? 0 : -1;
  if (status < 0) chdf5_fail("writing a text");
  H5Dclose(id);
  H5Pclose(creation);
  H5Tclose(type);
  return status;
}

int chdf5_text_write(chdf5_file *file, const char *path, const char *text) {
  chdf5_begin();
  hid_t space = H5Screate(H5S_SCALAR);
  int status = write_texts(file, path, space, text, strlen(text));
  H5Sclose(space);
  return status;
}

int chdf5_texts_write(chdf5_file *file, const char *path, const char *const *texts, uint64_t count) {
  chdf5_begin();
  size_t width = 1;
  for (uint64_t i = 0; i < count; ++i) width = strlen(texts[i]) > width ? strlen(texts[i]) : width;
  char *bytes = calloc(count > 0 ? count : 1, width);
  if (bytes == NULL) return chdf5_refuse("no memory for the texts");
  for (uint64_t i = 0; i < count; ++i) memcpy(bytes + i * width, texts[i], strlen(texts[i]));
  hsize_t length = count;
  hid_t space = H5Screate_simple(1, &length, NULL);
  int status = write_texts(file, path, space, bytes, width);
  H5Sclose(space);
  free(bytes);
  return status;
}

/* The text in a scalar of string type that `read` fetches, whether its length is fixed or variable. */
typedef herr_t (*reader)(hid_t id, hid_t type, void *out);
static herr_t read_dataset(hid_t id, hid_t type, void *out) { return H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out); }
static herr_t read_attribute(hid_t id, hid_t type, void *out) { return H5Aread(id, type, out); }

static char *fetch_text(hid_t id, hid_t type, reader read) {
  if (H5Tis_variable_str(type) > 0) {
    char *found = NULL;
    hid_t memory = H5Tcopy(type);
    herr_t status = read(id, memory, &found);
    H5Tclose(memory);
    if (status < 0 || found == NULL) return NULL;
    char *copy = strdup(found);
    H5free_memory(found);
    return copy;
  }
  size_t size = H5Tget_size(type);
  char *text = calloc(size + 1, 1);
  if (text != NULL && read(id, type, text) < 0) {
    free(text);
    return NULL;
  }
  return text;
}

static int is_scalar(hid_t space) { return space >= 0 && H5Sget_simple_extent_npoints(space) == 1; }

char *chdf5_text_read(chdf5_file *file, const char *path) {
  if (file->server != NULL) return chdf5_ask_text(file->server, (chdf5_request){.question = ASK_TEXT}, path, NULL);
  chdf5_begin();
  hid_t id = H5Dopen2(file->id, path, H5P_DEFAULT);
  if (id < 0) {
    chdf5_fail("opening a text");
    return NULL;
  }
  hid_t type = H5Dget_type(id);
  hid_t space = H5Dget_space(id);
  char *text = NULL;
  if (type >= 0 && H5Tget_class(type) == H5T_STRING && is_scalar(space)) {
    text = fetch_text(id, type, read_dataset);
    if (text == NULL) chdf5_fail("reading a text");
  } else {
    chdf5_refuse("it is no single text");
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Dclose(id);
  return text;
}

static int set_attribute(chdf5_file *file, const char *path, const char *name, hid_t disk, hid_t memory, const void *value) {
  hid_t space = H5Screate(H5S_SCALAR);
  hid_t id = -1;
  if (disk >= 0 && space >= 0) {
    id = H5Acreate_by_name(file->id, path, name, disk, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  }
  int status = id >= 0 && H5Awrite(id, memory, value) >= 0 ? 0 : -1;
  if (status < 0) chdf5_fail("writing an attribute");
  H5Aclose(id);
  H5Sclose(space);
  return status;
}

int chdf5_attribute_set_text(chdf5_file *file, const char *path, const char *name, const char *text) {
  chdf5_begin();
  hid_t type = text_type(strlen(text));
  int status = set_attribute(file, path, name, type, type, text);
  H5Tclose(type);
  return status;
}

int chdf5_attribute_set_integer(chdf5_file *file, const char *path, const char *name, int64_t value) {
  chdf5_begin();
  return set_attribute(file, path, name, H5T_STD_I64LE, H5T_NATIVE_INT64, &value);
}

int chdf5_attribute_set_real(chdf5_file *file, const char *path, const char *name, double value) {
  chdf5_begin();
  return set_attribute(file, path, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &value);
}

typedef enum { NO_ATTRIBUTE, TEXT, INTEGER, REAL, ARRAY } attribute_kind;

static attribute_kind kind_of(chdf5_file *file, const char *path, const char *name) {
  chdf5_begin();
  hid_t id = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, H5P_DEFAULT);
  if (id < 0) return NO_ATTRIBUTE;
  hid_t type = H5Aget_type(id);
  hid_t space = H5Aget_space(id);
  H5T_class_t class = H5Tget_class(type);
  attribute_kind kind = ARRAY;
  if (is_scalar(space)) {
    kind = class == H5T_STRING ? TEXT : class == H5T_INTEGER ? INTEGER : class == H5T_FLOAT ? REAL : ARRAY;
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Aclose(id);
  return kind;
}

char *chdf5_attribute_text(chdf5_file *file, const char *path, const char *name) {
  if (file->server != NULL) return chdf5_ask_text(file->server, (chdf5_request){.question = ASK_ATTRIBUTE_TEXT}, path, name);
  if (kind_of(file, path, name) != TEXT) {
    chdf5_refuse("the attribute is absent or no text");
    return NULL;
  }
  hid_t id = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, H5P_DEFAULT);
  hid_t type = H5Aget_type(id);
  char *text = fetch_text(id, type, read_attribute);
  if (text == NULL) chdf5_fail("reading an attribute");
  H5Tclose(type);
  H5Aclose(id);
  return text;
}

static int get_number(chdf5_file *file, const char *path, const char *name, hid_t memory, void *value) {
  hid_t id = H5Aopen_by_name(file->id, path, name, H5P_DEFAULT, H5P_DEFAULT);
  int status = id >= 0 && H5Aread(id, memory, value) >= 0 ? 0 : -1;
  if (status < 0) chdf5_fail("reading an attribute");
  H5Aclose(id);
  return status;
}

int chdf5_attribute_integer(chdf5_file *file, const char *path, const char *name, int64_t *value) {
  if (file->server != NULL) {
    return (int)chdf5_ask(file->server, (chdf5_request){.question = ASK_ATTRIBUTE_INTEGER}, path, name, value, sizeof *value);
  }
  if (kind_of(file, path, name) != INTEGER) return chdf5_refuse("the attribute is absent or no whole number");
  return get_number(file, path, name, H5T_NATIVE_INT64, value);
}

int chdf5_attribute_real(chdf5_file *file, const char *path, const char *name, double *value) {
  if (file->server != NULL) {
    return (int)chdf5_ask(file->server, (chdf5_request){.question = ASK_ATTRIBUTE_REAL}, path, name, value, sizeof *value);
  }
  attribute_kind kind = kind_of(file, path, name);
  if (kind != REAL && kind != INTEGER) return chdf5_refuse("the attribute is absent or no number");
  return get_number(file, path, name, H5T_NATIVE_DOUBLE, value);
}

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context) {
  (void)object;
  (void)info;
  chdf5_names_add(context, name);
  return 0;
}

char *chdf5_attribute_list(chdf5_file *file, const char *path) {
  if (file->server != NULL) return chdf5_ask_text(file->server, (chdf5_request){.question = ASK_ATTRIBUTES}, path, NULL);
  chdf5_begin();
  chdf5_names names = {0};
  hsize_t start = 0;
  if (H5Aiterate_by_name(file->id, path, H5_INDEX_NAME, H5_ITER_INC, &start, add_attribute, &names, H5P_DEFAULT) < 0) {
    free(names.data);
    chdf5_fail("listing attributes");
    return NULL;
  }
  return chdf5_names_finish(&names);
}
