// Tests runtime/train/Sample.cpp and LongSamples.cpp: which tokens of a rendered conversation are learned.
#include "test/runtime/TokenizerFiles.h"

#include "runtime/train/LongSamples.h"
#include "runtime/train/Sample.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

using namespace longc;

namespace {

// The id of a special token, which is added if it is not there.
int32_t special(TokenizerModel &model, const std::string &token) {
  auto found = std::find(model.tokens.begin(), model.tokens.end(), token);
  const auto id = static_cast<size_t>(found - model.tokens.begin());
  if (found == model.tokens.end())
    model.tokens.push_back(token);
  model.tokenTypes.resize(model.tokens.size(), 1);
  model.tokenTypes[id] = 3;
  return static_cast<int32_t>(id);
}

// The small vocabulary with ChatML's marks; `addBos`: texts begin with <s>.
Tokenizer makeTokenizer(bool addBos = false, bool addEos = false, std::vector<TextStep> normalizer = {}) {
  auto model = readVocabulary(LONGC_SOURCE_DIR "/test/golden/tokenizer_small_vocabulary.txt");
  model->normalizer = std::move(normalizer);
  model->bosId = special(*model, "<s>");
  model->eosId = special(*model, "<|im_end|>");
  special(*model, "<|im_start|>");
  model->stopIds = {model->eosId};
  model->addBos = addBos;
  model->addEos = addEos;
  auto tokenizer = Tokenizer::create(std::move(*model));
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().text();
  return std::move(*tokenizer);
}

ChatTemplate parse(const std::string &source) {
  auto chatTemplate = ChatTemplate::parse(source);
  EXPECT_TRUE(chatTemplate.ok()) << chatTemplate.status().text();
  return std::move(*chatTemplate);
}

std::string goldenTemplate(const std::string &name) {
  std::ostringstream source;
  source << std::ifstream(LONGC_SOURCE_DIR "/test/golden/chat_templates/" + name + ".jinja").rdbuf();
  return source.str();
}

// The text of the targets, a bar between those that do not lie side by side.
std::string learned(const Tokenizer &tokenizer, const Sample &sample) {
  std::string text;
  for (size_t t = 0; t < sample.tokens.size(); ++t)
    if (sample.weights[t] != 0)
      text += (t > 0 && sample.weights[t - 1] == 0 && !text.empty() ? "|" : "") + std::string(tokenizer.bytes(sample.tokens[t]));
  return text;
}

TrainingLine chat(std::initializer_list<std::string> turns) {
  TrainingLine line;
  for (const std::string &turn : turns)
    line.messages.push_back({line.messages.size() % 2 == 0 ? "user" : "assistant", turn});
  return line;
}

TEST(Samples, AnswersAreLearnedUpToTheTokenThatEndsThem) {
  Tokenizer tokenizer = makeTokenizer();
  SampleMaker maker(tokenizer, parse(goldenTemplate("chatml")));
  auto sample = maker.make(chat({"Who?", "I am the first.", "And?", "Then the rest"}), "here");
  ASSERT_TRUE(sample.ok()) << sample.status().text();
  EXPECT_EQ(learned(tokenizer, *sample), "I am the first.<|im_end|>|Then the rest<|im_end|>");
  // The ids are those of the whole text.
  auto whole = parse(goldenTemplate("chatml")).render(chat({"Who?", "I am the first.", "And?", "Then the rest"}).messages, false, {});
  EXPECT_EQ(sample->tokens, tokenizer.encode(*whole, true));
  // An empty answer still ends: that is learned.
  EXPECT_EQ(learned(tokenizer, *maker.make(chat({"Who?", ""}), "here")), "<|im_end|>");
}

TEST(Samples, TemplatesMayTrim) {
  Tokenizer tokenizer = makeTokenizer();
  SampleMaker trims(tokenizer, parse("{% for m in messages %}<|im_start|>{{ m.content | trim }}<|im_end|>{% endfor %}"
                                     "{% if add_generation_prompt %}<|im_start|>{% endif %}"));
  EXPECT_EQ(learned(tokenizer, *trims.make(chat({" q ", " a story \n"}), "here")), "a story<|im_end|>");
}

TEST(Samples, ATokenThatBeginsInThePromptIsNoTarget) {
  Tokenizer tokenizer = makeTokenizer();
  // Without marks the answer's first letters may be merged with the prompt's last.
  SampleMaker maker(tokenizer, parse("{% for m in messages %}{{ m.content }}{% endfor %}"));
  auto sample = maker.make(chat({"t", "he story"}), "here");
  ASSERT_TRUE(sample.ok()) << sample.status().text();
  const std::string text = learned(tokenizer, *sample);
  EXPECT_EQ(text, std::string("the story").substr(std::string("the story").size() - text.size()));
  EXPECT_EQ(tokenizer.bytes(sample->tokens.front()).substr(0, 1), "t");
  EXPECT_EQ(sample->weights.front(), 0);
}

TEST(Samples, TextsBeginOnceAndEnd) {
  Tokenizer tokenizer = makeTokenizer(true, true);
  SampleMaker maker(tokenizer, parse("<s>{% for m in messages %}{{ m.content }}{% endfor %}"));
  auto sample = maker.make(chat({"Who?", " I am"}), "here");
  ASSERT_TRUE(sample.ok()) << sample.status().text();
  EXPECT_EQ(std::count(sample->tokens.begin(), sample->tokens.end(), tokenizer.bosId()), 1);
  TrainingLine line;
  line.text = "some text";
  sample = maker.make(line, "here");
  ASSERT_TRUE(sample.ok()) << sample.status().text();
  EXPECT_EQ(sample->tokens.front(), tokenizer.bosId());
  EXPECT_EQ(sample->tokens.back(), tokenizer.eosId());
  EXPECT_EQ(sample->weights.front(), 0);
  EXPECT_EQ(learned(tokenizer, *sample), "some text<|im_end|>");
}

TEST(Samples, WeightsOfCharacters) {
  Tokenizer tokenizer = makeTokenizer();
  SampleMaker maker(tokenizer, std::nullopt);
  TrainingLine line;
  line.text = "éé 7 水 9"; // characters 0 1, 3, 5, 7; the second weighs 2, 水 nothing, 9 weighs 5
  line.weights = {{1, 2, 2}, {5, 6, 0}, {7, 8, 5}};
  auto sample = maker.make(line, "here");
  ASSERT_TRUE(sample.ok()) << sample.status().text();
  size_t byte = 0;
  for (size_t t = 0; t < sample->tokens.size(); byte += tokenizer.bytes(sample->tokens[t]).size(), ++t) {
    const float expected = t == 0 ? 0 : byte == 2 || byte == 3 ? 2 : byte >= 7 && byte < 10 ? 0 : byte == 11 ? 5 : 1;
    EXPECT_EQ(sample->weights[t], expected) << "token " << t << " at byte " << byte;
  }
}

TEST(Samples, WhatCannotBeLearnedIsRefused) {
  Tokenizer tokenizer = makeTokenizer();
  EXPECT_EQ(SampleMaker(tokenizer, std::nullopt).make(chat({"q", "a"}), "here").status().code(), noTemplate);
  // Writes earlier answers otherwise than the last.
  SampleMaker forgets(tokenizer, parse("{% for m in messages[-2:] %}<|im_start|>{{ m.content }}{% endfor %}"));
  auto status = forgets.make(chat({"q", "a", "r", "b"}), "'f', line 2").status();
  EXPECT_EQ(status.code(), templateRewrites);
  EXPECT_EQ(status.message().find("'f', line 2: "), 0u);
  SampleMaker shouts(tokenizer, parse("{% for m in messages %}{{ m.content | upper }}{% endfor %}"));
  EXPECT_EQ(shouts.make(chat({"q", "a"}), "here").status().code(), templateRewrites);
  TrainingLine line;
  line.text = "a";
  EXPECT_EQ(forgets.make(line, "here").status().code(), noTargets);
  line.text = "one two";
  line.weights = {{0, 7, 0}};
  EXPECT_EQ(forgets.make(line, "here").status().code(), noTargets);
}

TEST(Samples, SpacesThatATokenizerPutsBeforeWordsAreNotOfTheText) {
  TextStep space;
  space.kind = TextStep::Kind::Prepend;
  space.text = " ";
  Tokenizer tokenizer = makeTokenizer(false, false, {space});
  SampleMaker maker(tokenizer, parse(goldenTemplate("chatml")));
  auto sample = maker.make(chat({"Who?", "I am the first."}), "here");
  ASSERT_TRUE(sample.ok()) << sample.status().text();
  EXPECT_EQ(learned(tokenizer, *sample), "I am the first.<|im_end|>");
  TrainingLine line;
  line.text = "Who came?";
  auto text = maker.make(line, "here");
  ASSERT_TRUE(text.ok()) << text.status().text();
  EXPECT_EQ(tokenizer.bytes(text->tokens.front()).front(), ' ');
  EXPECT_EQ(text->tokens, tokenizer.encode(line.text, false));
}

Sample sampleOf(std::vector<float> weights) {
  Sample sample;
  sample.weights = std::move(weights);
  sample.tokens.resize(sample.weights.size());
  return sample;
}

TEST(Samples, LongOnesAreRefusedDroppedOrSplit) {
  std::vector<Sample> samples = {sampleOf({0, 1, 1}), sampleOf({0, 0, 0, 0, 1, 1, 1, 0, 0}), sampleOf({0, 1, 1, 1})};
  for (auto [rule, left] : {std::pair{LongRule::drop, 2}, {LongRule::split, 3}}) {
    LongCounts counts;
    auto fitted = fitSamples(samples, 4, rule, "f", counts);
    ASSERT_TRUE(fitted.ok());
    EXPECT_EQ(static_cast<int>(fitted->size()), left);
    int64_t before = 0, after = 0;
    for (const Sample &sample : samples)
      before += sample.targets();
    for (const Sample &sample : *fitted) {
      EXPECT_LE(sample.size(), 4);
      EXPECT_EQ(sample.weights.front(), 0);
      after += sample.targets();
    }
    EXPECT_EQ(counts.lostTargets, before - after);
    EXPECT_EQ(counts.dropped, rule == LongRule::drop ? 1 : 2); // the first piece and the last have no target
    EXPECT_EQ(counts.pieces, rule == LongRule::drop ? 0 : 1);
  }
  LongCounts counts;
  auto refused = fitSamples(samples, 8, LongRule::refuse, "f", counts);
  EXPECT_EQ(refused.status().code(), sampleTooLong);
  EXPECT_NE(refused.status().message().find("9 tokens, a pack holds 8"), std::string::npos);
}

} // namespace
