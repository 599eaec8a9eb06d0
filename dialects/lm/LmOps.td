// All ops of the lm dialect, by family.
#ifndef LONGC_LM_OPS_TD
#define LONGC_LM_OPS_TD

include "dialects/lm/LmAttention.td"
include "dialects/lm/LmLayers.td"
include "dialects/lm/LmMemory.td"
include "dialects/lm/LmMethods.td"
include "dialects/lm/LmParameters.td"
include "dialects/lm/LmRope.td"
include "dialects/lm/LmShape.td"

#endif // LONGC_LM_OPS_TD
