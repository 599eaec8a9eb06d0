// What `lift fit` and `lift eval` share: a text, its rows and their training, as the options ask.
#pragma once

#include "runtime/lift/Folder.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/train/ProgramStep.h"

#include <memory>
#include <string>
#include <vector>

namespace longc {

/// Options of both.
std::vector<std::string_view> liftOptions(std::vector<std::string_view> own);

/// A text, or that of a document which `read` made.
Result<std::string> readTextOrDocument(const std::string &path);

/// A file of questions: {"question", "answer"} a line.
Result<std::vector<LiftQuestion>> readQuestions(const std::string &path);

class LiftTask {
public:
  /// Checks the options and reads the text at `path`; the clock of --seconds runs from here on.
  static Result<LiftTask> of(const Arguments &arguments, const std::string &path);

  /// The window is at most the model's; one that was given and is larger is an error.
  Status fitWindow(const Program &program);
  /// Makes rows and the training of `program`. `program` must outlive this, and so must `engine`, which shares its GPU.
  /// `notAsked`: questions that are left out of --train-questions.
  Status prepare(const Program &program, const Tokenizer &tokenizer, const std::vector<LiftQuestion> &notAsked = {}, Engine *engine = nullptr);
  /// Goes on from the newest state in the folder `checkpoints`, if there is one.
  Status goOnFrom(const std::string &checkpoints);
  /// `checkpoints`: where states are kept, `saveEvery` steps apart (0: as often as costs little); empty: nowhere.
  Result<LiftFitResult> fit(const std::string &checkpoints = "", int64_t saveEvery = 0);

  const std::string &text() const { return text_; }
  const std::string &title() const { return title_; }
  const LiftPlan &plan() const { return plan_; }
  const LiftRows &rows() const { return *rows_; }
  const ParameterList &parameters() const { return step_->parameters(); }
  const ParameterArray &values() { return trainer_->state().values; }
  LiftAbout about(const LiftFitResult &result) const;
  double seconds() const;

private:
  Status readChoices(const Arguments &arguments);
  Status makeQuestions(const Tokenizer &tokenizer);
  TrainSettings settings() const;

  std::string path_, title_, text_, hash_, questionsPath_;
  LiftPlan plan_;
  EngineOptions engine_;
  LiftFitOptions fit_;
  bool isWindowGiven_ = false, areCallTokensGiven_ = false, asksModel_ = false;
  ProgressMode progress_ = ProgressMode::automatic;
  std::vector<LiftQuestion> given_, made_; // of --train-questions, else with the model's help
  const Program *program_ = nullptr;
  std::optional<LiftRows> rows_;
  std::unique_ptr<ProgramStep> step_;
  std::optional<Trainer> trainer_;
};

} // namespace longc
