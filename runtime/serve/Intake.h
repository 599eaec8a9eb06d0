// Tokens on their way into a session: window by window, call by call, each call perhaps together with other sessions'.
#pragma once

#include "runtime/serve/Session.h"

#include <span>
#include <vector>

namespace longc {

class Intake {
public:
  /// Checks the tokens; nothing has been taken in yet. They and the session outlive the intake.
  static Result<Intake> begin(Session &session, std::span<const int32_t> tokens, IngestOptions options = {});

  bool isDone() const { return group_ == groups_.size(); }
  /// The next part has at most so many tokens (2 or more), and leaves no single one behind: that would be decoded. A window
  /// that is read alone is whole all the same.
  void limit(int64_t tokens) { limit_ = tokens; }
  /// Tokens that were not taken in yet.
  int64_t left() const { return static_cast<int64_t>(tokens_.size()); }
  /// What the next call takes, the same until `take`. Makes room for it in the session's context.
  Result<BatchPart> next();
  /// Ends the call: hands the logits of the part's rows on and keeps the last.
  Status take();

private:
  Intake(Session &session, IngestOptions options) : session_(&session), options_(std::move(options)) {}
  int64_t windowsAlone() const;
  bool wantsRows(int64_t count) const;
  Result<BatchPart> nextWindows(int64_t groups);
  bool readsAlone() const;
  void chooseRows(int64_t count);

  Session *session_;
  IngestOptions options_;
  std::span<const int32_t> all_, tokens_; // to take in; of them, not taken in yet
  std::vector<TokenGroup> groups_;
  size_t group_ = 0;
  int64_t leftInGroup_ = 0;         // 0: its room is not made yet
  int64_t limit_ = INT64_MAX;
  size_t windowsInCall_ = 0;        // groups of a part of windows
  int64_t first_ = 0, total_ = 0;   // of the caller's tokens: the next, all
  BatchPart part_ = {};             // of the call under way, without tokens: none
  std::vector<int32_t> rows_;
};

/// One call of the engine with the next part of as many intakes as fit, in their order; single tokens always do. Those
/// that are done or found no room are left as they are.
Status runIntakes(Engine &engine, std::span<Intake *const> intakes);

} // namespace longc
