#include <stdlib.h>
#include <string.h>
#include "apart.h"

/* Rows of datasets of any rank, and members of compound elements. */

char *chdf5_dataset_members(chdf5_dataset *dataset) {
  if (dataset->server != NULL) {
    return chdf5_ask_text(dataset->server, (chdf5_request){.question = ASK_MEMBERS, .dataset = dataset->remote}, NULL, NULL);
  }
  chdf5_begin();
  hid_t type = H5Dget_type(dataset->id);
  if (type < 0 || H5Tget_class(type) != H5T_COMPOUND) {
    H5Tclose(type);
    chdf5_refuse("its elements are not compound");
    return NULL;
  }
  chdf5_names names = {0};
  int count = H5Tget_nmembers(type);
  for (int i = 0; i < count; ++i) {
    char *name = H5Tget_member_name(type, (unsigned)i);
    if (name != NULL) chdf5_names_add(&names, name);
    H5free_memory(name);
  }
  H5Tclose(type);
  return chdf5_names_finish(&names);
}

/* The type of a member, to be closed. */
static hid_t member_type(hid_t dataset, const char *member) {
  hid_t type = H5Dget_type(dataset);
  int index = type >= 0 && H5Tget_class(type) == H5T_COMPOUND ? H5Tget_member_index(type, member) : -1;
  hid_t found = index >= 0 ? H5Tget_member_type(type, (unsigned)index) : -1;
  H5Tclose(type);
  return found;
}

int chdf5_dataset_member_info(chdf5_dataset *dataset, const char *member, chdf5_info *info) {
  chdf5_begin();
  memset(info, 0, sizeof *info);
  if (dataset->server != NULL) {
    chdf5_request request = {.question = ASK_MEMBER_INFO, .dataset = dataset->remote};
    return (int)chdf5_ask(dataset->server, request, NULL, member, info, sizeof *info);
  }
  hid_t type = member_type(dataset->id, member);
  if (type < 0) return chdf5_fail("looking at a member");
  if (H5Tget_class(type) == H5T_ARRAY) {
    hsize_t lengths[H5S_MAX_RANK];
    int rank = H5Tget_array_dims2(type, lengths);
    hid_t base = H5Tget_super(type);
    info->type = base < 0 ? CHDF5_OTHER : chdf5_classify(base);
    info->rank = rank;
    for (int i = 0; i < rank && i < CHDF5_MAX_RANK; ++i) info->shape[i] = lengths[i];
    H5Tclose(base);
  } else {
    info->type = chdf5_classify(type);
  }
  info->element_bytes = H5Tget_size(type);
  H5Tclose(type);
  return 0;
}

/* The memory type of a member's values, an array where the file has one. */
static hid_t memory_member(hid_t dataset, const char *member, hid_t element) {
  hid_t type = member_type(dataset, member);
  if (type < 0) return -1;
  hid_t value = -1;
  if (H5Tget_class(type) == H5T_ARRAY) {
    hsize_t lengths[H5S_MAX_RANK];
    int rank = H5Tget_array_dims2(type, lengths);
    if (rank > 0) value = H5Tarray_create2(element, (unsigned)rank, lengths);
  } else {
    value = H5Tcopy(element);
  }
  H5Tclose(type);
  if (value < 0) return -1;
  hid_t compound = H5Tcreate(H5T_COMPOUND, H5Tget_size(value));
  if (compound >= 0 && H5Tinsert(compound, member, 0, value) < 0) {
    H5Tclose(compound);
    compound = -1;
  }
  H5Tclose(value);
  return compound;
}

int chdf5_dataset_read_rows(
    chdf5_dataset *dataset, const char *member, chdf5_type type, uint64_t start, uint64_t count, uint64_t width,
    void *values) {
  chdf5_begin();
  if (count == 0 || width == 0 || values == NULL) return 0;
  if (dataset->server != NULL) {
    chdf5_request request = {
        .question = ASK_READ_ROWS, .type = type, .dataset = dataset->remote, .start = start, .count = count, .width = width};
    return (int)chdf5_ask(dataset->server, request, NULL, member, values, count * width * chdf5_value_bytes(type));
  }
  hid_t space = H5Dget_space(dataset->id);
  hsize_t shape[H5S_MAX_RANK], first[H5S_MAX_RANK] = {0}, lengths[H5S_MAX_RANK];
  int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, shape, NULL);
  if (rank < 1 || start > shape[0] || count > shape[0] - start) {
    H5Sclose(space);
    return chdf5_refuse("the rows lie beyond the dataset's end");
  }
  hsize_t elements = count;
  for (int i = 0; i < rank; ++i) {
    lengths[i] = i == 0 ? count : shape[i];
    if (i > 0) elements *= shape[i];
  }
  first[0] = start;
  hid_t element = chdf5_memory_type(type == CHDF5_UINT64 ? CHDF5_INT64 : type);
  size_t value_bytes = element < 0 ? 0 : H5Tget_size(element);
  hid_t memory_type = member != NULL ? memory_member(dataset->id, member, element) : H5Tcopy(element);
  hid_t memory = H5Screate_simple(rank, lengths, NULL);
  int status = -1;
  if (memory_type >= 0 && H5Tget_size(memory_type) * elements != value_bytes * count * width) {
    status = chdf5_refuse("its rows have another number of values");
  } else if (memory_type >= 0 && memory >= 0 &&
             H5Sselect_hyperslab(space, H5S_SELECT_SET, first, NULL, lengths, NULL) >= 0 &&
             H5Dread(dataset->id, memory_type, memory, space, H5P_DEFAULT, values) >= 0) {
    status = 0;
  } else {
    chdf5_fail("reading rows");
  }
  H5Sclose(memory);
  H5Tclose(memory_type);
  H5Tclose(element);
  H5Sclose(space);
  return status;
}

char *chdf5_texts_read(chdf5_file *file, const char *path) {
  if (file->server != NULL) return chdf5_ask_text(file->server, (chdf5_request){.question = ASK_TEXTS}, path, NULL);
  chdf5_begin();
  hid_t id = H5Dopen2(file->id, path, H5P_DEFAULT);
  if (id < 0) {
    chdf5_fail("opening texts");
    return NULL;
  }
  hid_t type = H5Dget_type(id);
  hid_t space = H5Dget_space(id);
  hssize_t count = space < 0 ? -1 : H5Sget_simple_extent_npoints(space);
  size_t width = type < 0 ? 0 : H5Tget_size(type);
  char *result = NULL;
  if (type < 0 || H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0 || count < 0 || count > 65536 ||
      width == 0 || width > 4096) {
    chdf5_refuse("it is no list of texts of fixed length");
  } else {
    char *bytes = calloc((size_t)count + 1, width), *text = calloc(width + 1, 1);
    chdf5_names names = {0};
    if (bytes != NULL && text != NULL && H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0) {
      for (hssize_t i = 0; i < count; ++i) {
        memcpy(text, bytes + (size_t)i * width, width);
        /* An empty text would end the list. */
        chdf5_names_add(&names, text[0] ? text : " ");
      }
      result = chdf5_names_finish(&names);
    } else {
      chdf5_fail("reading texts");
    }
    free(bytes);
    free(text);
  }
  H5Sclose(space);
  H5Tclose(type);
  H5Dclose(id);
  return result;
}
