// Documents of kind fot: a text's keys and values in pages of memory, shared by all sessions that read them.
//
// A document is the text's tokens alone, in windows from its first token on, all of them memory. So several are one memory
// in any order, without being read again (Session::open).
#pragma once

#include "runtime/serve/Document.h"
#include "runtime/serve/Session.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longc {

class MemoryDocument {
public:
  /// What the keys and values depend on, by name: all that a saved memory does, but for the chat template and the number of
  /// entries that a query reads; and the window and how it was read.
  static std::vector<abi::Trait> traits(const Engine &engine, const SessionOptions &options);

  /// What a document says of how it was read, as options.
  static void readAs(const Document &document, SessionOptions &options);

  /// Reads a text into pages of `store`, window by window as options.ingest says. `onProgress` may cancel, by false. Where windows overlap,
  /// the first one sees the last of `before`.
  static Result<std::shared_ptr<const MemoryDocument>> read(Engine &engine, const SessionOptions &options,
                                                            const std::shared_ptr<StateStore> &store, DocumentText text,
                                                            const std::function<bool(int64_t done, int64_t total)> &onProgress = {},
                                                            std::span<const int32_t> before = {});
  /// Maps a file to pages of `store`. Refuses one of another kind (LC7120), another program or other options (LC7113).
  static Result<std::shared_ptr<const MemoryDocument>> map(const Engine &engine, const SessionOptions &options,
                                                           const std::shared_ptr<StateStore> &store, Document document);
  ~MemoryDocument();
  MemoryDocument(const MemoryDocument &) = delete;
  MemoryDocument &operator=(const MemoryDocument &) = delete;

  /// Writes a file for `map`, as a whole or not at all.
  Status save(const std::string &path) const;

  const std::string &name() const { return file_ ? file_->name() : text_.name; }
  std::string_view text() const { return file_ ? file_->text() : text_.text; }
  std::span<const int32_t> tokens() const { return file_ ? file_->tokens() : text_.tokens; }
  std::span<const uint64_t> offsets() const { return file_ ? file_->offsets() : text_.offsets; }
  MemoryPages pages() const { return {pages_, static_cast<int64_t>(tokens().size())}; }
  const StateStore &store() const { return *store_; }

private:
  MemoryDocument(std::vector<abi::Trait> traits, std::shared_ptr<StateStore> store) : traits_(std::move(traits)), store_(std::move(store)) {}
  Status mapPages();
  Result<size_t> findSection(const StateLayout::Entry &entry) const;

  std::vector<abi::Trait> traits_;
  std::shared_ptr<StateStore> store_;
  std::optional<Document> file_; // of one that was mapped
  DocumentText text_;            // of one that was read
  std::vector<int32_t> pages_;   // each used once by this document
};

/// Where entry `index` of a memory that was put together of these documents stands: which document, which of its tokens.
struct DocumentPlace {
  size_t document;
  int64_t token;
};
std::optional<DocumentPlace> placeOf(std::span<const std::shared_ptr<const MemoryDocument>> documents, int64_t index);

} // namespace longc
