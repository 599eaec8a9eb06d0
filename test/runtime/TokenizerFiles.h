// Reads the vocabularies and cases that test/golden/make_tokenizer_goldens.py writes.
#pragma once

#include "runtime/text/Tokenizer.h"
#include "runtime/text/WrittenMerges.h"

#include <charconv>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

namespace longc {

inline std::optional<TokenizerModel> readVocabulary(const std::string &path) {
  std::ifstream file(path);
  std::string word, line;
  int version = 0;
  size_t tokens = 0, merges = 0;
  TokenizerModel model;
  file >> word >> version >> model.preTokenizer >> tokens >> merges;
  if (!file || word != "longc-vocabulary" || version != 1 || !std::getline(file, line))
    return std::nullopt;
  for (size_t i = 0; i < tokens && std::getline(file, line); ++i) {
    size_t space = line.find(' ');
    model.tokenTypes.push_back(std::stoi(line.substr(0, space)));
    model.tokens.push_back(line.substr(space + 1));
  }
  std::vector<std::string> written;
  for (size_t i = 0; i < merges && std::getline(file, line); ++i)
    written.push_back(line);
  Result<std::vector<TokenMerge>> read = readMerges(model.tokens, written);
  if (model.tokens.size() != tokens || written.size() != merges || !read.ok())
    return std::nullopt;
  model.merges = std::move(*read);
  return model;
}

struct TokenizerCase {
  std::string preTokenizer, text;
  std::vector<int32_t> withSpecials, without;
};

inline std::string fromHex(const std::string &hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    int byte = 0;
    std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
    bytes.push_back(static_cast<char>(byte));
  }
  return bytes;
}

inline std::vector<int32_t> parseIds(const std::string &text) {
  std::vector<int32_t> ids;
  if (text == "-")
    return ids;
  std::istringstream stream(text);
  for (std::string id; std::getline(stream, id, ',');)
    ids.push_back(std::stoi(id));
  return ids;
}

inline std::vector<TokenizerCase> readCases(const std::string &path) {
  std::vector<TokenizerCase> cases;
  std::ifstream file(path);
  for (std::string pre, hex, special, plain; file >> pre >> hex >> special >> plain;)
    cases.push_back({pre, fromHex(hex == "-" ? "" : hex), parseIds(special), parseIds(plain == "=" ? special : plain)});
  return cases;
}

} // namespace longc
