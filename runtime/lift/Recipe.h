// The two published ways to absorb a text, as data for one engine.
#pragma once

#include "runtime/lift/Segments.h"
#include "runtime/train/Trainer.h"

#include <string_view>

namespace longc {

/// qa: questions about the text, and the text in pieces (LIFT-QA, ICML 2026). gm: segments in context first, then with
/// questions (LIFT with Gated Memory, arXiv 2502.14644 v1-v3).
enum class LiftRecipe { qa, gm };

bool liftRecipeOf(std::string_view name, LiftRecipe &recipe);
std::string_view nameOf(LiftRecipe recipe);

/// What a recipe is where nothing else is asked for.
struct LiftPlan {
  LiftRecipe recipe = LiftRecipe::qa;
  int64_t window = 2048;     // W: of the model's window, what rows and prompts may use
  int64_t segmentEpochs = 0; // gm: passes over the segments alone (C of C3M5)
  int64_t epochs = 0;        // all passes
  int64_t mostShares = 1;    // passes that the text may be divided among
  double textPart = 0.25;    // tokens of the text in a pass for each of its questions
  double besideText = 0.5;   // the share of a pass's questions that stand behind the text
  bool groups = true;        // those share rows, with this part of the window for text; else each has one and all the room there is
  double rowText = 0.125;
  int64_t otherRows = 0;     // rows of a pass that ask about another text which stands before their questions
  double rate = 0;
  TrainOptions train;

  static LiftPlan of(LiftRecipe recipe, int64_t window, uint64_t seed);
  /// Passes and rate for steps that are passes, as a GPU makes them. A published plan stays as it is.
  void adaptToPasses();
  /// A gated memory takes longer than a LoRA to learn anything at all, and forgets how to read (OUR CHOICE, as measured). A published plan
  /// stays as it is.
  void adaptToGatedMemory();
  /// gm as the published code has it: in each pass all segments, each question behind the text; `batch` makes a pass one step.
  static LiftPlan published(int64_t window, uint64_t seed);
  /// The learning rate when `share` of the passes, or of the time, is over. OUR CHOICE: it falls in the last third.
  double rateAt(double share) const;
  SegmentSizes sizes() const { return SegmentSizes::forWindow(window); }
};

} // namespace longc
