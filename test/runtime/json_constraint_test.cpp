// Answers that are JSON: what grammars of schemas allow, byte by byte.
#include "runtime/http/JsonConstraint.h"

#include <gtest/gtest.h>
#include <random>

namespace longc {
namespace {

std::shared_ptr<const JsonGrammar> grammarOf(const std::string &schema) {
  auto json = JsonValue::read(schema);
  EXPECT_TRUE(json.ok()) << schema;
  auto grammar = schemaGrammar(*json);
  EXPECT_TRUE(grammar.ok()) << grammar.status().text();
  return grammar.ok() ? *grammar : nullptr;
}

bool matches(const JsonGrammar &grammar, const std::string &text) {
  GrammarState state(grammar.grammar, grammar.root);
  return state.take(text) && state.mayEnd();
}

void expectMatches(const std::string &schema, std::initializer_list<const char *> good, std::initializer_list<const char *> bad) {
  auto grammar = grammarOf(schema);
  for (const char *text : good)
    EXPECT_TRUE(matches(*grammar, text)) << schema << " " << text;
  for (const char *text : bad)
    EXPECT_FALSE(matches(*grammar, text)) << schema << " " << text;
}

TEST(JsonConstraints, KindsOfValues) {
  expectMatches("{\"type\":\"integer\"}", {"0", "-1", "123456789012345"}, {"", "-", "01", "1.0", "1e3", "1234567890123456", "\"1\""});
  expectMatches("{\"type\":\"number\"}", {"0", "-1.50", "1e-9", "2.5E+10"}, {"1.", ".5", "1e", "+1"});
  expectMatches("{\"type\":\"boolean\"}", {"true", "false"}, {"True", "tru", "null"});
  expectMatches("{\"type\":[\"null\",\"string\"]}", {"null", "\"\"", "\"\\u00e9\\n\"", "\"h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\""},
                {"\"", "\"a\nb\"", "\"\xc3\"", "\"\xff\"", "\"\\x\"", "\"\\ud800\"", "\"\xed\xa0\x80\""});
  expectMatches("{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", {"\"ab\"", "\"\xc3\xa9\xc3\xa9\xc3\xa9\""}, {"\"a\"", "\"abcd\""});
  expectMatches("{\"enum\":[\"a\\\"b\",3,null,{\"x\":[1]}]}", {"\"a\\\"b\"", "3", "null", "{\"x\":[1]}"}, {"\"a\"", "4", "{}"});
  expectMatches("{\"const\":false}", {"false"}, {"true"});
  expectMatches("true", {"1", "[]", "{\"a\": [null, {}]}"}, {"", "[,]", "[1,]", "{\"a\"}", "{1:2}"});
}

TEST(JsonConstraints, ObjectsKeepTheirMembersAndOrder) {
  const char *const schema = "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"string\"},\"c\":{\"type\":\"null\"}},"
                             "\"required\":[\"b\"],\"additionalProperties\":false}";
  expectMatches(schema, {"{\"b\":\"x\"}", "{\"a\": 1, \"b\": \"x\"}", "{\"a\":1,\"b\":\"x\",\"c\":null}", "{\"b\":\"\",\"c\":null}"},
                {"{}", "{\"a\":1}", "{\"b\":\"x\",\"a\":1}", "{\"b\":\"x\",}", "{,\"b\":\"x\"}", "{\"b\":1}", "{\"b\":\"x\",\"d\":1}", "{\"b\":  \"x\"}"});
  expectMatches("{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}", {"{}", "{\"x\":1,\"y\": 2}"}, {"{\"x\":\"1\"}"});
  expectMatches("{\"type\":\"object\",\"additionalProperties\":false}", {"{}"}, {"{\"x\":1}"});
}

TEST(JsonConstraints, ArraysCountTheirItems) {
  expectMatches("{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"minItems\":2,\"maxItems\":3}", {"[1,2]", "[1, 2, 3]"}, {"[]", "[1]", "[1,2,3,4]", "[1,2,]"});
  expectMatches("{\"type\":\"array\",\"maxItems\":1}", {"[]", "[{}]"}, {"[1,2]"});
  expectMatches("{\"items\":{\"type\":\"boolean\"}}", {"[]", "[true,false,true,true]"}, {"[1]"});
}

TEST(JsonConstraints, SchemasMayContainThemselves) {
  const char *const tree = "{\"$ref\":\"#/$defs/node\",\"$defs\":{\"node\":{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"},"
                           "\"next\":{\"anyOf\":[{\"$ref\":\"#/$defs/node\"},{\"type\":\"null\"}]}},\"required\":[\"v\",\"next\"]}}}";
  expectMatches(tree, {"{\"v\":1,\"next\":null}", "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}"}, {"{\"v\":1}", "{\"v\":1,\"next\":{}}"});
}

// Values that begin alike, or are the beginning of another.
TEST(JsonConstraints, ManyWordsLeaveOneWayOpen) {
  expectMatches("{\"enum\":[1,12,123,13,2,12,\"a\",\"ab\"]}", {"1", "12", "123", "13", "2", "\"a\"", "\"ab\""}, {"", "3", "122", "1234", "\"a", "\"b\""});
  std::string many = "{\"enum\":[\"none\"";
  for (int i = 0; i < 5000; ++i)
    many += ",\"word " + std::to_string(i) + "\"";
  auto grammar = grammarOf(many + "]}");
  EXPECT_TRUE(matches(*grammar, "\"word 4999\""));
  EXPECT_FALSE(matches(*grammar, "\"word 5000\""));
}

// Thirty forks, one behind the other, that all lead to the same: 2^30 ways to one place.
TEST(JsonConstraints, WaysToOnePlaceAreOne) {
  std::string schema = "{\"$ref\":\"#/$defs/a0\",\"$defs\":{\"a60\":{\"type\":\"integer\"}";
  for (int i = 0; i < 60; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/a" + std::to_string(i + 1) + "\"}";
    schema += ",\"a" + std::to_string(i) + "\":{\"anyOf\":[" + next + "," + next + "]}";
  }
  expectMatches(schema + "}}", {"1", "-20"}, {"", "x"});
}

// What could be a list of two kinds at each of forty depths goes on as a text of the schema, with fewer of the ways open.
TEST(JsonConstraints, AmbiguityIsBounded) {
  std::string schema = "{\"$ref\":\"#/$defs/a0\",\"$defs\":{\"a40\":{\"type\":\"integer\"}", text(40, '[');
  for (int i = 0; i < 40; ++i) {
    const std::string next = "{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#/$defs/a" + std::to_string(i + 1) + "\"},\"maxItems\":";
    schema += ",\"a" + std::to_string(i) + "\":{\"anyOf\":[" + next + "1}," + next + "2}]}";
  }
  auto grammar = grammarOf(schema + "}}");
  EXPECT_TRUE(matches(*grammar, text + "7" + std::string(40, ']')));
  EXPECT_FALSE(matches(*grammar, text + "7" + std::string(39, ']')));
}

TEST(JsonConstraints, HugeSchemasAreRefused) {
  std::string chain = "{\"$ref\":\"#/$defs/a0\",\"$defs\":{\"a20000\":{\"type\":\"integer\"}";
  for (int i = 0; i < 20000; ++i)
    chain += ",\"a" + std::to_string(i) + "\":{\"$ref\":\"#/$defs/a" + std::to_string(i + 1) + "\"}";
  std::string wide = "{\"properties\":{\"x\":{}", lists = "{\"anyOf\":[{\"const\":1}";
  for (int i = 0; i < 2000; ++i) {
    wide += ",\"p" + std::to_string(i) + "\":{}";
    lists += ",{\"type\":\"string\",\"minLength\":" + std::to_string(1000 + i % 24) + "}";
  }
  for (const std::string &schema : {chain + "}}", wide + "}}", lists + "]}", "{\"const\":\"" + std::string(2'000'000, 'x') + "\"}"}) {
    auto grammar = schemaGrammar(*JsonValue::read(schema));
    ASSERT_FALSE(grammar.ok()) << schema.substr(0, 50);
    EXPECT_EQ(grammar.status().code(), 6301);
  }
}

TEST(JsonConstraints, WhatCannotBeHeldToIsNamed) {
  for (auto [schema, words] : {std::pair("{\"type\":\"string\",\"pattern\":\"a+\"}", "'pattern'"), std::pair("{\"type\":\"integer\",\"minimum\":3}", "'minimum'"),
                               std::pair("{\"type\":\"king\"}", "'king'"), std::pair("{\"$ref\":\"#/nowhere\"}", "#/nowhere"),
                               std::pair("{\"$ref\":\"#\"}", "itself"), std::pair("{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}", "itself"),
                               std::pair("{\"properties\":{\"a\":{\"uniqueItems\":true}}}", "'uniqueItems'"), std::pair("{\"required\":[\"a\"]}", ""),
                               std::pair("{\"type\":\"object\",\"required\":[\"a\"]}", "required"), std::pair("3", "schema"), std::pair("{\"enum\":[]}", "enum"),
                               std::pair("{\"type\":\"array\",\"minItems\":100000}", "minItems")}) {
    auto json = JsonValue::read(schema);
    ASSERT_TRUE(json.ok());
    auto grammar = schemaGrammar(*json);
    if (*words == '\0')
      continue;
    ASSERT_FALSE(grammar.ok()) << schema;
    EXPECT_NE(grammar.status().message().find(words), std::string::npos) << grammar.status().message();
  }
}

// Whatever way a text takes through a grammar, its end is JSON.
TEST(JsonConstraints, EveryWayEndsInJson) {
  auto grammar = anyObjectGrammar();
  std::mt19937 random(7);
  const std::string likely = "{}[]\",:0123456789eE.-truefalsn\\u ";
  int ended = 0;
  for (int round = 0; round < 300; ++round) {
    GrammarState state(grammar->grammar, grammar->root);
    std::string text;
    while (!state.isOver() && text.size() < 400) {
      const char byte = random() % 3 ? likely[random() % likely.size()] : static_cast<char>(random());
      if (state.take({&byte, 1}))
        text += byte;
    }
    if (!state.isOver())
      continue;
    ++ended;
    auto json = JsonValue::read(text);
    // A member's name may come twice, which a grammar cannot know.
    EXPECT_TRUE(json.ok() || json.status().message().find("twice") != std::string::npos) << text << " " << json.status().text();
  }
  EXPECT_GT(ended, 20);
}

} // namespace
} // namespace longc
