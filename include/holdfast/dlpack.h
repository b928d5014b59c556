/**
 * @file dlpack.h
 * The structures of DLPack 1 that holdfast/tensor.h exchanges tensors in, for programs without the DLPack project's own
 * header.
 *
 * Names and layout are those of the specification (https://dmlc.github.io/dlpack/latest/c_api.html). Where the
 * project's dlpack/dlpack.h is included, before or after, its declarations are used instead or these stand for them.
 *
 * Since 0.1.
 */
#ifndef HOLDFAST_DLPACK_H
#define HOLDFAST_DLPACK_H

#include "base.h"

#ifndef DLPACK_DLPACK_H_
/** The guard of the DLPack project's own header, which then declares nothing. */
#define DLPACK_DLPACK_H_

/** The version of the exchange that the structures below belong to. */
#define DLPACK_MAJOR_VERSION 1
/** The minor number of that version. */
#define DLPACK_MINOR_VERSION 0

/** A flag: the memory must not be written. */
#define DLPACK_FLAG_BITMASK_READ_ONLY (1UL << 0UL)
/** A flag: the memory is a copy made for this exchange. */
#define DLPACK_FLAG_BITMASK_IS_COPIED (1UL << 1UL)

#ifdef __cplusplus
extern "C" {
#endif

/** The version a structure follows; another major number means another layout behind the deleter. */
typedef struct {
  /** The major number. */
  uint32_t major;
  /** The minor number. */
  uint32_t minor;
} DLPackVersion;

/** Where memory is; this library knows the first. */
#ifdef __cplusplus
typedef enum : int32_t {
#else
typedef enum {
#endif
  kDLCPU = 1,
  kDLCUDA = 2,
  kDLCUDAHost = 3
} DLDeviceType;

/** One device of a kind. */
typedef struct {
  /** Its kind. */
  DLDeviceType device_type;
  /** Which of that kind, from 0. */
  int32_t device_id;
} DLDevice;

/** The kinds of numbers this library knows, for DLDataType.code. */
typedef enum {
  kDLInt = 0U,
  kDLUInt = 1U,
  kDLFloat = 2U,
  kDLBfloat = 4U,
  kDLBool = 6U
} DLDataTypeCode;

/** A type: its kind, its bits, and how many numbers an element has. */
typedef struct {
  /** A DLDataTypeCode. */
  uint8_t code;
  /** The bits of a number. */
  uint8_t bits;
  /** The numbers of an element; 1 but for vector types. */
  uint16_t lanes;
} DLDataType;

/** A strided view of memory. */
typedef struct {
  /** The memory. */
  void *data;
  /** Where it is. */
  DLDevice device;
  /** The number of axes. */
  int32_t ndim;
  /** The type of the elements. */
  DLDataType dtype;
  /** The extent of each axis. */
  int64_t *shape;
  /** The distance to the next element along each axis, in elements; NULL for row-major without gaps. */
  int64_t *strides;
  /** The bytes from the memory's start to the first element. */
  uint64_t byte_offset;
} DLTensor;

/** A view with the means to give it back, as before version 1. */
typedef struct DLManagedTensor {
  /** The view. */
  DLTensor dl_tensor;
  /** What the lender keeps for itself. */
  void *manager_ctx;
  /** Gives the view back; may be NULL. */
  void (*deleter)(struct DLManagedTensor *self);
} DLManagedTensor;

/** A view with its version and the means to give it back. */
typedef struct DLManagedTensorVersioned {
  /** The version that the structure follows. */
  DLPackVersion version;
  /** What the lender keeps for itself. */
  void *manager_ctx;
  /** Gives the view back; may be NULL. */
  void (*deleter)(struct DLManagedTensorVersioned *self);
  /** Flags, such as DLPACK_FLAG_BITMASK_READ_ONLY. */
  uint64_t flags;
  /** The view. */
  DLTensor dl_tensor;
} DLManagedTensorVersioned;

#ifdef __cplusplus
}
#endif

#endif /* DLPACK_DLPACK_H_ */
#endif
