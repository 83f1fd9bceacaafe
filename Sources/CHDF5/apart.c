#include "apart.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* This side asks; all of HDF5 is on the other one (server.c). */

struct chdf5_server {
  pid_t child;
  int socket; /* -1 once the child is gone */
  char *reached;
  char reason[256];
};

int chdf5_send(int socket, const void *bytes, size_t count) {
  for (const char *next = bytes; count > 0;) {
    ssize_t sent = send(socket, next, count, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return -1;
    next += sent;
    count -= (size_t)sent;
  }
  return 0;
}

int chdf5_receive(int socket, void *bytes, size_t count) {
  for (char *next = bytes; count > 0;) {
    ssize_t received = recv(socket, next, count, 0);
    if (received < 0 && errno == EINTR) continue;
    if (received <= 0) return -1;
    next += received;
    count -= (size_t)received;
  }
  return 0;
}

uint64_t chdf5_value_bytes(chdf5_type type) {
  switch (type) {
    case CHDF5_FLOAT32:
    case CHDF5_INT32: return 4;
    case CHDF5_FLOAT64:
    case CHDF5_INT64:
    case CHDF5_UINT64: return 8;
    default: return 1;
  }
}

/* Waits for the child's end, which has come or is about to, and keeps its cause. */
static int64_t bury(chdf5_server *server) {
  int status = 0;
  close(server->socket);
  server->socket = -1;
  while (waitpid(server->child, &status, 0) < 0 && errno == EINTR) {}
  int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (number == SIGXCPU) {
    snprintf(server->reason, sizeof server->reason, "HDF5 finds no end of its structure");
  } else {
    snprintf(server->reason, sizeof server->reason, "HDF5 crashes on it (%s)", number ? strsignal(number) : "it says nonsense");
  }
  return chdf5_refuse(server->reason);
}

static int64_t receive_reply(chdf5_server *server, void *out, uint64_t count, char **text) {
  chdf5_reply reply;
  char error[1024];
  if (chdf5_receive(server->socket, &reply, sizeof reply) < 0 || reply.error_bytes > sizeof error ||
      chdf5_receive(server->socket, error, reply.error_bytes) < 0) {
    return bury(server);
  }
  uint64_t expected = reply.result < 0 ? 0 : count;
  if (text == NULL ? reply.bytes != expected : reply.bytes > UINT64_C(1) << 40) return bury(server);
  if (reply.error_bytes > 0) error[reply.error_bytes - 1] = 0;
  chdf5_adopt(reply.error_bytes > 0 ? error : "", reply.system_error);
  if (text != NULL && reply.bytes > 0) {
    /* However it is damaged, a list of names ends. */
    out = *text = calloc(reply.bytes + 2, 1);
    if (out == NULL) {
      kill(server->child, SIGKILL);
      bury(server);
      return chdf5_refuse("no memory for a text");
    }
  }
  if (reply.bytes > 0 && chdf5_receive(server->socket, out, reply.bytes) < 0) {
    if (text != NULL) {
      free(*text);
      *text = NULL;
    }
    return bury(server);
  }
  return reply.result;
}

static int64_t ask(
    chdf5_server *server, chdf5_request *request, const char *path, const char *name, void *out, uint64_t count, char **text) {
  chdf5_begin();
  if (server->socket < 0) return chdf5_refuse(server->reason);
  request->path_bytes = path != NULL ? strlen(path) + 1 : 0;
  request->name_bytes = name != NULL ? strlen(name) + 1 : 0;
  if (chdf5_send(server->socket, request, sizeof *request) < 0 || chdf5_send(server->socket, path, request->path_bytes) < 0 ||
      chdf5_send(server->socket, name, request->name_bytes) < 0) {
    return bury(server);
  }
  return receive_reply(server, out, count, text);
}

int64_t chdf5_ask(chdf5_server *server, chdf5_request request, const char *path, const char *name, void *out, uint64_t count) {
  return ask(server, &request, path, name, out, count, NULL);
}

char *chdf5_ask_text(chdf5_server *server, chdf5_request request, const char *path, const char *name) {
  char *text = NULL;
  ask(server, &request, path, name, NULL, 0, &text);
  return text;
}

void chdf5_server_end(chdf5_server *server) {
  if (server->socket >= 0) {
    int status;
    close(server->socket);
    while (waitpid(server->child, &status, 0) < 0 && errno == EINTR) {}
  }
  munmap(server->reached, CHDF5_PATH_BYTES);
  free(server);
}

static chdf5_server *start(const char *path) {
  int sockets[2];
  chdf5_server *server = calloc(1, sizeof *server);
  char *reached = mmap(NULL, CHDF5_PATH_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (server == NULL || reached == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
    if (reached != MAP_FAILED) munmap(reached, CHDF5_PATH_BYTES);
    free(server);
    return NULL;
  }
  pid_t child = fork();
  if (child == 0) {
    close(sockets[0]);
    chdf5_serve(path, sockets[1], reached);
  }
  close(sockets[1]);
  *server = (chdf5_server){.child = child, .socket = sockets[0], .reached = reached};
  if (child > 0) return server;
  close(sockets[0]);
  server->socket = -1;
  chdf5_server_end(server);
  return NULL;
}

chdf5_file *chdf5_file_open_apart(const char *path, char **object) {
  chdf5_begin();
  *object = NULL;
  chdf5_server *server = start(path);
  if (server == NULL) return chdf5_file_open(path);
  chdf5_file *file = malloc(sizeof *file);
  /* The first reply comes when all of the structure has been read. */
  int64_t result = file == NULL ? chdf5_refuse("no memory for a file handle") : receive_reply(server, NULL, 0, NULL);
  if (result == 0) {
    *file = (chdf5_file){.id = -1, .server = server};
    return file;
  }
  if (server->socket < 0) *object = strdup(server->reached);
  free(file);
  chdf5_server_end(server);
  return NULL;
}
