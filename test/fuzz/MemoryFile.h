// The fuzzer's bytes as a file: some readers take a path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace longc::fuzz {

class MemoryFile {
public:
  MemoryFile(const uint8_t *data, size_t size) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    for (size_t at = 0; at < size;) {
      ssize_t count = write(file_, data + at, size - at);
      if (count <= 0)
        __builtin_trap();
      at += static_cast<size_t>(count);
    }
  }
  ~MemoryFile() { close(file_); }
  MemoryFile(const MemoryFile &) = delete;
  MemoryFile &operator=(const MemoryFile &) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

private:
  int file_;
};

} // namespace longc::fuzz
