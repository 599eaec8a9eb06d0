// What a file says of its tokenizer: which keys are harmless, which tokens end a reply, what is missing.
#include "frontends/gguf/ReadTokenizer.h"

#include "runtime/io/ModelFileError.h"
#include "test/runtime/GgufWriter.h"

#include <gtest/gtest.h>

#include <functional>

using namespace longc;
using namespace longc::test;

namespace {

constexpr int32_t normal = 1, control = 3, userDefined = 4;

// A vocabulary and the keys that every file has; `add` writes the others.
Result<TokenizerSource> sourceIn(GgufWriter &writer, size_t tokens) {
  const std::string bytes = writer.bytes();
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  EXPECT_TRUE(file.ok());
  return readTokenizerSource(*file, static_cast<int64_t>(tokens));
}

Result<TokenizerSource> read(const std::vector<std::string> &tokens, const std::vector<int32_t> &types,
                             const std::function<void(GgufWriter &)> &add = {}, const std::string &pre = "smollm") {
  GgufWriter writer;
  writer.addString("tokenizer.ggml.model", "gpt2");
  writer.addString("tokenizer.ggml.pre", pre);
  writer.addStrings("tokenizer.ggml.tokens", tokens);
  writer.addStrings("tokenizer.ggml.merges", {"< a", "<a >"});
  if (!types.empty())
    writer.addInt32s("tokenizer.ggml.token_type", types);
  if (add)
    add(writer);
  return sourceIn(writer, tokens.size());
}

std::vector<int32_t> stopsOf(const std::vector<std::string> &tokens, const std::vector<int32_t> &types,
                             const std::function<void(GgufWriter &)> &add = {}) {
  Result<TokenizerSource> source = read(tokens, types, add);
  EXPECT_TRUE(source.ok()) << source.status().text();
  return source.ok() ? source->stopIds : std::vector<int32_t>{-1};
}

TEST(LlamaImportTokenizer, KeysThatChangeNoTokensAreAccepted) {
  const std::function<void(GgufWriter &)> keys[] = {
      [](GgufWriter &w) {
        w.addStrings("tokenizer.chat_templates", {"tool_use", "rag"});
        w.addString("tokenizer.chat_template.tool_use", "{{ x");
        w.addString("tokenizer.chat_template.rag", "x");
      },
      [](GgufWriter &w) {
        for (const char *name : {"eot", "eom", "fim_pre", "fim_suf", "fim_mid", "fim_pad", "fim_rep", "fim_sep", "mask",
                                 "cls", "seperator", "separator", "prefix", "suffix", "middle", "padding", "unknown"})
          w.addUint32(std::string("tokenizer.ggml.") + name + "_token_id", 1);
      },
      [](GgufWriter &w) { w.addInt32("tokenizer.ggml.mask_token_id", -1); }, // none, and none is asked for
      [](GgufWriter &w) { w.addBool("tokenizer.ggml.add_sep_token", false); },
      [](GgufWriter &w) { w.addBool("tokenizer.ggml.add_sep_token", true); },
      [](GgufWriter &w) { w.addString("tokenizer.huggingface.json", "{}"); },
      [](GgufWriter &w) { w.addBool("tokenizer.ggml.remove_extra_whitespaces", false); },
      [](GgufWriter &w) {
        w.addUint32("quantize.imatrix.entries_count", 5);
        w.addString("imatrix.datasets", "x");
        w.addFloat("general.sampling.temp", 0.6f);
      },
  };
  for (size_t i = 0; i < std::size(keys); ++i) {
    Result<TokenizerSource> source = read({"a", "b"}, {normal, normal}, keys[i]);
    EXPECT_TRUE(source.ok()) << i << ": " << source.status().text();
  }
  Result<TokenizerSource> unknown =
      read({"a", "b"}, {normal, normal}, [](GgufWriter &w) { w.addBool("tokenizer.ggml.lower_case", false); });
  EXPECT_EQ(unknown.status().message(), "key 'tokenizer.ggml.lower_case' is not known: it may change the tokens");
}

TEST(LlamaImportTokenizer, RepliesEndAtEveryTokenThatKeysNameAsAnEnd) {
  auto named = [](GgufWriter &w) {
    w.addUint32("tokenizer.ggml.eos_token_id", 3);
    w.addUint32("tokenizer.ggml.eot_token_id", 1);
    w.addUint32("tokenizer.ggml.eom_token_id", 2);
    w.addUint32("tokenizer.ggml.fim_pad_token_id", 0); // no end
  };
  EXPECT_EQ(stopsOf({"a", "b", "c", "d"}, {normal, normal, control, control}, named), (std::vector<int32_t>{1, 2, 3}));
  auto listed = [](GgufWriter &w) { w.addInt32s("tokenizer.ggml.eos_token_ids", {2, 0}); };
  EXPECT_EQ(stopsOf({"a", "b", "c", "d"}, {normal, normal, control, control}, listed), (std::vector<int32_t>{0, 2}));
  EXPECT_EQ(read({"a", "b", "c"}, {normal, normal, control}, listed)->eosId, 2) << "the first one, where no key names one alone";
  Status outside = read({"a"}, {normal}, [](GgufWriter &w) { w.addInt32s("tokenizer.ggml.eos_token_ids", {0, -1}); }).status();
  EXPECT_EQ(outside.message(), "key 'tokenizer.ggml.eos_token_ids': expected ids below 1, the number of tokens; the file has -1");
  Status bad = read({"a"}, {normal}, [](GgufWriter &w) { w.addUint32("tokenizer.ggml.eom_token_id", 1); }).status();
  EXPECT_EQ(bad.code(), TokenizerInvalid);
  EXPECT_NE(bad.message().find("key 'tokenizer.ggml.eom_token_id': expected an id below 1"), std::string::npos);
}

TEST(LlamaImportTokenizer, ControlTokensThatAreKnownAsEndsAreEnds) {
  EXPECT_EQ(stopsOf({"<|eot_id|>", "<|im_end|>", "<end_of_turn>", "<|im_start|>", "<|endoftext|>", "</s>"},
                    {control, normal, control, control, userDefined, control}),
            (std::vector<int32_t>{0, 2, 5}))
      << "of type control only: a text that says <|im_end|> in letters is no end";
  EXPECT_EQ(stopsOf({"<|end|>", "a"}, {control, normal}), std::vector<int32_t>{0});
  EXPECT_EQ(stopsOf({"<|end|>", "<|return|>", "<|call|>"}, {control, control, control}), (std::vector<int32_t>{1, 2}))
      << "between the messages of one turn";
  EXPECT_EQ(stopsOf({"<|end|>", "<|return|>", "<|call|>"}, {control, control, control},
                    [](GgufWriter &w) { w.addUint32("tokenizer.ggml.eot_token_id", 0); }),
            (std::vector<int32_t>{0, 1, 2}));
}

TEST(LlamaImportTokenizer, TokensThatAreAddedMustBeNamed) {
  for (const char *which : {"bos", "eos"}) {
    std::string flag = std::string("tokenizer.ggml.add_") + which + "_token";
    std::string id = std::string("tokenizer.ggml.") + which + "_token_id";
    Status status = read({"a"}, {normal}, [&](GgufWriter &w) { w.addBool(flag, true); }).status();
    EXPECT_EQ(status.code(), KeyMissing);
    EXPECT_EQ(status.message(), "key '" + id + "' is missing: '" + flag + "' adds this token to every text");
    EXPECT_TRUE(read({"a"}, {normal}, [&](GgufWriter &w) { w.addBool(flag, false); }).ok());
    Result<TokenizerSource> both = read({"a"}, {normal}, [&](GgufWriter &w) {
      w.addBool(flag, true);
      w.addUint32(id, 0);
    });
    ASSERT_TRUE(both.ok()) << both.status().text();
    EXPECT_EQ(both->addBos, std::string(which) == "bos");
    EXPECT_EQ(both->addEos, std::string(which) == "eos");
  }
  auto withBos = [](GgufWriter &w) { w.addUint32("tokenizer.ggml.bos_token_id", 0); };
  EXPECT_FALSE(read({"a"}, {normal}, withBos)->addBos);
  EXPECT_TRUE(read({"a"}, {normal}, withBos, "llama-bpe")->addBos) << "the rule of this splitting";
  EXPECT_FALSE(read({"a"}, {normal}, {}, "llama-bpe")->addBos);
}

TEST(LlamaImportTokenizer, RulesHaveSeveralNames) {
  auto ruleOf = [](const std::string &name) {
    auto begin = [](GgufWriter &w) { w.addUint32("tokenizer.ggml.bos_token_id", 0); };
    Result<TokenizerSource> source = read({"a", "b"}, {control, normal}, begin, name);
    EXPECT_TRUE(source.ok()) << name << ": " << source.status().text();
    return source.ok() ? *source : TokenizerSource();
  };
  for (const auto &[name, rule] : {std::pair("olmo", "gpt-2"), std::pair("starcoder", "smollm"), std::pair("dbrx", "llama-bpe"),
                                   std::pair("stablelm2", "qwen2"), std::pair("of tomorrow", "of tomorrow")}) {
    TokenizerSource source = ruleOf(name);
    EXPECT_EQ(source.pre, rule) << name;
    EXPECT_FALSE(source.ignoreMerges || source.addBos || !source.splits.empty()) << name;
  }
  for (const char *name : {"llama3", "pixtral", "tekken"}) {
    TokenizerSource source = ruleOf(name);
    EXPECT_TRUE(source.ignoreMerges && source.addBos) << name;
    EXPECT_EQ(source.splits.size(), name == std::string("tekken") ? 1u : 0u) << name;
  }
}

TEST(LlamaImportTokenizer, MissingTypesAreSaidAndGuessed) {
  Result<TokenizerSource> source =
      read({"a", "<", ">", "<a", "<a>", "<|im_start|>", "[INST]", "stop", "<>"}, {},
           [](GgufWriter &w) { w.addUint32("tokenizer.ggml.eos_token_id", 7); });
  ASSERT_TRUE(source.ok()) << source.status().text();
  std::vector<int32_t> special;
  for (size_t id = 0; id < source->types.size(); ++id)
    if (source->types[id] == TokenType::Control)
      special.push_back(static_cast<int32_t>(id));
  EXPECT_EQ(special, (std::vector<int32_t>{5, 6, 7})) << "not <a>, which merges make";
  ASSERT_EQ(source->notes.size(), 1u);
  EXPECT_EQ(source->notes[0], "key 'tokenizer.ggml.token_type' is missing: 3 tokens are taken for special ones by their "
                              "look and the keys that name them, such as '<|im_start|>'");
  EXPECT_TRUE(read({"a"}, {normal})->notes.empty());
}

TEST(LlamaImportTokenizer, ASpacePrefixHasNoMeaningHereAndThatIsSaid) {
  auto prefix = [](bool value) {
    return read({"a"}, {normal}, [=](GgufWriter &w) { w.addBool("tokenizer.ggml.add_space_prefix", value); });
  };
  EXPECT_TRUE(prefix(false)->notes.empty());
  ASSERT_EQ(prefix(true)->notes.size(), 1u);
  EXPECT_NE(prefix(true)->notes[0].find("add_space_prefix"), std::string::npos);
}

Result<TokenizerSource> readSentencePiece(const std::vector<float> &scores,
                                          const std::function<void(GgufWriter &)> &add = {}) {
  GgufWriter writer;
  writer.addString("tokenizer.ggml.model", "llama");
  writer.addStrings("tokenizer.ggml.tokens", {"<unk>", "<s>", "a"});
  writer.addFloats("tokenizer.ggml.scores", scores);
  writer.addInt32s("tokenizer.ggml.token_type", {2, control, normal});
  writer.addUint32("tokenizer.ggml.bos_token_id", 1);
  writer.addUint32("tokenizer.ggml.unknown_token_id", 0);
  if (add)
    add(writer);
  std::string bytes = writer.bytes();
  Result<GgufFile> file = GgufFile::parse(asBytes(bytes));
  EXPECT_TRUE(file.ok());
  return readTokenizerSource(*file, 3);
}

TEST(LlamaImportTokenizer, SentencePieceHasScoresForMergesAndASpaceBeforeATextUnlessItSaysOtherwise) {
  Result<TokenizerSource> source = readSentencePiece({0, 0, -1.5f});
  ASSERT_TRUE(source.ok()) << source.status().text();
  EXPECT_EQ(source->model, "llama");
  EXPECT_EQ(source->scores, (std::vector<double>{0, 0, -1.5}));
  EXPECT_EQ(source->unknownPiece, 0);
  EXPECT_TRUE(source->byteFallback && source->addBos && source->stripFirstSpace);
  ASSERT_EQ(source->normalizer.size(), 2u);
  EXPECT_EQ(source->normalizer[0].text + source->normalizer[1].text, "\u2581\u2581");
  auto bare = [](GgufWriter &w) {
    w.addBool("tokenizer.ggml.add_space_prefix", false);
    w.addBool("tokenizer.ggml.add_bos_token", false);
  };
  source = readSentencePiece({0, 0, 0}, bare);
  ASSERT_TRUE(source.ok()) << source.status().text();
  EXPECT_FALSE(source->addBos || source->stripFirstSpace);
  EXPECT_EQ(source->normalizer.size(), 1u);
  source = readSentencePiece({0, 0});
  ASSERT_FALSE(source.ok());
  EXPECT_NE(source.status().message().find("key 'tokenizer.ggml.scores': expected 3 scores, one a token, found 2"),
            std::string::npos);
}

TEST(LlamaImportTokenizer, StepsOfWordPieceAreRefusedForOtherKinds) {
  for (const char *key : {"tokenizer.ggml.normalizer.lowercase", "tokenizer.ggml.normalizer.strip_accents"}) {
    EXPECT_TRUE(read({"a"}, {normal}, [=](GgufWriter &w) { w.addBool(key, false); }).ok());
    EXPECT_EQ(read({"a"}, {normal}, [=](GgufWriter &w) { w.addBool(key, true); }).status().message(),
              std::string("key '") + key + "': expected false for a tokenizer 'gpt2', found true");
  }
}

// An encoder's: "bert" or "t5".
Result<TokenizerSource> readEncoder(const std::string &model, const std::vector<std::string> &tokens,
                                    const std::function<void(GgufWriter &)> &add = {}) {
  GgufWriter writer;
  writer.addString("tokenizer.ggml.model", model);
  writer.addStrings("tokenizer.ggml.tokens", tokens);
  writer.addFloats("tokenizer.ggml.scores", std::vector<float>(tokens.size(), -1));
  writer.addInt32s("tokenizer.ggml.token_type", std::vector<int32_t>(tokens.size(), normal));
  if (add)
    add(writer);
  return sourceIn(writer, tokens.size());
}

TEST(LlamaImportTokenizer, WordPiecesAreThoseOfTheVocabularyAndStandInAFrame) {
  const std::vector<std::string> tokens = {"[UNK]", "[CLS]", "[SEP]", "\u2581mill", "s", "\u2581", "\u2581\u2581"};
  Result<TokenizerSource> source = readEncoder("bert", tokens);
  ASSERT_TRUE(source.ok()) << source.status().text();
  EXPECT_EQ(source->tokens, (std::vector<std::string>{"[UNK]", "[CLS]", "[SEP]", "mill", "##s", "##\u2581", "\u2581"}));
  EXPECT_EQ(source->notes.size(), 1u); // lower case
  source = readEncoder("bert", tokens, [](GgufWriter &w) { w.addBool("tokenizer.ggml.add_bos_token", false); });
  ASSERT_EQ(source->notes.size(), 2u);
  EXPECT_NE(source->notes[1].find("add_bos_token' has no effect"), std::string::npos);
  EXPECT_TRUE(source->addBos);
  EXPECT_EQ(readEncoder("bert", {"[UNK]", "[CLS]", "a"}).status().message(),
            "key 'tokenizer.ggml.seperator_token_id' is missing, and no token is called '[SEP]'");
}

TEST(LlamaImportTokenizer, UnigramFindsItsFrameByText) {
  Result<TokenizerSource> source = readEncoder("t5", {"a", "<unk>", "</s>", "<s>"});
  ASSERT_TRUE(source.ok()) << source.status().text();
  EXPECT_TRUE(source->addBos && source->addEos);
  EXPECT_EQ(source->bosId, 3);
  EXPECT_EQ(source->eosId, 2);
  EXPECT_EQ(readEncoder("t5", {"a", "<unk>", "</s>"}).status().message(), "key 'tokenizer.ggml.bos_token_id' is missing, and no token is called '<s>'");
  source = readEncoder("t5", {"a", "<unk>", "</s>"}, [](GgufWriter &w) { w.addBool("tokenizer.ggml.add_bos_token", false); });
  ASSERT_TRUE(source.ok()) << source.status().text();
  EXPECT_FALSE(source->addBos);
}

} // namespace
