// HDF5 for Swift: the C API, plus functions for the macros and global identifiers Swift cannot import.
#ifndef HOLDFAST_CHDF5_SHIM_H
#define HOLDFAST_CHDF5_SHIM_H

#include <hdf5.h>
#include <hdf5_hl.h>

static inline hid_t holdfast_h5_native_float(void) { return H5T_NATIVE_FLOAT; }

#endif
