// Detection by CPUID; the choice of a variant by table.
#include "runtime/device/CpuFeatures.h"

#include "runtime/core/Format.h"

#include <algorithm>
#include <cpuid.h>
#include <cstdint>
#include <cstring>
#include <sys/syscall.h>
#include <unistd.h>

namespace longc {
namespace {

struct Leaf {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Leaf readLeaf(unsigned leaf, unsigned subleaf = 0) {
  Leaf result;
  __get_cpuid_count(leaf, subleaf, &result.eax, &result.ebx, &result.ecx, &result.edx);
  return result;
}

bool bit(unsigned word, int index) { return (word >> index) & 1; }

// Register state that the system saves (XCR0); only meaningful with OSXSAVE.
uint64_t enabledState() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

// Tile registers are handed out on request, once a process; threads made later inherit the permission.
bool requestTiles() {
  constexpr long requestPermission = 0x1023; // ARCH_REQ_XCOMP_PERM
  constexpr long tileData = 18;
  return syscall(SYS_arch_prctl, requestPermission, tileData) == 0;
}

std::string readVendor() {
  Leaf leaf = readLeaf(0);
  char text[13] = {};
  std::memcpy(text, &leaf.ebx, 4);
  std::memcpy(text + 4, &leaf.edx, 4);
  std::memcpy(text + 8, &leaf.ecx, 4);
  return text;
}

std::string readBrand() {
  std::string text;
  for (unsigned leaf = 0x80000002; leaf <= 0x80000004; ++leaf) {
    Leaf part = readLeaf(leaf);
    for (unsigned word : {part.eax, part.ebx, part.ecx, part.edx})
      for (int byte = 0; byte < 4; ++byte)
        if (char letter = static_cast<char>(word >> (8 * byte)); letter != 0)
          text += letter;
  }
  size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
  return first == std::string::npos ? "unknown" : text.substr(first, last - first + 1);
}

bool runsAvx2(const CpuFeatures &f) { return f.avx2; }
bool runsAvx512(const CpuFeatures &f) { return f.avx2 && f.avx512; }
bool runsAvx512Bf16(const CpuFeatures &f) { return runsAvx512(f) && f.avx512Vnni && f.avx512Bf16; }
bool runsAmx(const CpuFeatures &f) { return runsAvx512Bf16(f) && f.amx; }

constexpr CpuVariant variants[] = {
    {"avx2", runsAvx2}, {"avx512", runsAvx512}, {"avx512_bf16", runsAvx512Bf16}, {"amx", runsAmx}};

// Best first. Measured: on AMD the bf16 dot product is four times f32, on Intel half of it; so Intel without tiles is
// better off with plain AVX-512.
constexpr std::string_view orderOfAmd[] = {"amx", "avx512_bf16", "avx512", "avx2"};
constexpr std::string_view orderOfOthers[] = {"amx", "avx512", "avx512_bf16", "avx2"};

const CpuVariant *findVariant(std::string_view name) {
  auto found = std::find_if(std::begin(variants), std::end(variants),
                            [name](const CpuVariant &variant) { return variant.name == name; });
  return found == std::end(variants) ? nullptr : found;
}

std::string joined(const std::vector<std::string> &names) {
  std::string text;
  for (const std::string &name : names)
    text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

Result<std::string> forcedVariant(const CpuFeatures &features, const std::vector<std::string> &carried,
                                  std::string_view forced) {
  std::string name(forced);
  const CpuVariant *variant = findVariant(forced);
  if (!variant || std::find(carried.begin(), carried.end(), name) == carried.end())
    return Status::error(1011, "--variant " + name + ": this program has no such variant",
                         "it carries " + joined(carried));
  if (!variant->runsOn(features))
    return Status::error(5101, "--variant " + name + ": this processor cannot run it (it has " + features.describe() + ")",
                         "leave --variant out to have one chosen");
  return name;
}

} // namespace

CpuFeatures CpuFeatures::detect() {
  CpuFeatures features;
  features.vendor = readVendor();
  features.brand = readBrand();
  Leaf basic = readLeaf(1), extended = readLeaf(7, 0), more = readLeaf(7, 1), added = readLeaf(0x80000001);
  if (!bit(basic.ecx, 27)) // OSXSAVE
    return features;
  uint64_t saved = enabledState();
  bool saves256 = (saved & 0x6) == 0x6, saves512 = (saved & 0xe6) == 0xe6, savesTiles = (saved & 0x60000) == 0x60000;
  features.avx2 = saves256 && bit(extended.ebx, 5) && bit(basic.ecx, 12) && bit(basic.ecx, 29) &&
                  bit(basic.ecx, 22) && bit(extended.ebx, 3) && bit(extended.ebx, 8) && bit(added.ecx, 5);
  features.avx512 = saves512 && bit(extended.ebx, 16) && bit(extended.ebx, 17) && bit(extended.ebx, 28) &&
                    bit(extended.ebx, 30) && bit(extended.ebx, 31);
  features.avx512Vnni = features.avx512 && bit(extended.ecx, 11);
  features.avx512Bf16 = features.avx512 && bit(more.eax, 5);
  features.amx = savesTiles && bit(extended.edx, 22) && bit(extended.edx, 24) && bit(extended.edx, 25) && requestTiles();
  return features;
}

std::string CpuFeatures::describe() const {
  std::string text;
  auto add = [&](bool has, const char *name) {
    if (has)
      text += (text.empty() ? "" : " ") + std::string(name);
  };
  add(avx2, "avx2");
  add(avx512, "avx512");
  add(avx512Vnni, "avx512_vnni");
  add(avx512Bf16, "avx512_bf16");
  add(amx, "amx");
  return text.empty() ? "none of the vector extensions that longc uses" : text;
}

std::span<const CpuVariant> cpuVariants() { return variants; }

Result<std::string> chooseVariant(const CpuFeatures &features, const std::vector<std::string> &carried,
                                  std::string_view forced) {
  if (!forced.empty())
    return forcedVariant(features, carried, forced);
  for (std::string_view name : features.vendor == "AuthenticAMD" ? orderOfAmd : orderOfOthers)
    if (std::find(carried.begin(), carried.end(), name) != carried.end() && findVariant(name)->runsOn(features))
      return std::string(name);
  return Status::error(5102, "this processor (" + features.describe() + ") can run none of the program's variants (" +
                                 joined(carried) + ")",
                       "compile the program for more variants");
}

} // namespace longc
