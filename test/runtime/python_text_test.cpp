// Case and white space of strings, against what Python says (test/golden/make_case_goldens.py).
#include "runtime/text/PythonText.h"
#include "runtime/text/Utf8.h"

#include <gtest/gtest.h>
#include <array>
#include <fstream>
#include <sstream>

namespace longc {
namespace {

using Method = std::string (*)(std::string_view);
const std::array<Method, 5> methods = {upperText, lowerText, titleText, capitalizeText,
                                       [](std::string_view text) { return std::string(stripText(text, StripSide::Both)); }};

std::string fromHex(const std::string &hex) {
  std::string text;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    text.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return text;
}

// FNV-1a over the results for each code point alone.
uint64_t ofAllCodePoints(Method method) {
  uint64_t value = 0xCBF29CE484222325;
  for (uint32_t c = 1; c < 0x110000; c += c == 0xD7FF ? 0x801 : 1) { // no surrogates
    std::string text;
    appendUtf8(text, c);
    for (char byte : method(text))
      value = (value ^ static_cast<uint8_t>(byte)) * 0x100000001B3;
  }
  return value;
}

TEST(PythonText, CaseAndSpacesAreThoseOfPython) {
  std::ifstream file(LONGC_SOURCE_DIR "/test/golden/case.txt");
  size_t cases = 0;
  for (std::string line, word; std::getline(file, line);) {
    std::istringstream words(line);
    words >> word;
    const bool all = word == "all";
    const std::string text = fromHex(word);
    for (size_t method = 0; method < methods.size(); ++method) {
      ASSERT_TRUE(words >> word) << line;
      if (all)
        EXPECT_EQ(ofAllCodePoints(methods[method]), std::stoull(word, nullptr, 16)) << "method " << method;
      else
        EXPECT_EQ(methods[method](text), fromHex(word)) << "method " << method << " of '" << text << "'";
    }
    ++cases;
  }
  EXPECT_GT(cases, 400u);
}

TEST(PythonText, BytesThatAreNoTextStay) {
  EXPECT_EQ(upperText("\xff" "\xc3\x9f"), "\xffSS");
  EXPECT_EQ(lowerText("a\xce\xa3\xff" "A"), "a\xcf\x82\xff" "a"); // a stray byte ends a word
  EXPECT_EQ(stripText(" \xff ", StripSide::Both), "\xff");
}

} // namespace
} // namespace longc
