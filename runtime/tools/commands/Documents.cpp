// Maps and reads what is to be known.
#include "runtime/tools/commands/Documents.h"

#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/text/TokenOffsets.h"

#include <algorithm>

namespace longc {

bool arePutTogether(const std::vector<std::string> &paths) {
  return paths.size() > 1 || (paths.size() == 1 && Document::isDocument(paths.front()));
}

Result<DocumentText> documentText(const OpenedModel &model, const std::string &path) {
  auto text = readTextFile(path);
  if (!text.ok())
    return text.status();
  DocumentText document{path, std::move(*text), {}, {}};
  document.tokens = model.encode(document.text, false, "'" + path + "'");
  if (document.tokens.empty())
    return Status::error(5403, "the document '" + path + "' is empty", "a text has at least one token");
  document.offsets = tokenOffsets(model.tokenizer, document.text, document.tokens);
  return document;
}

Result<std::shared_ptr<const MemoryDocument>> KnownDocuments::read(const OpenedModel &model, const SessionOptions &options,
                                                                   const std::shared_ptr<StateStore> &store, DocumentText text) {
  Progress progress(model.mode, "reading '" + text.name + "'", static_cast<int64_t>(text.tokens.size()), "tokens");
  progress.update(0);
  auto document = MemoryDocument::read(model.engine(), options, store, std::move(text), [&](int64_t done, int64_t) {
    progress.update(done);
    return !interrupted();
  });
  if (document.ok())
    progress.finish();
  return document;
}

Result<std::shared_ptr<const MemoryDocument>> KnownDocuments::openOne(const OpenedModel &model, const Arguments &arguments,
                                                                      const std::string &path) {
  if (!Document::isDocument(path)) {
    auto text = documentText(model, path);
    return text.ok() ? read(model, options, store, std::move(*text)) : text.status();
  }
  auto file = Document::open(path);
  if (!file.ok())
    return file.status();
  if (documents.empty() && !arguments.has("ingest") && !arguments.isGiven("overlap"))
    MemoryDocument::readAs(*file, options);
  return MemoryDocument::map(model.engine(), options, store, std::move(*file));
}

Result<KnownDocuments> KnownDocuments::open(const OpenedModel &model, const Arguments &arguments) {
  auto store = Session::createStore(model.engine(), model.options, 1);
  if (!store.ok())
    return store.status();
  KnownDocuments known(model.options, std::move(*store));
  for (const std::string &path : arguments.all("document")) {
    auto document = known.openOne(model, arguments, path);
    if (!document.ok())
      return document.status();
    known.documents.push_back(std::move(*document));
  }
  return known;
}

Result<std::unique_ptr<Session>> KnownDocuments::newSession(const OpenedModel &model) const {
  auto beside = store->beside();
  if (!beside.ok())
    return beside.status();
  return Session::open(model.engine(), options, std::move(*beside), documents);
}

} // namespace longc
