// `dump-batch`: the rows of one step of training: who reads whom and, with facts, what is told and what is asked.
#include "runtime/core/Format.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/tools/commands/TrainingData.h"

namespace longc {
namespace {

/// Rows that a row reads, those of its own document and others apart: FoT's positives and negatives.
struct Reads {
  std::vector<int32_t> positives, negatives;

  Reads(const FactBatch &made, int64_t reader) {
    for (size_t pair = 0; pair < made.batch.crossRows.size(); pair += 2)
      if (const int32_t row = made.batch.crossRows[pair + 1]; made.batch.crossRows[pair] == reader)
        (made.rows[static_cast<size_t>(row)].document == made.rows[static_cast<size_t>(reader)].document ? positives : negatives)
            .push_back(row);
  }
};

std::string listOf(const std::vector<int32_t> &rows) {
  std::string text;
  for (int32_t row : rows)
    text += (text.empty() ? "" : " ") + std::to_string(row);
  return text.empty() ? "none" : text;
}

/// One line a row: what it reads, marked by columns of rows.
std::string picture(const FactBatch &made) {
  std::string text = "who reads whom: . itself, + rows of its document, - rows of others, ? where the answer is\n";
  const auto rows = static_cast<int64_t>(made.rows.size());
  for (int64_t reader = 0; reader < rows; ++reader) {
    std::string line(static_cast<size_t>(rows), ' ');
    const Reads reads(made, reader);
    for (int32_t row : reads.positives)
      line[static_cast<size_t>(row)] = '+';
    for (int32_t row : reads.negatives)
      line[static_cast<size_t>(row)] = '-';
    for (const AskedFact &question : made.rows[static_cast<size_t>(reader)].questions)
      line[static_cast<size_t>(question.row)] = '?';
    line[static_cast<size_t>(reader)] = '.';
    text += formatText("%6lld  %s\n", static_cast<long long>(reader), line.c_str());
  }
  return text;
}

std::string describe(const FactRowMaker &maker, const FactBatch &made, int64_t number) {
  const FactRow &row = made.rows[static_cast<size_t>(number)];
  const Reads reads(made, number);
  std::string text = formatText("row %lld: tokens %s to %s of %s; reads %s of its document, %s of others\n", static_cast<long long>(number),
                                formatCount(row.begin).c_str(), formatCount(row.end).c_str(), maker.texts()[row.text].name.c_str(),
                                listOf(reads.positives).c_str(), listOf(reads.negatives).c_str());
  for (const Fact &fact : row.facts)
    text += "  tells  " + fact.sentence + "\n";
  for (const AskedFact &question : row.questions)
    text += "  asks   " + question.fact.question + " " + question.fact.answer + formatText(" (row %lld)\n", static_cast<long long>(question.row));
  return text;
}

Result<std::string> rowLine(const FactData &data, const FactBatch &made, int64_t number) {
  const FactRow &row = made.rows[static_cast<size_t>(number)];
  const Sample &sample = made.batch.rows[static_cast<size_t>(number)];
  auto text = data.tokenizer->decode(sample.tokens, false);
  if (!text.ok())
    return text;
  const Reads reads(made, number);
  JsonWriter json;
  json.beginObject();
  json.key("row").integer(number);
  json.key("file").text(data.rows->texts()[row.text].name);
  json.key("document").integer(row.document);
  json.key("begin").integer(row.begin);
  json.key("end").integer(row.end);
  json.key("positives").integers(reads.positives);
  json.key("negatives").integers(reads.negatives);
  json.key("facts").beginArray();
  for (const Fact &fact : row.facts)
    json.text(fact.sentence);
  json.endArray();
  json.key("questions").beginArray();
  for (const AskedFact &question : row.questions) {
    json.beginObject();
    json.key("question").text(question.fact.question);
    json.key("answer").text(question.fact.answer);
    json.key("evidence").text(question.fact.sentence);
    json.key("row").integer(question.row);
    json.endObject();
  }
  json.endArray();
  json.key("text").text(*text);
  json.key("token_ids").integers(sample.tokens);
  json.key("weights").beginArray();
  for (float weight : sample.weights)
    json.number(weight);
  json.endArray();
  return json.endObject().str() + "\n";
}

/// A row of samples, which see themselves alone.
std::string describePack(const TrainingData &data, const Pack &pack, size_t number, bool asJson) {
  std::vector<int32_t> lines, bounds = {0}, tokens;
  for (int32_t sequence : pack.sequences) {
    const Sample &sample = data.samples[static_cast<size_t>(sequence)];
    lines.push_back(static_cast<int32_t>(sample.line));
    tokens.insert(tokens.end(), sample.tokens.begin(), sample.tokens.end());
    bounds.push_back(static_cast<int32_t>(tokens.size()));
  }
  if (!asJson) {
    std::string text = formatText("row %zu: reads none\n", number);
    for (size_t i = 0; i < lines.size(); ++i)
      text += formatText("  tokens %d to %d see themselves alone: line %d\n", bounds[i], bounds[i + 1], lines[i]);
    return text;
  }
  JsonWriter json;
  json.beginObject();
  json.key("row").integer(static_cast<int64_t>(number));
  json.key("lines").integers(lines);
  json.key("cu_seqlens").integers(bounds);
  json.key("positives").beginArray().endArray();
  json.key("negatives").beginArray().endArray();
  json.key("token_ids").integers(tokens);
  return json.endObject().str() + "\n";
}

Result<std::string> describeSamples(const Program &program, const DataOptions &options, int64_t step, bool asJson) {
  auto data = readTrainingData(program, options.data, options.batch.capacity, options.longRule);
  if (!data.ok())
    return data.status();
  const BatchPlan plan = planBatches(data->lengths(), options.batch);
  if (step > static_cast<int64_t>(plan.size()))
    return Status::error(1003, formatText("--step %lld: the first pass over the data has %zu steps", static_cast<long long>(step), plan.size()), "see --help");
  std::string text;
  const std::vector<Pack> &packs = plan[static_cast<size_t>(step - 1)];
  for (size_t row = 0; row < packs.size(); ++row)
    text += describePack(*data, packs[row], row, asJson);
  return text;
}

Result<std::string> describeFacts(const Program &program, const DataOptions &options, int64_t step, const RangeSchedule &schedule, bool asJson) {
  auto data = readFactTexts(program, options);
  if (!data.ok())
    return data.status();
  auto made = data->rows->make(step - 1, schedule.at(step - 1));
  if (!made.ok())
    return made.status();
  std::string text = asJson ? "" : picture(*made);
  for (int64_t row = 0; row < options.batch.batch; ++row) {
    auto line = asJson ? rowLine(*data, *made, row) : Result<std::string>(describe(*data->rows, *made, row));
    if (!line.ok())
      return line;
    text += *line;
  }
  return text;
}

Status runDumpBatch(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
  auto options = DataOptions::of(arguments);
  if (!options.ok())
    return options.status();
  if (arguments.has("seed")) { // else that of training
    auto seed = seedOf(arguments);
    if (!seed.ok())
      return seed.status();
    options->batch.seed = *seed;
  }
  auto step = arguments.integer("step", 1, INT32_MAX);
  if (!step.ok())
    return step.status();
  auto schedule = rangeScheduleOf(arguments, *options, *step);
  if (!schedule.ok())
    return schedule.status();
  auto program = Program::open(programPath(), false);
  if (!program.ok())
    return program.status();
  auto text = options->facts.empty() ? describeSamples(**program, *options, *step, arguments.flag("json"))
                                     : describeFacts(**program, *options, *step, *schedule, arguments.flag("json"));
  return text.ok() ? printText(*text) : text.status();
}

} // namespace

const Command dumpBatchCommand = {"dump-batch", "the rows of one step of training: who reads whom, what is told and asked",
                                  {"batch", "batching", "cross-rows", "data", "facts", "json", "long", "loss-norm", "pass-key", "quiet", "read-alone", "seed", "seq-len", "step"},
                                  runDumpBatch};

} // namespace longc
