// What is written is read back as the same value.
#include "runtime/core/JsonText.h"

#include <gtest/gtest.h>

using namespace longc;

TEST(JsonText, GivesTheSameValueBack) {
  const std::string text = "{\n  \"a\": [\n    1,\n    -2.5,\n    1e-05,\n    10000.0,\n    0.1,\n    true,\n    null\n  ],\n"
                           "  \"b\": {},\n  \"c\": [],\n  \"d\\\"\": \"x\\ny\"\n}\n";
  Result<JsonValue> value = JsonValue::read(text);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(jsonText(*value), text);
}

TEST(JsonText, KeepsEveryDigitAndTheKindOfNumbers) {
  for (double number : {1.0 / 3, 9.999999747378752e-06, 1e300, 5e-324, 123456789.125, 2.0}) {
    Result<JsonValue> back = JsonValue::read(jsonText(JsonValue(number)));
    ASSERT_TRUE(back.ok());
    EXPECT_EQ(back->number(), number);
    EXPECT_FALSE(back->integer()) << number;
  }
  EXPECT_EQ(jsonText(JsonValue(int64_t(9007199254740993))), "9007199254740993\n");
}
