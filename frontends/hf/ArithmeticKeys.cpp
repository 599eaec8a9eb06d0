// The list, by what a key would change.
#include "frontends/hf/ArithmeticKeys.h"

namespace longc {
namespace {

struct ArithmeticKey {
  const char *key;
  double neutral; // the number that changes nothing; a null, a false and an empty list or object never do
  const char *what;
};

constexpr ArithmeticKey arithmeticKeys[] = {
    {"quantization_config", 0, "a quantised checkpoint"},
    {"compression_config", 0, "a quantised checkpoint"},
    // Experts and other layers.
    {"num_experts", 0, "a mixture of experts"},
    {"num_local_experts", 0, "a mixture of experts"},
    {"n_routed_experts", 0, "a mixture of experts"},
    {"moe_intermediate_size", 0, "a mixture of experts"},
    {"num_nextn_predict_layers", 0, "a layer that predicts further tokens"},
    {"mamba_d_state", 0, "a state-space layer"},
    {"ssm_state_size", 0, "a state-space layer"},
    {"kv_lora_rank", 0, "compressed keys and values"},
    {"q_lora_rank", 0, "compressed queries"},
    {"num_kv_shared_layers", 0, "keys shared between layers"},
    {"hidden_size_per_layer_input", 0, "an input of each layer"},
    // Attention.
    {"partial_rotary_factor", 1, "rotating a part of each head"},
    {"rotary_pct", 1, "rotating a part of each head"},
    {"rope_interleaved", 0, "interleaved rotary pairs"},
    {"rotary_interleaved", 0, "interleaved rotary pairs"},
    {"alibi", 0, "a bias by distance"},
    {"use_alibi", 0, "a bias by distance"},
    {"attn_logit_softcapping", 0, "a cap on attention scores"},
    {"final_logit_softcapping", 0, "a cap on logits"},
    {"use_bidirectional_attention", 0, "attention to later tokens"},
    {"is_encoder_decoder", 0, "an encoder and a decoder"},
    {"add_cross_attention", 0, "attention to another model"},
    {"attention_chunk_size", 0, "attention within chunks"},
    {"clip_qkv", 0, "clipped queries, keys and values"},
    {"use_qk_norm", 0, "a norm of queries and keys"},
    {"qk_layernorm", 0, "a norm of queries and keys"},
    {"attention_sinks", 0, "attention sinks"},
    {"attn_temperature_tuning", 0, "scores that depend on the position"},
    {"llama_4_scaling", 0, "scores that depend on the position"},
    {"parallel_attn", 0, "attention and MLP side by side"},
    {"use_parallel_residual", 0, "attention and MLP side by side"},
    // Factors.
    {"embedding_multiplier", 1, "a factor on embeddings"},
    {"residual_multiplier", 1, "a factor on residuals"},
    {"attention_multiplier", 0, "a factor on attention"},
    {"logits_scaling", 1, "a factor on logits"},
    {"logit_scale", 1, "a factor on logits"},
    {"scale_depth", 0, "a factor on residuals"},
    {"scale_emb", 1, "a factor on embeddings"},
    {"dim_model_base", 0, "a factor on logits"},
    {"altup_num_inputs", 0, "several streams of hidden states"},
    {"laurel_rank", 0, "further residual products"},
};

bool changesNothing(const JsonValue &value, double neutral) {
  if (const bool *flag = value.boolean())
    return !*flag;
  if (value.isNumber())
    return value.number() == neutral;
  if (const JsonValue::Array *list = value.array())
    return list->empty();
  return value.object() && value.object()->empty();
}

} // namespace

Status refuseArithmetic(const ConfigKeys &config) {
  for (const ArithmeticKey &listed : arithmeticKeys)
    if (const JsonValue *value = config.find(listed.key); value && !changesNothing(*value, listed.neutral))
      return config.unsupported(listed.key, listed.what);
  return {};
}

} // namespace longc
