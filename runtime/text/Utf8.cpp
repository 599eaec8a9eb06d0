// UTF-8 decoding and encoding.
#include "runtime/text/Utf8.h"

#include <cstdio>

namespace longc {

namespace {

// How many bytes a sequence starting with `lead` has, and which second bytes are allowed; length 0: not a lead byte.
struct LeadByte {
  uint8_t length, secondMin, secondMax;
};

LeadByte describeLead(uint8_t lead) {
  if (lead < 0x80)
    return {1, 0, 0};
  if (lead >= 0xC2 && lead <= 0xDF)
    return {2, 0x80, 0xBF};
  if (lead == 0xE0)
    return {3, 0xA0, 0xBF};
  if (lead == 0xED)
    return {3, 0x80, 0x9F};
  if (lead >= 0xE1 && lead <= 0xEF)
    return {3, 0x80, 0xBF};
  if (lead == 0xF0)
    return {4, 0x90, 0xBF};
  if (lead >= 0xF1 && lead <= 0xF3)
    return {4, 0x80, 0xBF};
  if (lead == 0xF4)
    return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// The longest prefix at `position` that is a well-formed sequence or the beginning of one; at least 1.
struct Prefix {
  size_t length;
  size_t wanted; // 0: the first byte can begin nothing
};

Prefix longestPrefix(std::string_view text, size_t position) {
  LeadByte lead = describeLead(static_cast<uint8_t>(text[position]));
  if (lead.length <= 1)
    return {1, lead.length};
  size_t length = 1;
  uint8_t low = lead.secondMin, high = lead.secondMax;
  while (length < lead.length && position + length < text.size()) {
    uint8_t byte = static_cast<uint8_t>(text[position + length]);
    if (byte < low || byte > high)
      break;
    low = 0x80, high = 0xBF;
    ++length;
  }
  return {length, lead.length};
}

} // namespace

Utf8Char decodeUtf8(std::string_view text, size_t position) {
  uint8_t lead = static_cast<uint8_t>(text[position]);
  if (lead < 0x80)
    return {lead, 1, true};
  Prefix prefix = longestPrefix(text, position);
  if (prefix.length != prefix.wanted)
    return {};
  static constexpr uint8_t leadMask[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  uint32_t codePoint = lead & leadMask[prefix.length];
  for (size_t i = 1; i < prefix.length; ++i)
    codePoint = codePoint << 6 | (static_cast<uint8_t>(text[position + i]) & 0x3F);
  return {codePoint, static_cast<uint32_t>(prefix.length), true};
}

size_t previousCharacter(std::string_view text, size_t end) {
  std::string_view before = text.substr(0, end);
  for (size_t length = 2; length <= 4 && length <= end; ++length) {
    Utf8Char character = decodeUtf8(before, end - length);
    if (character.valid && character.length == length)
      return end - length;
  }
  return end - 1;
}

void appendUtf8(std::string &out, uint32_t codePoint) {
  auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (codePoint < 0x80) {
    put(codePoint);
  } else if (codePoint < 0x800) {
    put(0xC0 | codePoint >> 6);
    put(0x80 | (codePoint & 0x3F));
  } else if (codePoint < 0x10000) {
    put(0xE0 | codePoint >> 12);
    put(0x80 | (codePoint >> 6 & 0x3F));
    put(0x80 | (codePoint & 0x3F));
  } else {
    put(0xF0 | codePoint >> 18);
    put(0x80 | (codePoint >> 12 & 0x3F));
    put(0x80 | (codePoint >> 6 & 0x3F));
    put(0x80 | (codePoint & 0x3F));
  }
}

size_t incompleteUtf8Tail(std::string_view text) {
  for (size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    size_t start = text.size() - back;
    uint8_t byte = static_cast<uint8_t>(text[start]);
    if (byte >= 0x80 && byte < 0xC0)
      continue;
    Prefix prefix = longestPrefix(text, start);
    return prefix.length == back && prefix.length < prefix.wanted ? back : 0;
  }
  return 0;
}

std::string toValidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t position = 0; position < text.size();) {
    Prefix prefix = longestPrefix(text, position);
    if (prefix.length == prefix.wanted)
      out.append(text, position, prefix.length);
    else
      appendUtf8(out, 0xFFFD);
    position += prefix.length;
  }
  return out;
}

std::string quoteForMessage(std::string_view text) {
  constexpr size_t limit = 40;
  std::string out = "'";
  size_t position = 0;
  while (position < text.size() && position < limit) {
    Utf8Char character = decodeUtf8(text, position);
    if (character.valid && character.codePoint >= 0x20 && character.codePoint != 0x7F) {
      out.append(text, position, character.length);
    } else {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02X", static_cast<uint8_t>(text[position]));
      out += escape;
    }
    position += character.length;
  }
  return out + (position < text.size() ? "…'" : "'");
}

} // namespace longc
