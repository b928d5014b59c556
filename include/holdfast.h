/**
 * @file holdfast.h
 * Holdfast: what did instruction fine-tuning do to what a language model knows?
 *
 * This header includes every other but holdfast/dlpack.h, which programs that have the DLPack project's own header do
 * without. The rules that hold for all of them are in holdfast/base.h.
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include "holdfast/base.h"
#include "holdfast/capture.h"
#include "holdfast/compare.h"
#include "holdfast/dtype.h"
#include "holdfast/generate.h"
#include "holdfast/gradients.h"
#include "holdfast/inspect.h"
#include "holdfast/intervene.h"
#include "holdfast/ledger.h"
#include "holdfast/model.h"
#include "holdfast/ops.h"
#include "holdfast/probe.h"
#include "holdfast/questions.h"
#include "holdfast/study.h"
#include "holdfast/system.h"
#include "holdfast/tensor.h"
#include "holdfast/tokenizer.h"
#include "holdfast/tune.h"

#endif
