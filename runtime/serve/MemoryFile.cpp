// Reads, checks and writes the container of saved memories.
#include "runtime/serve/MemoryFile.h"

#include "runtime/core/Checked.h"
#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/core/OutputFile.h"
#include "runtime/core/ThreadPool.h"
#include "runtime/serve/Document.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <google/protobuf/stubs/logging.h>
#include <new>
#include <sys/mman.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace longc {
namespace {

constexpr char fileMagic[8] = {'L', 'O', 'N', 'G', 'C', 'M', 'E', 'M'};
constexpr uint32_t fileVersion = 2; // 1 knew of its program nothing but the weights, and nothing of its text
constexpr uint64_t sectionAlignment = 4096;
constexpr uint64_t maxMessageBytes = uint64_t{1} << 30; // it holds the text, never rows

struct Prefix {
  char magic[8];
  uint32_t version, reserved;
  uint64_t fileSize, messageBytes;
  uint64_t hash; // of prefix and message, with this field 0
};

uint64_t hashHead(Prefix prefix, const void *message) {
  prefix.hash = 0;
  StreamingHash hash;
  hash.add(&prefix, sizeof prefix);
  hash.add(message, prefix.messageBytes);
  return hash.value();
}

uint64_t alignSection(uint64_t offset) { return (offset + sectionAlignment - 1) / sectionAlignment * sectionAlignment; }

// Pages of a mapping that come in one by one as they are touched cost more than the checksum: they are asked for together.
uint64_t hashMapped(std::span<const std::span<const std::byte>> pieces) {
  constexpr size_t together = size_t{2} << 20;
  StreamingHash hash;
  for (std::span<const std::byte> piece : pieces)
    for (; !piece.empty(); piece = piece.subspan(std::min(together, piece.size()))) {
      const size_t bytes = std::min(together, piece.size());
      if (reinterpret_cast<uintptr_t>(piece.data()) % sectionAlignment == 0)
        madvise(const_cast<std::byte *>(piece.data()), bytes, MADV_POPULATE_READ); // where it cannot, they come one by one
      hash.add(piece.data(), bytes);
    }
  return hash.value();
}

// On this thread and on as many others as there are cores for and parts of the work.
void runBeside(size_t parts, const std::function<void()> &work) {
  const size_t most = std::min<size_t>(parts, static_cast<size_t>(ThreadPool::availableCores()));
  std::vector<std::jthread> others;
  try {
    while (others.size() + 1 < most)
      others.emplace_back(work);
  } catch (const std::system_error &) { // the system has no more threads: those that there are do it
  }
  work();
}

const char *nameOf(MemoryFile::Contents contents) {
  return contents == MemoryFile::Contents::memory ? "saved memory" : "document";
}

Status checkPrefix(const Prefix &prefix, const std::string &path, uint64_t size, MemoryFile::Contents wanted) {
  if (std::memcmp(prefix.magic, fileMagic, sizeof fileMagic) != 0)
    return Status::error(7111, "'" + path + "' is no " + nameOf(wanted),
                         wanted == MemoryFile::Contents::memory ? "make one with --save-memory FILE" : "make one with `read FILE -o DOCUMENT`");
  if (prefix.version != fileVersion)
    return Status::error(7112, formatText("'%s' is a %s of version %u; this program reads version %u", path.c_str(),
                                          nameOf(wanted), prefix.version, fileVersion),
                         "read the text again and save it with this program");
  if (prefix.fileSize != size)
    return Status::error(7114, formatText("'%s' has %llu bytes; expected %llu", path.c_str(),
                                          static_cast<unsigned long long>(size),
                                          static_cast<unsigned long long>(prefix.fileSize)),
                         "the file is truncated, or something was appended: save it again");
  return {};
}

} // namespace

MemoryFile::MemoryFile(MemoryFile &&other) noexcept
    : file_(std::exchange(other.file_, -1)), bytes_(std::move(other.bytes_)), about_(std::move(other.about_)),
      offsets_(std::move(other.offsets_)) {}

MemoryFile::~MemoryFile() {
  if (file_ >= 0)
    close(file_);
}

Status MemoryFile::damaged(const std::string &what) const {
  return Status::error(7116, "'" + path() + "': " + what, "the file is damaged: save it again");
}

Result<MemoryFile> MemoryFile::open(const std::string &path, Contents wanted) {
  auto descriptor = MappedFile::openRegular(path);
  if (!descriptor.ok())
    return descriptor.status();
  MemoryFile file(*descriptor);
  auto bytes = MappedFile::map(*descriptor, path);
  if (!bytes.ok())
    return bytes.status();
  file.bytes_ = std::move(*bytes);
  LONGC_TRY(file.readMessage(wanted));
  return file;
}

bool MemoryFile::looksLike(const std::string &path) {
  auto descriptor = MappedFile::openRegular(path);
  if (!descriptor.ok())
    return false;
  char begin[sizeof fileMagic] = {};
  const ssize_t count = pread(*descriptor, begin, sizeof begin, 0);
  close(*descriptor);
  return count == sizeof begin && std::memcmp(begin, fileMagic, sizeof fileMagic) == 0;
}

Status MemoryFile::checkKind(Contents wanted) const {
  const bool isMemory = about_.kind() == textKind || about_.kind() == conversationKind;
  if (!isMemory && !Document::isKind(about_.kind()))
    return Status::error(7120, "'" + path() + "' holds a '" + about_.kind() + "', which this program does not read",
                         "use the program that saved it");
  if (isMemory == (wanted == Contents::memory))
    return {};
  return isMemory ? Status::error(7120, "'" + path() + "' holds the memory of a " + about_.kind() + " and no document",
                                  "give it as --load-memory, or make a document with `read FILE -o DOCUMENT`")
                  : Status::error(7120, "'" + path() + "' holds a document and no saved memory", "give it as --document");
}

Status MemoryFile::readMessage(Contents wanted) {
  auto bytes = bytes_.bytes();
  Prefix prefix = {};
  if (!bytes.empty())
    std::memcpy(&prefix, bytes.data(), std::min(bytes.size(), sizeof prefix));
  LONGC_TRY(checkPrefix(prefix, path(), bytes.size(), wanted));
  if (bytes.size() < sizeof prefix || prefix.messageBytes > std::min<uint64_t>(maxMessageBytes, bytes.size() - sizeof prefix))
    return damaged("its header does not fit into it");
  const std::byte *message = bytes.data() + sizeof prefix;
  if (hashHead(prefix, message) != prefix.hash)
    return damaged("the checksum of its header does not match");
  google::protobuf::SetLogHandler(nullptr); // what is wrong is said here, in one line
  if (!about_.ParseFromArray(message, static_cast<int>(prefix.messageBytes)))
    return damaged("its header cannot be parsed");
  LONGC_TRY(checkKind(wanted));
  if (about_.text().read() > about_.text().text().size() ||
      about_.has_conversation() != (about_.kind() == conversationKind) ||
      about_.has_document() != (wanted == Contents::document))
    return damaged("its header contradicts itself");
  return placeSections(alignSection(sizeof prefix + prefix.messageBytes));
}

Status MemoryFile::placeSections(uint64_t dataBegin) {
  uint64_t size = bytes_.bytes().size(), offset = dataBegin;
  for (const abi::SavedSection &section : about_.sections()) {
    offsets_.push_back(offset);
    if (!(Checked(offset) + section.bytes()).atMost(size))
      return damaged("its rows do not fit into it");
    offset = alignSection(offset + section.bytes());
  }
  return offset == size ? Status() : damaged("it holds more than its header says");
}

std::span<const std::byte> MemoryFile::section(size_t index) const {
  return bytes_.bytes().subspan(offsets_[index], about_.sections(static_cast<int>(index)).bytes());
}

Status MemoryFile::verify(size_t index) const {
  const Mapped whole{index, {section(index)}};
  return verify({&whole, 1});
}

Status MemoryFile::verify() const {
  std::vector<Mapped> all;
  for (size_t index = 0; index < offsets_.size(); ++index)
    all.push_back({index, {section(index)}});
  return verify(all);
}

Status MemoryFile::verify(std::span<const Mapped> sections) const {
  std::atomic<size_t> next{0}, wrong{SIZE_MAX};
  std::atomic<bool> isFull{false};
  const auto compare = [&] {
    try {
      for (size_t at; (at = next++) < sections.size() && wrong == SIZE_MAX;)
        if (hashMapped(sections[at].pieces) != about_.sections(static_cast<int>(sections[at].section)).hash())
          wrong = at;
    } catch (const std::bad_alloc &) { // on a thread of this function it would be the end of the program
      isFull = true;
    }
  };
  runBeside(sections.size(), compare);
  if (isFull)
    throw std::bad_alloc();
  if (wrong == SIZE_MAX)
    return {};
  return Status::error(7117, formatText("'%s': the checksum of state %zu does not match", path().c_str(), sections[wrong].section),
                       "the file is damaged: save it again");
}

// Hashed first and then written from front to back, so that the file may be a pipe.
Status MemoryFile::write(const std::string &path, abi::SavedMemory about,
                         const std::function<Status(size_t index, const Sink &sink)> &rows) {
  Result<OutputFile> created = OutputFile::create(path);
  if (!created.ok())
    return created.status();
  OutputFile &file = *created;
  for (int index = 0; index < about.sections_size(); ++index) {
    StreamingHash hash;
    LONGC_TRY(rows(static_cast<size_t>(index), [&](const std::byte *data, size_t bytes) {
      hash.add(data, bytes);
      return Status();
    }));
    about.mutable_sections(index)->set_hash(hash.value());
  }
  std::string message = about.SerializeAsString();
  if (message.size() > maxMessageBytes)
    return Status::error(7121, "'" + path + "': a text this long cannot be saved with its memory", "save it in parts");
  Prefix prefix = {};
  std::memcpy(prefix.magic, fileMagic, sizeof fileMagic);
  prefix.version = fileVersion;
  prefix.messageBytes = message.size();
  prefix.fileSize = alignSection(sizeof prefix + message.size());
  for (const abi::SavedSection &section : about.sections())
    prefix.fileSize = alignSection(prefix.fileSize + section.bytes());
  prefix.hash = hashHead(prefix, message.data());
  LONGC_TRY(file.append(&prefix, sizeof prefix));
  LONGC_TRY(file.append(message.data(), message.size()));
  LONGC_TRY(file.pad(sectionAlignment)); // the last section ends at a whole page, too: mapping it never reaches past the file
  for (size_t index = 0; index < static_cast<size_t>(about.sections_size()); ++index) {
    LONGC_TRY(rows(index, [&](const std::byte *data, size_t bytes) { return file.append(data, bytes); }));
    LONGC_TRY(file.pad(sectionAlignment));
  }
  return file.complete();
}

} // namespace longc
