// frontends/gguf on tiny checkpoints: configuration, names, shapes, row order, bytes; and on the real SmolLM2 file if
// LONGC_SMOLLM2_GGUF names it, against goldens of the `gguf` package (test/golden/make_quant_goldens.py).
#include "frontends/gguf/ImportGguf.h"

#include "runtime/io/Panels.h"
#include "test/runtime/TinyLlama.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>

using namespace longc;
using namespace longc::test;

namespace {

Result<Checkpoint> importBytes(const std::string &bytes) {
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  if (!file.ok())
    return file.status();
  return importGguf(std::move(*file));
}

const CheckpointParameter *find(const Checkpoint &model, const std::string &name) {
  for (const CheckpointParameter &parameter : model.parameters)
    if (parameter.name == name)
      return &parameter;
  return nullptr;
}

// What packParameter wrote, decoded row after row.
std::vector<float> decoded(const CheckpointParameter &parameter) {
  const CheckpointParameter *parts[] = {&parameter};
  Result<uint64_t> size = packedBytes(parts);
  EXPECT_TRUE(size.ok()) << size.status().text();
  std::vector<std::byte> bytes(*size);
  Status status = packParameter(parts, bytes);
  EXPECT_TRUE(status.ok()) << status.text();
  const int64_t rows = parameter.shape[0], columns = parameter.shape.size() == 2 ? parameter.shape[1] : 1;
  std::vector<float> values(static_cast<size_t>(rows * columns));
  if (parameter.shape.size() == 1) {
    EXPECT_EQ(bytes.size(), values.size() * 4);
    std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  for (int64_t row = 0; row < rows; ++row)
    EXPECT_TRUE(decodePanelRow(parameter.format, rows, columns, bytes, row, values.data() + row * columns).ok());
  return values;
}

TEST(LlamaImport, EveryFormatAndShapeOfModelComesBack) {
  struct Case {
    int64_t heads, kvHeads, headSize;
    bool tied;
  };
  // Grouped queries, one head, a head size that is not hidden / heads, an odd half.
  for (Case shape : {Case{4, 2, 16, true}, Case{4, 4, 16, false}, Case{1, 1, 64, true}, Case{2, 1, 96, false},
                     Case{32, 8, 2, true}, Case{3, 1, 32, true}})
    for (const FormatInfo &info : formatInfos) {
      const ElementFormat format = info.format;
      if (ggufTypeOf(format) == 64)
        continue; // only programs have it
      DecoderConfig config = tinyLlamaConfig();
      config.heads = shape.heads;
      config.kvHeads = shape.kvHeads;
      config.headSize = config.ropeDim = shape.headSize;
      config.tiedHead = shape.tied;
      fitBlocks(config, format);
      std::string bytes = tinyLlama(config, 5, format).bytes();
      Result<Checkpoint> model = importBytes(bytes);
      Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
      ASSERT_TRUE(model.ok()) << model.status().text();
      EXPECT_EQ(model->config.heads, config.heads);
      EXPECT_EQ(model->config.kvHeads, config.kvHeads);
      EXPECT_EQ(model->config.headSize, config.headSize);
      EXPECT_EQ(model->config.ropeDim, config.headSize);
      EXPECT_EQ(model->config.tiedHead, config.tiedHead);
      EXPECT_EQ(model->config.vocabSize, 288);
      EXPECT_EQ(model->config.contextLength, 256);
      EXPECT_EQ(model->config.feedForward, config.feedForward);
      EXPECT_EQ(model->config.normEpsilon, static_cast<double>(1e-5f));
      EXPECT_EQ(model->config.rope.scaling, RopeScaling::None);
      EXPECT_EQ(model->parameters.size(), 2u * 9 + 2 + !config.tiedHead);
      EXPECT_EQ(find(*model, "lm_head.weight") == nullptr, config.tiedHead);
      EXPECT_EQ(model->title, "tiny");

      const CheckpointParameter *q = find(*model, "model.layers.1.self_attn.q_proj.weight");
      ASSERT_NE(q, nullptr);
      EXPECT_EQ(q->sourceName, "blk.1.attn_q.weight");
      // What programs do not hold is widened, which loses nothing (the values are compared below).
      EXPECT_EQ(q->format, heldFormat(format));
      EXPECT_EQ(model->notes.empty(), !isQuantized(format) || heldFormat(format) == format);
      EXPECT_EQ(q->shape, (std::vector<int64_t>{config.heads * config.headSize, config.hidden}));
      for (const CheckpointParameter &parameter : model->parameters) {
        const GgufTensor *source = file->findTensor(parameter.sourceName);
        std::vector<float> expected(static_cast<size_t>(source->elements()));
        ASSERT_TRUE(dequantizeRow(*source->encoding->format, source->data, expected).ok());
        bool rotary =
            parameter.name.find("q_proj") != std::string::npos || parameter.name.find("k_proj") != std::string::npos;
        if (rotary) { // pairs side by side become two halves of each head
          std::vector<float> halves(expected.size());
          const int64_t columns = parameter.shape[1], size = config.headSize;
          for (int64_t head = 0; head < parameter.shape[0] / size; ++head)
            for (int64_t pair = 0; pair < size / 2; ++pair)
              for (int64_t s = 0; s < 2; ++s)
                std::copy_n(expected.data() + (head * size + 2 * pair + s) * columns, columns,
                            halves.data() + (head * size + s * size / 2 + pair) * columns);
          expected = halves;
        }
        EXPECT_EQ(decoded(parameter), expected) << parameter.name;
      }
    }
}

TEST(LlamaImport, TokenizerIsCopiedOut) {
  std::string bytes = tinyLlama(tinyLlamaConfig(), 5, ElementFormat::F32).bytes();
  Result<Checkpoint> model = importBytes(bytes);
  ASSERT_TRUE(model.ok()) << model.status().text();
  const TokenizerSource &tokenizer = model->tokenizer;
  EXPECT_EQ(tokenizer.pre, "smollm");
  ASSERT_EQ(tokenizer.tokens.size(), 288u);
  EXPECT_EQ(tokenizer.tokens[1], "<|im_start|>");
  EXPECT_EQ(tokenizer.tokens[3 + 'A'], "A");
  EXPECT_EQ(tokenizer.tokens[3 + ' '], "\u0120");
  EXPECT_EQ(tokenizer.types[1], TokenType::Control);
  EXPECT_EQ(tokenizer.types[3], TokenType::Normal);
  EXPECT_EQ(tokenizer.types[287], TokenType::Unused);
  EXPECT_EQ(tokenizer.merges[0], "h e");
  EXPECT_EQ(tokenizer.bosId, 1);
  EXPECT_EQ(tokenizer.eosId, 2);
  EXPECT_EQ(tokenizer.stopIds, (std::vector<int32_t>{0, 2})); // <|endoftext|> by its text, <|im_end|> by both
  EXPECT_FALSE(tokenizer.addBos);
  EXPECT_FALSE(tokenizer.addEos);
  EXPECT_EQ(tokenizer.notes, std::vector<std::string>());
  EXPECT_EQ(tokenizer.chatTemplate.substr(0, 6), "{% for");
}

TEST(LlamaImport, JoinedParametersAreTheRowsOfTheParts) {
  DecoderConfig config = tinyLlamaConfig();
  config.heads = 16;
  config.headSize = config.ropeDim = 6; // k and v have 12 rows: a part that ends within a panel
  std::string bytes = tinyLlama(config, 5, ElementFormat::Q4_1).bytes();
  Result<Checkpoint> model = importBytes(bytes);
  ASSERT_TRUE(model.ok()) << model.status().text();
  std::vector<const CheckpointParameter *> parts;
  std::vector<float> expected;
  for (const char *part : {"q", "k", "v"}) {
    parts.push_back(find(*model, std::string("model.layers.0.self_attn.") + part + "_proj.weight"));
    ASSERT_NE(parts.back(), nullptr);
    std::vector<float> values = decoded(*parts.back());
    expected.insert(expected.end(), values.begin(), values.end());
  }
  std::vector<std::byte> joined(*packedBytes(parts));
  ASSERT_TRUE(packParameter(parts, joined).ok());
  std::vector<float> values(120 * 64);
  for (int64_t row = 0; row < 120; ++row)
    ASSERT_TRUE(decodePanelRow(ElementFormat::Q4_1, 120, 64, joined, row, values.data() + row * 64).ok());
  EXPECT_EQ(values, expected);

  parts.push_back(find(*model, "model.layers.0.mlp.down_proj.weight"));
  EXPECT_EQ(packedBytes(parts).status().message(),
            "parameters 'model.layers.0.self_attn.q_proj.weight' and 'model.layers.0.mlp.down_proj.weight' cannot be "
            "joined: expected one format and number of columns, got Q4_1 [96, 64] and Q4_1 [64, 96]");
  parts.back() = find(*model, "model.norm.weight");
  EXPECT_EQ(packedBytes(parts).status().message(),
            "parameters 'model.layers.0.self_attn.q_proj.weight' and 'model.norm.weight' cannot be joined: expected one "
            "format and number of columns, got Q4_1 [96, 64] and F32 [64]");
}

TEST(LlamaImport, LinearRopeScalingIsRead) {
  DecoderConfig config = tinyLlamaConfig();
  config.rope.scaling = RopeScaling::Linear;
  config.rope.factor = 4.0;
  std::string bytes = tinyLlama(config, 5, ElementFormat::F32).bytes();
  Result<Checkpoint> model = importBytes(bytes);
  ASSERT_TRUE(model.ok()) << model.status().text();
  EXPECT_EQ(model->config.rope.scaling, RopeScaling::Linear);
  EXPECT_EQ(model->config.rope.factor, 4.0);
}

TEST(LlamaImport, FactorsOfWaveLengthsAreRead) {
  std::vector<float> factors = {1, 1, 1, 1.5f, 3, 8, 8, 8};
  GgufWriter writer = tinyLlama(tinyLlamaConfig(), 5, ElementFormat::F32);
  writer.addTensor("rope_freqs.weight", 0, {8}, std::string(reinterpret_cast<const char *>(factors.data()), 32));
  std::string bytes = writer.bytes();
  Result<Checkpoint> model = importBytes(bytes);
  ASSERT_TRUE(model.ok()) << model.status().text();
  EXPECT_EQ(ropeFactors(model->config.rope, 16), std::vector<double>(factors.begin(), factors.end()));
  EXPECT_EQ(model->parameters.size(), 2u * 9 + 2);
}

TEST(LlamaImport, WindowsAreReadAsTheFormatMeansThem) {
  auto sliding = [](const std::function<void(GgufWriter &)> &add) {
    GgufWriter writer = tinyLlama(tinyLlamaConfig(), 5, ElementFormat::F32);
    add(writer);
    std::string bytes = writer.bytes();
    Result<Checkpoint> model = importBytes(bytes);
    EXPECT_TRUE(model.ok()) << model.status().text();
    return std::pair(model->config.slidingWindow, model->config.sliding);
  };
  using Layers = std::vector<bool>;
  const char *window = "llama.attention.sliding_window", *pattern = "llama.attention.sliding_window_pattern";
  EXPECT_EQ(sliding([](GgufWriter &) {}), std::pair(int64_t(0), Layers()));
  EXPECT_EQ(sliding([&](GgufWriter &w) { w.addUint32(window, 0); }), std::pair(int64_t(0), Layers()));
  EXPECT_EQ(sliding([&](GgufWriter &w) { w.addUint32(window, 9); }), std::pair(int64_t(9), (Layers{true, true})));
  EXPECT_EQ(sliding([&](GgufWriter &w) { w.addUint32(window, 9), w.addUint32(pattern, 2); }),
            std::pair(int64_t(9), (Layers{true, false})));
  EXPECT_EQ(sliding([&](GgufWriter &w) { w.addUint32(window, 9), w.addInt32s(pattern, {0, 1}); }),
            std::pair(int64_t(9), (Layers{false, true})));
  EXPECT_EQ(sliding([&](GgufWriter &w) { w.addUint32(window, 9), w.addUint32(pattern, 1); }), std::pair(int64_t(0), Layers()));
}

TEST(LlamaImport, BiasesHaveTheOrderOfTheirRows) {
  GgufWriter writer = tinyLlama(tinyLlamaConfig(), 5, ElementFormat::F32);
  std::vector<float> bias(64);
  for (size_t i = 0; i < bias.size(); ++i)
    bias[i] = static_cast<float>(i);
  writer.addTensor("blk.0.attn_q.bias", 0, {64}, std::string(reinterpret_cast<const char *>(bias.data()), 256));
  writer.addTensor("blk.0.attn_v.bias", 0, {64}, std::string(reinterpret_cast<const char *>(bias.data()), 256));
  std::string bytes = writer.bytes();
  Result<Checkpoint> model = importBytes(bytes);
  ASSERT_TRUE(model.ok()) << model.status().text();
  EXPECT_TRUE(model->config.queryBias);
  EXPECT_FALSE(model->config.outputBias);
  std::vector<float> q = decoded(*find(*model, "model.layers.0.self_attn.q_proj.bias"));
  EXPECT_EQ(std::vector<float>(q.begin() + 16, q.begin() + 32),
            (std::vector<float>{16, 18, 20, 22, 24, 26, 28, 30, 17, 19, 21, 23, 25, 27, 29, 31}));
  EXPECT_EQ(decoded(*find(*model, "model.layers.0.self_attn.v_proj.bias")), bias);
}

uint32_t crc32Of(const std::vector<float> &values) {
  static const auto table = [] {
    std::vector<uint32_t> entries(256);
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit)
        value = value >> 1 ^ (value & 1 ? 0xedb88320u : 0);
      entries[i] = value;
    }
    return entries;
  }();
  uint32_t crc = ~0u;
  for (std::byte byte : std::as_bytes(std::span(values)))
    crc = crc >> 8 ^ table[(crc ^ std::to_integer<uint32_t>(byte)) & 255];
  return ~crc;
}

TEST(LlamaImport, SmolLm2IsEqualToThePackageBitForBit) {
  const char *path = std::getenv("LONGC_SMOLLM2_GGUF");
  if (!path)
    GTEST_SKIP() << "LONGC_SMOLLM2_GGUF names no file";
  Result<Checkpoint> model = importGguf(std::string(path));
  ASSERT_TRUE(model.ok()) << model.status().text();
  EXPECT_EQ(model->config.layers, 30);
  EXPECT_EQ(model->config.hidden, 576);
  EXPECT_EQ(model->config.heads, 9);
  EXPECT_EQ(model->config.kvHeads, 3);
  EXPECT_EQ(model->config.headSize, 64);
  EXPECT_EQ(model->config.feedForward, 1536);
  EXPECT_EQ(model->config.vocabSize, 49152);
  EXPECT_EQ(model->config.contextLength, 8192);
  EXPECT_EQ(model->config.rope.theta, 100000.0);
  EXPECT_TRUE(model->config.tiedHead);
  EXPECT_EQ(model->tokenizer.merges.size(), 48900u);
  EXPECT_EQ(model->tokenizer.pre, "smollm");
  ASSERT_EQ(model->parameters.size(), 272u);

  std::ifstream golden(LONGC_SOURCE_DIR "/test/golden/quant_smollm2.txt");
  int compared = 0;
  for (std::string line; std::getline(golden, line);) {
    if (line.starts_with("#"))
      continue;
    std::istringstream in(line);
    std::string name, format, shape, crc;
    in >> name >> format >> shape >> crc;
    const CheckpointParameter *parameter = find(*model, name);
    ASSERT_NE(parameter, nullptr) << name;
    EXPECT_EQ(formatName(parameter->format), format) << name;
    std::string ours = std::to_string(parameter->shape[0]);
    if (parameter->shape.size() == 2)
      ours += "x" + std::to_string(parameter->shape[1]);
    EXPECT_EQ(ours, shape) << name;
    EXPECT_EQ(crc32Of(decoded(*parameter)), std::stoul(crc, nullptr, 16)) << name;
    ++compared;
  }
  EXPECT_EQ(compared, 272);
}

} // namespace
