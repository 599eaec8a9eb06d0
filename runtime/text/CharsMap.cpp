// Looking up clusters.
#include "runtime/text/CharsMap.h"

#include "runtime/text/NormalizationTables.h"
#include "runtime/text/Utf8.h"

#include <cstring>

namespace longc {
namespace {

constexpr size_t longestCluster = 5; // bytes: longer ones are looked up by the character

struct Unit {
  uint32_t bits;
  uint32_t label() const { return bits & (0x80000000u | 0xFF); }
  bool hasLeaf() const { return (bits >> 8 & 1) != 0; }
  uint32_t value() const { return bits & 0x7FFFFFFFu; }
  uint32_t offset() const { return bits >> 10 << ((bits & 1u << 9) >> 6); }
};

bool isControlAt(std::string_view text, size_t position) {
  Utf8Char character = decodeUtf8(text, position);
  return !character.valid || breaksClusters(character.codePoint);
}

// Where the cluster that begins at `position` ends: what joins the character behind it, a character, its marks.
size_t clusterEnd(std::string_view text, size_t position) {
  if (text[position] == '\r' && position + 1 < text.size() && text[position + 1] == '\n')
    return position + 2;
  Utf8Char character = decodeUtf8(text, position);
  size_t end = position + character.length;
  if (!character.valid || breaksClusters(character.codePoint))
    return end;
  while (joinsNext(character.codePoint) && end < text.size() && !isControlAt(text, end)) {
    character = decodeUtf8(text, end);
    end += character.length;
  }
  for (; end < text.size(); end += character.length) {
    character = decodeUtf8(text, end);
    if (!character.valid || !joinsPrevious(character.codePoint))
      break;
  }
  return end;
}

} // namespace

Result<CharsMap> CharsMap::create(std::string_view table) {
  uint32_t bytes = 0;
  if (table.size() >= sizeof bytes)
    std::memcpy(&bytes, table.data(), sizeof bytes);
  if (bytes < sizeof(uint32_t) || bytes % sizeof(uint32_t) != 0 || bytes > table.size() - sizeof bytes)
    return Status::error(damaged,
                         "tokenizer: the table of characters to normalize has " + std::to_string(table.size()) +
                             " bytes, and an index of " + std::to_string(bytes),
                         "the tokenizer of the model file is damaged");
  CharsMap map;
  map.units_.resize(bytes / sizeof(uint32_t));
  std::memcpy(map.units_.data(), table.data() + sizeof bytes, bytes);
  map.texts_ = table.substr(sizeof bytes + bytes);
  for (size_t code = 0; code < map.stays_.size(); ++code) {
    char c = static_cast<char>(code);
    map.stays_[code] = c != '\r' && !map.find(std::string_view(&c, 1));
  }
  return map;
}

std::optional<std::string_view> CharsMap::find(std::string_view chunk) const {
  size_t node = Unit{units_[0]}.offset();
  for (char byte : chunk) {
    node ^= static_cast<uint8_t>(byte);
    if (byte == 0 || node >= units_.size() || Unit{units_[node]}.label() != static_cast<uint8_t>(byte))
      return std::nullopt;
    Unit unit{units_[node]};
    node ^= unit.offset();
    if (!unit.hasLeaf())
      continue;
    if (node >= units_.size() || Unit{units_[node]}.value() > texts_.size())
      return std::nullopt;
    std::string_view rest = std::string_view(texts_).substr(Unit{units_[node]}.value());
    return rest.substr(0, rest.find('\0'));
  }
  return std::nullopt;
}

std::string CharsMap::apply(std::string_view text) const {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  auto isPlain = [&](size_t at) { return static_cast<uint8_t>(text[at]) < 0x80; };
  auto append = [&](std::string_view chunk) {
    std::optional<std::string_view> found = find(chunk);
    out += found ? *found : chunk;
  };
  for (size_t position = 0; position < text.size();) {
    size_t end = position;
    while (end < text.size() && isPlain(end) && stays_[static_cast<size_t>(text[end])] && (end + 1 == text.size() || isPlain(end + 1)))
      ++end;
    out += text.substr(position, end - position);
    if (end == text.size())
      break;
    position = end;
    end = clusterEnd(text, position);
    std::string_view cluster = text.substr(position, end - position);
    if (std::optional<std::string_view> found = cluster.size() <= longestCluster ? find(cluster) : std::nullopt)
      out += *found;
    else
      for (size_t at = 0; at < cluster.size(); at += decodeUtf8(cluster, at).length)
        append(cluster.substr(at, decodeUtf8(cluster, at).length));
    position = end;
  }
  return out;
}

} // namespace longc
