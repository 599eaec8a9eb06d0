// Files to samples.
#include "runtime/tools/commands/TrainingData.h"

#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/serve/ProgramTokenizer.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/PasskeyPrompt.h"

#include <algorithm>

namespace longc {
namespace {

Result<std::vector<TrainingLine>> readLines(const std::string &path, const std::string &content, bool isText) {
  if (!isText)
    return readTrainingLines(content, path);
  TrainingLine whole;
  whole.line = 1;
  whole.text = content;
  return std::vector<TrainingLine>{std::move(whole)};
}

std::string hashOf(const std::vector<Sample> &samples) {
  StreamingHash hash;
  for (const Sample &sample : samples) {
    const int64_t size = sample.size();
    hash.add(&size, sizeof size);
    hash.add(sample.tokens.data(), sample.tokens.size() * sizeof(int32_t));
    hash.add(sample.weights.data(), sample.weights.size() * sizeof(float));
  }
  return hashText(hash.value());
}

Result<SampleMaker> makerOf(const Program &program, const Tokenizer &tokenizer) {
  const std::string &source = program.module().tokenizer().chat_template();
  if (source.empty())
    return SampleMaker(tokenizer, std::nullopt);
  auto parsed = ChatTemplate::parse(source);
  if (!parsed.ok())
    return parsed.status();
  return SampleMaker(tokenizer, std::move(*parsed));
}

} // namespace

Status unknownWord(const Arguments &arguments, const char *option, const char *expected) {
  return Status::error(1003, formatText("--%s '%s': expected %s", option, arguments.text(option).c_str(), expected), "see --help");
}

Result<DataOptions> DataOptions::of(const Arguments &arguments, bool steps) {
  DataOptions options;
  options.data = arguments.text("data");
  const std::string &facts = arguments.text("facts");
  for (size_t begin = 0; begin < facts.size();) {
    const size_t end = std::min(facts.find(',', begin), facts.size());
    options.facts.push_back(facts.substr(begin, end - begin));
    begin = end + 1;
  }
  if (options.data.empty() == options.facts.empty())
    return options.data.empty() ? Status::error(1006, "expected --data FILE", "see --help")
                                : Status::error(1005, "--data and --facts: expected one of them", "see --help");
  options.readAlone = arguments.flag("read-alone");
  if (options.readAlone && options.facts.empty())
    return Status::error(1005, "--read-alone needs --facts: samples of --data are read by none", "leave it out");
  options.passKey = arguments.flag("pass-key");
  if (options.passKey && options.facts.empty())
    return Status::error(1005, "--pass-key needs --facts: samples of --data have no facts but their own", "leave it out");
  auto capacity = arguments.integer("seq-len", 2, INT32_MAX);
  if (!capacity.ok())
    return capacity.status();
  options.batch.capacity = *capacity;
  if (steps) {
    auto batch = arguments.integer("batch", 1, INT32_MAX);
    if (!batch.ok())
      return batch.status();
    options.batch.batch = *batch;
    if (!batchMethodOf(arguments.text("batching"), options.batch.method))
      return unknownWord(arguments, "batching", "naive, sorted or packed");
  }
  if (!lossNormOf(arguments.text("loss-norm"), options.norm))
    return unknownWord(arguments, "loss-norm", "sequence, token, pack or row");
  if (!longRuleOf(arguments.text("long"), options.longRule))
    return unknownWord(arguments, "long", "error, split or drop");
  return options;
}

std::vector<int64_t> TrainingData::lengths() const {
  std::vector<int64_t> lengths;
  for (const Sample &sample : samples)
    lengths.push_back(sample.size());
  return lengths;
}

Result<TrainingData> readTrainingData(const Program &program, const std::string &path, int64_t capacity, LongRule longRule) {
  auto content = readTextFile(path);
  if (!content.ok())
    return content.status();
  const bool isText = path.ends_with(".txt");
  auto lines = readLines(path, *content, isText);
  if (!lines.ok())
    return lines.status();
  auto tokenizer = createTokenizer(program.module().tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  auto maker = makerOf(program, *tokenizer);
  if (!maker.ok())
    return maker.status();
  std::vector<Sample> samples;
  for (const TrainingLine &line : *lines) {
    auto sample = maker->make(line, quoted(path) + formatText(", line %lld", static_cast<long long>(line.line)));
    if (!sample.ok())
      return sample.status();
    samples.push_back(std::move(*sample));
  }
  TrainingData data;
  auto fitted = fitSamples(std::move(samples), capacity, isText ? LongRule::split : longRule, path, data.counts);
  if (!fitted.ok())
    return fitted.status();
  data.samples = std::move(*fitted);
  data.hash = hashOf(data.samples);
  if (data.samples.empty())
    return Status::error(noTrainingLines, quoted(path) + ": no sample of it is left to train on", "use a larger --seq-len or --long split");
  return data;
}

Result<FactData> readFactTexts(const Program &program, const DataOptions &options) {
  FactData data;
  auto tokenizer = createTokenizer(program.module().tokenizer());
  if (!tokenizer.ok())
    return tokenizer.status();
  data.tokenizer = std::make_unique<Tokenizer>(std::move(*tokenizer));
  std::vector<FactText> texts;
  StreamingHash hash;
  for (const std::string &path : options.facts) {
    auto content = readTextFile(path);
    if (!content.ok())
      return content.status();
    texts.push_back({path, data.tokenizer->encode(*content, false)});
    const auto size = static_cast<int64_t>(texts.back().tokens.size());
    hash.add(&size, sizeof size);
    hash.add(texts.back().tokens.data(), texts.back().tokens.size() * sizeof(int32_t));
  }
  data.hash = hashText(hash.value());
  FactRowMaker::Chat chat;
  if (!program.module().tokenizer().chat_template().empty()) {
    auto maker = makerOf(program, *data.tokenizer);
    if (!maker.ok())
      return maker.status();
    data.maker = std::make_unique<SampleMaker>(std::move(*maker));
    chat = [maker = data.maker.get()](const Fact &fact) {
      TrainingLine line;
      line.messages = {{"user", fact.question}, {"assistant", fact.answer}};
      return maker->make(line, "a question about a fact");
    };
  }
  FactRowOptions rows;
  rows.rows = options.batch.batch;
  rows.length = options.batch.capacity;
  rows.seed = options.batch.seed;
  rows.alone = options.readAlone;
  if (options.passKey)
    rows.nameless = passkeyFact();
  auto made = FactRowMaker::create(*data.tokenizer, std::move(texts), rows, std::move(chat));
  if (!made.ok())
    return made.status();
  data.rows = std::move(*made);
  return data;
}

Result<RangeSchedule> rangeScheduleOf(const Arguments &arguments, const DataOptions &options, int64_t steps) {
  const int64_t rows = options.batch.batch;
  if (arguments.has("cross-rows") && options.facts.empty())
    return Status::error(1005, "--cross-rows needs --facts: samples of --data read no others", "leave it out");
  if (!arguments.has("cross-rows"))
    return RangeSchedule::doubling(rows, steps);
  auto schedule = RangeSchedule::parse(arguments.text("cross-rows"));
  if (!schedule)
    return unknownWord(arguments, "cross-rows", "ROWS:STEPS, one for each change: 1:6,2:8 is one earlier row for 6 steps, then two for 8");
  if (schedule->most() >= rows)
    return Status::error(1003,
                         formatText("--cross-rows '%s': a row reads at most the %lld others of its batch",
                                    arguments.text("cross-rows").c_str(), static_cast<long long>(rows - 1)),
                         "read fewer, or give a larger --batch");
  return *schedule;
}

void writeCounts(JsonWriter &json, const LongCounts &counts) {
  json.key("split").integer(counts.split);
  json.key("pieces").integer(counts.pieces);
  json.key("dropped").integer(counts.dropped);
  json.key("lost_targets").integer(counts.lostTargets);
}

std::string describeCounts(const LongCounts &counts) {
  std::string text;
  if (counts.split > 0)
    text += formatText("split      %s samples into %s pieces\n", formatCount(counts.split).c_str(), formatCount(counts.pieces).c_str());
  if (counts.dropped > 0)
    text += formatText("dropped    %s samples or pieces\n", formatCount(counts.dropped).c_str());
  if (counts.lostTargets > 0)
    text += formatText("lost       %s targets\n", formatCount(counts.lostTargets).c_str());
  return text;
}

} // namespace longc
