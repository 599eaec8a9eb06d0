// Generated definitions of the lm ops.
#include "dialects/lm/LmDialect.h"

using namespace mlir;
using namespace longc::lm;

#define GET_OP_CLASSES
#include "dialects/lm/LmOps.cpp.inc"
