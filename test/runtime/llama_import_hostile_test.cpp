// frontends/gguf on files that are well-formed GGUF and no model we know, or a damaged one: each refusal by its words.
#include "frontends/gguf/ImportGguf.h"

#include "test/runtime/HostileGguf.h"

#include <gtest/gtest.h>

using namespace longc;
using namespace longc::test;

namespace {

Status importError(const std::string &bytes) {
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  if (!file.ok())
    return file.status();
  return importGguf(std::move(*file)).status();
}

void expectRefused(const std::string &bytes, int code, const std::string &words) {
  Status status = importError(bytes);
  ASSERT_FALSE(status.ok()) << words;
  EXPECT_EQ(status.code(), code) << status.text();
  EXPECT_NE(status.message().find(words), std::string::npos) << status.text();
}

// A tiny model whose bytes `from` are `to`, of the same length: for keys and names.
std::string tinyRenamed(const std::string &from, const std::string &to) {
  std::string bytes = tinyWith([](GgufWriter &) {});
  EXPECT_EQ(from.size(), to.size());
  size_t at = bytes.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return bytes.replace(at, from.size(), to);
}

std::string tinyOf(const std::function<void(DecoderConfig &)> &change) {
  DecoderConfig config = tinyLlamaConfig();
  change(config);
  return tinyLlama(config, 1, ElementFormat::F32).bytes();
}

TEST(LlamaImportHostile, FilesOfEveryClassAreRefusedByName) {
  for (const HostileFile &file : hostileGgufFiles()) {
    Status status = importError(file.bytes);
    ASSERT_FALSE(status.ok()) << file.name;
    EXPECT_NE(status.message().find(file.expect), std::string::npos) << file.name << ": " << status.text();
  }
}

TEST(LlamaImportHostile, MissingKeysAndUnknownArchitecturesAreNamed) {
  expectRefused(GgufWriter().bytes(), KeyMissing, "key 'general.architecture' is missing");
  expectRefused(tinyRenamed("llama\x0c", "gemma\x0c"), ArchitectureUnsupported,
                "architecture 'gemma' is not supported: expected one of 'bert', 'gemma3', 'llama', 'qwen2', 'qwen3', 'smollm3'");
  for (const char *key :
       {"llama.block_count", "llama.context_length", "llama.embedding_length", "llama.feed_forward_length",
        "llama.attention.head_count\4", "llama.attention.layer_norm_rms_epsilon", "tokenizer.ggml.tokens",
        "tokenizer.ggml.merges", "tokenizer.ggml.model", "tokenizer.ggml.pre"}) {
    std::string from = key, gone = "general" + std::string(from.size() - 7, 'x');
    if (from.back() == '\4') { // the type that follows tells this key from a longer one
      gone.back() = '\4';
      std::string shown = from.substr(0, from.size() - 1);
      expectRefused(tinyRenamed(from, gone), KeyMissing, "key '" + shown + "' is missing");
    } else {
      expectRefused(tinyRenamed(from, gone), KeyMissing, "key '" + from + "' is missing");
    }
  }
}

TEST(LlamaImportHostile, UnknownFeaturesAreNamed) {
  auto with = [](const std::function<void(GgufWriter &)> &add) { return tinyWith(add); };
  expectRefused(with([](GgufWriter &w) { w.addUint32("llama.swin_norm", 0); }), ArchitectureUnsupported,
                "key 'llama.swin_norm' is not known: it may change what the model computes");
  expectRefused(with([](GgufWriter &w) { w.addFloat("llama.final_logit_softcapping", 30); }), ArchitectureUnsupported,
                "key 'llama.final_logit_softcapping': a cap on logits is not supported");
  EXPECT_TRUE(importError(with([](GgufWriter &w) { w.addFloat("llama.final_logit_softcapping", 0); })).ok());
  EXPECT_TRUE(importError(with([](GgufWriter &w) { w.addFloat("llama.logit_scale", 1); })).ok());
  expectRefused(with([](GgufWriter &w) { w.addFloat("llama.logit_scale", 0.5f); }), ArchitectureUnsupported,
                "key 'llama.logit_scale': a factor on logits is not supported");
  EXPECT_TRUE(importError(with([](GgufWriter &w) { w.addBool("llama.use_parallel_residual", false); })).ok());
  expectRefused(with([](GgufWriter &w) { w.addBool("llama.use_parallel_residual", true); }), ArchitectureUnsupported,
                "key 'llama.use_parallel_residual': attention and MLP side by side is not supported");
  expectRefused(with([](GgufWriter &w) { w.addString("llama.logit_scale", "1"); }), ArchitectureUnsupported,
                "key 'llama.logit_scale': a factor on logits is not supported");
  expectRefused(with([](GgufWriter &w) { w.addUint32("llama.expert_count", 8); }), ArchitectureUnsupported,
                "key 'llama.expert_count': a mixture of experts is not supported");
  EXPECT_TRUE(importError(with([](GgufWriter &w) { w.addUint32("llama.expert_count", 0); })).ok());
  expectRefused(with([](GgufWriter &w) { w.addBool("llama.attention.causal", false); }), ArchitectureUnsupported,
                "key 'llama.attention.causal': attention that is not causal is not supported");
  expectRefused(with([](GgufWriter &w) { w.addString("llama.tensor_data_layout", "reference"); }),
                ArchitectureUnsupported, "key 'llama.tensor_data_layout': the order 'reference' is not supported");
  expectRefused(with([](GgufWriter &w) { w.addString("llama.rope.scaling.type", "longrope"); }), ArchitectureUnsupported,
                "rotary scaling 'longrope' (expected 'none', 'linear' or 'yarn') is not supported");
  expectRefused(with([](GgufWriter &w) { w.addString("llama.rope.scaling.type", "linear"); }), KeyMissing,
                "key 'llama.rope.scaling.factor' is missing");
  expectRefused(with([](GgufWriter &w) { w.addFloat("llama.rope.scaling.factor", 2); }), KeyMissing,
                "key 'llama.rope.scaling.type' is missing");
  expectRefused(with([](GgufWriter &w) { w.addFloat("llama.rope.scaling.attn_factor", 0); }), ConfigInvalid,
                "key 'llama.rope.scaling.attn_factor': expected a positive number");
  expectRefused(with([](GgufWriter &w) { w.addBool("tokenizer.ggml.surprise", true); }), TokenizerInvalid,
                "key 'tokenizer.ggml.surprise' is not known: it may change the tokens");
  expectRefused(tinyRenamed("gpt2", "gpt9"), TokenizerInvalid, "tokenizer 'gpt9' is not supported: expected 'gpt2'");
  expectRefused(tinyRenamed(std::string("version\4\0\0\0\2", 12), std::string("version\4\0\0\0\1", 12)),
                TensorTypeUnsupported, "key 'general.quantization_version': expected 2, the file has 1");
}

TEST(LlamaImportHostile, WindowsThatMakeNoSenseAreNamed) {
  auto with = [](const std::function<void(GgufWriter &)> &add) {
    return tinyWith([&](GgufWriter &w) {
      w.addUint32("llama.attention.sliding_window", 4);
      add(w);
    });
  };
  const char *key = "llama.attention.sliding_window_pattern";
  expectRefused(with([&](GgufWriter &w) { w.addInt32s(key, {1, 0, 1}); }), ConfigInvalid,
                "key 'llama.attention.sliding_window_pattern': expected a list of 2 flags, one a layer, the file has one of 3");
  expectRefused(with([&](GgufWriter &w) { w.addStrings(key, {"a", "b"}); }), ConfigInvalid, "expected a list of 2 flags");
  expectRefused(with([&](GgufWriter &w) { w.addUint32(key, 5000); }), ConfigInvalid, "expected at most 4096");
  expectRefused(with([&](GgufWriter &w) { w.addString(key, "2"); }), KeyType, key);
  expectRefused(with([](GgufWriter &w) { w.addUint32("llama.attention.key_length_swa", 8); }), ConfigInvalid,
                "key 'llama.attention.key_length_swa': expected the head size of the keys, 16, the file has 8");
}

TEST(LlamaImportHostile, NumbersThatContradictEachOtherAreNamed) {
  expectRefused(tinyOf([](DecoderConfig &c) { c.kvHeads = 3; }), ConfigInvalid,
                "key 'llama.attention.head_count_kv': expected a divisor of the 4 heads, the file has 3");
  expectRefused(tinyOf([](DecoderConfig &c) { c.headSize = c.ropeDim = 15; }), ConfigInvalid,
                "head size 15: expected an even one");
  expectRefused(tinyOf([](DecoderConfig &c) { c.ropeDim = 8; }), ConfigInvalid,
                "key 'llama.rope.dimension_count': expected the head size, 16, the file has 8");
  expectRefused(tinyOf([](DecoderConfig &c) { c.normEpsilon = 0; }), ConfigInvalid,
                "key 'llama.attention.layer_norm_rms_epsilon': expected a positive number");
  expectRefused(tinyOf([](DecoderConfig &c) { c.rope.theta = -1; }), ConfigInvalid,
                "key 'llama.rope.freq_base': expected a positive number");
  expectRefused(tinyOf([](DecoderConfig &c) { c.rope.theta = NAN; }), ConfigInvalid,
                "key 'llama.rope.freq_base': expected a positive number");
  expectRefused(tinyOf([](DecoderConfig &c) {
                  c.rope.scaling = RopeScaling::Linear;
                  c.rope.factor = 0;
                }),
                ConfigInvalid, "key 'llama.rope.scaling.factor': expected a positive number");
}

TEST(LlamaImportHostile, TensorsWithoutAPlaceAreNamed) {
  expectRefused(tinyRenamed("blk.1.attn_q.weight", "blk.1.attn_Q.weight"), TensorSurplus,
                "tensor 'blk.1.attn_Q.weight' has no place in a model of the architecture 'llama'");
  expectRefused(tinyRenamed("blk.1.attn_q.weight", "blk.01.attn.weight\1"), TensorSurplus, "has no place");
  expectRefused(tinyWith([](GgufWriter &w) { w.addTensor("blk.0.post_ffw_norm.weight", 0, {64}, std::string(256, '\0')); }),
                TensorSurplus, "tensor 'blk.0.post_ffw_norm.weight' has no place in a model of the architecture 'llama'");
  expectRefused(tinyWith([](GgufWriter &w) { w.addTensor("blk.0.attn_q.bias", 0, {63}, std::string(252, '\0')); }),
                TensorShape, "tensor 'blk.0.attn_q.bias': expected whole heads of 16 rows from the metadata, the file has [63]");
  expectRefused(tinyWith([](GgufWriter &w) { w.addTensor("output.weight", 0, {2, 144, 64}, std::string(73728, '\0')); }),
                TensorShape, "tensor 'output.weight': expected a vector or a matrix");
  expectRefused(tinyWith([](GgufWriter &w) { w.addTensor("rope_freqs.weight", 0, {8}, std::string(32, '\0')); }),
                ConfigInvalid, "tensor 'rope_freqs.weight': expected positive numbers");
  expectRefused(tinyWith([](GgufWriter &w) { w.addTensor("rope_freqs.weight", 0, {16}, std::string(64, '\1')); }),
                TensorShape, "tensor 'rope_freqs.weight': expected shape [8] from the metadata, the file has [16]");
  expectRefused(
      tinyWith([](GgufWriter &w) { w.addTensor("output.weight", 39, {288, 64}, std::string(288 * 34, '\0')); }),
      TensorTypeUnsupported, "tensor 'output.weight' has type MXFP4: expected one of F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0");
}

TEST(LlamaImportHostile, RandomFlipsInTheHeaderNeverHarm) {
  GgufWriter writer = tinyLlama(tinyLlamaConfig(), 2, ElementFormat::Q4_0);
  const std::string bytes = writer.bytes();
  const size_t header = writer.header().size();
  TestRandom random(4);
  int refused = 0;
  for (int i = 0; i < 10000; ++i) {
    std::string damaged = bytes;
    for (uint64_t flips = 1 + random.next() % 3; flips > 0; --flips)
      damaged[random.next() % header] ^= static_cast<char>(1 << random.next() % 8);
    Result<GgufFile> file = GgufFile::parse(asBytes(damaged));
    if (!file.ok()) {
      ++refused;
      continue;
    }
    Result<Checkpoint> model = importGguf(std::move(*file));
    if (!model.ok()) {
      ++refused;
      continue;
    }
    const CheckpointParameter &parameter = model->parameters[random.next() % model->parameters.size()];
    const CheckpointParameter *parts[] = {&parameter};
    Result<uint64_t> size = packedBytes(parts);
    ASSERT_TRUE(size.ok()) << size.status().text();
    std::vector<std::byte> out(*size);
    ASSERT_TRUE(packParameter(parts, out).ok());
  }
  EXPECT_GT(refused, 5000); // flips in token texts, ids and flags go unnoticed
  EXPECT_LT(refused, 10000);
}

} // namespace
