// frontends/hf/ImportHf.cpp and frontends/PackParameter.cpp: which tensors are parameters, which is the head, what their
// rows hold; folders that must be refused.
#include "frontends/hf/ImportHf.h"

#include "runtime/io/ModelFileError.h"
#include "runtime/io/Panels.h"
#include "runtime/io/SafetensorsWriter.h"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace longc;

namespace {

using Type = SafetensorsType;

class HfFolder : public testing::Test {
protected:
  void SetUp() override {
    path_ = std::filesystem::temp_directory_path() / ("hf" + std::to_string(::getpid()));
    std::filesystem::create_directories(path_);
    writeConfig("llama", R"("tie_word_embeddings": false)");
    write("tokenizer.json", R"({"added_tokens": [{"id": 0, "content": "<end>", "special": true}, {"id": 3, "content": "x y"}],
      "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
      "model": {"type": "BPE", "vocab": {"a": 1, "b": 2}, "merges": [["a", "b"], "b a"]}})");
  }
  void TearDown() override { std::filesystem::remove_all(path_); }

  void write(const std::string &name, const std::string &text) { std::ofstream(path_ / name, std::ios::binary) << text; }

  void writeConfig(const std::string &type, const std::string &more) {
    write("config.json", "{\"model_type\": \"" + type + R"(", "vocab_size": 5, "hidden_size": 4, "intermediate_size": 6,
      "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "max_position_embeddings": 64,
      "eos_token_id": 0, )" + more + "}");
  }

  // Bytes of elements that count up from `first`.
  static SafetensorsOutput tensor(const std::string &name, Type type, std::vector<int64_t> shape, float first) {
    return {name, type, shape, [=](const SafetensorsOutput::Append &append) {
              int64_t count = 1;
              for (int64_t size : shape)
                count *= size;
              for (int64_t i = 0; i < count; ++i) {
                float value = first + static_cast<float>(i);
                double wide = value;
                std::byte bytes[8] = {};
                if (type == Type::F32)
                  std::memcpy(bytes, &value, 4);
                else if (type == Type::F64)
                  std::memcpy(bytes, &wide, 8);
                else if (uint16_t half = type == Type::BF16 ? floatToBfloat16(value) : floatToHalf(value))
                  std::memcpy(bytes, &half, 2);
                LONGC_TRY(append(std::span(bytes, safetensorsTypeBits(type) / 8)));
              }
              return Status();
            }};
  }

  void writeTensors(std::vector<SafetensorsOutput> tensors) {
    ASSERT_TRUE(writeSafetensors(path_ / "model.safetensors", std::move(tensors)).ok());
  }

  Checkpoint right() {
    Result<Checkpoint> found = importHf(path_);
    EXPECT_TRUE(found.ok()) << found.status().text();
    return found.ok() ? std::move(*found) : Checkpoint();
  }

  void refused(int code, const std::string &words) {
    Result<Checkpoint> found = importHf(path_);
    ASSERT_FALSE(found.ok()) << words;
    EXPECT_EQ(found.status().code(), code) << found.status().text();
    EXPECT_NE(found.status().message().find(words), std::string::npos) << found.status().text();
  }

  static const CheckpointParameter *find(const Checkpoint &checkpoint, const std::string &name) {
    for (const CheckpointParameter &parameter : checkpoint.parameters)
      if (parameter.name == name)
        return &parameter;
    return nullptr;
  }

  // The numbers of a row of a parameter.
  static std::vector<float> row(const Checkpoint &checkpoint, const std::string &name, int64_t index) {
    const CheckpointParameter *parameter = find(checkpoint, name);
    if (!parameter)
      return {};
    std::vector<std::byte> bytes(*rowBytes(parameter->format, parameter->shape.back()));
    EXPECT_TRUE(parameter->readRow(index, bytes).ok());
    std::vector<float> values(static_cast<size_t>(parameter->shape.back()));
    EXPECT_TRUE(dequantizeRow(parameter->format, bytes, values).ok());
    return values;
  }

  std::filesystem::path path_;
};

using Row = std::vector<float>;

TEST_F(HfFolder, TypesOfWeights) {
  writeTensors({tensor("a", Type::BF16, {2, 3}, 1), tensor("b", Type::F16, {2, 3}, 1), tensor("c", Type::F32, {2, 3}, 1),
                tensor("d", Type::F64, {2, 3}, 1), tensor("e", Type::BF16, {3}, 1),
                {"f", Type::F8_E4M3, {1, 2}, [](const SafetensorsOutput::Append &append) {
                   std::byte bytes[] = {std::byte{0x38}, std::byte{0x41}}; // 1 and 2.25
                   return append(bytes);
                 }}});
  Checkpoint found = right();
  for (std::string name : {"a", "b", "c", "d"}) {
    EXPECT_EQ(find(found, name)->format, name == "a" ? ElementFormat::BF16 : ElementFormat::F32);
    EXPECT_EQ(row(found, name, 1), (Row{4, 5, 6})) << name;
  }
  EXPECT_EQ(find(found, "e")->format, ElementFormat::F32);
  EXPECT_EQ(row(found, "e", 0), (Row{1, 2, 3}));
  EXPECT_EQ(find(found, "f")->format, ElementFormat::BF16);
  EXPECT_EQ(row(found, "f", 0), (Row{1, 2.25}));
}

TEST_F(HfFolder, WhatNoModelHasStaysOutAndWhatIsNoWeightIsRefused) {
  writeTensors({tensor("model.layers.0.self_attn.rotary_emb.inv_freq", Type::F32, {2}, 1), tensor("c", Type::F32, {1}, 1)});
  EXPECT_EQ(right().parameters.size(), 1u);
  writeTensors({{"ids", Type::I64, {1}, [](const SafetensorsOutput::Append &append) { return append(std::vector<std::byte>(8)); }}});
  refused(TensorTypeUnsupported, "tensor 'ids' has type I64");
}

const std::string head = "lm_head.weight", table = "model.embed_tokens.weight";

TEST_F(HfFolder, TheTensorsDecideWhatTheHeadIs) {
  struct Case {
    bool flag;
    float head, table; // first number, 0: no such tensor
    bool tied, hasHead, hasTable;
    size_t notes;
  };
  for (const Case &each : {Case{false, 1, 2, false, true, true, 0}, // as it is said
                           Case{true, 1, 2, false, true, true, 1},  // said to be tied, but it differs
                           Case{false, 1, 1, true, false, true, 0}, // equal: stored once
                           Case{true, 0, 2, true, false, true, 0}, Case{true, 1, 0, true, false, true, 0},
                           Case{false, 0, 2, false, false, true, 0}}) { // the head is missing, which building the model tells
    writeConfig("llama", std::string("\"tie_word_embeddings\": ") + (each.flag ? "true" : "false"));
    std::vector<SafetensorsOutput> tensors;
    if (each.head)
      tensors.push_back(tensor(head, Type::F32, {2, 2}, each.head));
    if (each.table)
      tensors.push_back(tensor(table, Type::F32, {2, 2}, each.table));
    writeTensors(std::move(tensors));
    Checkpoint found = right();
    EXPECT_EQ(found.config.tiedHead, each.tied);
    EXPECT_EQ(find(found, head) != nullptr, each.hasHead);
    EXPECT_EQ(find(found, table) != nullptr, each.hasTable);
    EXPECT_EQ(found.notes.size(), each.notes);
  }
}

TEST_F(HfFolder, NormsOfGemmaAreStoredLessOne) {
  writeConfig("gemma3_text", R"("head_dim": 4)");
  writeTensors({tensor("model.norm.weight", Type::BF16, {4}, 1), tensor("model.layers.0.self_attn.q_norm.weight", Type::F32, {2}, 1),
                tensor("model.layers.0.bias", Type::F32, {2}, 1)});
  Checkpoint found = right();
  EXPECT_EQ(row(found, "model.norm.weight", 0), (Row{2, 3, 4, 5}));
  EXPECT_EQ(row(found, "model.layers.0.self_attn.q_norm.weight", 0), (Row{2, 3}));
  EXPECT_EQ(row(found, "model.layers.0.bias", 0), (Row{1, 2}));
}

TEST_F(HfFolder, PartsAreJoinedBeforeTheyAreLaidOut) {
  writeTensors({tensor("q", Type::F32, {19, 3}, 0), tensor("k", Type::F32, {5, 3}, 57), tensor("both", Type::F32, {24, 3}, 0),
                tensor("u", Type::F32, {3}, 1), tensor("v", Type::F32, {2}, 4), tensor("wide", Type::F32, {5, 4}, 0)});
  Checkpoint found = right();
  auto packed = [&](std::vector<std::string> names) {
    std::vector<const CheckpointParameter *> parts;
    for (const std::string &name : names)
      parts.push_back(find(found, name));
    Result<uint64_t> size = packedBytes(parts);
    EXPECT_TRUE(size.ok()) << size.status().text();
    std::vector<std::byte> bytes(size.ok() ? *size : 0);
    EXPECT_TRUE(packParameter(parts, bytes).ok());
    return bytes;
  };
  EXPECT_TRUE(packed({"q", "k"}) == packed({"both"}));
  std::vector<float> vector(5);
  std::memcpy(vector.data(), packed({"u", "v"}).data(), 20);
  EXPECT_EQ(vector, (Row{1, 2, 3, 4, 5}));
  std::vector<float> decoded(3);
  ASSERT_TRUE(decodePanelRow(ElementFormat::F32, 24, 3, packed({"q", "k"}), 20, decoded.data()).ok());
  EXPECT_EQ(decoded, (Row{60, 61, 62}));
  const CheckpointParameter *unlike[] = {find(found, "q"), find(found, "wide")};
  EXPECT_FALSE(packedBytes(unlike).ok());
}

TEST_F(HfFolder, TokensAndEnds) {
  writeTensors({});
  write("generation_config.json", R"({"eos_token_id": [2, 4], "do_sample": true, "temperature": 0.5, "top_k": 7})");
  write("tokenizer_config.json", R"({"eos_token": {"content": "<end>"}, "chat_template": "old"})");
  Checkpoint found = right();
  EXPECT_EQ(found.tokenizer.tokens, (std::vector<std::string>{"<end>", "a", "b", "x y", "[PAD4]"}));
  using Kind = TokenType;
  EXPECT_EQ(found.tokenizer.types, (std::vector<Kind>{Kind::Control, Kind::Normal, Kind::Normal, Kind::UserDefined, Kind::Unused}));
  EXPECT_EQ(found.tokenizer.merges, (std::vector<std::string>{"a b", "b a"}));
  EXPECT_EQ(found.tokenizer.eosId, 0);
  EXPECT_EQ(found.tokenizer.stopIds, (std::vector<int32_t>{0, 2, 4}));
  EXPECT_EQ(found.tokenizer.chatTemplate, "old");
  EXPECT_TRUE(found.generation.sample);
  EXPECT_EQ(found.generation.temperature, 0.5);
  EXPECT_EQ(found.generation.topK, 7);
  EXPECT_EQ(found.generation.topP, 1);
  EXPECT_TRUE(found.generation.ignored.empty());
  write("chat_template.jinja", "new"); // the newer place wins
  EXPECT_EQ(right().tokenizer.chatTemplate, "new");
}

// What transformers adds out of tokenizer_config.json to what tokenizer.json has.
TEST_F(HfFolder, TokensThatTheConfigurationAdds) {
  writeTensors({});
  write("tokenizer_config.json", R"({"bos_token": "a", "add_bos_token": true, "added_tokens_decoder": {
    "0": {"content": "<end>", "special": true}, "4": {"content": "<new>", "lstrip": true}, "9": {"content": "b", "special": true}}})");
  Checkpoint found = right();
  using Kind = TokenType;
  EXPECT_EQ(found.tokenizer.tokens, (std::vector<std::string>{"<end>", "a", "b", "x y", "<new>"}));
  EXPECT_EQ(found.tokenizer.types, (std::vector<Kind>{Kind::Control, Kind::Control, Kind::Control, Kind::UserDefined, Kind::UserDefined}));
  EXPECT_TRUE(found.tokenizer.added.back().stripLeft || found.tokenizer.added.front().stripLeft);
  EXPECT_FALSE(found.tokenizer.addBos); // tokenizer.json says what texts begin with
  write("tokenizer_config.json", R"({"added_tokens_decoder": {"four": {"content": "<new>"}}})");
  refused(TokenizerInvalid, "'added_tokens_decoder': expected ids and their tokens, found 'four'");
}

TEST_F(HfFolder, HowTokensAreDrawn) {
  writeTensors({});
  // As transformers has it where the file says no more.
  write("generation_config.json", R"({"do_sample": true, "min_p": 0.25, "repetition_penalty": 1.0, "num_beams": 1, "suppress_tokens": null})");
  GenerationDefaults found = right().generation;
  EXPECT_EQ(found.temperature, 1);
  EXPECT_EQ(found.topK, 50);
  EXPECT_EQ(found.topP, 1);
  EXPECT_EQ(found.minP, 0.25);
  EXPECT_FALSE(found.repetitionPenalty);
  EXPECT_TRUE(found.ignored.empty());
  // What is of draws has no effect, and no wrong value, where nothing is drawn.
  write("generation_config.json", R"({"temperature": 0.0, "top_p": 7, "typical_p": 0.5, "repetition_penalty": 1.05, "no_repeat_ngram_size": 3})");
  found = right().generation;
  EXPECT_FALSE(found.sample);
  EXPECT_FALSE(found.temperature);
  EXPECT_EQ(found.repetitionPenalty, 1.05); // of the best token too
  EXPECT_EQ(found.ignored, (std::vector<std::string>{"no_repeat_ngram_size"}));
  for (auto [config, message] : {std::pair(R"({"do_sample": true, "temperature": 0.0})", "'temperature': expected a positive number"),
                                 std::pair(R"({"do_sample": true, "temperature": 1e9})", "'temperature': expected a number above 0 and at most 100"),
                                 std::pair(R"({"do_sample": true, "top_p": 0})", "'top_p': expected a number above 0 and at most 1"),
                                 std::pair(R"({"do_sample": true, "min_p": "much"})", "'min_p': expected a number from 0 to 1"),
                                 std::pair(R"({"do_sample": true, "top_k": -1})", "'top_k': expected a whole number"),
                                 std::pair(R"({"repetition_penalty": -1})", "'repetition_penalty': expected a positive number"),
                                 std::pair(R"({"do_sample": "yes"})", "'do_sample': expected true or false")}) {
    write("generation_config.json", config);
    refused(ConfigInvalid, std::string("generation_config.json: key ") + message);
  }
}

TEST_F(HfFolder, FoldersThatAreRefused) {
  refused(FileUnreadable, "cannot open");
  write("pytorch_model.bin", "PK");
  refused(TensorTypeUnsupported, "pytorch_model.bin' is a pickle, which runs code when it is read");
  writeTensors({});
  write("generation_config.json", R"({"eos_token_id": 5})");
  refused(ConfigInvalid, "generation_config.json: key 'eos_token_id': expected ids below 5");
  write("generation_config.json", "{");
  refused(2130, "generation_config.json: column 1: expected JSON");
  std::filesystem::remove(path_ / "generation_config.json");
  write("tokenizer.json", R"({"model": {"type": "WordLevel", "vocab": {}}})");
  refused(TokenizerInvalid, "tokenizer.json: tokenizer 'WordLevel' is not supported: expected 'BPE', 'WordPiece' or 'Unigram'");
  write("tokenizer.json", R"({"model": {"type": "Unigram", "vocab": [["a", 0.0]]}})");
  refused(TokenizerInvalid, "tokenizer.json: 'model.unk_id': expected the id of a token");
  write("tokenizer.json", R"({"model": {"type": "Unigram", "vocab": [["a", 0.0], "b"], "unk_id": 0}})");
  refused(TokenizerInvalid, "'model.vocab': expected pairs of a text and a score, found");
  write("tokenizer.json", R"({"model": {"type": "WordPiece", "vocab": {"a": 0}}})");
  refused(TokenizerInvalid, "'model.unk_token' is missing: WordPiece needs one");
  write("tokenizer.json", R"({"model": {"type": "WordPiece", "vocab": {"a": 0}, "unk_token": "a"}, "pre_tokenizer": {"type": "Whitespace"}})");
  refused(TokenizerInvalid, "pre-tokenizer 'Whitespace' is not supported");
  write("tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"a": 1}, "merges": []}, "decoder": {"type": "CTC"}})");
  refused(TokenizerInvalid, "tokenizer.json: decoder 'CTC' is not supported");
  write("tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"a": 1}, "merges": []}, "post_processor": {"single": [{"SpecialToken": {"id": "b"}}]}})");
  refused(TokenizerInvalid, "tokenizer.json: 'post_processor' puts 'b'");
  write("tokenizer.json", R"({"model": {"type": "BPE", "vocab": {"a": 5}, "merges": []}})");
  refused(TokenizerInvalid, "token 'a': expected an id below 5");
  std::filesystem::remove(path_ / "tokenizer.json");
  refused(TokenizerInvalid, "tokenizer.json' is missing");
  write("config.json", R"({"model_type": "bloom"})");
  refused(ArchitectureUnsupported, "config.json: key 'model_type': 'bloom' is not supported");
  std::filesystem::remove(path_ / "config.json");
  refused(FileUnreadable, "has no config.json");
}

} // namespace
