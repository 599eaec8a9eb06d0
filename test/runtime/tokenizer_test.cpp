// Tests runtime/text/Tokenizer.cpp: ids equal to Hugging Face's on a small BPE, bytes that are not UTF-8, streaming,
// and models that must be refused.
#include "test/runtime/TokenizerFiles.h"

#include "runtime/text/ByteAlphabet.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

using namespace longc;

namespace {

const std::string goldenFolder = LONGC_SOURCE_DIR "/test/golden/";

TokenizerModel smallModel(const std::string &preTokenizer = "smollm") {
  auto model = readVocabulary(goldenFolder + "tokenizer_small_vocabulary.txt");
  EXPECT_TRUE(model);
  if (!model)
    return {};
  model->preTokenizer = preTokenizer;
  return *model;
}

Tokenizer make(TokenizerModel model) {
  Result<Tokenizer> tokenizer = Tokenizer::create(std::move(model));
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().text();
  return std::move(*tokenizer);
}

// All 256 bytes, the merges given, and one special token; byte b has id b.
TokenizerModel bytesModel(const std::vector<std::string> &merges) {
  TokenizerModel model;
  model.preTokenizer = "gpt-2";
  for (int byte = 0; byte < 256; ++byte) {
    std::string token;
    appendUtf8(token, byteAlphabet()[byte]);
    model.tokens.push_back(token);
  }
  for (const std::string &merge : merges) {
    size_t space = merge.find(' ');
    model.tokens.push_back(merge.substr(0, space) + merge.substr(space + 1));
  }
  model.tokens.push_back("<s>");
  model.merges = *readMerges(model.tokens, merges);
  model.tokenTypes.assign(model.tokens.size(), 1);
  model.tokenTypes.back() = 3;
  return model;
}

std::string randomBytes(std::mt19937 &random) {
  std::string bytes(random() % 60, '\0');
  bool onlyHigh = random() % 2 != 0;
  for (char &byte : bytes)
    byte = static_cast<char>(onlyHigh ? 0x80 + random() % 0x80 : random());
  return bytes;
}

} // namespace

TEST(Tokenizer, idsEqualHuggingFace) {
  Tokenizer smollm = make(smallModel("smollm")), gpt2 = make(smallModel("gpt-2"));
  std::vector<TokenizerCase> cases = readCases(goldenFolder + "tokenizer_small_cases.txt");
  ASSERT_GT(cases.size(), 500u);
  for (const TokenizerCase &one : cases) {
    const Tokenizer &tokenizer = one.preTokenizer == "gpt-2" ? gpt2 : smollm;
    EXPECT_EQ(tokenizer.encode(one.text, true), one.withSpecials) << one.preTokenizer << quoteForMessage(one.text);
    EXPECT_EQ(tokenizer.encode(one.text, false), one.without) << one.preTokenizer << quoteForMessage(one.text);
  }
}

TEST(Tokenizer, decodingGivesTheTextBack) {
  Tokenizer tokenizer = make(smallModel());
  for (const TokenizerCase &one : readCases(goldenFolder + "tokenizer_small_cases.txt")) {
    Result<std::string> text = tokenizer.decode(tokenizer.encode(one.text, true), false);
    ASSERT_TRUE(text.ok());
    EXPECT_EQ(*text, one.text);
  }
}

TEST(Tokenizer, anyBytesRoundTrip) {
  std::mt19937 random(1);
  for (const char *preTokenizer : {"smollm", "gpt-2"}) {
    Tokenizer tokenizer = make(smallModel(preTokenizer));
    for (int i = 0; i < 5000; ++i) {
      std::string bytes = randomBytes(random);
      Result<std::string> back = tokenizer.decode(tokenizer.encode(bytes, i % 2 == 0), false);
      ASSERT_TRUE(back.ok());
      ASSERT_EQ(*back, bytes);
      ASSERT_EQ(tokenizer.unencodableBytes(bytes), 0u);
    }
  }
}

TEST(Tokenizer, longWordsMergeLikeShortOnes) {
  // Ids of a long run must be those of its parts when no merge crosses the parts: "ab" merges, "ba" never does.
  Tokenizer tokenizer = make(bytesModel({"a b", "ab ab"}));
  std::vector<int32_t> ids = tokenizer.encode(std::string("ab") + std::string(200, 'b') + "ababab", false);
  std::vector<int32_t> expected{256};
  expected.insert(expected.end(), 200, 'b');
  expected.insert(expected.end(), {257, 256});
  EXPECT_EQ(ids, expected);
}

TEST(Tokenizer, equalRanksMergeFromTheLeft) {
  Tokenizer tokenizer = make(bytesModel({"a a"}));
  EXPECT_EQ(tokenizer.encode("aaa", false), (std::vector<int32_t>{256, 'a'}));
  std::vector<int32_t> expected(50, 256);
  expected.push_back('a');
  EXPECT_EQ(tokenizer.encode(std::string(101, 'a'), false), expected);
}

TEST(Tokenizer, lowerRankMergesFirst) {
  Tokenizer tokenizer = make(bytesModel({"b c", "a b"}));
  EXPECT_EQ(tokenizer.encode("abc", false), (std::vector<int32_t>{'a', 256}));
}

TEST(Tokenizer, repeatedMergeKeepsTheLaterRank) {
  TokenizerModel model = bytesModel({"a b", "b c"});
  model.merges.push_back(model.merges[0]);
  EXPECT_EQ(make(model).encode("abc", false), (std::vector<int32_t>{'a', 257}));
}

TEST(Tokenizer, specialTokensAreTextUnlessParsed) {
  Tokenizer tokenizer = make(bytesModel({}));
  EXPECT_EQ(tokenizer.encode("a<s>b", true), (std::vector<int32_t>{'a', 256, 'b'}));
  EXPECT_EQ(tokenizer.encode("<s>", false), (std::vector<int32_t>{'<', 's', '>'}));
  EXPECT_EQ(*tokenizer.decode(std::vector<int32_t>{'a', 256, 'b'}, true), "ab");
  EXPECT_EQ(*tokenizer.decode(std::vector<int32_t>{'a', 256, 'b'}, false), "a<s>b");
  EXPECT_TRUE(tokenizer.isSpecial(256));
  EXPECT_EQ(tokenizer.find("<s>"), 256);
  EXPECT_EQ(tokenizer.find("<t>"), -1);
}

TEST(Tokenizer, bytesWithoutTokenAreLeftOutAndCounted) {
  // As Hugging Face does: their neighbours become neighbours of each other.
  TokenizerModel model = bytesModel({"! !"});
  model.tokens[4] = "unused";
  Tokenizer tokenizer = make(model);
  EXPECT_EQ(tokenizer.encode("!\x04!", false), (std::vector<int32_t>{256}));
  EXPECT_EQ(tokenizer.unencodableBytes("!\x04!\x04"), 2u);
  EXPECT_TRUE(tokenizer.encode("\x04", false).empty());
}

TEST(Tokenizer, normalizedTextHasFinalWordsToo) {
  TokenizerModel model = bytesModel({});
  model.normalizer = {{TextStep::Kind::Nfc}};
  Tokenizer tokenizer = make(model);
  const std::string text = "the cafe\u0301 is open, and so is";
  size_t stable = tokenizer.stablePrefix(text);
  EXPECT_EQ(stable, text.size() - 3) << "all but the last word";
  std::vector<int32_t> ids = tokenizer.encode(text.substr(0, stable), true), rest = tokenizer.encodeRest(text.substr(stable) + "\u0301");
  ids.insert(ids.end(), rest.begin(), rest.end());
  EXPECT_EQ(ids, tokenizer.encode("the caf\u00e9 is open, and so i\u015b", true));
}

TEST(Tokenizer, ofCharactersAndScoresAsSentencePiece) {
  TokenizerModel model;
  model.kind = TokenizerKind::CharacterPairs;
  model.preTokenizer = "whole";
  model.tokens = {"<unk>", "\u2581", "a", "b", "c", "ab", "bc", "abc", "\u2581a", "<0xC3>", "<0xA9>", "bb"};
  model.tokenTypes = {2, 1, 1, 1, 1, 1, 1, 1, 1, 6, 6, 1};
  model.scores = {0, -9, -9, -9, -9, -2, -1, -3, -4, 0, 0, -5};
  model.normalizer = {{TextStep::Kind::Replace, " ", "\u2581"}, {TextStep::Kind::Prepend, "", "\u2581"}};
  model.byteFallback = model.fuseUnknown = model.stripFirstSpace = true;
  model.unknownPiece = 0;
  Tokenizer tokenizer = make(model);
  using Ids = std::vector<int32_t>;
  EXPECT_EQ(tokenizer.encode("abc", false), (Ids{1, 7})); // bc, then abc, and no token for the space and abc
  EXPECT_EQ(tokenizer.encode("abb", false), (Ids{1, 5, 3}));
  EXPECT_EQ(tokenizer.encode("a bbb", false), (Ids{8, 1, 11, 3})) << "of equal merges the leftmost comes first";
  EXPECT_EQ(tokenizer.encode("a\u00E9b", false), (Ids{8, 9, 10, 3})) << "bytes of a character without token";
  EXPECT_EQ(tokenizer.encode("\u6C34\u98A8b\u6C34", false), (Ids{1, 0, 3, 0})) << "bytes without tokens, unknown";
  EXPECT_EQ(*tokenizer.decode(Ids{8, 9, 10, 1, 3}, false), "a\u00E9 b");
  EXPECT_EQ(tokenizer.unencodableBytes("\u6C34"), 0u) << "it is unknown, not left out";
  EXPECT_EQ(tokenizer.stablePrefix("abc ab"), 3u);
  model.unknownPiece = -1;
  EXPECT_EQ(make(model).encode("a\u6C34b", false), (Ids{1, 5})) << "left out: its neighbours are neighbours";
  EXPECT_EQ(make(model).unencodableBytes("a\u6C34"), 3u);
  model.scores.pop_back();
  Result<Tokenizer> damaged = Tokenizer::create(model);
  ASSERT_FALSE(damaged.ok());
  EXPECT_NE(damaged.status().message().find("11 scores for 12 tokens"), std::string::npos);
}

TEST(Tokenizer, decodeNamesAnIdOutsideTheVocabulary) {
  Tokenizer tokenizer = make(bytesModel({}));
  for (int32_t id : {-1, 257, INT32_MAX, INT32_MIN}) {
    Result<std::string> text = tokenizer.decode(std::vector<int32_t>{'a', id}, false);
    ASSERT_FALSE(text.ok());
    EXPECT_EQ(text.status().code(), 6003);
    EXPECT_NE(text.status().message().find(std::to_string(id)), std::string::npos);
    EXPECT_NE(text.status().message().find("0..256"), std::string::npos);
  }
}

TEST(Tokenizer, refusesAnUnknownPreTokenizer) {
  TokenizerModel model = bytesModel({});
  model.preTokenizer = "bloom";
  Result<Tokenizer> tokenizer = Tokenizer::create(model);
  ASSERT_FALSE(tokenizer.ok());
  EXPECT_EQ(tokenizer.status().code(), 6002);
  EXPECT_NE(tokenizer.status().message().find("'bloom'"), std::string::npos);
  EXPECT_NE(tokenizer.status().message().find("gpt-2, smollm"), std::string::npos);
}

TEST(Tokenizer, refusesDamagedModels) {
  struct Damage {
    const char *expected;
    std::function<void(TokenizerModel &)> apply;
  };
  const Damage damages[] = {
      {"0 tokens", [](TokenizerModel &m) { m.tokens.clear(); }},
      {"256 token types for 258 tokens", [](TokenizerModel &m) { m.tokenTypes.resize(256); }},
      {"token 70 repeats 'A'", [](TokenizerModel &m) { m.tokens[70] = "A"; }},
      {"eos token id 258 is outside 0..257", [](TokenizerModel &m) { m.eosId = 258; }},
      {"bos token id -2", [](TokenizerModel &m) { m.bosId = -2; }},
      {"stop token id 258", [](TokenizerModel &m) { m.stopIds = {1, 258}; }},
      {"merge 0 of tokens 97 and 258 gives token 256", [](TokenizerModel &m) { m.merges[0].right = 258; }},
      {"merge 0 of tokens -1 and 98 gives token 256", [](TokenizerModel &m) { m.merges[0].left = -1; }},
      {"merge 0 of tokens 97 and 98 gives token 257, whose text is not theirs", [](TokenizerModel &m) { m.merges[0].merged = 257; }},
      {"merge 1 of tokens 98 and 97 gives token 256", [](TokenizerModel &m) { m.merges.push_back({'b', 'a', 256}); }},
  };
  for (const Damage &damage : damages) {
    TokenizerModel model = bytesModel({"a b"});
    damage.apply(model);
    Result<Tokenizer> tokenizer = Tokenizer::create(model);
    ASSERT_FALSE(tokenizer.ok()) << damage.expected;
    bool isMerge = std::string_view(damage.expected).starts_with("merge");
    EXPECT_EQ(tokenizer.status().code(), isMerge ? Tokenizer::badMerge : Tokenizer::badModel);
    EXPECT_NE(tokenizer.status().message().find(damage.expected), std::string::npos) << tokenizer.status().text();
  }
}

TEST(Tokenizer, refusesMergesThatAreNone) {
  const std::vector<std::string> tokens = bytesModel({"a b"}).tokens;
  const std::pair<std::vector<std::string>, const char *> damages[] = {
      {{"ab"}, "merge 0 ('ab') is not two tokens"},
      {{"a b c"}, "merge 0 ('a b c') is not two tokens"},
      {{"a xyz"}, "names 'xyz'"},
      {{" b"}, "names ''"},
      {{"a c"}, "gives 'ac'"},
      {{"a b", "\xFF\x01 b"}, "merge 1 ('\\xFF\\x01 b') names '\\xFF\\x01'"},
  };
  for (const auto &[written, expected] : damages) {
    auto merges = readMerges(tokens, written);
    ASSERT_FALSE(merges.ok()) << expected;
    EXPECT_EQ(merges.status().code(), Tokenizer::badMerge);
    EXPECT_NE(merges.status().message().find(expected), std::string::npos) << merges.status().text();
  }
}

TEST(Tokenizer, addsNoBosButRemembersTheWish) {
  TokenizerModel model = bytesModel({});
  model.addBos = true;
  EXPECT_FALSE(make(model).addBos()) << "there is no BOS to add";
  model.bosId = 256;
  Tokenizer tokenizer = make(model);
  EXPECT_TRUE(tokenizer.addBos());
  EXPECT_EQ(tokenizer.encode("a", true), (std::vector<int32_t>{'a'}));
}

TEST(Tokenizer, textsBeginAndEndAsTheModelSaysOnce) {
  auto framed = [](bool addBos, bool addEos, std::vector<int32_t> ids) {
    TokenizerModel model = bytesModel({});
    model.bosId = 256, model.eosId = 'e';
    model.addBos = addBos, model.addEos = addEos;
    Tokenizer tokenizer = make(model);
    tokenizer.beginText(ids);
    tokenizer.endText(ids);
    return ids;
  };
  using Ids = std::vector<int32_t>;
  EXPECT_EQ(framed(false, false, {'a'}), (Ids{'a'}));
  EXPECT_EQ(framed(true, false, {'a', 256}), (Ids{256, 'a', 256}));
  EXPECT_EQ(framed(true, true, {'a'}), (Ids{256, 'a', 'e'}));
  EXPECT_EQ(framed(true, true, {256, 'a', 'e'}), (Ids{256, 'a', 'e'}));
  EXPECT_EQ(framed(true, false, {}), (Ids{256}));
}

TEST(Tokenizer, stopTokensAreThoseOfTheModelAndTheEndOfText) {
  TokenizerModel model = bytesModel({});
  EXPECT_TRUE(make(model).stopIds().empty());
  model.eosId = 'e';
  EXPECT_EQ(make(model).stopIds(), (std::vector<int32_t>{'e'}));
  model.stopIds = {256, 'b', 'e', 'b'};
  EXPECT_EQ(make(model).stopIds(), (std::vector<int32_t>{'b', 'e', 256}));
}

TEST(StreamDecoder, neverCutsACharacter) {
  Tokenizer tokenizer = make(bytesModel({}));
  StreamDecoder decoder(tokenizer);
  std::string smile = "\xF0\x9F\x98\x80";
  EXPECT_EQ(decoder.push('a'), "a");
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(decoder.push(static_cast<uint8_t>(smile[i])), "");
  EXPECT_EQ(decoder.push(static_cast<uint8_t>(smile[3])), smile);
  EXPECT_EQ(decoder.push(256), "") << "special tokens are skipped";
  EXPECT_EQ(decoder.push(9999), "") << "and so is what no token is";
  EXPECT_EQ(decoder.push(0xE3), "");
  EXPECT_EQ(decoder.flush(), "\xE3");
  EXPECT_EQ(decoder.flush(), "");
}

TEST(StreamDecoder, brokenBytesDoNotWait) {
  Tokenizer tokenizer = make(bytesModel({}));
  StreamDecoder decoder(tokenizer);
  EXPECT_EQ(decoder.push(0x80), "\x80");
  EXPECT_EQ(decoder.push(0xE3), "");
  EXPECT_EQ(decoder.push('a'), "\xE3"
                               "a");
  EXPECT_EQ(decoder.push(0xED), "");
  EXPECT_EQ(decoder.push(0xA0), "\xED\xA0") << "a surrogate can never become valid";
}

TEST(StreamDecoder, sumOfPartsIsTheWhole) {
  Tokenizer tokenizer = make(smallModel());
  std::mt19937 random(2);
  for (const TokenizerCase &one : readCases(goldenFolder + "tokenizer_small_cases.txt")) {
    StreamDecoder decoder(tokenizer, false);
    std::string sum;
    for (int32_t id : tokenizer.encode(one.text, true)) {
      std::string part = decoder.push(id);
      EXPECT_EQ(toValidUtf8(part), part);
      sum += part;
    }
    EXPECT_EQ(sum + decoder.flush(), one.text);
  }
  for (int i = 0; i < 2000; ++i) {
    StreamDecoder decoder(tokenizer, false);
    std::string bytes = randomBytes(random), sum;
    for (int32_t id : tokenizer.encode(bytes, false))
      sum += decoder.push(id);
    EXPECT_EQ(sum + decoder.flush(), bytes);
  }
}

TEST(Utf8, replacesIllFormedPartsAsPythonDoes) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(toValidUtf8("a\xFF"
                        "b"),
            "a" + mark + "b");
  EXPECT_EQ(toValidUtf8("\xE3\x81"), mark);
  EXPECT_EQ(toValidUtf8("\xE3\x81"
                        "a"),
            mark + "a");
  EXPECT_EQ(toValidUtf8("\xC0\x80"), mark + mark) << "overlong";
  EXPECT_EQ(toValidUtf8("\xED\xA0\x80"), mark + mark + mark) << "surrogate";
  EXPECT_EQ(toValidUtf8("\xF4\x90\x80\x80"), mark + mark + mark + mark) << "beyond U+10FFFF";
  EXPECT_EQ(toValidUtf8("\xF0\x9F\x98\x80 é"), "\xF0\x9F\x98\x80 é");
}
