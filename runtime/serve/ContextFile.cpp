// Saved contexts: a header page, the rows of the local window, then the pages of the memory as they lie.
//
// Little-endian, like everything here. Sections begin at multiples of 4096 bytes, so the pages of the memory are mapped
// and not read: a large memory is back as soon as its checksums have been compared.
#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/core/OutputFile.h"
#include "runtime/io/MappedFile.h"
#include "runtime/serve/Context.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace longc {
namespace {

constexpr char fileMagic[8] = {'L', 'O', 'N', 'G', 'C', 'M', 'E', 'M'};
constexpr uint32_t fileVersion = 1;
constexpr uint64_t sectionAlignment = 4096;
constexpr int64_t mostTokens = INT32_MAX; // work lists count tokens in 32 bits; the page table is as long as they say

struct Header {
  char magic[8];
  uint32_t version, sections;
  uint64_t fileSize;
  uint64_t hash; // of header and section table, with this field 0
  int64_t memoryBegin, windowBegin, end, origin;
  int64_t firstPage, pages;
  char fingerprint[32];
};

struct Section {
  uint32_t kind, layer, type, reserved;
  int64_t rowBytes;
  uint64_t offset, bytes, hash;
};

uint64_t hashTable(Header header, const std::vector<Section> &sections) {
  header.hash = 0;
  StreamingHash hash;
  hash.add(&header, sizeof header);
  hash.add(sections.data(), sections.size() * sizeof(Section));
  return hash.value();
}

uint64_t alignSection(uint64_t offset) { return (offset + sectionAlignment - 1) / sectionAlignment * sectionAlignment; }

} // namespace

/// Reads and writes the parts of a context that a file holds.
class ContextFile {
public:
  static Status save(const Context &context, const std::string &path, const std::string &fingerprint);
  static Status load(Context &context, const std::string &path, const std::string &fingerprint);

private:
  static Header headerOf(const Context &context, const std::string &fingerprint);
  static std::vector<std::byte> windowRows(const Context &context, size_t ring);
  static void placeWindowRows(Context &context, size_t ring, const std::byte *rows);
  template <typename Take>
  static Status eachBlock(const Context &context, size_t index, Take take);
  static std::vector<Section> describe(const Context &context);
  static Status checkHeader(const Context &context, const Header &header, const std::string &path,
                            const std::string &fingerprint, uint64_t size);
  static Status checkSections(const Context &context, const Header &header, const std::vector<Section> &sections,
                              const std::string &path, std::span<const std::byte> bytes);
  static Status place(Context &context, const Header &header, const std::vector<Section> &sections,
                      const std::string &path, std::span<const std::byte> bytes);
};

Header ContextFile::headerOf(const Context &context, const std::string &fingerprint) {
  Header header = {};
  std::memcpy(header.magic, fileMagic, sizeof fileMagic);
  header.version = fileVersion;
  header.sections = static_cast<uint32_t>(context.layout_.rings.size() + context.layout_.pages.size());
  header.memoryBegin = context.marks_.memoryBegin();
  header.windowBegin = context.marks_.windowBegin();
  header.end = context.marks_.end();
  header.origin = context.marks_.origin();
  header.firstPage = context.firstPage_;
  header.pages = static_cast<int64_t>(context.table_.size()) - context.firstPage_;
  std::strncpy(header.fingerprint, fingerprint.c_str(), sizeof header.fingerprint - 1);
  return header;
}

// Sections with their places, without their hashes: rings first, then pages.
std::vector<Section> ContextFile::describe(const Context &context) {
  std::vector<Section> sections;
  int64_t local = context.marks_.localTokens(), pages = static_cast<int64_t>(context.table_.size()) - context.firstPage_;
  auto add = [&](const StateLayout::Entry &entry, int64_t rows) {
    sections.push_back({static_cast<uint32_t>(entry.kind), entry.layer, static_cast<uint32_t>(entry.type), 0,
                        entry.rowBytes, 0, static_cast<uint64_t>(rows * entry.rowBytes), 0});
  };
  for (const StateLayout::Entry &entry : context.layout_.rings)
    add(entry, local);
  for (const StateLayout::Entry &entry : context.layout_.pages)
    add(entry, pages * pageRows);
  uint64_t offset = alignSection(sizeof(Header) + sections.size() * sizeof(Section));
  for (Section &section : sections) {
    section.offset = offset;
    offset = alignSection(offset + section.bytes);
  }
  return sections;
}

std::vector<std::byte> ContextFile::windowRows(const Context &context, size_t ring) {
  auto rowBytes = static_cast<size_t>(context.layout_.rings[ring].rowBytes);
  std::vector<std::byte> rows(static_cast<size_t>(context.marks_.localTokens()) * rowBytes);
  for (int64_t token = context.marks_.windowBegin(); token < context.marks_.end(); ++token)
    std::memcpy(rows.data() + static_cast<size_t>(token - context.marks_.windowBegin()) * rowBytes,
                context.rings_[ring].data() + static_cast<size_t>(token % context.ringRows_) * rowBytes, rowBytes);
  return rows;
}

void ContextFile::placeWindowRows(Context &context, size_t ring, const std::byte *rows) {
  auto rowBytes = static_cast<size_t>(context.layout_.rings[ring].rowBytes);
  for (int64_t token = context.marks_.windowBegin(); token < context.marks_.end(); ++token)
    std::memcpy(context.rings_[ring].data() + static_cast<size_t>(token % context.ringRows_) * rowBytes,
                rows + static_cast<size_t>(token - context.marks_.windowBegin()) * rowBytes, rowBytes);
}

// take(data, bytes) for all that section `index` holds, in order.
template <typename Take> Status ContextFile::eachBlock(const Context &context, size_t index, Take take) {
  size_t rings = context.layout_.rings.size();
  if (index < rings) {
    std::vector<std::byte> rows = windowRows(context, index);
    return take(rows.data(), rows.size());
  }
  size_t state = index - rings;
  for (size_t page = static_cast<size_t>(context.firstPage_); page < context.table_.size(); ++page)
    LONGC_TRY(take(context.pool_->page(state, context.table_[page]), static_cast<size_t>(context.pool_->pageBytes(state))));
  return {};
}

// Hashed first and then written from front to back, so that the file may be a pipe.
Status ContextFile::save(const Context &context, const std::string &path, const std::string &fingerprint) {
  Result<OutputFile> created = OutputFile::create(path);
  if (!created.ok())
    return created.status();
  OutputFile &file = *created;
  Header header = headerOf(context, fingerprint);
  std::vector<Section> sections = describe(context);
  for (size_t index = 0; index < sections.size(); ++index) {
    StreamingHash hash;
    LONGC_TRY(eachBlock(context, index, [&](const std::byte *data, size_t bytes) {
      hash.add(data, bytes);
      return Status();
    }));
    sections[index].hash = hash.value();
  }
  header.fileSize = sections.empty() ? sizeof header : alignSection(sections.back().offset + sections.back().bytes);
  header.hash = hashTable(header, sections);
  LONGC_TRY(file.append(&header, sizeof header));
  LONGC_TRY(file.append(sections.data(), sections.size() * sizeof(Section)));
  for (size_t index = 0; index < sections.size(); ++index) {
    LONGC_TRY(file.pad(sectionAlignment));
    LONGC_TRY(eachBlock(context, index, [&](const std::byte *data, size_t bytes) { return file.append(data, bytes); }));
  }
  // The last section ends at a whole page, so that mapping it never reaches past the file.
  if (!sections.empty())
    LONGC_TRY(file.pad(sectionAlignment));
  return file.complete();
}

Status ContextFile::checkHeader(const Context &context, const Header &header, const std::string &path,
                                const std::string &fingerprint, uint64_t size) {
  if (std::memcmp(header.magic, fileMagic, sizeof fileMagic) != 0)
    return Status::error(7111, "'" + path + "' is no saved memory", "make one with --save-memory FILE");
  if (header.version != fileVersion)
    return Status::error(7112, formatText("'%s' is a saved memory of version %u; this program reads version %u",
                                          path.c_str(), header.version, fileVersion),
                         "save it again with this program");
  std::string other(header.fingerprint, strnlen(header.fingerprint, sizeof header.fingerprint));
  if (other != fingerprint)
    return Status::error(7113, "'" + path + "' was saved by model " + other + "; this program holds model " + fingerprint,
                         "use the program that saved it");
  if (header.fileSize != size)
    return Status::error(7114, formatText("'%s' has %llu bytes; expected %llu", path.c_str(),
                                          static_cast<unsigned long long>(size),
                                          static_cast<unsigned long long>(header.fileSize)),
                         "the file is truncated: save it again");
  size_t expected = context.layout_.rings.size() + context.layout_.pages.size();
  if (header.sections != expected)
    return Status::error(7115, formatText("'%s' holds %u states; this program has %zu", path.c_str(), header.sections,
                                          expected),
                         "memory layers or precision differ (--exact): use the program and mode that saved it");
  return {};
}

Status ContextFile::checkSections(const Context &context, const Header &header, const std::vector<Section> &sections,
                                  const std::string &path, std::span<const std::byte> bytes) {
  std::vector<Section> expected = describe(context); // marks and page count are already the file's
  for (size_t index = 0; index < sections.size(); ++index) {
    const Section &given = sections[index], &want = expected[index];
    if (given.kind != want.kind || given.layer != want.layer || given.type != want.type || given.rowBytes != want.rowBytes)
      return Status::error(7115, formatText("'%s': state %zu is of layer %u in %s; expected layer %u in %s", path.c_str(),
                                            index, given.layer, elementName(static_cast<abi::ElementType>(given.type)),
                                            want.layer, elementName(static_cast<abi::ElementType>(want.type))),
                           "memory layers or precision differ (--exact): use the program and mode that saved it");
    if (given.offset != want.offset || given.bytes != want.bytes ||
        !(Checked(given.offset) + given.bytes).atMost(header.fileSize))
      return Status::error(7116, formatText("'%s': state %zu does not lie where it should", path.c_str(), index),
                           "the file is damaged: save it again");
    if (hashBytes(bytes.data() + given.offset, given.bytes) != given.hash)
      return Status::error(7117, formatText("'%s': the checksum of state %zu does not match", path.c_str(), index),
                           "the file is damaged: save it again");
  }
  return {};
}

Status ContextFile::place(Context &context, const Header &header, const std::vector<Section> &sections,
                          const std::string &path, std::span<const std::byte> bytes) {
  size_t rings = context.layout_.rings.size();
  for (size_t ring = 0; ring < rings; ++ring)
    placeWindowRows(context, ring, bytes.data() + sections[ring].offset);
  int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return Status::error(7110, "cannot open '" + path + "': " + std::strerror(errno), "check its permissions");
  Status status;
  for (size_t state = 0; status.ok() && state < context.layout_.pages.size(); ++state)
    status = context.pool_->mapPages(state, file, static_cast<int64_t>(sections[rings + state].offset), header.pages);
  close(file); // the mapping stays
  return status;
}

Status ContextFile::load(Context &context, const std::string &path, const std::string &fingerprint) {
  auto file = MappedFile::open(path);
  if (!file.ok())
    return file.status();
  auto bytes = file->bytes();
  Header header = {};
  if (!bytes.empty())
    std::memcpy(&header, bytes.data(), std::min(bytes.size(), sizeof header));
  LONGC_TRY(checkHeader(context, header, path, fingerprint, bytes.size()));
  std::vector<Section> sections(header.sections);
  Status damaged = Status::error(7116, "'" + path + "': its header is damaged", "save it again");
  if (bytes.size() < sizeof header + sections.size() * sizeof(Section))
    return damaged;
  if (!sections.empty())
    std::memcpy(sections.data(), bytes.data() + sizeof header, sections.size() * sizeof(Section));
  if (hashTable(header, sections) != header.hash || header.end > mostTokens ||
      !context.marks_.restore(header.memoryBegin, header.windowBegin, header.end, header.origin))
    return damaged;
  bool paged = !context.layout_.pages.empty();
  int64_t endPage = paged ? (header.end + pageRows - 1) / pageRows : 0;
  if (header.firstPage < 0 || header.pages < 0 || header.firstPage > endPage ||
      header.pages != endPage - header.firstPage || (paged && header.firstPage > header.memoryBegin / pageRows))
    return damaged;
  if (context.marks_.localTokens() > context.marks_.policy().window)
    return Status::error(7118, formatText("'%s' has %lld local tokens; the window is %lld", path.c_str(),
                                          static_cast<long long>(context.marks_.localTokens()),
                                          static_cast<long long>(context.marks_.policy().window)),
                         "use a --window at least as large as when it was saved");
  if (!context.marks_.policy().memory && context.marks_.memoryTokens() > 0)
    return Status::error(7119, "'" + path + "' holds memory, and memory is off", "leave --memory off out");
  LONGC_TRY(context.pool_->takeMapped(header.pages));
  context.firstPage_ = header.firstPage;
  context.table_.assign(static_cast<size_t>(endPage), 0);
  for (int64_t page = header.firstPage; page < endPage; ++page)
    context.table_[static_cast<size_t>(page)] = static_cast<int32_t>(page - header.firstPage);
  LONGC_TRY(checkSections(context, header, sections, path, bytes));
  return place(context, header, sections, path, bytes);
}

Status Context::save(const std::string &path, const std::string &fingerprint) const {
  return ContextFile::save(*this, path, fingerprint);
}

Result<std::unique_ptr<Context>> Context::load(const std::string &path, const std::string &fingerprint,
                                               const StateLayout &layout, const WindowPolicy &policy, int64_t chunk) {
  auto context = create(layout, policy, chunk);
  if (!context.ok())
    return context;
  LONGC_TRY(ContextFile::load(**context, path, fingerprint));
  return context;
}

} // namespace longc
