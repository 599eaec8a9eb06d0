// Option table and parser.
#include "runtime/tools/commands/Options.h"

#include "runtime/core/Format.h"
#include "runtime/device/OpenDevice.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>

namespace longc {
namespace {

constexpr OptionSpec options[] = {
    {"adapter", 0, "FOLDER", "", "a LoRA adapter as PEFT or `train` saves it, of any rank and modules (of a program compiled with --lora cheapest where its own have room for it); serve, generate --prompts: [NAME=]FOLDER, several times"},
    {"alike", 0, "", "", "facts of a document are of one kind, so that people alone tell them apart; half of them are asked about, some the other way round"},
    {"among", 0, "N,...", "1,2,4,8,16,32,64", "how many facts a text holds, one of which is asked for"},
    {"api-key-file", 0, "FILE", "", "keys that clients must give, one a line (default: everybody may ask)"},
    {"as", 0, "KIND", "fot", "what is kept of a text: fot (a document of memory) or lift (an adapter, as `lift fit` makes it)"},
    {"batch", 0, "B", "8", "packs of an optimizer step (lift: 1 unless given, 0 for all of a pass)"},
    {"batching", 0, "HOW", "packed", "how sequences share a batch: naive, sorted or packed"},
    {"begin", 0, "HOW", "fitted", "e2llm: first values of the adapter: fitted to the decoder's words by least squares (beside --adapter only where it is given: its products are fitted anew), or drawn"},
    {"beta1", 0, "B", "0.9", "decay of the running mean of gradients"},
    {"beta2", 0, "B", "0.999", "decay of the running mean of their squares"},
    {"call-tokens", 0, "N", "1024", "most tokens of one call of an encoder (on a GPU 65536 unless given), or in training (there 2048, on a GPU 16384, unless given): more memory, more speed"},
    {"chunk", 0, "BYTES", "", "most bytes of a chunk that becomes a soft token, or with a t behind it tokens of the encoder: 512, 100t (default: as the program was compiled)"},
    {"clip", 0, "G", "1", "most norm of the gradient of a step (0: no limit)"},
    {"count", 0, "C", "4", "prompts or questions to try; facts to plant"},
    {"cors-origin", 0, "ORIGIN", "", "pages from there may ask, besides those of this machine (*: from anywhere)"},
    {"cross-rows", 0, "R:N,...", "", "FoT: so many earlier rows that a row reads, for so many steps, such as 1:6,2:8,4:16"},
    {"data", 0, "FILE", "", "training data: one JSON object a line, {\"messages\"}, {\"prompt\", \"completion\"} or {\"text\"}; or a text, NAME.txt"},
    {"decode", 0, "D", "64", "tokens to decode"},
    {"depth", 0, "N", "0", "tokens that are there before those that are decoded"},
    {"depths", 0, "P,...", "0,25,50,75,100", "percents of a text where the number stands"},
    {"device", 0, "D", "auto", deviceWords},
    {"document", 'd', "FILE", "", "text, or document that `read` made, to know before what follows; several are put together"},
    {"document-quota", 0, "BYTES", "0", "most bytes of memory for the documents of one key, such as 2GiB (0: of all that there is)"},
    {"documents", 0, "DIR", "", "folder that keeps the documents of a server (default: they end with it)"},
    {"epochs", 0, "N", "", "passes over the text (default: as the recipe has it)"},
    {"documents", 0, "N", "16", "documents of invented facts"},
    {"eval-data", 0, "FILE", "", "data whose loss is told beside that of --data, and never trained on"},
    {"eval-every", 0, "N", "0", "steps between evaluations, and one behind the last (0: 20)"},
    {"eviction", 0, "MODE", "slide", "when the window is full: slide (keep the newest half or more) or flush (empty it)"},
    {"exact", 0, "", "", "float32 arithmetic instead of the fast mode"},
    {"facts", 0, "TEXT,...", "", "texts whose passages facts are planted in, to learn to look them up in earlier rows; of `eval facts` and `make-facts --documents`: how many facts a document has (there 16 unless given)"},
    {"file", 'f', "FILE", "", "text to read; lines of texts to embed"},
    {"fill", 0, "N", "0", "also time reading N tokens into memory"},
    {"fillers", 0, "N", "5", "sentences that tell nothing around each invented fact"},
    {"freeze", 0, "PARTS", "", "e2llm: what of encoder,adapter,decoder stays as it is"},
    {"function", 0, "NAME", "", "function to call (default: the first one compiled for the device)"},
    {"help", 'h', "", "", "this text"},
    {"host", 0, "H", "127.0.0.1", "name or address to listen on"},
    {"ignore-eos", 0, "", "", "go on after the tokens that end a turn or a text"},
    {"ingest", 0, "HOW", "", "how windows of a text go to memory: memory (each reads all before it) or window (each alone, in linear time) (default: as the adapter was trained, else memory)"},
    {"inputs", 0, "FILES", "", ".npy files, comma separated, one an input; bf16 as 16-bit words"},
    {"int8", 0, "", "", "encoders: products of int8 with a scale per 32 numbers: faster, less exact"},
    {"json", 0, "", "", "JSON on stdout: one object, in a chat one a line for each question"},
    {"last", 0, "N", "0", "judge the last N tokens only (0: all)"},
    {"last-context", 0, "N", "", "tokens at the end of a prompt that stay in the window"},
    {"length", 0, "N", "4096", "tokens of the prompt"},
    {"lengths", 0, "N,...", "4096,32768,131072,262144", "tokens of the texts to try"},
    {"load-memory", 0, "FILE", "", "go on from a saved memory, with its text and options; those given beside it hold from the first token on (not --last-context and --ingest: as it was read)"},
    {"log-jsonl", 0, "FILE", "", "append a line of JSON for every request"},
    {"long", 0, "HOW", "error", "samples over --seq-len: error, split or drop; texts over an encoder's positions: error or split (vectors of pieces averaged)"},
    {"loss-norm", 0, "NORM", "sequence", "what the loss is a mean of: sequence, token, pack or row"},
    {"lr", 0, "X", "1e-4", "learning rate of AdamW"},
    {"make-questions", 0, "HOW", "rules", "who asks about a text without --train-questions: rules of grammar, or for the other sentences the model"},
    {"max-body", 0, "BYTES", "64MiB", "largest body of a request"},
    {"memory", 0, "on|off", "on", "off: nothing outside the window is seen; a longer prompt is refused"},
    {"memory-budget", 0, "BYTES", "0", "most bytes of memory, oldest tokens dropped first, such as 512MiB (0: no limit)"},
    {"memory-temperature", 0, "T", "", "factor on memory scores: fixed:x, or log:c:m0[:x] = x (1 + c ln(m/m0)) past m0 tokens (default: as each --adapter says of itself, else fixed:1; of train: what the adapter will say)"},
    {"min-p", 0, "P", "0", "draw among the tokens with at least P times the best one's probability (chat, generate: unless given, as the checkpoint has it)"},
    {"model-name", 0, "NAME", "", "what requests call the model (default: its name in the checkpoint)"},
    {"nearest", 0, "N", "0", "e2llm: only the soft tokens of the N chunks that have most to do with the question's words (0: all)"},
    {"normalize", 0, "on|off", "", "whether embeddings have length 1 (default: as the checkpoint says)"},
    {"objective", 0, "WHICH", "both", "e2llm: what is trained: reason (answers), understand (texts restated) or both"},
    {"out", 0, "FOLDER", "", "folder for log, checkpoints and what was learnt"},
    {"output", 'o', "FILE", "", "file to write; folder of an absorbed text"},
    {"outputs", 0, "FILES", "", ".npy files for the first results, comma separated"},
    {"overlap", 0, "N", "0", "of windows that are read alone (--ingest window): how many tokens before it each sees, too: what a border cuts is then seen as a whole"},
    {"parallel", 0, "S", "32", "most sequences in one call (with --prompts, of a server); fewer where memory is short, the others wait"},
    {"pass-key", 0, "", "", "the sentence of eval passkey is among the facts, in half of all steps: what is so trained is to be reported apart"},
    {"patience", 0, "N", "0", "end after N evaluations that are no better, with the best (0: never)"},
    {"peak-tflops", 0, "X", "0", "10^12 operations a second of this machine: the log then has \"mfu\""},
    {"plot", 0, "FILE", "", "the result as a picture (SVG)"},
    {"pooling", 0, "POOL", "", "what of a text is its embedding: mean, cls or last (default: as the checkpoint says)"},
    {"port", 0, "P", "8080", "port to listen on (0: a free one)"},
    {"prefill", 0, "P", "512", "tokens to read"},
    {"profile", 0, "", "", "table on stderr: time of each kernel, GF/s, GB/s, and its part of what memory and the products give (over 100 %: it came from a cache)"},
    {"progress", 0, "MODE", "auto", "auto, plain, json or none"},
    {"prompt", 'p', "TEXT", "", "text to begin with"},
    {"prompt-file", 0, "FILE", "", "file to begin with, read as it stands (- for stdin)"},
    {"prompts", 0, "FILE", "", "JSON lines {\"prompt\"}: continues all of them together; with --json one object a line, in their order"},
    {"questions", 0, "FILE", "", "JSON lines {\"question\", \"answer\"} to judge by; none of them is trained on"},
    {"queue", 0, "N", "2048", "prompts that may wait for a place; more are told to come again"},
    {"quiet", 'q', "", "", "no notes on stderr"},
    {"recipe", 0, "R", "qa", "how a text is absorbed: qa (questions, and the text in pieces) or gm (segments in their context, then questions)"},
    {"random-weights", 0, "SEED", "", "numbers in the place of the weights that the program was compiled without"},
    {"repeat", 0, "R", "3", "times to measure; the best counts"},
    {"repetition-penalty", 0, "X", "1", "divide the logits of tokens that the text has already by X, multiply negative ones (chat, generate: unless given, as the checkpoint has it)"},
    {"requests", 0, "FILE", "", "JSON lines {\"prompt\", \"tokens\", \"positions\", \"greedy\"}"},
    {"restate", 0, "W", "4", "e2llm: chunks of a text that is restated"},
    {"restate-windows", 0, "N", "8", "e2llm: most texts of a document that are restated, at even distances"},
    {"read-alone", 0, "", "", "FoT: rows that are read read none themselves, as windows of --ingest window: of every two rows the second reads R first ones"},
    {"records", 0, "N,...", "8,64,512", "how many facts a text is made of"},
    {"resume", 0, "", "", "go on from the newest checkpoint of --out"},
    {"retrieve", 0, "N", "0", "N pieces of 128 tokens, found by their words, instead of the whole text (0: all of it)"},
    {"rope-theta", 0, "X", "", "base of rotary positions; a program has the one it was compiled with (longc compile --rope-theta), and another is refused"},
    {"save-every", 0, "N", "0", "steps between checkpoints (0: as often as takes less than 2 % of the time)"},
    {"save-memory", 0, "FILE", "", "save the memory of what was read, with the text: an answer goes on from it"},
    {"schedule", 0, "HOW", "constant", "learning rate after the warm-up: constant, linear or cosine"},
    {"seconds", 0, "N", "", "end by then with what there is (0: no limit; default: 1200 to probe, else none)"},
    {"seed", 's', "S", "", "seed of everything random (default: from the clock, printed; of training 0)"},
    {"seq-len", 0, "S", "2048", "most tokens of a pack"},
    {"sequences", 0, "N", "1", "sequences that decode together; tokens a second are those of all"},
    {"soft-only", 0, "", "", "from soft tokens and no other way"},
    {"step", 0, "N", "1", "which optimizer step's batch, from 1"},
    {"steps", 0, "N", "", "optimizer steps (with --cross-rows: those that it tells of)"},
    {"system", 0, "TEXT", "", "system message of the chat"},
    {"temperature", 't', "T", "0", "of sampling; 0 takes the best token (chat, generate: unless given, as the checkpoint has it)"},
    {"text", 0, "FILE", "", "real text: filler instead of the standard sentences, or what facts are planted in"},
    {"text-tokens", 0, "N", "128", "encoders: tokens of a text"},
    {"texts", 0, "N", "256", "encoders: texts to read"},
    {"threads", 0, "T", "0", "threads (0: one a core)"},
    {"tokens", 'n', "N", "128", "most tokens to generate"},
    {"tokens-file", 0, "FILE", "", "token ids to judge as they stand (none is added before them), separated by white space"},
    {"tolerance", 0, "X", "0.5", "log-probability of the answer that fewer layers may cost"},
    {"top-k", 0, "K", "0", "draw among the K best tokens (0: all; chat, generate: unless given, as the checkpoint has it)"},
    {"top-p", 0, "P", "1", "draw among the fewest tokens whose probabilities reach P (chat, generate: unless given, as the checkpoint has it)"},
    {"trace", 0, "FILE", "", "each launch of a kernel as Chrome's trace viewer and Perfetto read it; launches then wait for each other, as with --profile"},
    {"truncate", 0, "", "", "with --memory off: drop the beginning of what is over the window, and say so"},
    {"train-questions", 0, "FILE", "", "JSON lines {\"question\", \"answer\"} to learn a text by (default: made from its sentences)"},
    {"turns", 0, "N", "1", "make-facts: most questions of a line, which are one conversation"},
    {"understand-weight", 0, "X", "0.1", "e2llm: weight of a restated text in the loss, beside 1 of an answer"},
    {"variant", 0, "NAME", "", "force one of the variants of the kernels that `info` lists"},
    {"vectors", 0, "FILE", "", "e2llm: JSON lines {\"embedding\"} as `embed --json --normalize off` writes them, whose soft tokens stand behind those of documents"},
    {"verify", 0, "", "", "compare the checksum of the weights first"},
    {"warmup", 0, "N", "0", "steps in which the learning rate rises to --lr"},
    {"weight-decay", 0, "D", "0", "decay of matrices, decoupled from their gradients"},
    {"window", 'w', "N", "", "tokens of the local window"},
    {"words", 0, "N", "0", "e2llm: tokens of the text that stand as they are: all of it where it fits, else the chunks nearest to the question beside the soft tokens; make-facts: one document of so many stands in its prompt like that"},
    {"write-rows", 0, "FILE", "", "lift fit: write each step's rows of tokens and their weights, its rate and its loss, a line of JSON each"},
};

const OptionSpec *findOption(std::string_view name) {
  auto found = std::find_if(std::begin(options), std::end(options),
                            [name](const OptionSpec &option) { return option.name == name; });
  return found == std::end(options) ? nullptr : found;
}

std::string environmentName(std::string_view name) {
  std::string text = "LONGC_";
  for (char letter : name)
    text += letter == '-' ? '_' : static_cast<char>(letter - ('a' <= letter && letter <= 'z' ? 'a' - 'A' : 0));
  return text;
}

std::optional<bool> readBoolean(std::string_view text) {
  for (std::string_view yes : {"true", "1", "on", "enabled"})
    if (text == yes)
      return true;
  for (std::string_view no : {"false", "0", "off", "disabled", ""})
    if (text == no)
      return false;
  return std::nullopt;
}

Status usage(int code, const std::string &message, std::string_view command) {
  return Status::error(code, message, "see `" + std::string(command) + " --help`");
}

Status badValue(std::string_view name, const std::string &text, const std::string &expected) {
  return Status::error(1003, "--" + std::string(name) + " '" + text + "': expected " + expected, "see --help");
}

// Flags are stored as "true" or "".
Result<std::string> checkedValue(const OptionSpec &option, const std::string &text) {
  if (!option.value.empty())
    return text;
  auto value = readBoolean(text);
  if (!value)
    return badValue(option.name, text, "true or false");
  return std::string(*value ? "true" : "");
}

} // namespace

std::span<const OptionSpec> allOptions() { return options; }

Result<Arguments> Arguments::parse(std::string_view command, std::span<const std::string_view> names,
                                   std::span<char *const> words, std::string_view subject) {
  Arguments arguments;
  for (std::string_view name : names) {
    const OptionSpec *option = findOption(name);
    arguments.values_[std::string(name)] = option ? option->fallback : "";
    if (const char *value = std::getenv(environmentName(name).c_str()); option && value) {
      auto checked = checkedValue(*option, value);
      if (!checked.ok())
        return checked.status();
      arguments.values_[std::string(name)] = *checked;
      arguments.given_[std::string(name)] = true;
    }
  }
  for (size_t index = 0; index < words.size(); ++index) {
    std::string_view word = words[index];
    bool isLong = word.substr(0, 2) == "--" && word.size() > 2, isShort = !isLong && word.size() == 2 && word[0] == '-';
    if (!isLong && !isShort && !subject.empty()) {
      arguments.set(subject, std::string(word));
      subject = {}; // a second word is one too many
      continue;
    }
    if (!isLong && !isShort)
      return usage(1001, "unexpected argument '" + std::string(word) + "'", command);
    size_t equals = isLong ? word.find('=') : std::string_view::npos;
    std::string_view name = isLong ? word.substr(2, equals == std::string_view::npos ? equals : equals - 2) : word;
    const OptionSpec *option = nullptr;
    for (std::string_view known : names)
      if (const OptionSpec *candidate = findOption(known);
          candidate && (isLong ? candidate->name == name : candidate->letter == word[1]))
        option = candidate;
    if (!option)
      return usage(1002, "unknown option '" + std::string(word.substr(0, equals)) + "'", command);
    std::string value;
    if (equals != std::string_view::npos)
      value = word.substr(equals + 1);
    else if (option->value.empty())
      value = "true";
    else if (++index < words.size())
      value = words[index];
    else
      return usage(1004, "option '" + std::string(word) + "' needs a value: " + std::string(option->value), command);
    auto checked = checkedValue(*option, value);
    if (!checked.ok())
      return checked.status();
    arguments.set(option->name, *checked);
  }
  return arguments;
}

void Arguments::set(std::string_view name, const std::string &value) {
  values_[std::string(name)] = value;
  given_[std::string(name)] = true;
  repeated_[std::string(name)].push_back(value);
}

std::vector<std::string> Arguments::all(std::string_view name) const {
  if (auto found = repeated_.find(name); found != repeated_.end())
    return found->second;
  return has(name) ? std::vector<std::string>{text(name)} : std::vector<std::string>();
}

const std::string &Arguments::text(std::string_view name) const {
  static const std::string none;
  auto found = values_.find(name);
  return found == values_.end() ? none : found->second;
}

Result<int64_t> Arguments::integer(std::string_view name, int64_t low, int64_t high) const {
  const std::string &value = text(name);
  char *end = nullptr;
  errno = 0;
  long long number = std::strtoll(value.c_str(), &end, 10);
  if (value.empty() || *end != '\0' || errno != 0 || number < low || number > high)
    return badValue(name, value, formatText("a whole number from %lld to %lld", static_cast<long long>(low),
                                            static_cast<long long>(high)));
  return static_cast<int64_t>(number);
}

Result<double> Arguments::number(std::string_view name, double low, double high) const {
  const std::string &value = text(name);
  char *end = nullptr;
  double number = std::strtod(value.c_str(), &end);
  if (value.empty() || *end != '\0' || !std::isfinite(number) || number < low || number > high)
    return badValue(name, value, formatText("a number from %g to %g", low, high));
  return number;
}

Result<bool> Arguments::onOff(std::string_view name) const {
  auto value = readBoolean(text(name));
  if (!value)
    return badValue(name, text(name), "on or off");
  return *value;
}

Result<int64_t> Arguments::bytes(std::string_view name) const {
  const std::string &value = text(name);
  char *end = nullptr;
  double number = std::strtod(value.c_str(), &end);
  std::string unit = end;
  double factor = unit.empty() || unit == "B" ? 1 : unit == "KiB" ? 1024.0 : unit == "MiB" ? 1048576.0
                                                                 : unit == "GiB"           ? 1073741824.0
                                                                                           : 0;
  if (value.empty() || end == value.c_str() || factor == 0 || !(number >= 0) || number * factor > 1e15)
    return badValue(name, value, "a size such as 512MiB or 2GiB");
  return static_cast<int64_t>(number * factor);
}

std::string optionHelp(std::span<const std::string_view> names) {
  std::string text;
  for (std::string_view name : names) {
    const OptionSpec *option = findOption(name);
    if (!option)
      continue;
    std::string head = option->letter ? formatText("  -%c, --", option->letter) : std::string("      --");
    head += std::string(option->name) + (option->value.empty() ? "" : " ") + std::string(option->value);
    text += formatText("%-34s %s", head.c_str(), std::string(option->help).c_str());
    if (!option->fallback.empty())
      text += " [" + std::string(option->fallback) + "]";
    text += '\n';
  }
  return text;
}

} // namespace longc
