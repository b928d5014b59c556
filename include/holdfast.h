#ifndef HOLDFAST_H
#define HOLDFAST_H
#include "holdfast/base.h"
#endif
