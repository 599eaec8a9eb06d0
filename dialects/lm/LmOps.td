// All families of lm ops.
#ifndef LONGC_LM_OPS_TD
#define LONGC_LM_OPS_TD

include "dialects/lm/LmActivation.td"
include "dialects/lm/LmArithmetic.td"
include "dialects/lm/LmAttention.td"
include "dialects/lm/LmAttentionGradient.td"
include "dialects/lm/LmChunk.td"
include "dialects/lm/LmEmbedding.td"
include "dialects/lm/LmGatedMemory.td"
include "dialects/lm/LmGroup.td"
include "dialects/lm/LmLoss.td"
include "dialects/lm/LmMatmul.td"
include "dialects/lm/LmMemory.td"
include "dialects/lm/LmNorm.td"
include "dialects/lm/LmParameters.td"
include "dialects/lm/LmProduct.td"
include "dialects/lm/LmRope.td"
include "dialects/lm/LmRowGradient.td"
include "dialects/lm/LmSample.td"
include "dialects/lm/LmShape.td"

#endif // LONGC_LM_OPS_TD
