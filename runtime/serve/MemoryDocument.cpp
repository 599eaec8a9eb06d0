// Pages of documents: read, mapped, saved.
#include "runtime/serve/MemoryDocument.h"

#include "runtime/core/Format.h"
#include "runtime/serve/MemoryTraits.h"

#include <algorithm>
#include <cstdlib>

namespace longc {
namespace {

abi::Trait traitOf(std::string name, std::string value) {
  abi::Trait trait;
  trait.set_name(std::move(name));
  trait.set_value(std::move(value));
  return trait;
}

} // namespace

std::vector<abi::Trait> MemoryDocument::traits(const Engine &engine, const SessionOptions &options) {
  auto traits = memoryTraits(engine.program(), engine.precision(), engine.adapter());
  std::erase_if(traits, [](const abi::Trait &trait) { return trait.name() == "chat template" || trait.name() == "memory top-k"; });
  traits.push_back(traitOf("window", std::to_string(options.policy.window)));
  traits.push_back(traitOf("ingest", ingestName(options.ingest) + (options.overlap > 0 ? "+" + std::to_string(options.overlap) : "")));
  return traits;
}

void MemoryDocument::readAs(const Document &document, SessionOptions &options) {
  const std::string text = document.trait("ingest");
  const size_t plus = text.find('+');
  options.ingest = parseIngest(std::string_view(text).substr(0, plus)).value_or(options.ingest);
  options.overlap = plus == std::string::npos ? 0 : std::strtoll(text.c_str() + plus, nullptr, 10);
}

Result<std::shared_ptr<const MemoryDocument>> MemoryDocument::read(Engine &engine, const SessionOptions &options,
                                                                   const std::shared_ptr<StateStore> &store, DocumentText text,
                                                                   const std::function<bool(int64_t, int64_t)> &onProgress,
                                                                   std::span<const int32_t> before) {
  if (store->layout().pages.empty() || !options.policy.memory)
    return Status::error(7119, "a document is memory, and this program has none or it is off", "compile with --method fot; leave --memory off out");
  const PagePool &pool = store->pages();
  const auto count = static_cast<int64_t>(text.tokens.size());
  const int64_t room = std::max<int64_t>(pool.freePages() - Session::pagesBeside(engine, options, count), 0) * pageRows;
  if (count > room)
    return Status::error(7101, formatText("'%s' has %s tokens, %s of memory, and there is room for %s tokens", text.name.c_str(), formatCount(count).c_str(),
                                          formatBytes(static_cast<double>(count) * static_cast<double>(pool.bytesPerToken())).c_str(), formatCount(room).c_str()),
                         "read less of it, or compile with memory in fewer layers");
  SessionOptions whole = options;
  whole.policy.memoryRows = 0;
  auto beside = store->beside();
  if (!beside.ok())
    return beside.status();
  auto session = Session::create(engine, whole, std::move(*beside));
  if (!session.ok())
    return session.status();
  IngestOptions ingest;
  ingest.toMemory = true;
  ingest.before = before;
  ingest.onProgress = onProgress;
  LONGC_TRY((*session)->ingest(text.tokens, ingest));
  std::shared_ptr<MemoryDocument> document(new MemoryDocument(traits(engine, options), store));
  document->text_ = std::move(text);
  for (int32_t page : (*session)->context().pageTable()) {
    store->pages().share(page);
    document->pages_.push_back(page);
  }
  return std::shared_ptr<const MemoryDocument>(std::move(document));
}

Result<std::shared_ptr<const MemoryDocument>> MemoryDocument::map(const Engine &engine, const SessionOptions &options,
                                                                  const std::shared_ptr<StateStore> &store, Document document) {
  std::shared_ptr<MemoryDocument> mapped(new MemoryDocument(traits(engine, options), store));
  LONGC_TRY(document.expect(Document::fot, mapped->traits_));
  mapped->file_.emplace(std::move(document));
  LONGC_TRY(mapped->mapPages());
  return std::shared_ptr<const MemoryDocument>(std::move(mapped));
}

MemoryDocument::~MemoryDocument() {
  for (int32_t page : pages_)
    store_->pages().release(page);
}

// The section of a state, with as many rows as there are tokens.
Result<size_t> MemoryDocument::findSection(const StateLayout::Entry &entry) const {
  auto index = file_->find(entry.sectionName());
  const abi::SavedSection *section = index ? &file_->file().about().sections(static_cast<int>(*index)) : nullptr;
  if (!section || section->type() != entry.type || section->row_bytes() != entry.rowBytes)
    return Status::error(7115, formatText("'%s' has no %s of this program's form", file_->path().c_str(), entry.sectionName().c_str()),
                         "read the text again with this program");
  if (section->bytes() != tokens().size() * static_cast<uint64_t>(entry.rowBytes))
    return file_->file().damaged("its keys and values are not those of its tokens");
  return *index;
}

// Full pages onto the file, the rest into a page of its own. Checksums are compared where the rows will be read, so that their
// pages have come in by then.
Status MemoryDocument::mapPages() {
  PagePool &pool = store_->pages();
  const auto count = static_cast<int64_t>(tokens().size()), full = count / pageRows, rest = count % pageRows;
  auto first = pool.takeRun(full);
  if (!first.ok())
    return first.status();
  for (int64_t page = 0; page < full; ++page)
    pages_.push_back(static_cast<int32_t>(*first + page));
  if (rest > 0) {
    auto last = pool.take();
    if (!last.ok())
      return last.status();
    pages_.push_back(*last);
  }
  std::vector<MemoryFile::Mapped> mapped;
  for (size_t state = 0; state < store_->layout().pages.size(); ++state) {
    auto section = findSection(store_->layout().pages[state]);
    if (!section.ok())
      return section.status();
    if (full > 0)
      LONGC_TRY(pool.fillRun(state, *first, full, file_->file().descriptor(), file_->file().offset(*section)));
    const std::span<const std::byte> bytes = file_->file().section(*section);
    const auto fullBytes = static_cast<size_t>(full * pool.pageBytes(state));
    if (rest > 0)
      LONGC_TRY(pool.writeRows(state, pages_.back(), bytes.data() + fullBytes, rest));
    const std::byte *rows = pool.isHost() ? pool.data(state) + pool.pageBytes(state) * *first : bytes.data();
    mapped.push_back({*section, {{rows, fullBytes}, bytes.subspan(fullBytes)}});
  }
  return file_->file().verify(mapped);
}

Status MemoryDocument::save(const std::string &path) const {
  const PagePool &pool = store_->pages();
  std::vector<DocumentSection> payload;
  for (size_t state = 0; state < store_->layout().pages.size(); ++state) {
    const StateLayout::Entry &entry = store_->layout().pages[state];
    const uint64_t bytes = tokens().size() * static_cast<uint64_t>(entry.rowBytes);
    payload.push_back({entry.sectionName(), entry.type, entry.rowBytes, bytes, [this, state, bytes, &pool](const MemoryFile::Sink &sink) {
                         uint64_t left = bytes; // the last page may not be full
                         return pool.readPages(state, pages_, [&](const std::byte *rows, size_t size) {
                           const auto count = static_cast<size_t>(std::min<uint64_t>(left, size));
                           left -= count;
                           return sink(rows, count);
                         });
                       }});
  }
  DocumentText text = text_;
  if (file_)
    text = {file_->name(), std::string(file_->text()), {tokens().begin(), tokens().end()}, {offsets().begin(), offsets().end()}};
  return Document::write(path, Document::fot, text, traits_, payload);
}

std::optional<DocumentPlace> placeOf(std::span<const std::shared_ptr<const MemoryDocument>> documents, int64_t index) {
  std::vector<MemoryPages> parts;
  for (const auto &document : documents)
    parts.push_back(document->pages());
  for (const MemoryRun &run : runsOf(parts)) {
    if (index < run.count)
      return index < 0 ? std::nullopt : std::optional(DocumentPlace{run.part, run.token + index});
    index -= run.count;
  }
  return std::nullopt;
}

} // namespace longc
