#include "holdfast_kernels.h"
