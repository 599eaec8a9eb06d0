// Runs the cases that longc-cuda-cases wrote on this machine's GPU. Needs no LLVM: run-cuda-cases DIR... Each launch twice,
// the second time on what the first left of its own outputs restored: both must agree bit by bit. Prints a line a case;
// fails when an output differs.
#include "runtime/abi/program.pb.h"
#include "runtime/device/CudaDevice.h"
#include "test/codegen/cpu/ReadCases.h"

#include <cstring>
#include <fstream>
#include <iterator>

using namespace longc;

namespace {

std::string content(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// The images of a bundle and the device that has loaded them.
struct Bundle {
  abi::Program program;
  std::vector<std::string> code;
  std::vector<longc_image_entry> images;
  std::unique_ptr<CudaDevice> device;

  Status open(const std::string &folder) {
    program.ParseFromString(content(folder + "/launches.pb"));
    for (const abi::Kernel &kernel : program.kernels())
      code.push_back(content(folder + "/" + kernel.name() + ".cubin"));
    for (int i = 0; i < program.kernels_size(); ++i)
      images.push_back({program.kernels(i).name().c_str(), "cuda:sm_90a", code[size_t(i)].data(), code[size_t(i)].size()});
    longc_program_table table{LONGC_ABI_VERSION, 0, nullptr, uint32_t(images.size()), 0, images.data()};
    auto opened = CudaDevice::create(table, program, "cuda:sm_90a");
    if (!opened.ok())
      return opened.status();
    device = std::move(*opened);
    return {};
  }

  uint32_t kernel(const std::string &name) const {
    for (int i = 0; i < program.kernels_size(); ++i)
      if (program.kernels(i).name() == name)
        return uint32_t(i);
    return UINT32_MAX;
  }
};

/// Runs the launch on the device's copies of its memories; they are the host's afterwards.
Status launch(Bundle &bundle, KernelCase &one, const std::vector<std::vector<char>> &given) {
  CudaDevice &device = *bundle.device;
  std::vector<longc_view> views = one.views;
  std::vector<void *> memories;
  for (size_t i = 0; i < views.size(); ++i) {
    auto memory = device.allocate(size_t(one.bytes[i]), "a case");
    if (!memory.ok())
      return memory.status();
    memories.push_back(views[i].data = *memory);
    LONGC_TRY(device.copyIn(*memory, given[i].data(), given[i].size()));
  }
  std::span<const int64_t> scalars(one.scalars);
  LONGC_TRY(device.launch({bundle.kernel(one.symbol), scalars.first(size_t(one.gridRank)), views,
                           scalars.subspan(size_t(one.gridRank)), false}));
  LONGC_TRY(device.finish());
  for (size_t i = 0; i < views.size(); ++i) {
    LONGC_TRY(device.copyOut(one.views[i].data, memories[i], size_t(one.bytes[i])));
    device.release(memories[i]);
  }
  return {};
}

} // namespace

int main(int argc, char **argv) {
  int passed = 0, wrong = 0;
  for (int argument = 1; argument < argc; ++argument) {
    Bundle bundle;
    const std::string folder = argv[argument];
    std::FILE *cases = std::fopen((folder + "/cases.bin").c_str(), "rb");
    Status status = bundle.open(folder);
    if (!cases || !status.ok()) {
      std::fprintf(stderr, "%s: %s\n", folder.c_str(), cases ? status.text().c_str() : "no cases.bin");
      return 2;
    }
    std::printf("%s on %s\n", folder.c_str(), bundle.device->describe().c_str());
    for (KernelCase one; one.read(cases);) {
      std::vector<std::vector<char>> given, first;
      for (size_t i = 0; i < one.views.size(); ++i) {
        const char *data = static_cast<const char *>(one.views[i].data);
        given.emplace_back(data, data + one.bytes[i]);
      }
      status = launch(bundle, one, given);
      double error = 0;
      bool good = status.ok() && one.judge(error), same = true;
      for (size_t i = 0; status.ok() && i < one.views.size(); ++i) {
        const char *data = static_cast<const char *>(one.views[i].data);
        first.emplace_back(data, data + one.bytes[i]);
      }
      if (status.ok())
        status = launch(bundle, one, given);
      for (size_t i = 0; status.ok() && i < one.views.size(); ++i)
        same &= std::memcmp(first[i].data(), one.views[i].data, size_t(one.bytes[i])) == 0;
      good &= same && status.ok();
      std::printf("%s %s relative error %.3g%s%s\n", good ? "ok   " : "WRONG", one.symbol.c_str(), error,
                  same ? "" : " and not the same twice", status.ok() ? "" : (": " + status.text()).c_str());
      (good ? passed : wrong) += 1;
      if (!status.ok())
        return 1; // the device is of no use any more
    }
    std::fclose(cases);
  }
  std::printf("%d passed, %d failed\n", passed, wrong);
  return wrong != 0;
}
