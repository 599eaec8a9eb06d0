// A text that was read once, in a file: the text, its tokens and their places in it, and what a method made of it.
//
//   kind   payload, by the names of its sections
//   fot    keys and values of the memory layers (MemoryDocument.h)
//   e2llm  soft tokens
//   lift   an adapter
//
// A file carries the traits of what made it, by name (MemoryTraits.h): a program with others refuses it and says which
// differ. Files are there as a whole or not at all, and payloads are mapped, not read.
#pragma once

#include "runtime/serve/MemoryFile.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

/// A text with its tokens: no template, nothing before or behind it.
struct DocumentText {
  std::string name, text;
  std::vector<int32_t> tokens;
  /// Where each token begins in the text, in bytes, ascending, and where the last one ends (tokenOffsets).
  std::vector<uint64_t> offsets;
};

/// What a payload's section is, and who gives its bytes when the file is written (twice, the same ones both times).
struct DocumentSection {
  std::string name; // unique; none of "text", "tokens", "offsets"
  abi::ElementType type = abi::I8;
  int64_t rowBytes = 1;
  uint64_t bytes = 0;
  std::function<Status(const MemoryFile::Sink &sink)> write;
};

class Document {
public:
  static constexpr const char *fot = "fot", *e2llm = "e2llm", *lift = "lift"; // the kinds
  static bool isKind(std::string_view kind) { return kind == fot || kind == e2llm || kind == lift; }

  /// Writes a document, as a whole or not at all. Refuses (LC5403) a text without tokens.
  static Status write(const std::string &path, const char *kind, const DocumentText &text, std::vector<abi::Trait> traits,
                      std::span<const DocumentSection> payload);

  /// Maps a document and checks its text; the payload's checksums are compared when it is asked for. Refuses what is no
  /// document (LC7111, LC7120), one that is cut off (LC7114) or damaged (LC7116, LC7117), and one without tokens.
  static Result<Document> open(const std::string &path);
  /// Whether `path` is to be opened so, and is not a text.
  static bool isDocument(const std::string &path) { return MemoryFile::looksLike(path); }

  /// Refuses a document of another kind (LC7120) or with other traits (LC7113), naming what differs.
  Status expect(const char *kind, const std::vector<abi::Trait> &traits) const;

  const std::string &path() const { return file_.path(); }
  const std::string &kind() const { return file_.about().kind(); }
  const std::string &name() const { return file_.about().document().name(); }
  /// SHA-256 of the text, 64 hexadecimal digits.
  const std::string &content() const { return file_.about().document().content(); }
  /// The value of a trait, such as "window"; empty where there is none of the name.
  std::string trait(std::string_view name) const;

  std::string_view text() const { return text_; }
  std::span<const int32_t> tokens() const { return tokens_; }
  /// tokens() + 1 of them: token i is bytes [offsets[i], offsets[i + 1]) of the text.
  std::span<const uint64_t> offsets() const { return offsets_; }

  /// The index of a payload's section for `file()`, by name.
  std::optional<size_t> find(std::string_view name) const;
  /// The bytes of a payload's section, its checksum compared. LC7115 where there is none of the name.
  Result<std::span<const std::byte>> payload(std::string_view name) const;
  const MemoryFile &file() const { return file_; }

private:
  explicit Document(MemoryFile file) : file_(std::move(file)) {}
  Status readText();

  MemoryFile file_;
  std::string_view text_;
  std::span<const int32_t> tokens_;
  std::span<const uint64_t> offsets_;
};

} // namespace longc
