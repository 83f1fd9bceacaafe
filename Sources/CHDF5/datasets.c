#include <stdlib.h>
#include <string.h>
#include "apart.h"

static hid_t bool_type(void) {
  hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
  int8_t value = 0;
  if (type >= 0) H5Tenum_insert(type, "FALSE", &value);
  value = 1;
  if (type >= 0) H5Tenum_insert(type, "TRUE", &value);
  return type;
}

hid_t chdf5_memory_type(chdf5_type type) {
  switch (type) {
    case CHDF5_FLOAT32: return H5Tcopy(H5T_NATIVE_FLOAT);
    case CHDF5_FLOAT64: return H5Tcopy(H5T_NATIVE_DOUBLE);
    case CHDF5_INT32: return H5Tcopy(H5T_NATIVE_INT32);
    case CHDF5_INT64: return H5Tcopy(H5T_NATIVE_INT64);
    case CHDF5_UINT8: return H5Tcopy(H5T_NATIVE_UINT8);
    case CHDF5_BOOL: return bool_type();
    case CHDF5_BITS: return H5Tcopy(H5T_NATIVE_B8);
    default: return -1;
  }
}

/* Little-endian on disk whatever the machine. */
static hid_t disk_type(chdf5_type type) {
  switch (type) {
    case CHDF5_FLOAT32: return H5Tcopy(H5T_IEEE_F32LE);
    case CHDF5_FLOAT64: return H5Tcopy(H5T_IEEE_F64LE);
    case CHDF5_INT32: return H5Tcopy(H5T_STD_I32LE);
    case CHDF5_INT64: return H5Tcopy(H5T_STD_I64LE);
    case CHDF5_UINT8: return H5Tcopy(H5T_STD_U8LE);
    case CHDF5_BOOL: return bool_type();
    default: return -1;
  }
}

static chdf5_type classify_integer(hid_t type) {
  size_t size = H5Tget_size(type);
  if (H5Tget_sign(type) == H5T_SGN_NONE) {
    return size == 1 ? CHDF5_UINT8 : size == 2 ? CHDF5_INT32 : size == 4 ? CHDF5_INT64 : size == 8 ? CHDF5_UINT64 : CHDF5_OTHER;
  }
  return size <= 4 ? CHDF5_INT32 : size == 8 ? CHDF5_INT64 : CHDF5_OTHER;
}

static int is_bool(hid_t type) {
  int8_t value = -1;
  if (H5Tget_nmembers(type) != 2 || H5Tget_size(type) != 1) return 0;
  if (H5Tenum_valueof(type, "FALSE", &value) < 0 || value != 0) return 0;
  return H5Tenum_valueof(type, "TRUE", &value) >= 0 && value == 1;
}

int chdf5_is_sound(hid_t type) {
  size_t bits = 8 * H5Tget_size(type), sign, exponent, exponent_bits, mantissa, mantissa_bits;
  H5T_class_t class = H5Tget_class(type);
  if (bits == 0) return 0;
  if (class == H5T_FLOAT && (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) < 0 || sign >= bits ||
                             exponent + exponent_bits > bits || mantissa + mantissa_bits > bits)) {
    return 0;
  }
  if (class == H5T_FLOAT || class == H5T_INTEGER) return (size_t)H5Tget_offset(type) + H5Tget_precision(type) <= bits;
  int count = class == H5T_COMPOUND ? H5Tget_nmembers(type) : 0, sound = 1;
  for (int i = 0; i < count && sound; ++i) {
    hid_t member = H5Tget_member_type(type, (unsigned)i);
    sound = member >= 0 && 8 * (H5Tget_member_offset(type, (unsigned)i) + H5Tget_size(member)) <= bits && chdf5_is_sound(member);
    H5Tclose(member);
  }
  hid_t base = class == H5T_ARRAY || class == H5T_ENUM ? H5Tget_super(type) : -1;
  if (base >= 0) sound = chdf5_is_sound(base);
  H5Tclose(base);
  return sound;
}

chdf5_type chdf5_classify(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT: return H5Tget_size(type) <= 4 ? CHDF5_FLOAT32 : H5Tget_size(type) == 8 ? CHDF5_FLOAT64 : CHDF5_OTHER;
    case H5T_INTEGER: return classify_integer(type);
    case H5T_ENUM: return is_bool(type) ? CHDF5_BOOL : CHDF5_OTHER;
    case H5T_STRING: return CHDF5_STRING;
    case H5T_COMPOUND: return CHDF5_COMPOUND;
    case H5T_BITFIELD: return H5Tget_size(type) == 1 ? CHDF5_BITS : CHDF5_OTHER;
    default: return CHDF5_OTHER;
  }
}

static chdf5_dataset *wrap(hid_t id, const char *doing) {
  if (id < 0) {
    chdf5_fail(doing);
    return NULL;
  }
  chdf5_dataset *dataset = malloc(sizeof *dataset);
  if (dataset == NULL) {
    H5Dclose(id);
    chdf5_refuse("no memory for a dataset handle");
    return NULL;
  }
  *dataset = (chdf5_dataset){.id = id};
  return dataset;
}

chdf5_dataset *chdf5_dataset_create(
    chdf5_file *file, const char *path, chdf5_type type, uint64_t chunk, int gzip, int shuffle) {
  chdf5_begin();
  hsize_t none = 0, unlimited = H5S_UNLIMITED, chunks = chunk;
  hid_t element = disk_type(type);
  hid_t space = H5Screate_simple(1, &none, &unlimited);
  hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
  hid_t id = -1;
  int ready = element >= 0 && space >= 0 && creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0 &&
              H5Pset_chunk(creation, 1, &chunks) >= 0;
  if (ready && shuffle) ready = H5Pset_shuffle(creation) >= 0;
  if (ready && gzip > 0) ready = H5Pset_deflate(creation, (unsigned)gzip) >= 0;
  if (ready) id = H5Dcreate2(file->id, path, element, space, H5P_DEFAULT, creation, H5P_DEFAULT);
  chdf5_dataset *dataset = wrap(id, "making a dataset");
  H5Pclose(creation);
  H5Sclose(space);
  H5Tclose(element);
  return dataset;
}

static chdf5_dataset *open_apart(chdf5_server *server, const char *path) {
  int64_t remote = chdf5_ask(server, (chdf5_request){.question = ASK_OPEN}, path, NULL, NULL, 0);
  chdf5_dataset *dataset = remote == -1 ? NULL : malloc(sizeof *dataset);
  if (dataset != NULL) *dataset = (chdf5_dataset){.id = -1, .server = server, .remote = (uint64_t)remote};
  return dataset;
}

chdf5_dataset *chdf5_dataset_open(chdf5_file *file, const char *path) {
  if (file->server != NULL) return open_apart(file->server, path);
  chdf5_begin();
  return wrap(H5Dopen2(file->id, path, H5P_DEFAULT), "opening a dataset");
}

void chdf5_dataset_close(chdf5_dataset *dataset) {
  chdf5_begin();
  if (dataset->server != NULL) {
    chdf5_ask(dataset->server, (chdf5_request){.question = ASK_CLOSE, .dataset = dataset->remote}, NULL, NULL, NULL, 0);
  } else {
    H5Dclose(dataset->id);
  }
  free(dataset);
}

/* Values that stand in one piece are all there, or none of them; where fewer are stored, HDF5 would read on behind them. */
static int is_whole(hid_t space, hid_t creation, const chdf5_info *info) {
  H5D_layout_t layout = H5Pget_layout(creation);
  hssize_t count = H5Sget_simple_extent_npoints(space);
  if (layout != H5D_CONTIGUOUS && layout != H5D_COMPACT) return 1;
  return info->stored_bytes == 0 || (count >= 0 && (uint64_t)count <= info->stored_bytes / info->element_bytes);
}

int chdf5_dataset_info(chdf5_dataset *dataset, chdf5_info *info) {
  chdf5_begin();
  memset(info, 0, sizeof *info);
  if (dataset->server != NULL) {
    chdf5_request request = {.question = ASK_INFO, .dataset = dataset->remote};
    return (int)chdf5_ask(dataset->server, request, NULL, NULL, info, sizeof *info);
  }
  hid_t type = H5Dget_type(dataset->id);
  hid_t space = H5Dget_space(dataset->id);
  hid_t creation = H5Dget_create_plist(dataset->id);
  int status = -1;
  hsize_t shape[H5S_MAX_RANK];
  int rank = space < 0 ? -1 : H5Sget_simple_extent_dims(space, shape, NULL);
  if (type >= 0 && creation >= 0 && rank >= 0) {
    info->type = chdf5_classify(type);
    info->rank = rank;
    for (int i = 0; i < rank && i < CHDF5_MAX_RANK; ++i) info->shape[i] = shape[i];
    info->element_bytes = H5Tget_size(type);
    info->stored_bytes = H5Dget_storage_size(dataset->id);
    hsize_t chunk[H5S_MAX_RANK];
    if (H5Pget_layout(creation) == H5D_CHUNKED && H5Pget_chunk(creation, H5S_MAX_RANK, chunk) > 0) info->chunk = chunk[0];
    status = !chdf5_is_sound(type)              ? chdf5_refuse("its type reaches beyond its bytes")
             : !is_whole(space, creation, info) ? chdf5_refuse("fewer bytes are stored than its values take")
                                                : 0;
  } else {
    chdf5_fail("describing a dataset");
  }
  H5Pclose(creation);
  H5Sclose(space);
  H5Tclose(type);
  return status;
}

static int length_of(hid_t dataset, hsize_t *length) {
  hid_t space = H5Dget_space(dataset);
  int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  int status = rank == 1 && H5Sget_simple_extent_dims(space, length, NULL) == 1 ? 0 : -1;
  H5Sclose(space);
  return status;
}

/* Moves positions [start, start + count) between memory and the dataset. */
static int transfer(hid_t dataset, chdf5_type type, hsize_t start, hsize_t count, const void *in, void *out) {
  hid_t element = chdf5_memory_type(type);
  hid_t space = H5Dget_space(dataset);
  hid_t memory = H5Screate_simple(1, &count, NULL);
  herr_t status = -1;
  if (element >= 0 && space >= 0 && memory >= 0 &&
      H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL) >= 0) {
    status = in != NULL ? H5Dwrite(dataset, element, memory, space, H5P_DEFAULT, in)
                        : H5Dread(dataset, element, memory, space, H5P_DEFAULT, out);
  }
  if (status < 0) chdf5_fail(in != NULL ? "writing values" : "reading values");
  H5Sclose(memory);
  H5Sclose(space);
  H5Tclose(element);
  return status < 0 ? -1 : 0;
}

int chdf5_dataset_append(chdf5_dataset *dataset, chdf5_type type, const void *values, uint64_t count) {
  chdf5_begin();
  if (count == 0 || values == NULL) return 0;
  hsize_t length = 0;
  if (length_of(dataset->id, &length) < 0) return chdf5_refuse("a dataset that grows has one dimension");
  hsize_t extended = length + count;
  if (H5Dset_extent(dataset->id, &extended) < 0) return chdf5_fail("extending a dataset");
  return transfer(dataset->id, type, length, count, values, NULL);
}

int chdf5_dataset_read(chdf5_dataset *dataset, chdf5_type type, uint64_t start, uint64_t count, void *values) {
  chdf5_begin();
  if (count == 0 || values == NULL) return 0;
  if (dataset->server != NULL) {
    chdf5_request request = {
        .question = ASK_READ, .type = type, .dataset = dataset->remote, .start = start, .count = count, .width = 1};
    return (int)chdf5_ask(dataset->server, request, NULL, NULL, values, count * chdf5_value_bytes(type));
  }
  hsize_t length = 0;
  if (length_of(dataset->id, &length) < 0) return chdf5_refuse("only datasets with one dimension are read as columns");
  if (start > length || count > length - start) return chdf5_refuse("the positions lie beyond the dataset's end");
  return transfer(dataset->id, type, start, count, NULL, values);
}
