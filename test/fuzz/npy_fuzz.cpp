// Fuzz target of .npy files: what is read has as many bytes as its shape says.
#include "runtime/io/Npy.h"
#include "test/fuzz/MemoryFile.h"

#include <cstdlib>

using namespace longc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz::MemoryFile file(data, size);
  Result<NpyTensor> tensor = readNpy(file.path());
  if (!tensor.ok())
    return 0;
  size_t bytes = static_cast<size_t>(tensor->type[1] - '0');
  for (int64_t extent : tensor->shape)
    bytes *= static_cast<size_t>(extent);
  if (bytes != tensor->data.size() || bytes > size)
    std::abort();
  return 0;
}
