/* Tensors with wrong pointers, shapes, strides, types and owners; memory that is lent and borrowed; the log. */
#include "check.h"

#include <holdfast/dlpack.h>

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const holdfast_dtype F32 = HOLDFAST_DTYPE_FLOAT32;
static const holdfast_dtype no_type = (holdfast_dtype)99;
static const int64_t huge[] = {INT64_MAX, INT64_MAX}, hidden[] = {0, INT64_MAX / 2, 8}, large[] = {(int64_t)1 << 44};
static const int64_t negative[] = {2, -3}, pair[] = {2, 3};

static int given_back;

static void give_back(void *user_data) { *(int *)user_data += 1; }

static void making(void) {
  holdfast_tensor *tensor = (holdfast_tensor *)&failures;
  float numbers[6] = {1, 2, 3, 4, 5, 6};
  REFUSED(BAD, holdfast_tensor_zeros(NULL, 2, F32, &tensor, &error));
  CHECK(tensor == NULL);
  REFUSED(BAD, holdfast_tensor_zeros(pair, 2, F32, NULL, &error));
  REFUSED(BAD, holdfast_tensor_zeros(pair, 2, no_type, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_zeros(pair, 65, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_zeros(pair, SIZE_MAX, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_zeros(huge, 2, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_zeros(hidden, 3, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_zeros(negative, 2, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_zeros((const int64_t *)((const char *)pair + 1), 1, F32, &tensor, &error));
  REFUSED(HOLDFAST_OUT_OF_MEMORY, holdfast_tensor_zeros(large, 1, F32, &tensor, &error));
  CHECK(holdfast_tensor_zeros(huge, 2, F32, &tensor, NULL) == BAD);
  REFUSED(BAD, holdfast_tensor_full(huge, 2, F32, NAN, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_full(pair, 2, no_type, 1, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_full(pair, 2, F32, 1, NULL, &error));
  REFUSED(HOLDFAST_OUT_OF_MEMORY, holdfast_tensor_full(large, 1, F32, 1, &tensor, &error));
  WORKS(holdfast_tensor_full(pair, 2, HOLDFAST_DTYPE_INT32, NAN, &tensor, &error));
  CHECK(*(const int32_t *)holdfast_tensor_data(tensor) == 0);
  holdfast_tensor_free(tensor);

  REFUSED(BAD, holdfast_tensor_from_data(NULL, pair, 2, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_from_data(numbers, NULL, 2, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_from_data(numbers, pair, 2, no_type, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_from_data((char *)numbers + 1, pair, 1, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_from_data(numbers, huge, 2, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_from_data(numbers, pair, 2, F32, NULL, &error));
  WORKS(holdfast_tensor_from_data(NULL, hidden, 1, F32, &tensor, &error));
  CHECK(holdfast_tensor_count(tensor) == 0 && holdfast_tensor_axes(tensor) == 1);
  WORKS(holdfast_tensor_copy_to(tensor, NULL, 0, &error));
  holdfast_tensor_free(tensor);

  /* A refused loan stays with the lender; one that was accepted comes back once. */
  const int64_t far[] = {INT64_MAX, 1}, wide[] = {INT64_MAX / 2, 1}, back[] = {-3, -1};
  REFUSED(BAD, holdfast_tensor_borrow(NULL, pair, NULL, 2, F32, 0, give_back, &given_back, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_borrow(numbers, NULL, NULL, 2, F32, 0, give_back, &given_back, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_borrow(numbers, pair, far, 2, F32, 0, give_back, &given_back, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_borrow(numbers, pair, wide, 2, F32, 0, give_back, &given_back, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_borrow(numbers, pair, NULL, 2, no_type, 0, give_back, &given_back, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_borrow(numbers, pair, NULL, 2, F32, 2, give_back, &given_back, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_borrow(numbers, pair, NULL, 2, F32, 0, give_back, &given_back, NULL, &error));
  REFUSED(BAD, holdfast_tensor_borrow((char *)numbers + 2, pair, NULL, 2, F32, 0, give_back, &given_back, &tensor, &error));
  CHECK(given_back == 0 && tensor == NULL);
  WORKS(holdfast_tensor_borrow(numbers + 5, pair, back, 2, F32, 1, give_back, &given_back, &tensor, &error));
  CHECK(holdfast_tensor_mutable_data(tensor) == NULL && holdfast_tensor_is_read_only(tensor) == 1);
  float copy[6] = {0};
  WORKS(holdfast_tensor_copy_to(tensor, copy, sizeof copy, &error));
  CHECK(copy[0] == 6 && copy[5] == 1);
  REFUSED(BAD, holdfast_tensor_copy_to(tensor, copy, sizeof copy - 1, &error));
  REFUSED(BAD, holdfast_tensor_copy_to(tensor, copy, SIZE_MAX, &error));
  REFUSED(BAD, holdfast_tensor_copy_to(tensor, NULL, sizeof copy, &error));
  REFUSED(BAD, holdfast_tensor_copy_to(NULL, copy, sizeof copy, &error));
  holdfast_tensor *view = NULL;
  WORKS(holdfast_tensor_transpose(tensor, NULL, 0, &view, &error));
  holdfast_tensor_free(tensor);
  CHECK(given_back == 0 && holdfast_tensor_count(tensor) == 0 && holdfast_tensor_count(view) == 6);
  holdfast_tensor_free(view);
  CHECK(given_back == 1);
  holdfast_tensor_free(view);
  holdfast_tensor_free(NULL);
  holdfast_tensor_free((holdfast_tensor *)model);
  CHECK(given_back == 1 && holdfast_model_vocabulary_size(model) > 0);
  WORKS(holdfast_tensor_borrow(NULL, hidden, NULL, 1, F32, 0, give_back, &given_back, &tensor, &error));
  CHECK(given_back == 1);
  holdfast_tensor_free(tensor);
  CHECK(given_back == 2);
}

static void looking(void) {
  const holdfast_tensor *wrong[] = {NULL, (const holdfast_tensor *)model, (const holdfast_tensor *)&failures};
  for (size_t index = 0; index < 3; index++) {
    holdfast_tensor *tensor = (holdfast_tensor *)wrong[index];
    CHECK(holdfast_tensor_dtype(tensor) == F32 && holdfast_tensor_axes(tensor) == 0 && holdfast_tensor_count(tensor) == 0);
    CHECK(holdfast_tensor_shape(tensor) == NULL && holdfast_tensor_strides(tensor) == NULL);
    CHECK(holdfast_tensor_is_contiguous(tensor) == 0 && holdfast_tensor_is_read_only(tensor) == 0);
    CHECK(holdfast_tensor_data(tensor) == NULL && holdfast_tensor_mutable_data(tensor) == NULL);
  }
  CHECK(holdfast_dtype_size(no_type) == 0 && strcmp(holdfast_dtype_name(no_type), "unknown") == 0);
  CHECK(holdfast_dtype_size((holdfast_dtype)-1) == 0 && holdfast_dtype_size(HOLDFAST_DTYPE_INT64) == 8);
}

static void viewing(void) {
  holdfast_tensor *tensor = NULL, *out = NULL;
  const int64_t ones[] = {1, 1}, same[] = {0, 0}, five[] = {5}, free_axes[] = {-1, -1}, end[] = {INT64_MAX, INT64_MIN};
  WORKS(holdfast_tensor_zeros(pair, 2, F32, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_view(NULL, pair, ones, 2, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, NULL, ones, 2, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, pair, NULL, 2, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, pair, ones, 2, 3, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, pair, ones, 2, -1, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, pair, ones, 2, INT64_MAX, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, pair, ones, 2, INT64_MIN, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, pair, end, 2, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, huge, same, 2, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_view(tensor, pair, ones, 2, 0, NULL, &error));
  WORKS(holdfast_tensor_view(tensor, hidden, end, 1, INT64_MAX, &out, &error));
  CHECK(holdfast_tensor_count(out) == 0);
  holdfast_tensor_free(out);
  REFUSED(BAD, holdfast_tensor_reshape(NULL, pair, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_reshape(tensor, NULL, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_reshape(tensor, five, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_reshape(tensor, free_axes, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_reshape(tensor, huge, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_reshape(tensor, pair, 2, NULL, &error));
  REFUSED(BAD, holdfast_tensor_transpose(NULL, NULL, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_transpose(tensor, NULL, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_transpose(tensor, same, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_transpose(tensor, end, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_transpose(tensor, ones, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_transpose(tensor, NULL, 0, NULL, &error));
  REFUSED(BAD, holdfast_tensor_slice(NULL, 0, 0, 1, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_slice(tensor, 2, 0, 1, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_slice(tensor, INT64_MIN, 0, 1, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_slice(tensor, 0, 0, 1, 0, &out, &error));
  REFUSED(BAD, holdfast_tensor_slice(tensor, 0, 0, 1, INT64_MIN, &out, &error));
  REFUSED(BAD, holdfast_tensor_slice(tensor, 0, 0, 1, 1, NULL, &error));
  const int64_t extremes[] = {INT64_MAX, INT64_MIN + 1, HOLDFAST_SLICE_END, 1, -1};
  for (int start = 0; start < 5; start++)
    for (int stop = 0; stop < 5; stop++)
      for (int step = 0; step < 5; step++) {
        if (extremes[step] == INT64_MIN) continue;
        WORKS(holdfast_tensor_slice(tensor, 1, extremes[start], extremes[stop], extremes[step], &out, &error));
        CHECK(holdfast_tensor_count(out) <= 6);
        holdfast_tensor_free(out);
      }
  REFUSED(BAD, holdfast_tensor_broadcast(NULL, pair, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_broadcast(tensor, NULL, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_broadcast(tensor, five, 1, &out, &error));
  REFUSED(BAD, holdfast_tensor_broadcast(tensor, huge, 2, &out, &error));
  REFUSED(BAD, holdfast_tensor_broadcast(tensor, pair, 2, NULL, &error));
  REFUSED(BAD, holdfast_tensor_cast(NULL, F32, &out, &error));
  REFUSED(BAD, holdfast_tensor_cast(tensor, no_type, &out, &error));
  REFUSED(BAD, holdfast_tensor_cast(tensor, F32, NULL, &error));
  REFUSED(BAD, holdfast_tensor_contiguous(NULL, &out, &error));
  REFUSED(BAD, holdfast_tensor_contiguous(tensor, NULL, &error));
  CHECK(out == NULL);
  holdfast_tensor_free(tensor);
  REFUSED(BAD, holdfast_tensor_contiguous(tensor, &out, &error));
  REFUSED(BAD, holdfast_tensor_cast((const holdfast_tensor *)questions, F32, &out, &error));
}

static void release(DLManagedTensorVersioned *self) { *(int *)self->manager_ctx += 1; }
static void release_unversioned(DLManagedTensor *self) { *(int *)self->manager_ctx += 1; }

static void exchanging(void) {
  float numbers[6] = {0};
  int released = 0;
  int64_t shape[] = {2, 3}, strides[] = {3, 1};
  const DLTensor fine = {numbers, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 0};
  holdfast_tensor *tensor = NULL;
  DLManagedTensorVersioned lent = {{1, 0}, &released, release, 0, fine};
  DLManagedTensor old = {fine, &released, release_unversioned};
  REFUSED(BAD, holdfast_tensor_from_dlpack(NULL, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_from_dlpack(&lent, NULL, &error));
  REFUSED(BAD, holdfast_tensor_from_dlpack_unversioned(NULL, &tensor, &error));
  REFUSED(BAD, holdfast_tensor_from_dlpack_unversioned(&old, NULL, &error));
  REFUSED(BAD, holdfast_tensor_from_dlpack((void *)((char *)&lent + 1), &tensor, &error));
  lent.version.major = 2;
  REFUSED(HOLDFAST_UNSUPPORTED, holdfast_tensor_from_dlpack(&lent, &tensor, &error));
  lent.version.major = 1;
#define WRONG(status, field, value)                                                    \
  do {                                                                                 \
    lent.dl_tensor = fine;                                                             \
    lent.dl_tensor.field = value;                                                      \
    old.dl_tensor = lent.dl_tensor;                                                    \
    REFUSED(status, holdfast_tensor_from_dlpack(&lent, &tensor, &error));              \
    REFUSED(status, holdfast_tensor_from_dlpack_unversioned(&old, &tensor, &error));   \
    lent.dl_tensor = old.dl_tensor = fine;                                             \
  } while (0)
  WRONG(BAD, data, NULL);
  WRONG(BAD, ndim, -1);
  WRONG(BAD, ndim, INT32_MAX);
  WRONG(BAD, shape, NULL);
  WRONG(BAD, byte_offset, 2);
  WRONG(BAD, byte_offset, UINT64_MAX);
  WRONG(HOLDFAST_UNSUPPORTED, device.device_type, kDLCUDA);
  WRONG(HOLDFAST_UNSUPPORTED, device.device_type, (DLDeviceType)77);
  WRONG(HOLDFAST_UNSUPPORTED, dtype.bits, 24);
  WRONG(HOLDFAST_UNSUPPORTED, dtype.lanes, 4);
  WRONG(HOLDFAST_UNSUPPORTED, dtype.code, 250);
  shape[0] = -2;
  REFUSED(BAD, holdfast_tensor_from_dlpack(&lent, &tensor, &error));
  shape[0] = INT64_MAX;
  REFUSED(BAD, holdfast_tensor_from_dlpack(&lent, &tensor, &error));
  shape[0] = 2;
  strides[0] = INT64_MIN;
  REFUSED(BAD, holdfast_tensor_from_dlpack(&lent, &tensor, &error));
  strides[0] = 3;
  CHECK(released == 0 && tensor == NULL);
  WORKS(holdfast_tensor_from_dlpack(&lent, &tensor, &error));
  holdfast_tensor_free(tensor);
  CHECK(released == 1);
  old.deleter = NULL;
  WORKS(holdfast_tensor_from_dlpack_unversioned(&old, &tensor, &error));
  CHECK(holdfast_tensor_data(tensor) == numbers);

  /* Out again; the tensor goes first, a view of what came back last. */
  DLManagedTensorVersioned *out = NULL;
  DLManagedTensor *out_unversioned = NULL;
  holdfast_tensor *again = NULL;
  REFUSED(BAD, holdfast_tensor_to_dlpack(NULL, &out, &error));
  REFUSED(BAD, holdfast_tensor_to_dlpack(tensor, NULL, &error));
  REFUSED(BAD, holdfast_tensor_to_dlpack_unversioned(NULL, &out_unversioned, &error));
  REFUSED(BAD, holdfast_tensor_to_dlpack_unversioned(tensor, NULL, &error));
  WORKS(holdfast_tensor_to_dlpack(tensor, &out, &error));
  WORKS(holdfast_tensor_to_dlpack_unversioned(tensor, &out_unversioned, &error));
  holdfast_tensor_free(tensor);
  CHECK(out->version.major == 1 && out->flags == 0 && out->dl_tensor.data == numbers && out->dl_tensor.shape[1] == 3);
  out_unversioned->deleter(out_unversioned);
  WORKS(holdfast_tensor_from_dlpack(out, &again, &error));
  CHECK(holdfast_tensor_count(again) == 6);
  holdfast_tensor_free(again);

  WORKS(holdfast_tensor_borrow(numbers, pair, NULL, 2, F32, 1, NULL, NULL, &tensor, &error));
  REFUSED(HOLDFAST_UNSUPPORTED, holdfast_tensor_to_dlpack_unversioned(tensor, &out_unversioned, &error));
  WORKS(holdfast_tensor_to_dlpack(tensor, &out, &error));
  CHECK((out->flags & DLPACK_FLAG_BITMASK_READ_ONLY) != 0);
  holdfast_tensor_free(tensor);
  out->deleter(out);
}

static int notices;

static void note(holdfast_log_level level, const char *message, void *user_data) {
  CHECK(level <= HOLDFAST_LOG_WARNING && message[0] != '\0' && user_data == &notices);
  holdfast_tensor *tensor = NULL;
  WORKS(holdfast_tensor_zeros(pair, 2, F32, &tensor, &error));
  holdfast_tensor_free(tensor);
  notices++;
}

struct sharer {
  pthread_t thread;
  const holdfast_tensor *tensor;
  int good;
};

static void *share(void *argument) {
  struct sharer *self = argument;
  self->good = 1;
  for (int round = 0; round < 50 && self->good; round++) {
    holdfast_tensor *view = NULL, *copy = NULL, *product = NULL;
    self->good = holdfast_tensor_transpose(self->tensor, NULL, 0, &view, NULL) == HOLDFAST_OK &&
                 holdfast_tensor_matmul(self->tensor, view, 0, 0, &product, NULL) == HOLDFAST_OK &&
                 holdfast_tensor_cast(view, HOLDFAST_DTYPE_FLOAT16, &copy, NULL) == HOLDFAST_OK &&
                 holdfast_tensor_count(product) == 4 && holdfast_tensor_count(copy) == 6 &&
                 holdfast_set_log(NULL, HOLDFAST_LOG_INFO, NULL, NULL) == HOLDFAST_OK;
    holdfast_tensor_free(view);
    holdfast_tensor_free(product);
    holdfast_tensor_free(copy);
  }
  return NULL;
}

void tensors(void) {
  REFUSED(BAD, holdfast_set_log(note, (holdfast_log_level)9, &notices, &error));
  WORKS(holdfast_set_log(note, HOLDFAST_LOG_INFO, &notices, &error));
  making();
  looking();
  viewing();
  exchanging();
  CHECK(notices > 0);
  WORKS(holdfast_set_log(NULL, HOLDFAST_LOG_WARNING, NULL, &error));

  holdfast_tensor *tensor = NULL;
  WORKS(holdfast_tensor_zeros(pair, 2, F32, &tensor, &error));
  struct sharer sharers[4];
  for (int index = 0; index < 4; index++) {
    sharers[index].tensor = tensor;
    sharers[index].good = 0;
    CHECK(pthread_create(&sharers[index].thread, NULL, share, &sharers[index]) == 0);
  }
  for (int index = 0; index < 4; index++) {
    pthread_join(sharers[index].thread, NULL);
    CHECK(sharers[index].good);
  }
  holdfast_tensor_free(tensor);
}
