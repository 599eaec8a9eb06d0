// What odd texts cost the tokenizer beside prose: megabytes a second of each, and how many times slower than prose it is.
//
//   python3 test/golden/make_tokenizer_goldens.py dump MODEL.gguf VOCABULARY
//   c++ -O2 -std=c++20 -I. bench/tokenizer_inputs.cpp build/dev/runtime/lib{longc_text,longc_core}.a \
//       /usr/lib/x86_64-linux-gnu/libpcre2-8.a -o tokenizer_inputs && ./tokenizer_inputs VOCABULARY PROSE.txt
#include "test/runtime/TokenizerFiles.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <random>

using namespace longc;

namespace {

constexpr size_t inputBytes = 300'000;
constexpr int passes = 7;

struct Input {
  std::string name, text;
};

std::string repeated(const std::string &unit) {
  std::string text;
  while (text.size() < inputBytes)
    text += unit;
  return text;
}

template <typename Make> std::string drawn(Make make) {
  std::string text;
  while (text.size() < inputBytes)
    make(text);
  return text;
}

std::vector<Input> inputs(const std::string &prose) {
  std::vector<Input> all = {{"prose", prose}, {"prose, 300 kB", prose.substr(prose.size() / 3, inputBytes)}};
  for (std::string unit : {"<|", "<|im_start|", "<|im_start|>", "<", "a", " ", "\n", "ab", "\u0301", "a\u0301", "1", "'", "0123456789",
                           "the", "\u706f", "\xff"})
    all.push_back({"repeated " + quoteForMessage(unit), repeated(unit)});
  std::mt19937 random(1);
  auto letter = [&] { return static_cast<char>('a' + random() % 26); };
  all.push_back({"random letters", drawn([&](std::string &text) { text += letter(); })});
  for (int length : {8, 31, 60})
    all.push_back({"random words of " + std::to_string(length), drawn([&](std::string &text) {
                     for (int i = 0; i < length; ++i)
                       text += letter();
                     text += ' ';
                   })});
  all.push_back({"random bytes", drawn([&](std::string &text) { text += static_cast<char>(random()); })});
  all.push_back({"random ideographs", drawn([&](std::string &text) { appendUtf8(text, 0x4e00 + random() % 20000); })});
  all.push_back({"random punctuation", drawn([&](std::string &text) { text += "!#$%&()*+,-./:;<=>?@[]^_`{|}~"[random() % 29]; })});
  std::string letters;
  std::copy_if(prose.begin(), prose.end(), std::back_inserter(letters), [](unsigned char c) { return std::isalpha(c) != 0; });
  all.push_back({"prose without spaces", letters.substr(0, inputBytes)});
  return all;
}

double bestSeconds(const Tokenizer &tokenizer, const std::string &text) {
  double best = 1e9;
  for (int pass = 0; pass < passes; ++pass) {
    auto start = std::chrono::steady_clock::now();
    tokenizer.encode(text, true);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return best;
}

} // namespace

int main(int count, char **arguments) {
  auto model = count == 3 ? readVocabulary(arguments[1]) : std::nullopt;
  Result<Tokenizer> tokenizer = model ? Tokenizer::create(std::move(*model)) : Result<Tokenizer>(Status::error(0, "usage: VOCABULARY PROSE"));
  if (!tokenizer.ok())
    return std::fprintf(stderr, "%s\n", tokenizer.status().text().c_str()), 1;
  std::ifstream file(arguments[2], std::ios::binary);
  std::string prose{std::istreambuf_iterator<char>(file), {}};
  double proseSpeed = 0;
  for (const Input &input : inputs(prose)) {
    double speed = static_cast<double>(input.text.size()) / bestSeconds(*tokenizer, input.text) / 1e6;
    proseSpeed = std::max(proseSpeed, input.name == "prose" ? speed : 0);
    std::printf("%-32s %8.1f MB/s %6.2f times slower than prose\n", input.name.c_str(), speed, proseSpeed / speed);
  }
}
