// What `lift fit` and `lift eval` share: a text, its rows and their training, as the options ask.
#pragma once

#include "runtime/lift/Folder.h"
#include "runtime/lift/RowRecording.h"
#include "runtime/tools/commands/Command.h"
#include "runtime/train/ProgramStep.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longc {

/// Options of both.
std::vector<std::string_view> liftOptions(std::vector<std::string_view> own);

/// Whether a document is read whole, through the program's memory: --memory on was given and there is one.
bool throughMemory(const Arguments &arguments, const Engine &engine);

/// A text that is one and has words, or that of a document which `read` made.
Result<std::string> readTextOrDocument(const std::string &path);

/// A file of questions: {"question", "answer"} a line.
Result<std::vector<LiftQuestion>> readQuestions(const std::string &path);

class LiftTask {
public:
  /// Checks the options and reads the text at `path`; the clock of --seconds runs from here on.
  static Result<LiftTask> of(const Arguments &arguments, const std::string &path);

  /// The window is at most the model's; one that was given and is larger is an error.
  Status fitWindow(const Program &program);
  /// Whether the model makes the questions that it is trained on.
  bool asksModel() const { return asksModel_ && given_.empty(); }
  /// Tokenizer and rows, which may run beside what opens a device unless the model is asked. `notAsked`: questions that are left out
  /// of --train-questions.
  Status makeRows(const Program &program, const std::vector<LiftQuestion> &notAsked = {});
  /// The training of `program`; makes the rows if that has not been done. `program` must outlive this, and so must `engine`, which
  /// shares its GPU.
  Status prepare(const Program &program, Engine *engine = nullptr);
  /// Goes on from the newest state in the folder `checkpoints`, if there is one.
  Status goOnFrom(const std::string &checkpoints);
  /// `checkpoints`: where states are kept, `saveEvery` steps apart (0: as often as costs little); empty: nowhere.
  Result<LiftFitResult> fit(const std::string &checkpoints = "", int64_t saveEvery = 0);

  const std::string &text() const { return text_; }
  const std::string &title() const { return title_; }
  const LiftPlan &plan() const { return plan_; }
  const Tokenizer &tokenizer() const { return *tokenizer_; }
  const LiftRows &rows() const { return *rows_; }
  const ParameterList &parameters() const { return step_->parameters(); }
  const ParameterArray &values() { return trainer_->state().values; }
  LiftAbout about(const LiftFitResult &result) const;
  double seconds() const;
  /// What was learnt from, for --write-rows.
  const std::string &recordedRows() const { return recording_->text(); }

private:
  Status readChoices(const Arguments &arguments);
  Status makeQuestions();
  TrainSettings settings() const;

  std::string path_, title_, text_, hash_, questionsPath_;
  LiftPlan plan_;
  std::optional<int64_t> givenEpochs_;
  std::optional<double> givenRate_;
  EngineOptions engine_;
  LiftFitOptions fit_;
  bool isWindowGiven_ = false, areCallTokensGiven_ = false, asksModel_ = false;
  ProgressMode progress_ = ProgressMode::automatic;
  std::vector<LiftQuestion> given_, made_; // of --train-questions, else with the model's help
  const Program *program_ = nullptr;
  std::unique_ptr<Tokenizer> tokenizer_; // stays where the rows know it
  std::optional<LiftRows> rows_;
  std::unique_ptr<RowRecording> recording_;
  std::unique_ptr<ProgramStep> step_;
  std::optional<Trainer> trainer_;
};

} // namespace longc
