// The container of saved memories and documents: a prefix, a message that says what is in it, sections of rows.
//
// Little-endian, like everything here. Sections begin at multiples of 4096 bytes, so that rows can be mapped and need not
// be read: a large memory is back as soon as its checksums have been compared, which takes a fraction of a second for a
// gigabyte.
#pragma once

#include "runtime/io/MappedFile.h"
#include "runtime/serve/saved_memory.pb.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace longc {

class MemoryFile {
public:
  static constexpr const char *textKind = "text", *conversationKind = "conversation";
  enum class Contents { memory, document }; // the kinds above; those of Document

  /// Maps and checks a file: that it is a container of this version, whole and of a kind that is wanted, its message as it
  /// was written. What the numbers in the message mean is for the reader to check, and so are the sections' checksums.
  static Result<MemoryFile> open(const std::string &path, Contents wanted = Contents::memory);
  /// Whether a regular file begins as a container does, whatever follows.
  static bool looksLike(const std::string &path);
  MemoryFile(MemoryFile &&other) noexcept;
  MemoryFile &operator=(MemoryFile &&) = delete;
  ~MemoryFile();

  const std::string &path() const { return bytes_.path(); }
  const abi::SavedMemory &about() const { return about_; }
  /// As many as about().sections().
  std::span<const std::byte> section(size_t index) const;
  /// Pieces of memory that hold a section's bytes in their order: the file's own, or where they were mapped again.
  struct Mapped {
    size_t section;
    std::vector<std::span<const std::byte>> pieces;
  };
  /// Compares checksums, of several sections at a time by several threads. LC7117 names one that differs.
  Status verify(std::span<const Mapped> sections) const;
  Status verify(size_t index) const;
  Status verify() const; // all of them
  /// For mapping a section elsewhere: the open file and the section's place in it.
  int descriptor() const { return file_; }
  int64_t offset(size_t index) const { return static_cast<int64_t>(offsets_[index]); }
  /// What to say when the numbers in the message contradict each other.
  Status damaged(const std::string &what) const;

  using Sink = std::function<Status(const std::byte *data, size_t bytes)>;
  /// Writes a file as a whole or not at all. `rows(index, sink)` gives the bytes of each section that `about` lists, as
  /// many as it says there.
  static Status write(const std::string &path, abi::SavedMemory about,
                      const std::function<Status(size_t index, const Sink &sink)> &rows);

private:
  explicit MemoryFile(int file) : file_(file) {}
  Status readMessage(Contents wanted);
  Status checkKind(Contents wanted) const;
  Status placeSections(uint64_t dataBegin);

  int file_;
  MappedFile bytes_;
  abi::SavedMemory about_;
  std::vector<uint64_t> offsets_; // of the sections
};

} // namespace longc
