// Spaces and bytes.
#include "runtime/text/WrittenTokens.h"

#include "runtime/text/PreTokenizer.h"

#include <charconv>
#include <utility>

namespace longc {

std::string writtenByte(uint8_t byte) {
  constexpr char digits[] = "0123456789ABCDEF";
  return {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
}

void appendWrittenText(std::string_view token, std::string &text) {
  constexpr size_t byteLength = 6, digitsBegin = 3;
  if (token.size() == byteLength && token.starts_with("<0x") && token.ends_with('>')) {
    uint8_t byte = 0;
    const char *begin = token.data() + digitsBegin, *end = begin + 2;
    if (std::from_chars(begin, end, byte, 16).ptr == end) {
      text.push_back(static_cast<char>(byte));
      return;
    }
  }
  for (size_t begin = 0;;) {
    size_t found = token.find(writtenSpace, begin);
    text += token.substr(begin, found - begin);
    if (found == std::string_view::npos)
      return;
    text.push_back(' ');
    begin = found + writtenSpace.size();
  }
}

void appendPieceText(std::string_view token, std::string_view continuing, bool cleansUp, std::string &text) {
  constexpr std::pair<std::string_view, std::string_view> shorter[] = {
      {" .", "."},    {" ?", "?"},   {" !", "!"},          {" ,", ","},   {" ' ", "'"},  {" n't", "n't"},
      {" 'm", "'m"},  {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  bool continues = !continuing.empty() && token.starts_with(continuing);
  std::string piece = continues ? std::string(token.substr(continuing.size())) : " " + std::string(token);
  for (const auto &[from, to] : shorter)
    for (size_t at = cleansUp ? piece.find(from) : std::string::npos; at != std::string::npos; at = piece.find(from, at + to.size()))
      piece.replace(at, from.size(), to);
  text += piece;
}

} // namespace longc
