// runtime/core/JsonReader.cpp: what is JSON and what is not, kinds of values, names that stand twice, nesting.
#include "runtime/core/JsonReader.h"

#include <gtest/gtest.h>

using namespace longc;

namespace {

JsonValue read(std::string_view text) {
  Result<JsonValue> value = JsonValue::read(text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status().text();
  return value.ok() ? *value : JsonValue();
}

std::string refusal(std::string_view text) {
  Result<JsonValue> value = JsonValue::read(text);
  EXPECT_FALSE(value.ok()) << text;
  return value.ok() ? "" : value.status().message();
}

TEST(JsonReader, ValuesKeepTheirKind) {
  JsonValue value = read(R"({"a": [1, -2, 1.5, 1e2, true, null, "x\u00e9\n"], "b": {}, "a b": 9223372036854775808})");
  const JsonValue::Array &list = *value.find("a")->array();
  ASSERT_EQ(list.size(), 7u);
  EXPECT_EQ(*list[0].integer(), 1);
  EXPECT_EQ(*list[1].integer(), -2);
  EXPECT_EQ(list[2].integer(), nullptr);
  EXPECT_EQ(list[2].number(), 1.5);
  EXPECT_EQ(list[3].number(), 100.0);
  EXPECT_TRUE(*list[4].boolean());
  EXPECT_TRUE(list[5].isNull());
  EXPECT_EQ(*list[6].text(), "x\xc3\xa9\n");
  EXPECT_TRUE(value.find("b")->object()->empty());
  EXPECT_EQ(value.find("a b")->integer(), nullptr); // beyond 63 bits: a number, no integer
  EXPECT_EQ(value.find("a b")->number(), 9223372036854775808.0);
  EXPECT_EQ(value.find("c"), nullptr);
  EXPECT_EQ(list[0].find("c"), nullptr);
  EXPECT_EQ((*value.object())[2].name, "a b");
}

TEST(JsonReader, MembersKeepTheirOrderAndTheirPlaceWhileOthersGrow) {
  std::string text = "{\"first\": [[1], [2, 3]]";
  for (int i = 0; i < 1000; ++i)
    text += ", \"m" + std::to_string(i) + "\": [" + std::to_string(i) + "]";
  JsonValue value = read(text + "}");
  ASSERT_EQ(value.object()->size(), 1001u);
  EXPECT_EQ(*(*(*value.find("first")->array())[1].array())[1].integer(), 3);
  EXPECT_EQ(*(*value.find("m999")->array())[0].integer(), 999);
}

TEST(JsonReader, WhatIsNoJsonIsRefusedWithItsPlace) {
  EXPECT_EQ(refusal("{\"a\": 1,\n  }"), "line 2, column 3: expected JSON");
  EXPECT_EQ(refusal("{\"a\": 1,}"), "column 9: expected JSON"); // a line of a file, perhaps: which one is not said here
  for (std::string_view text : {"", " ", "{", "[1,]", "[1 2]", "{\"a\"}", "{a: 1}", "01", "nul", "NaN", "Infinity", "'a'",
                                "\"\x01\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\"\\ud800\"", "{} {}", "[] // note", "1e999"})
    EXPECT_NE(refusal(text).find("expected JSON"), std::string::npos) << text;
  EXPECT_NE(refusal(std::string_view("{}\0{", 4)).find("zero byte"), std::string::npos);
}

TEST(JsonReader, ANameMayStandOnceInItsObject) {
  EXPECT_EQ(refusal(R"([{"a": 1, "b": 2, "a": 1}])"), "member 'a' stands twice in its object");
  EXPECT_EQ(refusal(R"({"a": 1, "\u0061": 2})"), "member 'a' stands twice in its object");
  EXPECT_EQ(*read(R"({"a": {"a": 1}})").find("a")->find("a")->integer(), 1);
}

TEST(JsonReader, NestingIsBounded) {
  std::string inner(jsonDepth, '['), outer(jsonDepth, ']');
  read(inner + outer);
  EXPECT_NE(refusal("[" + inner + outer + "]").find("at most 64"), std::string::npos);
  EXPECT_NE(refusal(std::string(1000000, '[')).find("at most 64"), std::string::npos);
}

TEST(JsonReader, ValuesAreCounted) {
  EXPECT_TRUE(JsonValue::read("[1,{\"a\":2}]", 4).ok());
  auto many = JsonValue::read("[1,{\"a\":2}]", 3);
  ASSERT_FALSE(many.ok());
  EXPECT_EQ(many.status().code(), jsonOverLimit);
}

TEST(JsonReader, AnEventsErrorIsTheResult) {
  struct NoNames : JsonEvents {
    Status scalar(const JsonScalar &) override { return {}; }
    Status beginObject() override { return {}; }
    Status member(std::string_view name) override { return Status::error(1, "no " + std::string(name)); }
    Status endObject() override { return {}; }
    Status beginArray() override { return {}; }
    Status endArray() override { return {}; }
  } events;
  EXPECT_TRUE(readJson("[1, {}]", events).ok());
  EXPECT_EQ(readJson("[1, {\"x\": 2}]", events).message(), "no x");
}

} // namespace
