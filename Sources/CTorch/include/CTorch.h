#ifndef SEARCHLIGHT_CTORCH_H
#define SEARCHLIGHT_CTORCH_H
#include <stddef.h>
#include <stdint.h>
#pragma clang assume_nonnull begin
#ifdef __cplusplus
extern "C" {
#endif
#ifdef __cplusplus
}
#endif
#pragma clang assume_nonnull end
#endif
