// frontends/hf/ReadConfig.cpp: config.json in the shapes that transformers 4 and 5 write, and what it must refuse.
#include "frontends/hf/ReadConfig.h"

#include "runtime/io/ModelFileError.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace longc;

namespace {

const std::string sizes = R"("vocab_size": 100, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 4,
  "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64, "rms_norm_eps": 1e-5)";

std::string config(const std::string &type, const std::string &more) {
  return "{\"model_type\": \"" + type + "\", " + sizes + (more.empty() ? "" : ", ") + more + "}";
}

Result<HfConfig> read(const std::string &text) {
  Result<JsonValue> json = JsonValue::read(text);
  return json.ok() ? readHfConfig(*json) : Result<HfConfig>(json.status());
}

HfConfig right(const std::string &type, const std::string &more = "") {
  Result<HfConfig> found = read(config(type, more));
  EXPECT_TRUE(found.ok()) << more << ": " << found.status().text();
  return found.ok() ? *found : HfConfig();
}

void refused(const std::string &text, int code, const std::string &words) {
  Result<HfConfig> found = read(text);
  ASSERT_FALSE(found.ok()) << text;
  EXPECT_EQ(found.status().code(), code) << found.status().text();
  EXPECT_NE(found.status().message().find(words), std::string::npos) << found.status().text();
  EXPECT_EQ(found.status().message().find('\n'), std::string::npos);
}

TEST(HfConfig, NumbersOfALlama) {
  DecoderConfig llama = right("llama", R"("head_dim": null, "attention_bias": true, "tie_word_embeddings": true)").decoder;
  EXPECT_EQ(llama.hidden, 32);
  EXPECT_EQ(llama.headSize, 8);
  EXPECT_EQ(llama.kvHeads, 2);
  EXPECT_EQ(llama.normEpsilon, 1e-5);
  EXPECT_EQ(llama.rope.theta, 10000.0);
  EXPECT_TRUE(llama.queryBias && llama.outputBias && !llama.mlpBias);
  EXPECT_FALSE(llama.slides(0));
  EXPECT_EQ(right("llama", R"("head_dim": 10.0)").decoder.headSize, 10); // whole, though written with a point
}

TEST(HfConfig, RotaryPositionsInEveryShape) {
  auto rope = [](const std::string &more) { return right("llama", more).decoder.rope; };
  EXPECT_EQ(rope(R"("rope_theta": 500)").theta, 500.0);
  EXPECT_EQ(rope(R"("rope_parameters": {"rope_type": "default", "rope_theta": 700})").theta, 700.0);
  // Within rope_parameters beats beside it.
  EXPECT_EQ(rope(R"("rope_theta": 500, "rope_parameters": {"rope_theta": 700})").theta, 700.0);
  EXPECT_EQ(rope(R"("rope_theta": 500, "rope_scaling": {"type": "linear", "factor": 4})").theta, 500.0);
  RopeConfig linear = rope(R"("rope_scaling": {"type": "linear", "factor": 4})");
  EXPECT_EQ(linear.scaling, RopeScaling::Linear);
  EXPECT_EQ(linear.factor, 4.0);
  // rope_type is the newer key and wins.
  EXPECT_EQ(rope(R"("rope_scaling": {"type": "linear", "rope_type": "default", "factor": 4})").scaling, RopeScaling::None);
  EXPECT_EQ(rope(R"("rope_scaling": null, "rope_parameters": {"rope_type": "linear", "factor": 2})").factor, 2.0);

  RopeConfig llama3 = rope(R"("rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1,
      "high_freq_factor": 4, "original_max_position_embeddings": 16})");
  EXPECT_EQ(llama3.scaling, RopeScaling::Llama3);
  EXPECT_EQ(llama3.originalContext, 16.0);
  EXPECT_EQ(rope(R"("rope_scaling": {"rope_type": "llama3", "factor": 8, "low_freq_factor": 1, "high_freq_factor": 4})")
                .originalContext, 64.0); // the model's own where none is said

  RopeConfig yarn = rope(R"("rope_parameters": {"rope_type": "yarn", "factor": 4, "original_max_position_embeddings": 16})");
  EXPECT_NEAR(yarn.magnitude, 1.1386294361119891, 1e-15);
  EXPECT_EQ(rope(R"("rope_parameters": {"rope_type": "yarn", "factor": 4, "attention_factor": 1.5})").magnitude, 1.5);
  EXPECT_NEAR(rope(R"("rope_parameters": {"rope_type": "yarn", "factor": 8, "mscale": 0.7, "mscale_all_dim": 1.3})").magnitude,
              (0.07 * std::log(8.0) + 1) / (0.13 * std::log(8.0) + 1), 1e-15);
  EXPECT_EQ(rope(R"("rope_parameters": {"rope_type": "yarn", "factor": null, "original_max_position_embeddings": 16})").factor, 4.0);
}

TEST(HfConfig, FactorsOfWaveLengths) {
  RopeConfig llama3;
  llama3.theta = 10000;
  llama3.scaling = RopeScaling::Llama3;
  llama3.factor = 8;
  llama3.originalContext = 100;
  std::vector<double> factors = ropeFactors(llama3, 8); // wave lengths 6.3, 63, 628, 6283: 16, 1.6, 0.16, 0.016 turns
  ASSERT_EQ(factors.size(), 4u);
  EXPECT_EQ(factors[0], 1.0);
  double smooth = (100 / (2 * M_PI * 10) - 1) / 3;
  EXPECT_NEAR(factors[1], 1 / ((1 - smooth) / 8 + smooth), 1e-12);
  EXPECT_EQ(factors[2], 8.0);
  EXPECT_EQ(factors[3], 8.0);
  EXPECT_TRUE(ropeFactors(RopeConfig(), 8).empty());
}

TEST(HfConfig, WhatIsLostOrIdleIsSaid) {
  refused(config("llama", R"("rope_scaling": {"type": "linear", "factor": 2}, "rope_parameters": {"rope_theta": 700})"),
          ConfigInvalid, "key 'rope_parameters.rope_theta' is lost in transformers, which takes 10000");
  EXPECT_EQ(right("llama", R"("rope_parameters": {"factor": 4, "rope_theta": 700})").notes.size(), 1u);
}

TEST(HfConfig, LayersThatSeeAWindow) {
  auto slides = [](const std::string &type, const std::string &more) {
    DecoderConfig found = right(type, more).decoder;
    std::string text;
    for (int64_t layer = 0; layer < found.layers; ++layer)
      text += found.slides(layer) ? 's' : 'f';
    return text + std::to_string(found.slidingWindow);
  };
  EXPECT_EQ(slides("mistral", R"("sliding_window": 7)"), "ssss7");
  EXPECT_EQ(slides("mistral", R"("sliding_window": null)"), "ffff0");
  EXPECT_EQ(slides("mistral", ""), "ssss4096"); // as transformers, which says 4096 where nothing is said
  EXPECT_EQ(slides("qwen2", R"("sliding_window": 7, "use_sliding_window": false)"), "ffff0");
  EXPECT_EQ(slides("qwen2", R"("sliding_window": 7, "use_sliding_window": true, "max_window_layers": 3)"), "fffs7");
  EXPECT_EQ(slides("qwen3", R"("sliding_window": 7, "use_sliding_window": true, "max_window_layers": 0, "layer_types":
      ["full_attention", "sliding_attention", "full_attention", "full_attention"])"), "fsff7");
  EXPECT_EQ(slides("gemma3_text", R"("sliding_window": 7, "sliding_window_pattern": 2)"), "sfsf7");
  EXPECT_EQ(slides("gemma3_text", R"("sliding_window": 7)"), "ssss7");
  EXPECT_EQ(slides("llama", R"("sliding_window": 7)"), "ffff0");
  refused(config("qwen2", R"("layer_types": ["sliding_attention", "full_attention", "full_attention", "full_attention"])"),
          ConfigInvalid, "no 'sliding_attention', as no 'sliding_window' is used");
  refused(config("qwen2", R"("layer_types": ["full_attention"])"), ConfigInvalid, "a list of 4 entries");
  refused(config("qwen2", R"("layer_types": ["linear_attention", "full_attention", "full_attention", "full_attention"])"),
          ArchitectureUnsupported, "a layer of type 'linear_attention'");
}

TEST(HfConfig, LayersWithoutPositions) {
  DecoderConfig given = right("smollm3", R"("no_rope_layers": [1, 0, 1, 1])").decoder, usual = right("smollm3").decoder;
  EXPECT_TRUE(given.rotates(0) && !given.rotates(1) && given.rotates(2));
  EXPECT_TRUE(usual.rotates(2) && !usual.rotates(3)); // every fourth has none
  EXPECT_EQ(usual.rope.theta, 2000000.0);
}

TEST(HfConfig, GemmaHasTwoKindsOfPositions) {
  HfConfig nested = right("gemma3_text", R"("query_pre_attn_scalar": 64, "rope_parameters": {
      "full_attention": {"rope_type": "linear", "factor": 8, "rope_theta": 1000000},
      "sliding_attention": {"rope_type": "default", "rope_theta": 100}})");
  EXPECT_EQ(nested.decoder.rope.factor, 8.0);
  EXPECT_EQ(nested.decoder.slidingRope.theta, 100.0);
  EXPECT_EQ(nested.decoder.slidingRope.scaling, RopeScaling::None);
  EXPECT_EQ(nested.decoder.attentionScale, 0.125);
  EXPECT_TRUE(nested.normsPlusOne);
  DecoderConfig old = right("gemma3_text", R"("rope_theta": 5000, "rope_local_base_freq": 50,
      "rope_scaling": {"rope_type": "linear", "factor": 2})").decoder;
  EXPECT_EQ(old.rope.theta, 5000.0);
  EXPECT_EQ(old.rope.scaling, RopeScaling::Linear);
  EXPECT_EQ(old.slidingRope.theta, 50.0);
  EXPECT_EQ(old.slidingRope.scaling, RopeScaling::None);
  EXPECT_EQ(right("gemma3_text").decoder.rope.theta, 1000000.0);
  refused(config("gemma3_text", R"("rope_parameters": {"rope_type": "default", "rope_theta": 7})"), ConfigInvalid,
          "an entry for 'full_attention'");
  Result<HfConfig> pictures = read(R"({"model_type": "gemma3", "text_config": {)" + sizes + "}}");
  ASSERT_TRUE(pictures.ok()) << pictures.status().text();
  EXPECT_TRUE(pictures->pictures);
}

TEST(HfConfig, LongLlamaSaysWhatItsMemoryIs) {
  HfConfig found = right("longllama", R"("mem_layers": [1, 3], "last_context_length": 24, "mem_dtype": "bfloat16",
      "mem_attention_grouping": [1, 1024], "torch_attention": false, "mem_positionals": true)");
  ASSERT_TRUE(found.memory);
  EXPECT_EQ(found.memory->layers, (std::vector<int64_t>{1, 3}));
  EXPECT_EQ(found.memory->lastContext, 24);
  EXPECT_TRUE(right("longllama").memory->layers.empty());
  refused(config("longllama", R"("mem_layers": [4])"), ConfigInvalid, "a list of layers from 0 to 3");
  refused(config("longllama", R"("mem_positionals": false)"), ArchitectureUnsupported, "a memory without positions");
  refused(config("longllama", R"("rope_scaling": {"type": "linear", "factor": 2})"), ArchitectureUnsupported, "rope_scaling");
}

TEST(HfConfig, EncodersHaveATableOfPositions) {
  DecoderConfig bert = right("bert", R"("architectures": ["BertModel"], "hidden_act": "gelu_new")").decoder;
  ASSERT_TRUE(bert.encoder);
  EXPECT_EQ(bert.contextLength, 64);
  EXPECT_EQ(bert.kvHeads, 4);
  EXPECT_EQ(bert.normEpsilon, 1e-12);
  EXPECT_EQ(bert.activation, Activation::GeluTanh);
  EXPECT_EQ(bert.encoder->tokenTypes, 2);
  EXPECT_EQ(bert.encoder->firstPosition, 0);
  EXPECT_FALSE(bert.encoder->uncountedToken);
  // Those of XLM-R begin behind the padding token's.
  DecoderConfig xlm = right("xlm-roberta", R"("pad_token_id": 5, "type_vocab_size": 1, "layer_norm_eps": 1e-5)").decoder;
  ASSERT_TRUE(xlm.encoder);
  EXPECT_EQ(xlm.contextLength, 58);
  EXPECT_EQ(xlm.encoder->positionRows, 64);
  EXPECT_EQ(xlm.encoder->firstPosition, 6);
  EXPECT_EQ(xlm.encoder->uncountedToken, 5);
  EXPECT_EQ(xlm.activation, Activation::Gelu);
  EXPECT_EQ(right("roberta", R"("architectures": ["RobertaForMaskedLM"])").decoder.encoder->firstPosition, 2);
  EXPECT_FALSE(right("llama").decoder.encoder);
}

TEST(HfConfig, EncodersOfAnotherKindAreRefusedByName) {
  refused(config("bert", R"("position_embedding_type": "relative_key")"), ArchitectureUnsupported, "key 'position_embedding_type'");
  refused(config("bert", R"("is_decoder": true)"), ArchitectureUnsupported, "key 'is_decoder'");
  refused(config("bert", R"("hidden_act": "relu")"), ArchitectureUnsupported, "key 'hidden_act'");
  refused(config("bert", R"("architectures": ["BertForSequenceClassification"])"), ArchitectureUnsupported, "key 'architectures'");
  refused(config("bert", R"("architectures": ["BertLMHeadModel"], "is_decoder": true)"), ArchitectureUnsupported, "key 'is_decoder'");
  refused(config("bert", R"("add_cross_attention": true)"), ArchitectureUnsupported, "key 'add_cross_attention'");
  refused(config("bert", R"("type_vocab_size": 0)"), ConfigInvalid, "key 'type_vocab_size'");
  refused(config("xlm-roberta", R"("pad_token_id": 63)"), ConfigInvalid, "key 'pad_token_id'");
  refused(config("modernbert", ""), ArchitectureUnsupported, "'modernbert' is not supported");
}

TEST(HfConfig, WhatChangesTheArithmeticIsRefusedByName) {
  for (std::string scaling : {"dynamic", "longrope", "mrope", "proportional"})
    refused(config("llama", R"("rope_scaling": {"rope_type": ")" + scaling + R"(", "factor": 2})"), ArchitectureUnsupported,
            "key 'rope_scaling.rope_type': rotary scaling '" + scaling + "'");
  refused(config("llama", R"("quantization_config": {"quant_method": "gptq"})"), ArchitectureUnsupported, "quantization_config");
  refused(config("llama", R"("partial_rotary_factor": 0.5)"), ArchitectureUnsupported, "partial_rotary_factor");
  refused(config("llama", R"("rope_parameters": {"partial_rotary_factor": 0.5})"), ArchitectureUnsupported,
          "rope_parameters.partial_rotary_factor");
  refused(config("gemma3_text", R"("final_logit_softcapping": 30.0)"), ArchitectureUnsupported, "final_logit_softcapping");
  refused(config("gemma3_text", R"("use_bidirectional_attention": true)"), ArchitectureUnsupported, "use_bidirectional_attention");
  refused(config("llama", R"("hidden_act": "relu2")"), ArchitectureUnsupported, "activation 'relu2'");
  refused(config("llama", R"("architectures": ["LlamaForSequenceClassification"])"), ArchitectureUnsupported, "architectures");
  refused(config("mixtral", ""), ArchitectureUnsupported, "key 'model_type': 'mixtral' is not supported: expected 'bert', 'gemma3_text'");
  // What does nothing is let through.
  right("llama", R"("quantization_config": null, "partial_rotary_factor": 1.0, "final_logit_softcapping": null,
      "num_experts": 0, "use_bidirectional_attention": false, "pretraining_tp": 1, "attention_dropout": 0.1,
      "something_new": {"deep": [1, 2]}, "architectures": ["LlamaForCausalLM"])");
}

TEST(HfConfig, NumbersOutOfRangeAreRefusedByName) {
  auto without = [](const std::string &key) {
    std::string text = config("llama", "");
    return text.replace(text.find(key), key.size(), "x" + key.substr(1));
  };
  for (std::string key : {"vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                          "max_position_embeddings"})
    refused(without(key), KeyMissing, "key '" + key + "' is missing");
  refused(without("model_type"), KeyMissing, "key 'model_type' is missing");
  refused("[]", ConfigInvalid, "expected an object, found a list");
  auto changed = [](const std::string &from, const std::string &to) {
    std::string text = config("llama", "");
    return text.replace(text.find(from), from.size(), to);
  };
  refused(changed("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 0"), ConfigInvalid, "a whole number from 1 to 4096");
  refused(changed("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 1e300"), ConfigInvalid, "num_hidden_layers");
  refused(changed("\"num_hidden_layers\": 4", "\"num_hidden_layers\": 2.5"), ConfigInvalid, "num_hidden_layers");
  refused(changed("\"num_hidden_layers\": 4", "\"num_hidden_layers\": \"4\""), ConfigInvalid, "the file has '4'");
  refused(changed("\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3"), ConfigInvalid, "a divisor of the 4 heads");
  refused(changed("\"hidden_size\": 32", "\"hidden_size\": 30"), ConfigInvalid, "a multiple of the 4 heads");
  refused(changed("\"hidden_size\": 32", "\"hidden_size\": 36"), ConfigInvalid, "head size 9: expected an even one");
  refused(changed("1e-5", "0"), ConfigInvalid, "a positive number");
  refused(config("llama", R"("rope_theta": -1)"), ConfigInvalid, "key 'rope_theta': expected a positive number");
  refused(config("llama", R"("rope_theta": 1, "rope_scaling": {"type": "yarn", "factor": 2})"), ConfigInvalid,
          "key 'rope_theta': expected more than 1");
  refused(config("llama", R"("rope_scaling": {"type": "linear"})"), KeyMissing, "key 'rope_scaling.factor' is missing");
  refused(config("llama", R"("rope_scaling": "linear")"), ConfigInvalid, "key 'rope_scaling': expected an object");
  refused(config("llama", R"("eos_token_id": [1, 100])"), ConfigInvalid, "ids below 100");
}

TEST(HfConfig, EndsOfTexts) {
  EXPECT_EQ(right("llama", R"("eos_token_id": 7)").endIds, (std::vector<int32_t>{7}));
  EXPECT_EQ(right("llama", R"("eos_token_id": [7, 9])").endIds, (std::vector<int32_t>{7, 9}));
  EXPECT_TRUE(right("llama", R"("eos_token_id": null)").endIds.empty());
}

} // namespace
