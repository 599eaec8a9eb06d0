// What --document and `read` give to be known: texts and documents, as memories of one store.
#pragma once

#include "runtime/serve/MemoryDocument.h"
#include "runtime/tools/commands/OpenedModel.h"

#include <memory>
#include <string>
#include <vector>

namespace longc {

/// Whether the documents are memory beside what is asked, and not a text that the chat template puts into it: there are
/// several, or one that was read before.
bool arePutTogether(const std::vector<std::string> &paths);

/// A file's text, its tokens and their places; an error where it is empty.
Result<DocumentText> documentText(const OpenedModel &model, const std::string &path);

/// Memories that were put together, and the store whose pages they lie in.
class KnownDocuments {
public:
  SessionOptions options;
  std::shared_ptr<StateStore> store;
  std::vector<std::shared_ptr<const MemoryDocument>> documents;

  /// Maps documents and reads texts, in the order of --document. Without --ingest and --overlap, what the first document was read with holds.
  static Result<KnownDocuments> open(const OpenedModel &model, const Arguments &arguments);
  /// Reads a text, with a progress bar; ^C cancels.
  static Result<std::shared_ptr<const MemoryDocument>> read(const OpenedModel &model, const SessionOptions &options,
                                                            const std::shared_ptr<StateStore> &store, DocumentText text);
  /// A session that knows them all and has read nothing else.
  Result<std::unique_ptr<Session>> newSession(const OpenedModel &model) const;


private:
  KnownDocuments(const SessionOptions &options, std::shared_ptr<StateStore> store) : options(options), store(std::move(store)) {}
  Result<std::shared_ptr<const MemoryDocument>> openOne(const OpenedModel &model, const Arguments &arguments, const std::string &path);
};

} // namespace longc
