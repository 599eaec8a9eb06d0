// Documents as sections of a container: text, tokens, offsets, then the payload.
#include "runtime/serve/Document.h"

#include "runtime/core/Sha256.h"
#include "runtime/serve/MemoryTraits.h"

#include <algorithm>

namespace longc {
namespace {

constexpr std::string_view textSection = "text", tokensSection = "tokens", offsetsSection = "offsets";

template <typename T> std::string_view bytesOf(const std::vector<T> &values) {
  return {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)};
}

DocumentSection sectionOf(std::string_view name, abi::ElementType type, int64_t rowBytes, std::string_view bytes) {
  return {std::string(name), type, rowBytes, bytes.size(), [bytes](const MemoryFile::Sink &sink) {
            return sink(reinterpret_cast<const std::byte *>(bytes.data()), bytes.size());
          }};
}

template <typename T> std::optional<std::span<const T>> valuesOf(std::span<const std::byte> bytes) {
  if (bytes.size() % sizeof(T) != 0)
    return std::nullopt;
  return std::span(reinterpret_cast<const T *>(bytes.data()), bytes.size() / sizeof(T)); // sections begin at whole pages
}

Status noTokens(const std::string &name) {
  return Status::error(5403, "the document '" + name + "' is empty", "a text has at least one token");
}

} // namespace

Status Document::write(const std::string &path, const char *kind, const DocumentText &text, std::vector<abi::Trait> traits,
                       std::span<const DocumentSection> payload) {
  if (text.tokens.empty())
    return noTokens(text.name);
  std::vector<DocumentSection> sections = {sectionOf(textSection, abi::I8, 1, text.text),
                                           sectionOf(tokensSection, abi::I32, sizeof(int32_t), bytesOf(text.tokens)),
                                           sectionOf(offsetsSection, abi::I64, sizeof(uint64_t), bytesOf(text.offsets))};
  sections.insert(sections.end(), payload.begin(), payload.end());
  abi::SavedMemory about;
  about.set_kind(kind);
  for (abi::Trait &trait : traits)
    *about.add_traits() = std::move(trait);
  about.mutable_document()->set_name(text.name);
  about.mutable_document()->set_content(sha256Text(text.text));
  for (const DocumentSection &section : sections) {
    abi::SavedSection &saved = *about.add_sections();
    saved.set_name(section.name);
    saved.set_type(section.type);
    saved.set_row_bytes(section.rowBytes);
    saved.set_bytes(section.bytes);
  }
  return MemoryFile::write(path, std::move(about), [&](size_t index, const MemoryFile::Sink &sink) { return sections[index].write(sink); });
}

Result<Document> Document::open(const std::string &path) {
  auto file = MemoryFile::open(path, MemoryFile::Contents::document);
  if (!file.ok())
    return file.status();
  Document document(std::move(*file));
  LONGC_TRY(document.readText());
  return document;
}

Status Document::readText() {
  auto text = payload(textSection), tokens = payload(tokensSection), offsets = payload(offsetsSection);
  for (const auto *section : {&text, &tokens, &offsets})
    if (!section->ok())
      return section->status();
  auto ids = valuesOf<int32_t>(*tokens);
  auto places = valuesOf<uint64_t>(*offsets);
  if (!ids || !places || places->size() != ids->size() + 1 || !std::is_sorted(places->begin(), places->end()) ||
      places->back() > text->size() || std::ranges::any_of(*ids, [](int32_t id) { return id < 0; }))
    return file_.damaged("its tokens and their places contradict each other");
  if (ids->empty())
    return noTokens(path());
  text_ = {reinterpret_cast<const char *>(text->data()), text->size()};
  tokens_ = *ids;
  offsets_ = *places;
  return {};
}

Status Document::expect(const char *kind, const std::vector<abi::Trait> &traits) const {
  if (this->kind() != kind)
    return Status::error(7120, "'" + path() + "' is a document of kind '" + this->kind() + "', expected '" + kind + "'",
                         "read the text again with this program");
  return checkTraits(file_, traits);
}

std::string Document::trait(std::string_view name) const {
  for (const abi::Trait &trait : file_.about().traits())
    if (trait.name() == name)
      return trait.value();
  return {};
}

std::optional<size_t> Document::find(std::string_view name) const {
  const auto &sections = file_.about().sections();
  auto found = std::ranges::find(sections, name, &abi::SavedSection::name);
  return found == sections.end() ? std::nullopt : std::optional(static_cast<size_t>(found - sections.begin()));
}

Result<std::span<const std::byte>> Document::payload(std::string_view name) const {
  auto index = find(name);
  if (!index)
    return Status::error(7115, "'" + path() + "' has no section '" + std::string(name) + "'", "read the text again with this program");
  LONGC_TRY(file_.verify(*index));
  return file_.section(*index);
}

} // namespace longc
