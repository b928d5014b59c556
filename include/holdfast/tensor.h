/**
 * @file tensor.h
 * Tensors: their memory, shapes, views and types, and their exchange with other libraries.
 *
 * A holdfast_tensor is a view of memory: a type, a shape, a stride for each axis and a first element. Several may share
 * one memory, which goes with the last of them; freeing a tensor that others are views of is safe. Shapes and strides
 * count elements, not bytes. A tensor may have no axes (one element, a scalar), at most HOLDFAST_MAX_AXES, and may be
 * empty (an extent of 0).
 *
 * Functions that take an axis count it from the end when it is negative. Results are row-major, without gaps and
 * aligned to 64 bytes unless they are views.
 *
 * Threads: a tensor's type, shape and strides never change, so any number of threads may read it, free it and take
 * views of it at once. Its elements change only through holdfast_tensor_mutable_data(), a borrower or lender of the
 * memory, or DLPack; whoever writes there excludes readers of every view of that memory, as with any buffer.
 *
 * Since 0.1.
 */
#ifndef HOLDFAST_TENSOR_H
#define HOLDFAST_TENSOR_H

#include "dtype.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A view of numbers in memory. */
typedef struct holdfast_tensor holdfast_tensor;

/** The axes a tensor has at most. */
#define HOLDFAST_MAX_AXES 64

/** The bound of a slice that is left out: the end of the axis that the step comes from, or goes to. */
#define HOLDFAST_SLICE_END INT64_MIN

/**
 * Gives borrowed memory back. It is called once, when the last tensor or DLPack object that views the memory is gone,
 * on the thread that frees that, with no lock held; it may call the library.
 */
typedef void (*holdfast_deleter)(void *user_data);

/**
 * Makes a tensor of zeros.
 * @param shape axes extents; may be NULL when axes is 0.
 * @param tensor receives the tensor, to free with holdfast_tensor_free().
 */
holdfast_status holdfast_tensor_zeros(const int64_t *shape, size_t axes, holdfast_dtype dtype, holdfast_tensor **tensor,
                                      holdfast_error **error);

/** Makes a tensor whose every element is one value, converted as holdfast_tensor_cast() does. */
holdfast_status holdfast_tensor_full(const int64_t *shape, size_t axes, holdfast_dtype dtype, double value,
                                     holdfast_tensor **tensor, holdfast_error **error);

/**
 * Makes a tensor of a copy of row-major numbers.
 * @param data the numbers, as many as the shape has, aligned to their type; may be NULL when there are none.
 */
holdfast_status holdfast_tensor_from_data(const void *data, const int64_t *shape, size_t axes, holdfast_dtype dtype,
                                          holdfast_tensor **tensor, holdfast_error **error);

/**
 * Makes a tensor of the caller's memory, without a copy. The caller keeps the memory alive and in place until the deleter
 * is called.
 * @param data the element of index 0 on every axis, aligned to its type; may be NULL when there are no elements.
 * @param strides the distance to the next element along each axis, of any sign; NULL for row-major without gaps.
 * @param read_only 1 if the memory must not be written, else 0.
 * @param deleter called with user_data once the memory is no longer used; may be NULL. It is not called when this call
 *   fails.
 */
holdfast_status holdfast_tensor_borrow(void *data, const int64_t *shape, const int64_t *strides, size_t axes,
                                       holdfast_dtype dtype, int32_t read_only, holdfast_deleter deleter,
                                       void *user_data, holdfast_tensor **tensor, holdfast_error **error);

/** Frees a tensor, and its memory if no other views it. NULL is accepted. */
void holdfast_tensor_free(holdfast_tensor *tensor);

/** The type of the elements; HOLDFAST_DTYPE_FLOAT32 for a handle that is none. */
holdfast_dtype holdfast_tensor_dtype(const holdfast_tensor *tensor);

/** The number of axes; 0 for a handle that is none. */
size_t holdfast_tensor_axes(const holdfast_tensor *tensor);

/** The number of elements; 0 for a handle that is none. */
size_t holdfast_tensor_count(const holdfast_tensor *tensor);

/** The extent of each axis, which live as long as the tensor; NULL for a handle that is none. */
const int64_t *holdfast_tensor_shape(const holdfast_tensor *tensor);

/** The stride of each axis, in elements, which live as long as the tensor; NULL for a handle that is none. */
const int64_t *holdfast_tensor_strides(const holdfast_tensor *tensor);

/** 1 if the elements lie in row-major order without gaps, else 0; 0 for a handle that is none. */
int32_t holdfast_tensor_is_contiguous(const holdfast_tensor *tensor);

/** 1 if the memory must not be written, else 0; 0 for a handle that is none. */
int32_t holdfast_tensor_is_read_only(const holdfast_tensor *tensor);

/**
 * The first element, in memory that lives as long as any view of it; the others are where the strides say. NULL for a
 * handle that is none; of a tensor without elements the address of nothing that may be read.
 */
const void *holdfast_tensor_data(const holdfast_tensor *tensor);

/** The same for writing; NULL too for a tensor whose memory must not be written. */
void *holdfast_tensor_mutable_data(holdfast_tensor *tensor);

/**
 * Copies the elements, in row-major order, to the caller's memory.
 * @param size the bytes there, which must be the elements' number times their size; more is refused as well.
 */
holdfast_status holdfast_tensor_copy_to(const holdfast_tensor *tensor, void *data, size_t size, holdfast_error **error);

/**
 * Makes a view of any layout within the elements a tensor spans.
 * @param offset from the tensor's first element to the view's, in elements.
 * @param view receives the view, to free with holdfast_tensor_free().
 */
holdfast_status holdfast_tensor_view(const holdfast_tensor *tensor, const int64_t *shape, const int64_t *strides,
                                     size_t axes, int64_t offset, holdfast_tensor **view, holdfast_error **error);

/**
 * Gives the elements, in row-major order, another shape of as many: a view where the layout allows one, else a copy.
 * @param shape the extents; one may be -1, which is then what is left.
 */
holdfast_status holdfast_tensor_reshape(const holdfast_tensor *tensor, const int64_t *shape, size_t axes,
                                        holdfast_tensor **result, holdfast_error **error);

/**
 * Makes a view with the axes in another order.
 * @param order every axis once, count of them; NULL with a count of 0 reverses them.
 */
holdfast_status holdfast_tensor_transpose(const holdfast_tensor *tensor, const int64_t *order, size_t count,
                                          holdfast_tensor **view, holdfast_error **error);

/**
 * Makes a view of every step-th index of an axis, from start towards stop without reaching it. As in Python, negative
 * bounds count from the end, bounds beyond the axis are moved to its ends, and HOLDFAST_SLICE_END leaves a bound out.
 * @param step not 0; negative to go backwards.
 */
holdfast_status holdfast_tensor_slice(const holdfast_tensor *tensor, int64_t axis, int64_t start, int64_t stop,
                                      int64_t step, holdfast_tensor **view, holdfast_error **error);

/** Makes a view that repeats a tensor along axes that are missing in front or have an extent of 1, as NumPy does. */
holdfast_status holdfast_tensor_broadcast(const holdfast_tensor *tensor, const int64_t *shape, size_t axes,
                                          holdfast_tensor **view, holdfast_error **error);

/**
 * Copies a tensor into another type, or the same, row-major.
 *
 * Floats round to the nearest, ties to even, once, and may become infinite. Floats become integers by rounding towards
 * zero, NaN as 0 and what is out of range as the nearest end of it. Integers keep their low bits in a smaller type.
 * Anything but 0 is true, NaN too.
 */
holdfast_status holdfast_tensor_cast(const holdfast_tensor *tensor, holdfast_dtype dtype, holdfast_tensor **result,
                                     holdfast_error **error);

/** A view of the tensor if it is row-major without gaps, else a copy that is. */
holdfast_status holdfast_tensor_contiguous(const holdfast_tensor *tensor, holdfast_tensor **result,
                                           holdfast_error **error);

/** The structures of DLPack 1, in holdfast/dlpack.h and in the DLPack project's dlpack/dlpack.h alike. */
struct DLManagedTensor;
struct DLManagedTensorVersioned;

/**
 * Lends a tensor to another library through DLPack, without a copy.
 * @param managed receives the structure, whose deleter its last owner calls, on any thread. It keeps the memory alive
 *   by itself: the tensor may be freed before. Tensors that must not be written carry DLPack's read-only flag.
 */
holdfast_status holdfast_tensor_to_dlpack(const holdfast_tensor *tensor, struct DLManagedTensorVersioned **managed,
                                          holdfast_error **error);

/**
 * The same in the structure before DLPack 1, which knows no read-only memory: a tensor that must not be written is
 * refused.
 */
holdfast_status holdfast_tensor_to_dlpack_unversioned(const holdfast_tensor *tensor, struct DLManagedTensor **managed,
                                                      holdfast_error **error);

/**
 * Borrows a tensor of another library through DLPack, without a copy. It must be in the CPU's memory, of one of the types
 * of holdfast_dtype and of major version 1.
 * @param managed belongs to the library after success, which calls its deleter when the last view of the memory is gone,
 *   on the thread that frees that; after a failure it still belongs to the caller.
 */
holdfast_status holdfast_tensor_from_dlpack(struct DLManagedTensorVersioned *managed, holdfast_tensor **tensor,
                                            holdfast_error **error);

/** The same from the structure before DLPack 1. */
holdfast_status holdfast_tensor_from_dlpack_unversioned(struct DLManagedTensor *managed, holdfast_tensor **tensor,
                                                        holdfast_error **error);

#ifdef __cplusplus
}
#endif

#endif
