// Leftmost-longest search for a handful of strings.
#include "runtime/text/SpecialTokens.h"

#include <algorithm>

namespace longc {

void SpecialTokens::add(std::string text, int32_t id) {
  longest_ = std::max(longest_, text.size());
  std::vector<Entry> &entries = byFirstByte_[static_cast<uint8_t>(text[0])];
  auto isShorter = [&text](const Entry &entry) { return entry.text.size() < text.size(); };
  auto place = std::find_if(entries.begin(), entries.end(), isShorter);
  entries.insert(place, Entry{std::move(text), id});
}

const SpecialTokens::Entry *SpecialTokens::longestAt(std::string_view rest) const {
  for (const Entry &entry : byFirstByte_[static_cast<uint8_t>(rest[0])])
    if (rest.starts_with(entry.text))
      return &entry;
  return nullptr;
}

SpecialTokens::Match SpecialTokens::find(std::string_view text, size_t from) const {
  for (size_t position = from; position < text.size(); ++position)
    if (const Entry *entry = longestAt(text.substr(position)))
      return {position, entry->text.size(), entry->id};
  return {text.size()};
}

size_t SpecialTokens::undecidedFrom(std::string_view text, size_t from) const {
  size_t position = std::max(from, text.size() - std::min(text.size(), longest_));
  for (; position < text.size(); ++position)
    for (std::string_view rest = text.substr(position); const Entry &entry : byFirstByte_[static_cast<uint8_t>(rest[0])])
      if (entry.text.size() > rest.size() && entry.text.starts_with(rest))
        return position;
  return position;
}

} // namespace longc
