// `lift eval`: absorbs a text, or takes what absorbed one, then asks about it, and asks the model that only saw what of the text its
// window holds.
#include "runtime/core/Format.h"
#include "runtime/core/Json.h"
#include "runtime/core/Log.h"
#include "runtime/core/OutputFile.h"
#include "runtime/lift/Asker.h"
#include "runtime/lift/Prompt.h"
#include "runtime/tools/commands/LiftTask.h"

#include <algorithm>

namespace longc {
namespace {

struct Answers {
  std::vector<std::string> replies;
  std::vector<bool> right;

  double accuracy() const {
    return static_cast<double>(std::ranges::count(right, true)) / static_cast<double>(std::max<size_t>(1, right.size()));
  }
};

class LiftEvaluation {
public:
  LiftEvaluation(const Arguments &arguments, LoadedProgram loaded, LiftTask task, std::vector<LiftQuestion> questions)
      : arguments_(arguments), loaded_(std::move(loaded)), task_(std::move(task)), questions_(std::move(questions)) {}

  Status run() {
    auto mode = progressOf(arguments_);
    if (!mode.ok())
      return mode.status();
    mode_ = *mode;
    if (!arguments_.has("adapter")) {
      LONGC_TRY(absorb());
      return judge(task_.tokenizer());
    }
    auto tokenizer = loaded_.tokenizer();
    if (!tokenizer.ok())
      return tokenizer.status();
    LONGC_TRY(takeAdapter());
    return judge(*tokenizer);
  }

private:
  Status judge(const Tokenizer &tokenizer) {
    Answers plain, alone, both;
    LONGC_TRY(ask(tokenizer, false, "asking the adapter", alone));
    LONGC_TRY(ask(tokenizer, true, "asking both", both));
    LONGC_TRY(loaded_.unbindAdapter());
    LONGC_TRY(ask(tokenizer, true, "asking the window", plain));
    if (arguments_.has("output"))
      LONGC_TRY(write(plain, alone, both));
    return report(plain, alone, both);
  }

  // What `load` has bound already.
  Status takeAdapter() {
    const std::string &folder = arguments_.text("adapter");
    auto about = readAbsorbed(folder);
    if (!about.ok())
      return about.status();
    LONGC_TRY(checkAbsorbedBy(folder, *about, *loaded_.program));
    about_ = std::move(*about);
    return task_.fitWindow(*loaded_.program);
  }

  Status absorb() {
    if (task_.asksModel())
      LONGC_TRY(task_.makeRows(*loaded_.program, questions_));
    LONGC_TRY(task_.prepare(*loaded_.program, loaded_.engine.get()));
    loadSeconds_ = task_.seconds();
    auto result = task_.fit();
    if (!result.ok())
      return result.status();
    if (result->end == LiftEnd::exploded)
      return result->failure;
    about_ = task_.about(*result);
    return loaded_.bindAdapter(task_.parameters(), task_.values());
  }

  bool readsThroughMemory() const { return throughMemory(arguments_, *loaded_.engine); }

  Status ask(const Tokenizer &tokenizer, bool withDocument, const char *title, Answers &answers) {
    constexpr int64_t slack = 4; // more tokens than the answer has
    int64_t longest = 0, room = 0;
    for (const LiftQuestion &question : questions_) {
      const auto answer = static_cast<int64_t>(tokenizer.encode(" " + question.answer, false).size());
      longest = std::max(longest, 2 * answer + slack); // a reply may say more in its first line than the answer
      room = std::max(room, static_cast<int64_t>(questionTokens(tokenizer, question.question, true).size()));
    }
    longest = std::max<int64_t>(longest, 24);
    Asker asker(*loaded_.engine, tokenizer, task_.plan().window);
    if (readsThroughMemory()) {
      auto options = loaded_.sessionOptions(arguments_);
      if (!options.ok())
        return options.status();
      options->policy.window = task_.plan().window;
      options->policy.lastContext = std::min(options->policy.lastContext, options->policy.window);
      asker.readThroughMemory(*options);
    }
    Progress progress(mode_, title, static_cast<int64_t>(questions_.size()), "questions");
    if (withDocument) {
      IngestOptions ingest;
      ingest.onProgress = [](int64_t, int64_t) { return !interrupted(); };
      LONGC_TRY(asker.readDocument(task_.title(), task_.text(), room + longest, ingest));
    }
    for (const LiftQuestion &question : questions_) {
      auto line = asker.firstLine(question.question, longest, [] { return interrupted(); });
      if (!line.ok())
        return line.status();
      if (firstAnswerSeconds_ == 0)
        firstAnswerSeconds_ = task_.seconds();
      answers.right.push_back(answersRightly(*line, question.answer));
      answers.replies.push_back(std::move(*line));
      progress.update(static_cast<int64_t>(answers.right.size()), formatText("%.0f %% right", 100 * answers.accuracy()));
    }
    return {};
  }

  // One line a question: what each answered.
  Status write(const Answers &plain, const Answers &alone, const Answers &both) const {
    std::string text;
    for (size_t i = 0; i < questions_.size(); ++i) {
      JsonWriter json;
      json.beginObject();
      json.key("question").text(questions_[i].question);
      json.key("answer").text(questions_[i].answer);
      for (auto [name, answers] : {std::pair("truncated_icl", &plain), {"adapter", &alone}, {"both", &both}}) {
        json.key(name).beginObject();
        json.key("reply").text(answers->replies[i]);
        json.key("right").boolean(answers->right[i]).endObject();
      }
      text += json.endObject().str() + "\n";
    }
    return OutputFile::write(arguments_.text("output"), text);
  }

  Status report(const Answers &plain, const Answers &alone, const Answers &both) const {
    const bool besideText = about_.recipe == nameOf(LiftRecipe::gm); // as the recipe asks its questions
    const double accuracy = (besideText ? both : alone).accuracy();
    if (!arguments_.flag("json"))
      return printText(formatText("%zu questions, window %s: %.1f %% right, in the window alone %.1f %% (adapter alone %.1f %%, with the window "
                                  "%.1f %%; %lld steps, %.1f s)\n",
                                  questions_.size(), formatCount(task_.plan().window).c_str(), 100 * accuracy, 100 * plain.accuracy(),
                                  100 * alone.accuracy(), 100 * both.accuracy(), static_cast<long long>(about_.steps), about_.seconds));
    JsonWriter json;
    json.beginObject();
    json.key("accuracy").number(accuracy);
    json.key("truncated_icl").number(plain.accuracy());
    json.key("questions").integer(static_cast<int64_t>(questions_.size()));
    json.key("window").integer(task_.plan().window);
    json.key("memory").boolean(readsThroughMemory()); // instead of a window that shows the text's beginning and end
    json.key("adapter_alone").number(alone.accuracy());
    json.key("adapter_and_window").number(both.accuracy());
    json.key("recipe").text(about_.recipe);
    json.key("absorbed").text(about_.document);
    json.key("document_tokens").integer(about_.tokens);
    json.key("steps").integer(about_.steps);
    json.key("tokens").integer(about_.learntTokens);
    json.key("loss_last").number(about_.lastLoss, 9);
    json.key("seconds").number(about_.seconds);
    json.key("load_seconds").number(loadSeconds_); // of them, before the first step
    json.key("first_answer_seconds").number(firstAnswerSeconds_);
    return printText(json.endObject().str() + "\n");
  }

  const Arguments &arguments_;
  LoadedProgram loaded_;
  LiftTask task_;
  std::vector<LiftQuestion> questions_;
  ProgressMode mode_ = ProgressMode::automatic;
  LiftAbout about_;
  double loadSeconds_ = 0, firstAnswerSeconds_ = 0; // since the command began
};

Status runLiftEval(const Arguments &arguments) {
  setQuiet(arguments.flag("quiet"));
  for (const char *name : {"document", "questions"})
    if (!arguments.has(name))
      return Status::error(1006, std::string("expected --") + name + " FILE", "see `lift eval --help`");
  if (arguments.has("output"))
    LONGC_TRY(OutputFile::check(arguments.text("output")));
  auto questions = readQuestions(arguments.text("questions"));
  if (!questions.ok())
    return questions.status();
  auto task = LiftTask::of(arguments, arguments.text("document"));
  if (!task.ok())
    return task.status();
  auto loaded = LoadedProgram::load(arguments, {.trains = !arguments.has("adapter"), .beside = [&](const Program &program) {
    return arguments.has("adapter") || task->asksModel() ? Status() : task->makeRows(program, *questions);
  }});
  if (!loaded.ok())
    return loaded.status();
  return LiftEvaluation(arguments, std::move(*loaded), std::move(*task), std::move(*questions)).run();
}

} // namespace

const Command liftEvalCommand = {"lift eval", "absorbs a text, or takes an --adapter, then asks about a text, beside the model that sees its beginning and end alone",
                                 liftOptions({"adapter", "document", "eviction", "ingest", "last-context", "memory", "memory-budget", "memory-temperature", "output", "questions",
                                              "truncate"}), runLiftEval};

} // namespace longc
