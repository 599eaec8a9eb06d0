// Vocabulary, merges, added tokens and ends of texts to JSON.
#include "frontends/hf/WriteTokenizer.h"

#include "frontends/hf/BuildJson.h"
#include "frontends/hf/ReadTokenizerSteps.h"
#include "runtime/core/Format.h"
#include "runtime/core/JsonText.h"
#include "runtime/io/ModelFileError.h"

#include <set>

namespace longc {
namespace {

JsonValue byteLevel(bool splits = true) {
  return ObjectBuilder().add("type", "ByteLevel").add("add_prefix_space", false).add("trim_offsets", true).add("use_regex", splits).take();
}

JsonValue sequence(JsonValue first, JsonValue second) {
  return ObjectBuilder().add("type", "Sequence").add("pretokenizers", JsonValue(JsonValue::Array{first, second})).take();
}

// The rule that cuts text into words.
Result<JsonValue> splitting(const std::string &name) {
  if (name == "gpt-2")
    return byteLevel();
  if (name == "smollm")
    return sequence(ObjectBuilder().add("type", "Digits").add("individual_digits", true).take(), byteLevel());
  if (const char *pattern = patternOfRule(name))
    return sequence(ObjectBuilder().add("type", "Split").add("pattern", ObjectBuilder().add("Regex", pattern).take())
                        .add("behavior", "Isolated").add("invert", false).take(),
                    byteLevel(false));
  return Status::error(TokenizerInvalid, "splitting rule " + quoted(name) + " cannot be written as tokenizer.json",
                       "known: gpt-2, smollm, llama-bpe, qwen2");
}

class TokenizerWriter {
public:
  explicit TokenizerWriter(const TokenizerSource &source) : source_(source) {}

  Result<JsonValue> write() {
    if (!source_.normalizer.empty() || !source_.wordSteps.empty())
      return Status::error(TokenizerInvalid, "a tokenizer that changes text before it cuts it cannot be written as tokenizer.json",
                           "copy tokenizer.json from the folder that was read");
    Result<JsonValue> rule = splitting(source_.pre);
    if (!rule.ok())
      return rule.status();
    return ObjectBuilder()
        .add("version", "1.0").add("truncation", nullptr).add("padding", nullptr).add("added_tokens", added())
        .add("normalizer", nullptr).add("pre_tokenizer", *rule).add("post_processor", postProcessor())
        .add("decoder", byteLevel()).add("model", model()).take();
  }

private:
  JsonValue added() {
    JsonValue::Array list;
    for (size_t id = 0; id < source_.tokens.size(); ++id) {
      const bool special = source_.types[id] == TokenType::Control;
      if (!special && source_.types[id] != TokenType::UserDefined)
        continue;
      AddedTokenSource flags{static_cast<int32_t>(id), false, false, false, false};
      for (const AddedTokenSource &added : source_.added)
        flags = added.id == flags.id ? added : flags;
      list.push_back(ObjectBuilder().add("id", static_cast<int64_t>(id)).add("content", source_.tokens[id])
                         .add("single_word", flags.singleWord).add("lstrip", flags.stripLeft)
                         .add("rstrip", flags.stripRight).add("normalized", flags.normalized)
                         .add("special", special).take());
    }
    return JsonValue(list);
  }

  // Added tokens stand in the vocabulary too, else the library would number them anew. Rows without a token do not.
  JsonValue model() {
    JsonValue::Object vocabulary;
    std::set<std::string_view> seen;
    for (size_t id = 0; id < source_.tokens.size(); ++id)
      if (source_.types[id] != TokenType::Unused && seen.insert(source_.tokens[id]).second)
        vocabulary.push_back({source_.tokens[id], jsonOf(static_cast<int64_t>(id))});
    JsonValue::Array merges;
    for (const std::string &merge : source_.merges)
      merges.push_back(jsonOf(merge));
    return ObjectBuilder()
        .add("type", "BPE").add("dropout", nullptr).add("unk_token", nullptr).add("continuing_subword_prefix", nullptr)
        .add("end_of_word_suffix", nullptr).add("fuse_unk", false).add("byte_fallback", false).add("ignore_merges", source_.ignoreMerges)
        .add("vocab", JsonValue(vocabulary)).add("merges", JsonValue(merges)).take();
  }

  JsonValue special(int32_t id) {
    return ObjectBuilder().add("SpecialToken", ObjectBuilder().add("id", text(id)).add("type_id", int64_t(0)).take()).take();
  }

  JsonValue postProcessor() {
    if (!source_.addBos && !source_.addEos)
      return JsonValue();
    ObjectBuilder specials;
    std::set<int32_t> named;
    auto name = [&](int32_t id) {
      if (named.insert(id).second)
        specials.add(text(id), ObjectBuilder().add("id", text(id)).add("ids", JsonValue(JsonValue::Array{jsonOf(id)}))
                                   .add("tokens", JsonValue(JsonValue::Array{jsonOf(text(id))})).take());
    };
    auto texts = [&](const char *letter, JsonValue::Array &out) {
      if (source_.addBos)
        out.push_back(special(*source_.bosId));
      out.push_back(ObjectBuilder().add("Sequence", ObjectBuilder().add("id", letter).add("type_id", int64_t(0)).take()).take());
      if (source_.addEos)
        out.push_back(special(*source_.eosId));
    };
    JsonValue::Array one, two;
    texts("A", one);
    texts("A", two);
    texts("B", two);
    if (source_.addBos)
      name(*source_.bosId);
    if (source_.addEos)
      name(*source_.eosId);
    return ObjectBuilder().add("type", "TemplateProcessing").add("single", JsonValue(one)).add("pair", JsonValue(two))
        .add("special_tokens", specials.take()).take();
  }

  const std::string &text(int32_t id) { return source_.tokens[static_cast<size_t>(id)]; }

  const TokenizerSource &source_;
};

// The class that takes tokenizer.json as it is; those named after models put rules of their own in its place.
JsonValue tokenizerConfig(const Checkpoint &checkpoint) {
  const TokenizerSource &source = checkpoint.tokenizer;
  ObjectBuilder json;
  json.add("tokenizer_class", "PreTrainedTokenizerFast").add("model_max_length", checkpoint.config.contextLength);
  json.add("clean_up_tokenization_spaces", false);
  for (auto [key, id] : {std::pair("bos_token", source.bosId), std::pair("eos_token", source.eosId),
                         std::pair("unk_token", source.unknownId), std::pair("pad_token", source.paddingId)})
    if (id)
      json.add(key, source.tokens[static_cast<size_t>(*id)]);
  return json.take();
}

JsonValue generationConfig(const Checkpoint &checkpoint) {
  const TokenizerSource &source = checkpoint.tokenizer;
  const GenerationDefaults &defaults = checkpoint.generation;
  ObjectBuilder json;
  JsonValue::Array ends;
  for (int32_t id : source.stopIds)
    ends.push_back(jsonOf(id));
  if (source.bosId)
    json.add("bos_token_id", *source.bosId);
  if (!ends.empty())
    json.add("eos_token_id", ends.size() == 1 ? ends.front() : JsonValue(ends));
  if (source.paddingId)
    json.add("pad_token_id", *source.paddingId);
  json.add("do_sample", defaults.sample);
  if (defaults.sample && defaults.temperature)
    json.add("temperature", *defaults.temperature);
  if (defaults.sample && defaults.topP)
    json.add("top_p", *defaults.topP);
  if (defaults.sample && defaults.topK)
    json.add("top_k", *defaults.topK);
  return json.take();
}

} // namespace

Result<std::vector<std::pair<std::string, std::string>>> writeTokenizer(const Checkpoint &checkpoint) {
  Result<JsonValue> tokenizer = TokenizerWriter(checkpoint.tokenizer).write();
  if (!tokenizer.ok())
    return tokenizer.status();
  std::vector<std::pair<std::string, std::string>> files = {
      {"tokenizer.json", jsonText(*tokenizer)},
      {"tokenizer_config.json", jsonText(tokenizerConfig(checkpoint))},
      {"generation_config.json", jsonText(generationConfig(checkpoint))},
  };
  if (!checkpoint.tokenizer.chatTemplate.empty())
    files.emplace_back("chat_template.jinja", checkpoint.tokenizer.chatTemplate);
  return files;
}

} // namespace longc
