// What a user sees of an error.
#include "runtime/core/Status.h"

#include <gtest/gtest.h>

using longc::Result;
using longc::Status;

TEST(Status, text_has_code_message_and_hint) {
  Status status = Status::error(2103, "tensor 'blk.3.attn_q.weight' is missing", "the file may be cut short");
  EXPECT_EQ(status.text(), "LC2103: tensor 'blk.3.attn_q.weight' is missing\n  hint: the file may be cut short");
}

TEST(Status, result_carries_a_value_or_an_error) {
  Result<int> good = 7;
  Result<int> bad = Status::error(1001, "no");
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(*good, 7);
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(bad.status().code(), 1001);
}
