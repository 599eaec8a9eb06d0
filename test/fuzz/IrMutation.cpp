// Cuts text into words, changes a few, and leaves one mutation in eight to libFuzzer's bytes.
#include "test/fuzz/IrMutation.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <random>
#include <string>
#include <vector>

extern "C" size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t largest);

namespace longc::fuzz {
namespace {

using Random = std::minstd_rand;
using Words = std::vector<std::string>;

bool isWordByte(char c) { return std::isalnum(static_cast<unsigned char>(c)) || std::strchr("_.%@!#$", c); }

Words wordsOf(const std::string &text) {
  Words words;
  for (size_t at = 0; at < text.size();) {
    size_t end = at + 1;
    while (isWordByte(text[at]) && end < text.size() && isWordByte(text[end]))
      ++end;
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

size_t below(size_t bound, Random &random) { return bound ? random() % bound : 0; }

enum class Kind { number, shape, value, symbol, name, mark };

// "37", "4x?x8xf32", "%x", "@f", anything else of letters, punctuation.
Kind kindOf(const std::string &word) {
  bool digit = std::isdigit(static_cast<unsigned char>(word[0]));
  if (word == "?" || (digit && word.find('x') != std::string::npos))
    return Kind::shape;
  if (digit)
    return Kind::number;
  if (word[0] == '%')
    return Kind::value;
  if (word[0] == '@')
    return Kind::symbol;
  return isWordByte(word[0]) ? Kind::name : Kind::mark;
}

const char *const numbers[] = {
    "0",   "1",       "2",         "3",       "7",          "16",         "31",         "32",
    "33",  "64",      "255",       "1000000", "2147483647", "2147483648", "4294967296", "9223372036854775807",
    "0.0", "1.0e+38", "0x7FC00000"};
const char *const elements[] = {"f32", "bf16", "f16", "f64", "i32", "i8", "i1", "i64", "index", "f8E4M3FN"};

std::string anotherNumber(Random &random) { return numbers[below(std::size(numbers), random)]; }

// Changes one extent or the element type.
std::string anotherShape(const std::string &shape, Random &random) {
  Words parts;
  for (size_t begin = 0; begin <= shape.size();) {
    size_t end = std::min(shape.find('x', begin), shape.size());
    parts.push_back(shape.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string &part = parts[below(parts.size(), random)];
  if (!part.empty() && std::isalpha(static_cast<unsigned char>(part[0])))
    part = elements[below(std::size(elements), random)];
  else
    part = below(4, random) ? numbers[below(13, random)] : "?";
  if (below(6, random) == 0)
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(below(parts.size(), random)));
  std::string joined;
  for (const std::string &each : parts)
    joined += (joined.empty() ? "" : "x") + each;
  return joined;
}

void changeWord(Words &words, Random &random) {
  size_t at = below(words.size(), random);
  for (size_t tries = 0; tries < 50 && (kindOf(words[at]) == Kind::mark || words[at] == " "); ++tries)
    at = below(words.size(), random);
  Kind kind = kindOf(words[at]);
  if (kind == Kind::number && below(3, random))
    words[at] = anotherNumber(random);
  else if (kind == Kind::shape && below(3, random))
    words[at] = anotherShape(words[at], random);
  else // one of its kind from elsewhere
    for (size_t tries = 0; tries < 50; ++tries)
      if (const std::string &other = words[below(words.size(), random)]; kindOf(other) == kind && other != words[at]) {
        words[at] = other;
        return;
      }
}

// Leaves a line out, says it twice, or moves it.
void changeLines(std::string &text, Random &random) {
  Words lines;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (lines.empty())
    return;
  auto at = lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size(), random));
  std::string line = *at;
  size_t choice = below(3, random);
  if (choice != 1)
    lines.erase(at);
  if (choice != 0)
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(below(lines.size() + 1, random)), line);
  text.clear();
  for (const std::string &each : lines)
    text += each + "\n";
}

} // namespace

size_t mutateIr(uint8_t *data, size_t size, size_t largest, unsigned seed) {
  Random random(seed + 1);
  if (size == 0 || below(8, random) == 0)
    return LLVMFuzzerMutate(data, size, largest);
  std::string text(reinterpret_cast<const char *>(data), size);
  if (below(4, random) == 0)
    changeLines(text, random);
  Words words = wordsOf(text);
  for (size_t left = 1 + below(3, random); left > 0 && !words.empty(); --left)
    changeWord(words, random);
  text.clear();
  for (const std::string &word : words)
    text += word;
  size = std::min(text.size(), largest);
  std::memcpy(data, text.data(), size);
  return size;
}

} // namespace longc::fuzz
