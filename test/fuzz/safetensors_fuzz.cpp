// Fuzz target of the safetensors reader: any bytes, and nothing but a refusal may happen. What was accepted is decoded.
//
// Built with LONGC_WRITE_SEEDS it is a program instead that writes the seeds: `safetensors_seeds FOLDER`.
#include "runtime/io/Safetensors.h"

#include <cstdio>
#include <cstdlib>

using namespace longc;

#ifdef LONGC_WRITE_SEEDS
#include "test/runtime/SafetensorsText.h"

int main(int argc, char **argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: safetensors_seeds FOLDER\n");
    return 2;
  }
  bool written = true;
  std::vector<test::HostileSafetensors> files = test::hostileSafetensors();
  files.push_back({"right",
                   test::safetensorsBytes(R"({"__metadata__":{"format":"pt"},)" +
                                              test::tensorEntry("a", "BF16", "[2,3]", "[0,12]") + "," +
                                              test::tensorEntry("b", "F8_E4M3", "[4]", "[12,16]") + "}",
                                          std::string(16, 'x')),
                   ""});
  for (const test::HostileSafetensors &file : files) {
    if (file.bytes.size() > 4096) // large ones only slow a fuzzer down; tests have them
      continue;
    std::FILE *out = std::fopen((std::string(argv[1]) + "/" + file.name).c_str(), "wb");
    written &= out && std::fwrite(file.bytes.data(), 1, file.bytes.size(), out) == file.bytes.size();
    if (out)
      written &= std::fclose(out) == 0;
  }
  return written ? 0 : 1;
}

#else

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Result<SafetensorsFile> file = SafetensorsFile::parse(std::as_bytes(std::span(data, size)));
  if (!file.ok())
    return 0;
  size_t covered = 0;
  for (const SafetensorsTensor &tensor : file->tensors()) {
    covered += tensor.data.size();
    if (file->find(tensor.name) != &tensor)
      std::abort();
    if (!isWeightType(tensor.type))
      continue;
    std::vector<float> values(tensor.data.size() * 8 / safetensorsTypeBits(tensor.type));
    decodeSafetensors(tensor.type, tensor.data, values);
  }
  if (covered + 8 > size) // tensors lie beside each other in the file
    std::abort();
  return 0;
}

#endif
