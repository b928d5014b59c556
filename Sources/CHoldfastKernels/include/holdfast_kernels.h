#ifndef HOLDFAST_KERNELS_H
#define HOLDFAST_KERNELS_H
#include <stddef.h>
#include <stdint.h>
#endif
