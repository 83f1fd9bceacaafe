/* A file that another process reads for this one: the calls between the two, over a socket. */
#ifndef SEARCHLIGHT_CHDF5_APART_H
#define SEARCHLIGHT_CHDF5_APART_H
#include "internal.h"

enum { CHDF5_PATH_BYTES = 1024 };

typedef enum {
  ASK_KIND,
  ASK_LIST,
  ASK_ATTRIBUTES,
  ASK_ATTRIBUTE_TEXT,
  ASK_ATTRIBUTE_INTEGER,
  ASK_ATTRIBUTE_REAL,
  ASK_TEXT,
  ASK_TEXTS,
  ASK_OPEN,
  ASK_CLOSE,
  ASK_INFO,
  ASK_MEMBERS,
  ASK_MEMBER_INFO,
  ASK_READ,
  ASK_READ_ROWS
} chdf5_question;

/* Two texts follow, each of so many bytes with its zero; none is NULL. */
typedef struct {
  chdf5_question question;
  chdf5_type type;
  uint64_t dataset, start, count, width;
  uint64_t path_bytes, name_bytes;
} chdf5_request;

/* The last error follows, then the bytes of the result. */
typedef struct {
  int64_t result;
  int32_t system_error;
  uint32_t error_bytes;
  uint64_t bytes;
} chdf5_reply;

/* 0, or -1 where the other end is gone. */
int chdf5_send(int socket, const void *bytes, size_t count);
int chdf5_receive(int socket, void *bytes, size_t count);

/* The life of the child: reads the whole structure of the file, then answers until the socket ends. `reached` (CHDF5_PATH_BYTES) always
   holds the name of the object it is at. */
_Noreturn void chdf5_serve(const char *path, int socket, char *reached);

/* What a value takes in memory. */
uint64_t chdf5_value_bytes(chdf5_type type);

/* The result of a question, or -1. Its bytes go to `out`, and must be `count`. */
int64_t chdf5_ask(
    chdf5_server *server, chdf5_request request, const char *path, const char *name, void *out, uint64_t count);
/* The text that answers, or NULL; free it. */
char *chdf5_ask_text(
    chdf5_server *server, chdf5_request request, const char *path, const char *name);
#endif
