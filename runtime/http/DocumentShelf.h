// The documents that a server keeps: read once, found by what they say, private to who brought them, kept over restarts.
//
// A document's name is the hash of its text, so the same text is the same document. Files lie in FOLDER/OWNER/ID.document
// (runtime/serve/Document.h), with a small ID.json beside each for what is no part of the text: its name and when it ends.
#pragma once

#include "runtime/http/ApiError.h"
#include "runtime/http/KeptDocument.h"
#include "runtime/http/Scheduler.h"
#include "runtime/http/WorkQueue.h"
#include "runtime/text/Tokenizer.h"

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace longc {

struct ShelfOptions {
  std::string folder;    // empty: documents end with the server
  double memoryBytes = 0; // of all memories
  double quotaBytes = 0;  // of one owner's memories; 0: of all
  SessionOptions session;
  std::string fingerprint;
};

class DocumentShelf {
public:
  using Found = std::variant<std::shared_ptr<KeptDocument>, ApiError>;

  /// Maps what lies in the folder. What another program made stays there, as failed. LC7504 where the folder cannot be used.
  static Result<std::unique_ptr<DocumentShelf>> open(const ShelfOptions &options, Scheduler &scheduler, const Tokenizer &tokenizer,
                                                     Metrics &metrics);
  ~DocumentShelf();

  /// Takes a text to be read; one that is there already stays as it is. `seconds` to live; 0: for ever.
  Found add(const std::string &owner, const std::string &name, std::string text, int64_t seconds);
  /// A document as it was exported.
  Found import(const std::string &owner, const std::string &bytes);
  Found find(const std::string &owner, const std::string &id);
  std::vector<std::shared_ptr<KeptDocument>> list(const std::string &owner);
  void remove(const std::shared_ptr<KeptDocument> &document);
  Status setLife(KeptDocument &document, int64_t seconds);
  /// Progress as events, until it is ready or failed.
  void watch(KeptDocument &document, std::shared_ptr<HttpReply> reply);
  /// The document's file.
  std::variant<std::string, ApiError> exported(const KeptDocument &document);
  std::string toJson(const KeptDocument &document) const;
  /// Removes what has expired.
  void sweep();

private:
  DocumentShelf(const ShelfOptions &options, Scheduler &scheduler, const Tokenizer &tokenizer, Metrics &metrics)
      : options_(options), scheduler_(scheduler), tokenizer_(tokenizer), metrics_(metrics) {}
  using Key = std::pair<std::string, std::string>;

  Status loadFolder();
  Status loadOwner(const std::string &owner);
  void loadFile(const std::string &owner, const std::string &path);
  std::optional<ApiError> put(const std::shared_ptr<KeptDocument> &document);
  void read(const std::shared_ptr<KeptDocument> &document, DocumentText text);
  void save(const std::shared_ptr<KeptDocument> &document, const MemoryDocument &memory);
  Status map(const std::shared_ptr<KeptDocument> &document, Document file);
  void finish(const std::shared_ptr<KeptDocument> &document, const Status &status);
  void tellWatchers(KeptDocument &document);
  std::string path(const std::string &owner, const std::string &id, const char *ending) const;
  Status writeAbout(const KeptDocument &document) const;
  void readAbout(KeptDocument &document) const;
  void forget(const KeptDocument &document);
  double bytesOf(int64_t tokens) const;

  const ShelfOptions options_;
  Scheduler &scheduler_;
  const Tokenizer &tokenizer_;
  Metrics &metrics_;
  std::mutex mutex_;
  std::map<Key, std::shared_ptr<KeptDocument>> documents_;
  std::unique_ptr<WorkQueue> saving_ = std::make_unique<WorkQueue>();
};

} // namespace longc
