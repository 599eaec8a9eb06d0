// Writes the program file behind a linked executable.
#include "codegen/WriteProgram.h"

#include "runtime/abi/Layout.h"
#include "runtime/abi/Messages.h"
#include "runtime/abi/longc_abi.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <map>

namespace longc {
namespace {

constexpr uint64_t kPage = 4096, kParameterAlignment = 64;

uint64_t alignUp(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

std::vector<std::string> partsOf(const abi::Parameter &parameter, const ParameterParts &parts) {
  auto found = parts.find(parameter.name());
  return found == parts.end() ? std::vector<std::string>{parameter.name()} : found->second;
}

// Whether its bytes are in the program: others begin as their initializer says.
bool isStored(const abi::Parameter &parameter) { return parameter.initializer() == abi::Parameter::NONE; }

// Where matrices lie whose rows another one holds among its own, because some functions read joined what others read apart: in that one,
// wherever they begin with a panel of it.
class Joined {
public:
  Joined(const abi::Program &program, const ParameterParts &parts) {
    std::multimap<std::string, const abi::Parameter *> apart; // by the one tensor that it is
    for (const abi::Parameter &parameter : program.parameters())
      if (auto names = partsOf(parameter, parts); names.size() == 1)
        apart.emplace(names.front(), &parameter);
    for (const abi::Parameter &whole : program.parameters()) {
      const std::vector<std::string> names = partsOf(whole, parts);
      int64_t before = 0;
      for (size_t i = 0; names.size() > 1 && i < names.size(); ++i) {
        auto [first, last] = apart.equal_range(names[i]);
        auto part = std::find_if(first, last, [&](const auto &one) { return isSameLayout(*one.second, whole); });
        if (part == last)
          break;
        places_.try_emplace(part->second->name(), Place{whole.name(), before / panelRows});
        before += part->second->shape(0);
      }
    }
  }

  bool holds(const abi::Parameter &parameter) const { return places_.contains(parameter.name()); }

  // Of a program whose other parameters have their places.
  void place(abi::Program &program) const {
    std::map<std::string, const abi::Parameter *> wholes;
    for (const abi::Parameter &parameter : program.parameters())
      wholes[parameter.name()] = &parameter;
    for (abi::Parameter &parameter : *program.mutable_parameters())
      if (auto found = places_.find(parameter.name()); found != places_.end()) {
        const abi::Parameter &whole = *wholes.at(found->second.whole);
        const uint64_t panels = static_cast<uint64_t>((whole.shape(0) + panelRows - 1) / panelRows);
        parameter.set_offset(whole.offset() + whole.bytes() / panels * static_cast<uint64_t>(found->second.panel));
      }
  }

private:
  static constexpr int64_t alignedColumns = 64; // panels of so many columns are a multiple of 64 bytes in every format
  struct Place {
    std::string whole;
    int64_t panel;
  };

  static bool isSameLayout(const abi::Parameter &part, const abi::Parameter &whole) {
    return isStored(part) && isStored(whole) && isInPanels(part) && isInPanels(whole) && part.type() == whole.type() && part.shape(1) == whole.shape(1) &&
           part.shape(1) % alignedColumns == 0 && part.shape(0) % panelRows == 0;
  }

  std::map<std::string, Place> places_;
};

Status copyInto(OutputFile &file, const std::string &path) {
  std::ifstream source(path, std::ios::binary);
  std::vector<char> block(1 << 16);
  while (source) {
    source.read(block.data(), static_cast<std::streamsize>(block.size()));
    LONGC_TRY(file.append(block.data(), static_cast<size_t>(source.gcount())));
  }
  return source.eof() ? Status()
                      : Status::error(4003, "cannot read the linked executable '" + path + "': " + std::strerror(errno));
}

// Writes all parameters; returns the hash of the section.
Result<uint64_t> writeWeights(OutputFile &file, const abi::Program &program, const ParameterParts &parts,
                              const WeightSource &weights) {
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(), XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  std::vector<std::byte> bytes;
  uint64_t start = file.position(), end = 0;
  std::vector<const abi::Parameter *> inOrder;
  for (const abi::Parameter &parameter : program.parameters())
    if (isStored(parameter) && weights.areEmbedded())
      inOrder.push_back(&parameter);
  std::ranges::sort(inOrder, {}, [](const abi::Parameter *one) { return std::pair(one->offset(), ~one->bytes()); });
  for (const abi::Parameter *next : inOrder) {
    const abi::Parameter &parameter = *next;
    if (parameter.offset() < end)
      continue; // it lies in the one before
    end = parameter.offset() + parameter.bytes();
    uint64_t before = file.position();
    LONGC_TRY(file.pad(kParameterAlignment));
    static const char zeros[kParameterAlignment] = {};
    XXH3_64bits_update(hash.get(), zeros, file.position() - before);
    if (file.position() != start + parameter.offset())
      return Status::error(4002, "parameter '" + parameter.name() + "' was not placed where it is written");
    bytes.resize(parameter.bytes());
    LONGC_TRY(weights.write(partsOf(parameter, parts), parameter, bytes));
    XXH3_64bits_update(hash.get(), bytes.data(), bytes.size());
    LONGC_TRY(file.append(bytes.data(), bytes.size()));
  }
  return static_cast<uint64_t>(XXH3_64bits_digest(hash.get()));
}

} // namespace

Result<uint64_t> placeParameters(abi::Program &program, const ParameterParts &parts, const WeightSource &weights) {
  uint64_t end = 0;
  const Joined joined(program, parts);
  for (abi::Parameter &parameter : *program.mutable_parameters()) {
    Result<uint64_t> bytes = isStored(parameter) ? weights.bytes(partsOf(parameter, parts), parameter) : Result<uint64_t>(0);
    if (!bytes.ok())
      return bytes.status();
    parameter.set_bytes(*bytes);
    if (!isStored(parameter) || joined.holds(parameter))
      continue;
    parameter.set_offset(alignUp(end, kParameterAlignment));
    end = parameter.offset() + *bytes;
  }
  joined.place(program);
  return end;
}

Status writeProgram(const std::string &executable, abi::Program &program, const ParameterParts &parts,
                    const WeightSource &weights, OutputFile &file) {
  LONGC_TRY(copyInto(file, executable));

  longc_footer footer = {};
  LONGC_TRY(file.pad(kPage));
  footer.weights_offset = file.position();
  Result<uint64_t> hash = writeWeights(file, program, parts, weights);
  if (!hash.ok())
    return hash.status();
  footer.weights_size = file.position() - footer.weights_offset;
  footer.weights_hash = *hash;
  char fingerprint[17];
  std::snprintf(fingerprint, sizeof fingerprint, "%016llx", static_cast<unsigned long long>(*hash));
  program.set_fingerprint(fingerprint);

  LONGC_TRY(file.pad(kParameterAlignment));
  std::string message = program.SerializeAsString();
  footer.program_offset = file.position();
  footer.program_size = message.size();
  footer.program_hash = XXH3_64bits(message.data(), message.size());
  LONGC_TRY(file.append(message.data(), message.size()));

  footer.file_size = file.position() + sizeof footer;
  footer.abi_version = LONGC_ABI_VERSION;
  std::memcpy(footer.magic, LONGC_FOOTER_MAGIC, sizeof footer.magic);
  LONGC_TRY(file.append(&footer, sizeof footer));
  LONGC_TRY(file.makeExecutable());
  return file.complete();
}

} // namespace longc
