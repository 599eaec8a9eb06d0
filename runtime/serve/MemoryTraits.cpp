// Traits of a program as names and values; texts by their hash.
#include "runtime/serve/MemoryTraits.h"

#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"

namespace longc {
namespace {

constexpr size_t mostNamed = 3, longestValue = 48; // of differences that a message tells

std::string hashOf(const std::string &text) { return hashText(hashBytes(text.data(), text.size())); }

template <typename Strings> std::string hashOfAll(const Strings &strings) {
  StreamingHash hash;
  for (const std::string &text : strings) {
    uint64_t size = text.size();
    hash.add(&size, sizeof size);
    hash.add(text.data(), text.size());
  }
  return hashText(hash.value());
}

// "0-29", "3,7,8"
std::string ranges(const google::protobuf::RepeatedField<uint32_t> &layers) {
  std::string text;
  for (int first = 0, last; first < layers.size(); first = last + 1) {
    for (last = first; last + 1 < layers.size() && layers.Get(last + 1) == layers.Get(last) + 1;)
      ++last;
    text += (text.empty() ? "" : ",") + std::to_string(layers.Get(first));
    if (last > first)
      text += "-" + std::to_string(layers.Get(last));
  }
  return text;
}

struct TraitList {
  std::vector<abi::Trait> traits;
  void add(std::string name, std::string value) {
    abi::Trait &trait = traits.emplace_back();
    trait.set_name(std::move(name));
    trait.set_value(std::move(value));
  }
};

void addMemory(const abi::Memory &memory, TraitList &list) {
  list.add("memory method", memory.method());
  list.add("memory layers", ranges(memory.layers()));
  list.add("memory top-k", memory.topk() ? std::to_string(memory.topk()) : "all");
}

void addTokenizer(const abi::Tokenizer &tokenizer, TraitList &list) {
  list.add("pre-tokenizer", tokenizer.pre_tokenizer());
  list.add("vocabulary", hashOfAll(tokenizer.tokens()));
  list.add("merges", hashText(hashBytes(tokenizer.merges().data(), tokenizer.merges_size() * sizeof(int32_t))));
  abi::Tokenizer others = tokenizer; // whatever else it has, now or in later versions: types of tokens, special ids
  others.clear_pre_tokenizer();
  others.clear_tokens();
  others.clear_merges();
  others.clear_chat_template();
  list.add("special tokens", hashOf(others.SerializeAsString()));
  list.add("chat template", hashOf(tokenizer.chat_template()));
}

std::string shortened(const std::string &value) {
  return value.size() <= longestValue ? value : value.substr(0, longestValue) + "...";
}

const std::string *valueOf(const google::protobuf::RepeatedPtrField<abi::Trait> &traits, const std::string &name) {
  for (const abi::Trait &trait : traits)
    if (trait.name() == name)
      return &trait.value();
  return nullptr;
}

} // namespace

std::vector<abi::Trait> memoryTraits(const Program &program, const char *precision, const std::string &adapter) {
  TraitList list;
  list.add("weights", program.fingerprint());
  for (const abi::Trait &trait : program.module().traits())
    list.traits.push_back(trait);
  addMemory(program.module().memory(), list);
  addTokenizer(program.module().tokenizer(), list);
  if (!adapter.empty())
    list.add("adapter", adapter);
  list.add("precision", precision);
  return list.traits;
}

Status checkTraits(const MemoryFile &file, const std::vector<abi::Trait> &ours) {
  std::string differences, last;
  size_t count = 0;
  for (const abi::Trait &trait : ours) {
    const std::string *theirs = valueOf(file.about().traits(), trait.name());
    if (theirs && *theirs == trait.value())
      continue;
    last = trait.name();
    if (++count <= mostNamed)
      differences += formatText("%s%s %s, here %s", count > 1 ? "; " : "", trait.name().c_str(),
                                theirs ? shortened(*theirs).c_str() : "unknown", shortened(trait.value()).c_str());
  }
  if (count > mostNamed)
    differences += formatText("; and %zu more", count - mostNamed);
  if (count == 0 && file.about().traits_size() == static_cast<int>(ours.size()))
    return {};
  if (count == 0)
    differences = "it has settings that this program does not know";
  bool onlyPrecision = count == 1 && last == "precision";
  return Status::error(7113, formatText("'%s' was saved %s: %s", file.path().c_str(),
                                        onlyPrecision ? "in another precision" : "by another program", differences.c_str()),
                       onlyPrecision ? "run with or without --exact, as when it was saved"
                                     : "use the program that saved it, or read the text again");
}

} // namespace longc
