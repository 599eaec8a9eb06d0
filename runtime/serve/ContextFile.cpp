// Contexts in saved memories: the rows of the local window, then the pages of the memory as they lie.
#include "runtime/core/Format.h"
#include "runtime/serve/Context.h"
#include "runtime/serve/MemoryFile.h"

#include <vector>

namespace longc {
namespace {

constexpr int64_t mostTokens = INT32_MAX; // work lists count tokens in 32 bits; the page table is as long as they say

} // namespace

/// Moves the state of a context to and from a file.
class ContextFile {
public:
  static Status save(const Context &context, const std::string &path, abi::SavedMemory about);
  static Status load(Context &context, const MemoryFile &file);

private:
  static void describeMarks(const Context &context, abi::SavedMarks &marks);
  static std::vector<abi::SavedSection> describeSections(const Context &context);
  static Status restoreMarks(Context &context, const MemoryFile &file);
  static Status checkSections(const Context &context, const MemoryFile &file);
  static Status applyPolicy(Context &context, const MemoryFile &file);
  static Status saveRing(const Context &context, size_t ring, const MemoryFile::Sink &sink);
  static Status savePages(const Context &context, size_t state, const MemoryFile::Sink &sink);
  static Status loadRing(Context &context, size_t ring, const std::byte *rows, int64_t firstToken);
};

void ContextFile::describeMarks(const Context &context, abi::SavedMarks &marks) {
  marks.set_memory_begin(context.marks_.memoryBegin());
  marks.set_window_begin(context.marks_.windowBegin());
  marks.set_end(context.marks_.end());
  marks.set_origin(context.marks_.origin());
  marks.set_first_page(context.firstPage_);
}

// Rings first, then pages; without their hashes.
std::vector<abi::SavedSection> ContextFile::describeSections(const Context &context) {
  std::vector<abi::SavedSection> sections;
  int64_t local = context.marks_.localTokens(), pages = static_cast<int64_t>(context.table_.size()) - context.firstPage_;
  auto add = [&](const StateLayout::Entry &entry, int64_t rows) {
    abi::SavedSection &section = sections.emplace_back();
    section.set_name(entry.sectionName());
    section.set_type(entry.type);
    section.set_row_bytes(entry.rowBytes);
    section.set_bytes(static_cast<uint64_t>(rows * entry.rowBytes));
  };
  for (const StateLayout::Entry &entry : context.store_->layout().rings)
    add(entry, local);
  for (const StateLayout::Entry &entry : context.store_->layout().pages)
    add(entry, pages * pageRows);
  return sections;
}

Status ContextFile::saveRing(const Context &context, size_t ring, const MemoryFile::Sink &sink) {
  int64_t rowBytes = context.store_->layout().rings[ring].rowBytes;
  std::vector<std::byte> piece;
  for (auto [row, rows] : context.localRows()) {
    piece.resize(static_cast<size_t>(rows * rowBytes));
    LONGC_TRY(context.store_->ring(ring).read(context.store_->ringOffset(ring, context.slot_, row), piece.data(), piece.size()));
    LONGC_TRY(sink(piece.data(), piece.size()));
  }
  return {};
}

Status ContextFile::savePages(const Context &context, size_t state, const MemoryFile::Sink &sink) {
  return context.store_->pages().readPages(state, std::span(context.table_).subspan(static_cast<size_t>(context.firstPage_)), sink);
}

Status ContextFile::save(const Context &context, const std::string &path, abi::SavedMemory about) {
  describeMarks(context, *about.mutable_marks());
  for (abi::SavedSection &section : describeSections(context))
    *about.add_sections() = std::move(section);
  size_t rings = context.store_->layout().rings.size();
  return MemoryFile::write(path, std::move(about), [&](size_t index, const MemoryFile::Sink &sink) {
    return index < rings ? saveRing(context, index, sink) : savePages(context, index - rings, sink);
  });
}

// Rows of tokens from `firstToken` on; those before the window are left out.
Status ContextFile::loadRing(Context &context, size_t ring, const std::byte *rows, int64_t firstToken) {
  auto rowBytes = static_cast<size_t>(context.store_->layout().rings[ring].rowBytes);
  int64_t token = context.marks_.windowBegin();
  for (auto [row, count] : context.localRows()) {
    LONGC_TRY(context.store_->ring(ring).write(context.store_->ringOffset(ring, context.slot_, row),
                                               rows + static_cast<size_t>(token - firstToken) * rowBytes,
                                               static_cast<size_t>(count) * rowBytes));
    token += count;
  }
  return {};
}

Status ContextFile::restoreMarks(Context &context, const MemoryFile &file) {
  const abi::SavedMarks &marks = file.about().marks();
  bool paged = !context.store_->layout().pages.empty();
  int64_t firstPage = marks.first_page(), endPage = paged ? (marks.end() + pageRows - 1) / pageRows : 0;
  if (marks.end() < 0 || marks.end() > mostTokens ||
      !context.marks_.restore(marks.memory_begin(), marks.window_begin(), marks.end(), marks.origin()) || firstPage < 0 ||
      firstPage > endPage || (paged && firstPage > marks.memory_begin() / pageRows))
    return file.damaged("its marks are out of order");
  auto run = context.store_->pages().takeRun(endPage - firstPage);
  if (!run.ok())
    return run.status();
  context.firstPage_ = firstPage;
  context.table_.assign(static_cast<size_t>(endPage), 0);
  for (int64_t page = firstPage; page < endPage; ++page)
    context.table_[static_cast<size_t>(page)] = static_cast<int32_t>(*run + page - firstPage);
  return {};
}

// The context's marks and pages are already the file's.
Status ContextFile::checkSections(const Context &context, const MemoryFile &file) {
  const char *otherMode = "memory layers or precision differ: use the program and mode that saved it";
  std::vector<abi::SavedSection> expected = describeSections(context);
  int count = file.about().sections_size();
  if (static_cast<size_t>(count) != expected.size())
    return Status::error(7115, formatText("'%s' holds %d states; this program has %zu", file.path().c_str(), count,
                                          expected.size()), otherMode);
  for (int index = 0; index < count; ++index) {
    const abi::SavedSection &given = file.about().sections(index), &want = expected[static_cast<size_t>(index)];
    if (given.name().empty())
      return Status::error(7112, "'" + file.path() + "' was saved by an earlier longc, which gave its states no names",
                           "read the text again and save it with this program");
    if (given.name() != want.name() || given.type() != want.type() || given.row_bytes() != want.row_bytes())
      return Status::error(7115, formatText("'%s': state %d is %s in %s; expected %s in %s", file.path().c_str(), index, given.name().c_str(),
                                            elementName(given.type()), want.name().c_str(), elementName(want.type())), otherMode);
    if (given.bytes() != want.bytes())
      return file.damaged(formatText("state %d has another size than its marks say", index));
  }
  return file.verify();
}

// The options of this run hold from its first token on, also for what the file was saved with.
Status ContextFile::applyPolicy(Context &context, const MemoryFile &file) {
  const WindowPolicy &policy = context.marks_.policy();
  int64_t local = context.marks_.localTokens();
  if (!policy.memory && context.marks_.memoryTokens() > 0)
    return Status::error(7119, "'" + file.path() + "' holds memory, and memory is off", "leave --memory off out");
  if (!policy.memory && local > policy.window)
    return Status::error(7118, formatText("'%s' has %lld local tokens; the window is %lld, and memory is off",
                                          file.path().c_str(), static_cast<long long>(local),
                                          static_cast<long long>(policy.window)),
                         "use a --window at least as large as when it was saved, or --memory on");
  context.marks_.applyPolicy();
  context.releaseBelow(context.marks_.memoryBegin() / pageRows);
  return {};
}

Status ContextFile::load(Context &context, const MemoryFile &file) {
  LONGC_TRY(restoreMarks(context, file));
  LONGC_TRY(checkSections(context, file));
  size_t rings = context.store_->layout().rings.size();
  const int64_t firstPage = context.firstPage_, pages = static_cast<int64_t>(context.table_.size()) - firstPage;
  for (size_t state = 0; state < context.store_->layout().pages.size() && pages > 0; ++state)
    LONGC_TRY(context.store_->pages().fillRun(state, context.table_[static_cast<size_t>(firstPage)], pages,
                                              file.descriptor(), file.offset(rings + state)));
  int64_t firstToken = context.marks_.windowBegin();
  LONGC_TRY(applyPolicy(context, file));
  for (size_t ring = 0; ring < rings; ++ring)
    LONGC_TRY(loadRing(context, ring, file.section(ring).data(), firstToken));
  return {};
}

Status Context::save(const std::string &path, abi::SavedMemory about) const {
  return ContextFile::save(*this, path, std::move(about));
}

Result<std::unique_ptr<Context>> Context::load(const MemoryFile &file, std::shared_ptr<StateStore> store,
                                               const WindowPolicy &policy, int64_t chunk) {
  auto context = create(std::move(store), policy, chunk);
  if (!context.ok())
    return context;
  LONGC_TRY(ContextFile::load(**context, file));
  return context;
}

Result<std::unique_ptr<Context>> Context::load(const MemoryFile &file, const StateLayout &layout,
                                               const WindowPolicy &policy, int64_t chunk) {
  auto store = StateStore::create(layout, StateStore::ringRowsFor(policy.window, chunk));
  return store.ok() ? load(file, std::move(*store), policy, chunk) : store.status();
}

} // namespace longc
