// HDF5 for Swift: the C API, plus functions for the macros and global identifiers Swift cannot import.
//
// The H5F_ACC_* macros are left out on purpose: they call H5check, which aborts the process when the library is not
// the one the headers belong to.
#ifndef HOLDFAST_CHDF5_SHIM_H
#define HOLDFAST_CHDF5_SHIM_H

#include <hdf5.h>
#include <hdf5_hl.h>
#include <stdint.h>

// Lets the disk begin with what was written to a file so far, without waiting for it; nothing where systems cannot.
#ifdef __linux__
extern int sync_file_range(int descriptor, int64_t offset, int64_t length, unsigned flags);
static inline void holdfast_h5_begin_writing(int descriptor) { (void)sync_file_range(descriptor, 0, 0, 2); }
#else
static inline void holdfast_h5_begin_writing(int descriptor) { (void)descriptor; }
#endif

static inline unsigned holdfast_h5_access_read_only(void) { return 0x0000u; }
static inline unsigned holdfast_h5_access_write(void) { return 0x0001u; }
static inline unsigned holdfast_h5_access_truncate(void) { return 0x0002u; }

// Types in memory.
static inline hid_t holdfast_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t holdfast_h5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t holdfast_h5_native_int8(void) { return H5T_NATIVE_INT8; }
static inline hid_t holdfast_h5_native_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t holdfast_h5_native_int16(void) { return H5T_NATIVE_INT16; }
static inline hid_t holdfast_h5_native_uint16(void) { return H5T_NATIVE_UINT16; }
static inline hid_t holdfast_h5_native_int32(void) { return H5T_NATIVE_INT32; }
static inline hid_t holdfast_h5_native_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t holdfast_h5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t holdfast_h5_native_uint64(void) { return H5T_NATIVE_UINT64; }

// Types in a file.
static inline hid_t holdfast_h5_ieee_f32le(void) { return H5T_IEEE_F32LE; }
static inline hid_t holdfast_h5_ieee_f64le(void) { return H5T_IEEE_F64LE; }
static inline hid_t holdfast_h5_std_i8le(void) { return H5T_STD_I8LE; }
static inline hid_t holdfast_h5_std_u8le(void) { return H5T_STD_U8LE; }
static inline hid_t holdfast_h5_std_i16le(void) { return H5T_STD_I16LE; }
static inline hid_t holdfast_h5_std_u16le(void) { return H5T_STD_U16LE; }
static inline hid_t holdfast_h5_std_i32le(void) { return H5T_STD_I32LE; }
static inline hid_t holdfast_h5_std_u32le(void) { return H5T_STD_U32LE; }
static inline hid_t holdfast_h5_std_i64le(void) { return H5T_STD_I64LE; }
static inline hid_t holdfast_h5_std_u64le(void) { return H5T_STD_U64LE; }
static inline hid_t holdfast_h5_c_string(void) { return H5T_C_S1; }
static inline hid_t holdfast_h5_object_reference(void) { return H5T_STD_REF_OBJ; }
static inline size_t holdfast_h5_variable_length(void) { return H5T_VARIABLE; }

// Classes of property lists.
static inline hid_t holdfast_h5_class_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t holdfast_h5_class_file_create(void) { return H5P_FILE_CREATE; }
static inline hid_t holdfast_h5_class_group_create(void) { return H5P_GROUP_CREATE; }
static inline hid_t holdfast_h5_class_dataset_create(void) { return H5P_DATASET_CREATE; }
static inline hid_t holdfast_h5_class_dataset_transfer(void) { return H5P_DATASET_XFER; }
static inline unsigned holdfast_h5_creation_order(void) { return H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED; }

// 1: a hard link to a group, 2: to a dataset, 3: any other link or object, 0: no such link, -1: failure.
static inline int holdfast_h5_member_kind(hid_t group, const char *name) {
  htri_t exists = H5Lexists(group, name, H5P_DEFAULT);
  if (exists <= 0) return exists;
  H5L_info_t link;
  if (H5Lget_info(group, name, &link, H5P_DEFAULT) < 0) return -1;
  if (link.type != H5L_TYPE_HARD) return 3;
  H5O_info_t object;
  if (H5Oget_info_by_name(group, name, &object, H5P_DEFAULT) < 0) return -1;
  return object.type == H5O_TYPE_GROUP ? 1 : object.type == H5O_TYPE_DATASET ? 2 : 3;
}

// Calls visit(context, name) for every member of a group, in the given order. The members of a large ("dense") group
// are looked up one by one, because H5Literate frees uninitialised memory when such a group turns out to be damaged.
typedef int (*holdfast_h5_visitor)(void *context, const char *name);
struct holdfast_h5_visit {
  holdfast_h5_visitor visit;
  void *context;
};
static inline herr_t holdfast_h5_visit_link(hid_t group, const char *name, const H5L_info_t *info, void *data) {
  struct holdfast_h5_visit *call = (struct holdfast_h5_visit *)data;
  (void)group;
  (void)info;
  return call->visit(call->context, name);
}
static inline herr_t holdfast_h5_visit_members(hid_t group, int by_creation, holdfast_h5_visitor visit, void *context) {
  struct holdfast_h5_visit call = {visit, context};
  H5_index_t order = by_creation ? H5_INDEX_CRT_ORDER : H5_INDEX_NAME;
  hsize_t place = 0;
  H5G_info_t info;
  if (H5Gget_info(group, &info) < 0) return -1;
  if (by_creation && info.storage_type == H5G_STORAGE_TYPE_DENSE) {
    for (; place < info.nlinks; place++) {
      char name[1025];
      ssize_t length = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, place, name, sizeof name, H5P_DEFAULT);
      if (length < 0 || (size_t)length >= sizeof name) return -1;
      visit(context, name);
    }
    return 0;
  }
  return H5Literate(group, order, H5_ITER_INC, &place, holdfast_h5_visit_link, &call);
}

#endif
