// Vocabulary, merges, added tokens and ends of texts to JSON.
#include "frontends/hf/WriteTokenizer.h"

#include "frontends/hf/BuildJson.h"
#include "frontends/hf/WriteTokenizerSteps.h"
#include "runtime/core/Format.h"
#include "runtime/core/JsonText.h"
#include "runtime/io/ModelFileError.h"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace longc {
namespace {

class TokenizerWriter {
public:
  explicit TokenizerWriter(const TokenizerSource &source) : source_(source) {}

  Result<JsonValue> write() {
    Result<JsonValue> normalizer = normalizerOf(source_);
    if (!normalizer.ok())
      return normalizer;
    Result<JsonValue> words = preTokenizerOf(source_);
    if (!words.ok())
      return words;
    return ObjectBuilder()
        .add("version", "1.0").add("truncation", nullptr).add("padding", nullptr).add("added_tokens", added())
        .add("normalizer", *normalizer).add("pre_tokenizer", *words).add("post_processor", postProcessor())
        .add("decoder", decoderOf(source_)).add("model", model()).take();
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

  JsonValue model() {
    if (source_.model == "t5")
      return unigram();
    JsonValue::Object vocabulary = this->vocabulary();
    JsonValue unknown = source_.unknownPiece ? jsonOf(text(*source_.unknownPiece)) : JsonValue();
    if (source_.model == "bert")
      return ObjectBuilder()
          .add("type", "WordPiece").add("unk_token", unknown).add("continuing_subword_prefix", source_.continuing)
          .add("max_input_chars_per_word", source_.longestWord).add("vocab", JsonValue(vocabulary)).take();
    JsonValue::Array merges;
    for (const std::string &merge : source_.merges.empty() ? mergesOfScores() : source_.merges)
      merges.push_back(jsonOf(merge));
    return ObjectBuilder()
        .add("type", "BPE").add("dropout", nullptr).add("unk_token", unknown).add("continuing_subword_prefix", nullptr)
        .add("end_of_word_suffix", nullptr).add("fuse_unk", source_.fuseUnknown).add("byte_fallback", source_.byteFallback)
        .add("ignore_merges", source_.ignoreMerges).add("vocab", JsonValue(vocabulary)).add("merges", JsonValue(merges)).take();
  }

  // Added tokens stand in the vocabulary too, else the library would number them anew. Rows without a token do not, and none
  // that no text is made of: it has a number behind all others.
  JsonValue::Object vocabulary() {
    JsonValue::Object vocabulary;
    std::set<std::string_view> seen;
    std::set<int32_t> noPieces;
    for (const AddedTokenSource &added : source_.added)
      if (!added.isPiece)
        noPieces.insert(added.id);
    for (size_t id = 0; id < source_.tokens.size(); ++id)
      if (source_.types[id] != TokenType::Unused && !noPieces.contains(static_cast<int32_t>(id)) && seen.insert(source_.tokens[id]).second)
        vocabulary.push_back({source_.tokens[id], jsonOf(static_cast<int64_t>(id))});
    return vocabulary;
  }

  JsonValue unigram() {
    size_t count = source_.tokens.size();
    while (count > 0 && source_.types[count - 1] == TokenType::Unused)
      --count;
    for (const AddedTokenSource &added : source_.added)
      if (!added.isPiece)
        count = std::min(count, static_cast<size_t>(added.id));
    JsonValue::Array vocabulary;
    for (size_t id = 0; id < count; ++id)
      vocabulary.push_back(JsonValue(JsonValue::Array{jsonOf(source_.tokens[id]), jsonOf(source_.scores[id])}));
    return ObjectBuilder().add("type", "Unigram").add("unk_id", *source_.unknownPiece).add("vocab", JsonValue(vocabulary))
        .add("byte_fallback", source_.byteFallback).take();
  }

  // Any two tokens that make a third merge, those first that make the token of the highest score: SentencePiece's way. Tokens with a space (Gemma's
  // runs of them) are found in the text before anything is merged, and a merge is written as two tokens with a space between them.
  std::vector<std::string> mergesOfScores() {
    std::unordered_map<std::string_view, size_t> ids;
    std::vector<size_t> order;
    for (size_t id = 0; id < source_.tokens.size() && !source_.scores.empty(); ++id)
      if ((source_.types[id] == TokenType::Normal || source_.types[id] == TokenType::UserDefined) && source_.tokens[id].find(' ') == std::string::npos) {
        ids.emplace(source_.tokens[id], id);
        order.push_back(id);
      }
    std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
      return source_.scores[a] != source_.scores[b] ? source_.scores[a] > source_.scores[b] : a < b;
    });
    std::vector<std::string> merges;
    for (size_t id : order) {
      std::string_view text = source_.tokens[id];
      for (size_t cut = 1; cut < text.size(); ++cut)
        if (ids.contains(text.substr(0, cut)) && ids.contains(text.substr(cut)))
          merges.push_back(std::string(text.substr(0, cut)) + " " + std::string(text.substr(cut)));
    }
    return merges;
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
  const bool encoder = checkpoint.config.encoder.has_value();
  for (auto [key, id] : {std::pair(encoder ? "cls_token" : "bos_token", source.bosId), std::pair(encoder ? "sep_token" : "eos_token", source.eosId),
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
  if (defaults.sample && defaults.minP)
    json.add("min_p", *defaults.minP);
  if (defaults.repetitionPenalty)
    json.add("repetition_penalty", *defaults.repetitionPenalty);
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
  };
  if (!checkpoint.config.encoder)
    files.emplace_back("generation_config.json", jsonText(generationConfig(checkpoint)));
  if (!checkpoint.tokenizer.chatTemplate.empty())
    files.emplace_back("chat_template.jinja", checkpoint.tokenizer.chatTemplate);
  return files;
}

} // namespace longc
