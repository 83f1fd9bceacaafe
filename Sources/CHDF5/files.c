#include <stdlib.h>
#include <string.h>
#include "apart.h"

int chdf5_is_hdf5(const char *path) {
  chdf5_begin();
  htri_t answer = H5Fis_hdf5(path);
  return answer < 0 ? chdf5_fail("looking at the file") : answer > 0;
}

/* No file locks: a finished file never changes, an unfinished one has a name of its own, and locks fail on some network
   file systems. */
static hid_t access_properties(void) {
  hid_t access = H5Pcreate(H5P_FILE_ACCESS);
  if (access < 0) return access;
  if (H5Pset_file_locking(access, 0, 1) < 0 || H5Pset_fclose_degree(access, H5F_CLOSE_SEMI) < 0) {
    H5Pclose(access);
    return -1;
  }
  return access;
}

static chdf5_file *wrap(hid_t id, const char *doing) {
  if (id < 0) {
    chdf5_fail(doing);
    return NULL;
  }
  chdf5_file *file = malloc(sizeof *file);
  if (file == NULL) {
    H5Fclose(id);
    chdf5_refuse("no memory for a file handle");
    return NULL;
  }
  *file = (chdf5_file){.id = id};
  return file;
}

chdf5_file *chdf5_file_create(const char *path, uint64_t user_block) {
  chdf5_begin();
  hid_t access = access_properties();
  hid_t creation = H5Pcreate(H5P_FILE_CREATE);
  hid_t id = -1;
  if (access >= 0 && creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0 &&
      H5Pset_userblock(creation, user_block) >= 0 &&
      H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0) {
    id = H5Fcreate(path, H5F_ACC_TRUNC, creation, access);
  }
  chdf5_file *file = wrap(id, "creating the file");
  H5Pclose(access);
  H5Pclose(creation);
  return file;
}

chdf5_file *chdf5_file_open(const char *path) {
  chdf5_begin();
  hid_t access = access_properties();
  hid_t id = access < 0 ? -1 : H5Fopen(path, H5F_ACC_RDONLY, access);
  chdf5_file *file = wrap(id, "opening the file");
  H5Pclose(access);
  return file;
}

int chdf5_file_flush(chdf5_file *file) {
  chdf5_begin();
  return H5Fflush(file->id, H5F_SCOPE_LOCAL) < 0 ? chdf5_fail("flushing the file") : 0;
}

int chdf5_file_close(chdf5_file *file) {
  chdf5_begin();
  int status = 0;
  if (file->server != NULL) {
    chdf5_server_end(file->server);
  } else if (H5Fclose(file->id) < 0) {
    status = chdf5_fail("closing the file");
  }
  free(file);
  return status;
}

int chdf5_group_create(chdf5_file *file, const char *path) {
  chdf5_begin();
  hid_t creation = H5Pcreate(H5P_GROUP_CREATE);
  hid_t id = -1;
  if (creation >= 0 && H5Pset_obj_track_times(creation, 0) >= 0 &&
      H5Pset_link_creation_order(creation, H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED) >= 0) {
    id = H5Gcreate2(file->id, path, H5P_DEFAULT, creation, H5P_DEFAULT);
  }
  int status = id < 0 ? chdf5_fail("making a group") : 0;
  if (id >= 0) H5Gclose(id);
  H5Pclose(creation);
  return status;
}

chdf5_kind chdf5_kind_of(chdf5_file *file, const char *path) {
  if (file->server != NULL) {
    int64_t kind = chdf5_ask(file->server, (chdf5_request){.question = ASK_KIND}, path, NULL, NULL, 0);
    return kind < 0 ? CHDF5_ABSENT : (chdf5_kind)kind;
  }
  chdf5_begin();
  hid_t id = H5Oopen(file->id, path, H5P_DEFAULT);
  if (id < 0) return CHDF5_ABSENT;
  H5I_type_t type = H5Iget_type(id);
  H5Oclose(id);
  return type == H5I_GROUP ? CHDF5_GROUP : type == H5I_DATASET ? CHDF5_DATASET : CHDF5_UNKNOWN;
}

static herr_t add_link(hid_t group, const char *name, const H5L_info_t *info, void *context) {
  (void)group;
  (void)info;
  chdf5_names_add(context, name);
  return 0;
}

char *chdf5_list(chdf5_file *file, const char *path) {
  if (file->server != NULL) return chdf5_ask_text(file->server, (chdf5_request){.question = ASK_LIST}, path, NULL);
  chdf5_begin();
  chdf5_names names = {0};
  hid_t group = H5Gopen2(file->id, path, H5P_DEFAULT);
  if (group < 0) {
    chdf5_fail("opening a group");
    return NULL;
  }
  unsigned order = 0;
  hid_t creation = H5Gget_create_plist(group);
  if (creation >= 0) H5Pget_link_creation_order(creation, &order);
  H5Pclose(creation);
  H5_index_t index = order & H5P_CRT_ORDER_TRACKED ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  herr_t status = H5Literate(group, index, H5_ITER_INC, NULL, add_link, &names);
  H5Gclose(group);
  if (status < 0) {
    free(names.data);
    chdf5_fail("listing a group");
    return NULL;
  }
  return chdf5_names_finish(&names);
}
