// The byte-level alphabet, built once.
#include "runtime/text/ByteAlphabet.h"

#include "runtime/text/Utf8.h"

namespace longc {

namespace {

constexpr uint32_t firstStandIn = 0x100;

bool standsForItself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

} // namespace

const std::array<uint16_t, 256> &byteAlphabet() {
  static const std::array<uint16_t, 256> alphabet = [] {
    std::array<uint16_t, 256> letters{};
    uint16_t next = firstStandIn;
    for (int byte = 0; byte < 256; ++byte)
      letters[byte] = standsForItself(byte) ? static_cast<uint16_t>(byte) : next++;
    return letters;
  }();
  return alphabet;
}

int byteOfAlphabet(uint32_t codePoint) {
  static const std::array<int16_t, 512> bytes = [] {
    std::array<int16_t, 512> table;
    table.fill(-1);
    for (int byte = 0; byte < 256; ++byte)
      table[byteAlphabet()[byte]] = static_cast<int16_t>(byte);
    return table;
  }();
  return codePoint < bytes.size() ? bytes[codePoint] : -1;
}

void appendBytesOfToken(std::string_view token, std::string &bytes) {
  size_t first = bytes.size();
  for (size_t position = 0; position < token.size();) {
    Utf8Char character = decodeUtf8(token, position);
    int byte = character.valid ? byteOfAlphabet(character.codePoint) : -1;
    if (byte < 0) {
      bytes.replace(first, std::string::npos, token);
      return;
    }
    bytes.push_back(static_cast<char>(byte));
    position += character.length;
  }
}

} // namespace longc
