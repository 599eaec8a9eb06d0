// `perplexity`: how well the model predicts a text, with memory or window by window.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/tools/commands/AnswerJudge.h"
#include "runtime/tools/commands/OpenedModel.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace longc {
namespace {

Result<std::vector<int32_t>> readIds(const std::string &path) {
  auto text = readTextFile(path);
  if (!text.ok())
    return text.status();
  std::vector<int32_t> ids;
  const char *place = text->c_str();
  for (char *end; *(place += std::strspn(place, " \t\r\n")) != '\0'; place = end) {
    long value = std::strtol(place, &end, 10);
    if (end == place || value < 0 || value > INT32_MAX)
      return Status::error(5404, formatText("'%s': entry %zu is no token id", path.c_str(), ids.size()),
                           "expected whole numbers separated by white space");
    ids.push_back(static_cast<int32_t>(value));
  }
  return ids;
}

// Sums the surprise of tokens [first, size) of a text. `opening`: how many of them every session begins with.
class Judge {
public:
  Judge(Engine &engine, SessionOptions options, std::span<const int32_t> tokens, int64_t opening, int64_t first,
        Progress &progress)
      : engine_(engine), options_(std::move(options)), tokens_(tokens), opening_(opening), first_(first),
        progress_(progress) {}

  // With memory the text goes through one session in pieces that leave at least half the window before each token;
  // without, each half window is judged after the half before it, in a window of its own.
  Status run() {
    auto size = static_cast<int64_t>(tokens_.size());
    int64_t piece = std::max<int64_t>(1, (options_.policy.window - opening_) / 2);
    if (!options_.policy.memory) {
      auto store = Session::createStore(engine_, options_, 1);
      if (!store.ok())
        return store.status();
      start_ = std::max<int64_t>(0, first_ - 1 - piece) / piece * piece;
      for (int64_t begin = start_; begin < size - 1; begin += piece) {
        LONGC_TRY(judge(*store, begin, std::min(begin + 2 * piece, size), begin == 0 ? 0 : begin + piece));
        if (begin + 2 * piece >= size)
          break;
      }
      return {};
    }
    auto session = Session::create(engine_, options_);
    if (!session.ok())
      return session.status();
    piece = std::min(piece, options_.policy.lastContext);
    if (options_.ingest == IngestMode::window && options_.overlap > 0)
      return Status::error(1005, "--overlap: the windows that perplexity judges see nothing before them", "leave it out");
    if (options_.ingest == IngestMode::window)
      return readWindows(**session, piece);
    for (int64_t begin = 0; begin < size; begin += piece)
      LONGC_TRY(read(**session, begin, std::min(begin + piece, size), begin));
    logNote(describeSession(**session));
    return {};
  }

  double total() const { return total_; }
  int64_t count() const { return count_; }

  /// What was done when the user stopped it: the session knows only its own piece of the text.
  Status cancelled() const {
    std::string judged = count_ == 0 ? std::string("none judged yet")
                                     : formatText("%s judged, perplexity %.4f so far", formatCount(count_).c_str(),
                                                  std::exp(total_ / static_cast<double>(count_)));
    return Status::error(cancelledCode, formatText("cancelled after reading %s of %s tokens: %s", formatCount(end_ - start_).c_str(),
                                                   formatCount(static_cast<int64_t>(tokens_.size()) - start_).c_str(),
                                                   judged.c_str()));
  }

private:
  // Each window sees the memory while it is judged, and joins it as what it is alone.
  Status readWindows(Session &session, int64_t piece) {
    const auto size = static_cast<int64_t>(tokens_.size()), window = options_.policy.window;
    for (int64_t first = 0; first < size; first += window) {
      const int64_t end = std::min(first + window, size);
      for (int64_t begin = first; begin < end; begin += piece)
        LONGC_TRY(read(session, begin, std::min(begin + piece, end), begin));
      LONGC_TRY(session.storeWindow(tokens_.subspan(static_cast<size_t>(first), static_cast<size_t>(end - first))));
    }
    logNote(describeSession(session));
    return {};
  }

  // One after the other in one store: to make one takes longer than to read a window.
  Status judge(const std::shared_ptr<StateStore> &store, int64_t begin, int64_t end, int64_t from) {
    auto session = Session::create(engine_, options_, store);
    if (!session.ok())
      return session.status();
    if (begin > 0 && opening_ > 0)
      LONGC_TRY((*session)->ingest(tokens_.first(static_cast<size_t>(opening_))));
    return read(**session, begin, end, from);
  }

  // Tokens [begin, end) go in; predictions made at or after `from` count.
  Status read(Session &session, int64_t begin, int64_t end, int64_t from) {
    IngestOptions options;
    for (int64_t token = std::max({begin, from, first_ - 1}); token < end; ++token)
      options.listed.push_back(token - begin);
    const bool counts = !options.listed.empty();
    options.rows = counts ? IngestOptions::Rows::listed : IngestOptions::Rows::last;
    options.onLogits = [&](int64_t index, std::span<const float> logits) {
      int64_t next = begin + index + 1;
      if (counts && next < static_cast<int64_t>(tokens_.size())) {
        total_ += surpriseOf(logits, tokens_[static_cast<size_t>(next)]);
        ++count_;
      }
      return Status();
    };
    options.onProgress = [&](int64_t done, int64_t) {
      end_ = std::max(end_, begin + done);
      progress_.update(begin + done, count_ > 0 ? formatText("perplexity %.3f", std::exp(total_ / static_cast<double>(count_))) : "");
      return !interrupted();
    };
    return session.ingest(tokens_.subspan(static_cast<size_t>(begin), static_cast<size_t>(end - begin)), options);
  }

  Engine &engine_;
  SessionOptions options_;
  std::span<const int32_t> tokens_;
  int64_t opening_, first_;
  Progress &progress_;
  int64_t start_ = 0, end_ = 0; // tokens that were read
  double total_ = 0;
  int64_t count_ = 0;
};

Result<std::vector<int32_t>> tokensOf(const OpenedModel &model, const Arguments &arguments) {
  if (arguments.has("file") == arguments.has("tokens-file"))
    return Status::error(1006, "expected one of --file and --tokens-file", "see --help");
  if (arguments.has("tokens-file"))
    return readIds(arguments.text("tokens-file"));
  auto tokens = model.encodeFile(arguments.text("file"));
  if (tokens.ok()) {
    model.tokenizer.beginText(*tokens);
    model.tokenizer.endText(*tokens);
  }
  return tokens;
}

Status runPerplexity(const Arguments &arguments) {
  auto last = arguments.integer("last", 0, INT64_MAX / 2);
  if (!last.ok())
    return last.status();
  auto model = OpenedModel::open(arguments);
  if (!model.ok())
    return model.status();
  SessionOptions &options = model->options;
  if (model->engine().layout().pages.empty())
    options.policy.memory = false;
  auto tokens = tokensOf(*model, arguments);
  if (!tokens.ok())
    return tokens.status();
  auto size = static_cast<int64_t>(tokens->size());
  if (size < 2)
    return Status::error(5403, "the text has fewer than two tokens", "there is nothing to predict");
  auto start = std::chrono::steady_clock::now();
  Progress progress(model->mode, "judging", size, "tokens");
  int64_t opening = model->tokenizer.addBos() && tokens->front() == model->tokenizer.bosId() ? 1 : 0;
  Judge judge(model->engine(), options, *tokens, opening, *last == 0 ? 1 : std::max<int64_t>(1, size - *last), progress);
  Status judged = judge.run();
  if (judged.code() == cancelledCode)
    return judge.cancelled();
  LONGC_TRY(judged);
  progress.finish();
  LONGC_TRY(model->loaded.report());
  double mean = judge.total() / static_cast<double>(std::max<int64_t>(judge.count(), 1));
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!arguments.flag("json"))
    return printText(formatText("perplexity %.4f over %s tokens (window %s, memory %s, %.1f s)\n", std::exp(mean),
                                formatCount(judge.count()).c_str(), formatCount(options.policy.window).c_str(),
                                options.policy.memory ? "on" : "off", seconds));
  JsonWriter json;
  json.beginObject();
  json.key("perplexity").number(std::exp(mean));
  json.key("mean_surprise").number(mean);
  json.key("tokens").integer(judge.count());
  json.key("window").integer(options.policy.window);
  json.key("memory").boolean(options.policy.memory);
  json.key("seconds").number(seconds);
  return printText(json.endObject().str() + "\n");
}

} // namespace

const Command perplexityCommand = {"perplexity", "how well the model predicts a text",
                                   modelOptions({"file", "json", "last", "tokens-file"}), runPerplexity};

} // namespace longc
