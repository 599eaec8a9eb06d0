// Tests runtime/core/Sha256.cpp by the examples of FIPS 180-4 and lengths around the end of a block.
#include "runtime/core/Sha256.h"

#include <gtest/gtest.h>

using namespace longc;

TEST(Sha256, TheStandardsExamples) {
  EXPECT_EQ(sha256Text(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256Text("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256Text("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256Text(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Made by sha256sum.
TEST(Sha256, EveryFillingOfTheLastBlock) {
  std::string digests;
  for (size_t size = 0; size < 200; ++size)
    digests += sha256Text(std::string(size, 'x')) + "\n";
  EXPECT_EQ(sha256Text(digests), "eefa31ba9c6db774cb2535a4059ef29c02021837d737e3a51351ffc7fa629899");
}
