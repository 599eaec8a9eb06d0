// Complete llama checkpoints with random weights, small enough for tests.
//
//   DecoderConfig config = tinyLlamaConfig();   // change what you like
//   writeTinyLlama(path, config, /*seed=*/1, ElementFormat::Q4_1);
//
// The tokenizer is byte-level: three specials (<|endoftext|> 0, <|im_start|> 1, <|im_end|> 2), the 256 bytes in the
// order of their values (ids 3 .. 258), three merged tokens, and unused tokens up to vocabSize. Equal arguments give
// equal files. Norms are F32; every matrix is in `format`, which needs column counts that are multiples of its block
// (fitBlocks).
#pragma once

#include "models/DecoderConfig.h"
#include "runtime/io/Quantized.h"
#include "test/runtime/GgufWriter.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace longc::test {

inline DecoderConfig tinyLlamaConfig() {
  DecoderConfig config;
  config.vocabSize = 288;
  config.hidden = 64;
  config.layers = 2;
  config.heads = 4;
  config.kvHeads = 2;
  config.headSize = 16;
  config.feedForward = 96;
  config.contextLength = 256;
  config.rope.theta = 10000.0;
  config.ropeDim = 16;
  config.normEpsilon = 1e-5;
  config.tiedHead = true;
  return config;
}

// Widens the model until every row of its matrices is a whole number of blocks.
inline void fitBlocks(DecoderConfig &config, ElementFormat format) {
  const int64_t block = blockElements(format);
  for (int64_t *size : {&config.hidden, &config.feedForward})
    *size = (*size + block - 1) / block * block;
  while (config.heads * config.headSize % block != 0)
    config.headSize *= 2;
  config.ropeDim = config.headSize;
}

// Counter-free small generator: the tests need equal numbers on every machine, not quality.
class TestRandom {
public:
  explicit TestRandom(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
  }
  // About normal, with variance 1: the sum of four uniforms.
  float normal() {
    float sum = 0;
    for (uint64_t bits = next(), i = 0; i < 4; ++i, bits >>= 16)
      sum += static_cast<float>(bits & 0xffff) / 65536.0f - 0.5f;
    return sum * std::sqrt(3.0f);
  }

private:
  uint64_t state_;
};

// How random blocks of a format get about the wanted deviation: where its f16 scale lies, what the deviation is without it,
// and where its f16 minimum lies (-1: it has none), which is `centre` scales. All other bytes are random.
struct RandomBlock {
  ElementFormat format;
  int scaleAt;
  float deviation;
  int minimumAt;
  float centre;
};
inline constexpr RandomBlock randomBlocks[] = {
    {ElementFormat::Q8_0, 0, 73.9f, -1, 0},    {ElementFormat::Q4_0, 0, 4.61f, -1, 0},
    {ElementFormat::Q4_1, 0, 4.61f, 2, -7.5f}, {ElementFormat::Q5_0, 0, 9.23f, -1, 0},
    {ElementFormat::Q5_1, 0, 9.23f, 2, -15.5f}, {ElementFormat::Q2_K, 80, 14.f, 82, 1.5f},
    {ElementFormat::Q3_K, 108, 42.f, -1, 0},   {ElementFormat::Q4_K, 0, 250.f, 2, 7.5f},
    {ElementFormat::Q5_K, 0, 480.f, 2, 15.5f}, {ElementFormat::Q6_K, 208, 1370.f, -1, 0},
    {ElementFormat::IQ4_NL, 0, 69.f, -1, 0},
};

// `elements` weights of about the given standard deviation.
inline std::string randomWeights(ElementFormat format, uint64_t elements, float deviation, TestRandom &random) {
  std::string out;
  for (uint64_t i = 0; i < elements / static_cast<uint64_t>(blockElements(format)); ++i) {
    if (format == ElementFormat::F32)
      GgufWriter::put(out, deviation * random.normal());
    if (format == ElementFormat::F16)
      GgufWriter::put(out, floatToHalf(deviation * random.normal()));
    if (format == ElementFormat::BF16)
      GgufWriter::put(out, floatToBfloat16(deviation * random.normal()));
    for (const RandomBlock &kind : randomBlocks) {
      if (kind.format != format)
        continue;
      std::string block(static_cast<size_t>(blockBytes(format)), '\0');
      for (char &byte : block)
        byte = static_cast<char>(random.next());
      // Near the wanted scale, and different from block to block.
      float scale = deviation / kind.deviation * (0.9f + static_cast<float>(random.next() % 256) / 1024.0f);
      uint16_t half = floatToHalf(scale), minimum = floatToHalf(scale * kind.centre);
      std::memcpy(block.data() + kind.scaleAt, &half, 2);
      if (kind.minimumAt >= 0)
        std::memcpy(block.data() + kind.minimumAt, &minimum, 2);
      out += block;
    }
  }
  return out;
}

inline uint32_t ggufTypeOf(ElementFormat format) {
  uint32_t type = 0;
  for (; type < 64; ++type)
    if (const GgufEncoding *encoding = ggufEncoding(type); encoding && encoding->format == format)
      break;
  return type;
}

// The printable stand-in of a byte in byte-level BPE: itself if printable in Latin-1, else 256 + a running number.
inline std::string byteToken(unsigned byte) {
  auto printable = [](unsigned b) { return (b >= 33 && b <= 126) || (b >= 161 && b != 173); };
  unsigned code = byte;
  if (!printable(byte)) {
    code = 256;
    for (unsigned b = 0; b < byte; ++b)
      code += !printable(b);
  }
  if (code < 0x80)
    return std::string(1, static_cast<char>(code));
  return {static_cast<char>(0xc0 | code >> 6), static_cast<char>(0x80 | (code & 63))};
}

inline void addTinyTokenizer(GgufWriter &writer, int64_t vocabSize) {
  std::vector<std::string> tokens = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
  std::vector<int32_t> types(3, 3); // control
  for (unsigned byte = 0; byte < 256; ++byte)
    tokens.push_back(byteToken(byte));
  const std::string space = byteToken(' ');
  for (std::string merged : {std::string("he"), space + "t", space + "the"})
    tokens.push_back(merged);
  types.resize(tokens.size(), 1); // normal
  for (size_t i = 0; tokens.size() < static_cast<size_t>(vocabSize); ++i)
    tokens.push_back("<|unused_" + std::to_string(i) + "|>");
  types.resize(tokens.size(), 5); // unused
  tokens.resize(static_cast<size_t>(vocabSize));
  types.resize(static_cast<size_t>(vocabSize));

  writer.addString("tokenizer.ggml.model", "gpt2");
  writer.addString("tokenizer.ggml.pre", "smollm");
  writer.addStrings("tokenizer.ggml.tokens", tokens);
  writer.addInt32s("tokenizer.ggml.token_type", types);
  writer.addStrings("tokenizer.ggml.merges", {"h e", space + " t", space + "t he"});
  writer.addUint32("tokenizer.ggml.bos_token_id", 1);
  writer.addUint32("tokenizer.ggml.eos_token_id", 2);
  writer.addUint32("tokenizer.ggml.unknown_token_id", 0);
  writer.addUint32("tokenizer.ggml.padding_token_id", 2);
  writer.addBool("tokenizer.ggml.add_bos_token", false);
  writer.addString("tokenizer.chat_template",
                   "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + "
                   "'<|im_end|>' + '\\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
                   "{% endif %}");
}

inline void addLlamaKeys(GgufWriter &writer, const DecoderConfig &config) {
  auto number = [](int64_t value) { return static_cast<uint32_t>(value); };
  writer.addString("general.architecture", "llama");
  writer.addString("general.name", "tiny");
  writer.addUint32("general.quantization_version", 2);
  writer.addUint32("llama.block_count", number(config.layers));
  writer.addUint32("llama.context_length", number(config.contextLength));
  writer.addUint32("llama.embedding_length", number(config.hidden));
  writer.addUint32("llama.feed_forward_length", number(config.feedForward));
  writer.addUint32("llama.attention.head_count", number(config.heads));
  writer.addUint32("llama.attention.head_count_kv", number(config.kvHeads));
  writer.addUint32("llama.attention.key_length", number(config.headSize));
  writer.addUint32("llama.attention.value_length", number(config.headSize));
  writer.addFloat("llama.attention.layer_norm_rms_epsilon", static_cast<float>(config.normEpsilon));
  writer.addFloat("llama.rope.freq_base", static_cast<float>(config.rope.theta));
  writer.addUint32("llama.rope.dimension_count", number(config.ropeDim));
  writer.addUint32("llama.vocab_size", number(config.vocabSize));
  if (config.rope.scaling == RopeScaling::Linear) {
    writer.addString("llama.rope.scaling.type", "linear");
    writer.addFloat("llama.rope.scaling.factor", static_cast<float>(config.rope.factor));
  }
}

inline GgufWriter tinyLlama(const DecoderConfig &config, uint64_t seed, ElementFormat format) {
  GgufWriter writer;
  addLlamaKeys(writer, config);
  addTinyTokenizer(writer, config.vocabSize);
  TestRandom random(seed);
  auto matrix = [&](const std::string &name, int64_t rows, int64_t columns) {
    float deviation = name == "token_embd.weight" ? 0.5f : 1.0f / std::sqrt(static_cast<float>(columns));
    writer.addTensor(name, ggufTypeOf(format), {static_cast<uint64_t>(rows), static_cast<uint64_t>(columns)},
                     randomWeights(format, static_cast<uint64_t>(rows * columns), deviation, random));
  };
  auto norm = [&](const std::string &name) {
    std::string data;
    for (int64_t i = 0; i < config.hidden; ++i)
      GgufWriter::put(data, 1.0f + 0.1f * random.normal());
    writer.addTensor(name, 0, {static_cast<uint64_t>(config.hidden)}, data);
  };
  const int64_t queries = config.heads * config.headSize, keys = config.kvHeads * config.headSize;
  matrix("token_embd.weight", config.vocabSize, config.hidden);
  for (int64_t layer = 0; layer < config.layers; ++layer) {
    const std::string block = "blk." + std::to_string(layer) + ".";
    norm(block + "attn_norm.weight");
    matrix(block + "attn_q.weight", queries, config.hidden);
    matrix(block + "attn_k.weight", keys, config.hidden);
    matrix(block + "attn_v.weight", keys, config.hidden);
    matrix(block + "attn_output.weight", config.hidden, queries);
    norm(block + "ffn_norm.weight");
    matrix(block + "ffn_gate.weight", config.feedForward, config.hidden);
    matrix(block + "ffn_up.weight", config.feedForward, config.hidden);
    matrix(block + "ffn_down.weight", config.hidden, config.feedForward);
  }
  norm("output_norm.weight");
  if (!config.tiedHead)
    matrix("output.weight", config.vocabSize, config.hidden);
  return writer;
}

inline bool writeTinyLlama(const std::string &path, const DecoderConfig &config, uint64_t seed, ElementFormat format) {
  return tinyLlama(config, seed, format).writeFile(path);
}

} // namespace longc::test
