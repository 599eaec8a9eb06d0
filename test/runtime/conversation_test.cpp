// Tests runtime/text/Conversation.cpp: whatever was read when, all ids are those of the whole rendered conversation.
#include "test/runtime/SeamTexts.h"

#include "runtime/text/Conversation.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

using namespace longc;

namespace {

constexpr std::time_t now = 1'700'000'000;

ChatTemplate parse(const std::string &source) {
  auto chatTemplate = ChatTemplate::parse(source);
  EXPECT_TRUE(chatTemplate.ok()) << chatTemplate.status().text();
  chatTemplate->setNow(now);
  return std::move(*chatTemplate);
}

// Templates of models, by name, and some that make it hard.
std::vector<std::pair<std::string, std::string>> growingTemplates() {
  std::vector<std::pair<std::string, std::string>> templates = {
      {"bare", "{% for m in messages %}{{ m.content }}{% endfor %}"},
      {"date", "<s>{{ strftime_now('%d %H:%M:%S') }}{% for m in messages %}{{ m.role }} {{ m.content | trim }}\n{% endfor %}"},
      {"thinks", "{% for m in messages %}<|turn|>{{ m.role }}:"
                 "{{ m.content.split('...') | last if m.role == 'assistant' else m.content }}{% endfor %}"
                 "{% if add_generation_prompt %}<|turn|>assistant:theend\n{% endif %}"},
      {"no prompt", "{% for m in messages %}{{ m.content }}{{ '.' if loop.last and not add_generation_prompt }}{% endfor %}"}};
  for (const auto &file : std::filesystem::directory_iterator(LONGC_SOURCE_DIR "/test/golden/chat_templates")) {
    std::ostringstream source;
    source << std::ifstream(file.path()).rdbuf();
    if (file.path().filename() != "documents.jinja") // counts lines and messages
      templates.emplace_back(file.path().filename(), source.str());
  }
  return templates;
}

// These do not always extend what they wrote before.
const std::vector<std::pair<std::string, std::string>> changingTemplates = {
    {"counts", "{{ messages | length }} turns{% for m in messages %}{{ m.content }}\n{% endfor %}"},
    {"last first", "{{ messages[-1].content }}{% for m in messages %}<|turn|>{{ m.content }}{% endfor %}"},
    {"forgets", "{% for m in messages[-2:] %}<s>{{ m.content }}{% endfor %}"},
    {"forgets late", "{% for m in messages[-4:] %}<s>{{ m.content }}{% endfor %}"},
    {"length", "{% for m in messages %}{{ m.content | length }} {{ m.content }}{% endfor %}"}};

struct Reader {
  Reader(const Tokenizer &tokenizer, const std::string &source, bool system)
      : tokenizer(tokenizer), chatTemplate(parse(source)),
        conversation(tokenizer, parse(source), system ? std::optional<std::string>("Be kind. ") : std::nullopt, now) {
    if (system)
      messages.push_back({"system", "Be kind. "});
  }

  // Ids of the whole, as they would be if all of it were read at once; none if the template refuses the messages.
  std::optional<std::vector<int32_t>> expected(const std::string &content) {
    std::vector<ChatMessage> all = messages;
    all.push_back({"user", content});
    auto text = chatTemplate.render(all, true, {{"bos_token", ""}, {"eos_token", ""}});
    return text.ok() ? std::optional(tokenizer.encode(*text, true)) : std::nullopt;
  }

  // Asks, and compares what would be read.
  Conversation::Reading ask(const std::string &question, const std::string &content) {
    auto reading = conversation.ask(question);
    EXPECT_TRUE(reading.ok()) << reading.status().text();
    asked = reading->anew ? std::vector<int32_t>() : kept;
    asked.insert(asked.end(), reading->keep.begin(), reading->keep.end());
    std::vector<int32_t> ids = asked;
    ids.insert(ids.end(), reading->rest.begin(), reading->rest.end());
    EXPECT_EQ(ids, expected(content)) << quoteForMessage(content);
    again += reading->anew;
    return *reading;
  }

  void answer(const std::string &question, const std::string &reply) {
    messages.push_back({"user", question});
    messages.push_back({"assistant", reply});
    conversation.answered(reply);
    kept = asked;
  }

  const Tokenizer &tokenizer;
  ChatTemplate chatTemplate;
  Conversation conversation;
  std::vector<ChatMessage> messages;
  std::vector<int32_t> kept, asked;
  int again = 0;
};

class Conversations : public testing::TestWithParam<const char *> {
protected:
  Tokenizer tokenizer = seamTokenizer(GetParam());
  std::mt19937 random{11};

  // Turns with answers, some of which were stopped before there was one.
  int talk(const std::string &source, bool system) {
    Reader reader(tokenizer, source, system);
    for (int turn = 0; turn < 6 && reader.expected("x"); ++turn) {
      std::string question = "Q" + seamText(random, random() % 6);
      reader.ask(question, question);
      if (random() % 4)
        reader.answer(question, seamText(random, random() % 10));
    }
    return reader.again;
  }

  // Questions about a document, some of them after it was saved and read back. Documents do not begin with white space and
  // questions are not blank: a template may trim.
  int aboutDocument(const std::string &source, bool system) {
    std::string document = "D" + seamText(random, random() % 30);
    Reader reader(tokenizer, source, system);
    if (!reader.expected("x"))
      return 0;
    auto tokens = reader.conversation.readDocument(document);
    EXPECT_TRUE(tokens.ok());
    reader.kept = *tokens;
    Reader resumed(tokenizer, source, system);
    const std::string &before = reader.conversation.beforeQuestion();
    EXPECT_TRUE(*resumed.conversation.resumeDocument(document, before, reader.conversation.read()));
    EXPECT_FALSE(*Reader(tokenizer, source, system).conversation.resumeDocument(document, before + "x", 0));
    resumed.kept = *tokens;
    for (int question = 0; question < 3; ++question)
      for (Reader *one : {&reader, &resumed}) {
        std::string text = seamText(random, random() % 6) + "Q" + seamText(random, random() % 3);
        EXPECT_TRUE(one->ask(text, document + "\n\n" + text).keep.empty());
        one->conversation.answered("ignored");
      }
    return reader.again + resumed.again;
  }
};

INSTANTIATE_TEST_SUITE_P(EveryPreTokenizer, Conversations, testing::Values("gpt-2", "smollm"));

} // namespace

TEST_P(Conversations, TurnsTogetherAreTheWhole) {
  for (const auto &[name, source] : growingTemplates())
    for (int round = 0; round < 40; ++round) {
      SCOPED_TRACE(name);
      EXPECT_EQ(talk(source, round % 2), 0);
      if (HasFailure())
        return;
    }
}

TEST_P(Conversations, ADocumentAndAQuestionTogetherAreTheWhole) {
  for (const auto &[name, source] : growingTemplates())
    for (int round = 0; round < 40; ++round) {
      SCOPED_TRACE(name);
      EXPECT_EQ(aboutDocument(source, round % 2), 0);
      if (HasFailure())
        return;
    }
}

// What does not stay is not kept; what seemed to stay and then changed is read again.
TEST_P(Conversations, WhatATemplateChangesIsReadAgain) {
  for (const auto &[name, source] : changingTemplates) {
    SCOPED_TRACE(name);
    int again = 0;
    for (int round = 0; round < 40; ++round)
      again += talk(source, round % 2) + aboutDocument(source, round % 2);
    EXPECT_EQ(again > 0, name == "forgets late" || name == "length");
  }
}

TEST_P(Conversations, MostOfADocumentIsReadBeforeTheQuestion) {
  std::string document = "A miller sold flour. A smith bought it.";
  const char *before = "{% for m in messages %}<s>{{ m.content }}{% endfor %}", *after = changingTemplates[1].second.c_str();
  Conversation early(tokenizer, parse(before), std::nullopt, now), late(tokenizer, parse(after), std::nullopt, now);
  ASSERT_TRUE(early.readDocument(document).ok());
  EXPECT_EQ(early.read(), 3 + document.size());
  EXPECT_EQ(early.beforeQuestion(), "<s>" + document + "\n\n");
  EXPECT_FALSE(early.documentWaits());
  Conversation question(tokenizer, parse("{{ messages[0].content.split('\n\n')[1] }}: {{ messages[0].content }}"), std::nullopt, now);
  ASSERT_TRUE(question.readDocument(document).ok());
  EXPECT_TRUE(question.documentWaits());
  ASSERT_TRUE(late.readDocument(document).ok());
  EXPECT_FALSE(late.documentWaits()); // it begins with document and question
}

TEST_P(Conversations, NothingToGenerateFromIsAnError) {
  Conversation conversation(tokenizer, parse("{% for m in nothing %}{{ m.content }}{% endfor %}"), std::nullopt, now);
  auto reading = conversation.ask("Who?");
  ASSERT_FALSE(reading.ok());
  EXPECT_EQ(reading.status().code(), 5403);
}
