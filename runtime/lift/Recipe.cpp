// Names and constants.
#include "runtime/lift/Recipe.h"

#include "runtime/train/NamedValue.h"

#include <algorithm>

namespace longc {

bool liftRecipeOf(std::string_view name, LiftRecipe &recipe) {
  constexpr std::pair<std::string_view, LiftRecipe> names[] = {{"qa", LiftRecipe::qa}, {"gm", LiftRecipe::gm}};
  return findNamed(names, name, recipe);
}

std::string_view nameOf(LiftRecipe recipe) { return recipe == LiftRecipe::qa ? "qa" : "gm"; }

double LiftPlan::rateAt(double share) const {
  constexpr double falls = 2.0 / 3, least = 0.1;
  return share <= falls ? rate : rate * std::max(least, 1 - (1 - least) * (share - falls) / (1 - falls));
}

LiftPlan LiftPlan::of(LiftRecipe recipe, int64_t window, uint64_t seed) {
  LiftPlan plan;
  plan.recipe = recipe;
  plan.window = window;
  plan.segmentEpochs = recipe == LiftRecipe::gm ? 3 : 0;
  plan.epochs = 24;
  plan.mostShares = 24;
  plan.train.batch = {BatchMethod::packed, 256, 1, seed};
  plan.train.norm = LossNorm::token; // the mean over what is learnt in a step
  plan.train.optimizer.beta2 = 0.98;
  plan.train.optimizer.decay = recipe == LiftRecipe::gm ? 1e-4 : 0;
  plan.rate = 2e-3;
  plan.train.schedule.steps = 1; // of a constant rate
  return plan;
}

void LiftPlan::adaptToPasses() {
  if (!groups)
    return;
  epochs *= 2;
  rate *= 1.5;
}

void LiftPlan::adaptToGatedMemory() {
  if (!groups)
    return;
  epochs = epochs * 5 / 2;
  otherRows = 2;
}

LiftPlan LiftPlan::published(int64_t window, uint64_t seed) {
  LiftPlan plan = of(LiftRecipe::gm, window, seed);
  plan.epochs = 8;
  plan.mostShares = 1;
  plan.besideText = 1;
  plan.groups = false;
  plan.rate = 1e-3;
  return plan;
}

} // namespace longc
