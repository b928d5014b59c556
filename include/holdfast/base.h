#ifndef HOLDFAST_BASE_H
#define HOLDFAST_BASE_H
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif
/** The version of the binary interface; changes only when a program built against an older header could break. */
uint32_t holdfast_abi_version(void);
#ifdef __cplusplus
}
#endif
#endif
