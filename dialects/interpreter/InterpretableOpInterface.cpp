// Definitions of the interface of interpretable ops.
#include "dialects/interpreter/InterpretableOpInterface.h"

#include "dialects/interpreter/InterpretableOpInterface.cpp.inc"
