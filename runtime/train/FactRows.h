// Rows to train FoT's memory on: passages of texts with facts planted in them, and questions about facts of earlier rows.
//
// A row is a passage of real text with some facts that no model knows and some questions, each about another fact of the rows that
// it reads: what those tell is to be found among all the others. Some rows one after the other go on in one text, as the windows
// of a document do: those are positives of each other, rows of other texts negatives.
#pragma once

#include "runtime/train/CrossRows.h"
#include "runtime/train/Facts.h"

#include <functional>

namespace longc {

struct FactText {
  std::string name;
  std::vector<int32_t> tokens;
};

struct FactRowOptions {
  int64_t rows = 8, length = 512; // of a batch; tokens of each
  uint64_t seed = 0;
  int64_t together = 4; // rows that go on in one text
  bool alone = false;   // rows that are read read none (readRowsAlone)
  std::optional<FactWords> nameless; // told by one row of the first half, in half of all batches, and asked for by some that read it
};

/// Pairs as readEarlierRows makes them, where rows that are read read none themselves, as windows that go to memory alone: of every two rows the
/// second reads the `range` first ones before it.
std::vector<int32_t> readRowsAlone(int64_t rows, int64_t range);

/// A fact of an earlier row, asked for.
struct AskedFact {
  Fact fact;
  int64_t row = 0; // that tells it
};

/// What a row is made of.
struct FactRow {
  size_t text = 0;  // which
  int64_t document = 0; // rows of one number go on in one text
  int64_t begin = 0, end = 0; // tokens of the text
  std::vector<Fact> facts;
  std::vector<AskedFact> questions;
};

struct FactBatch {
  RowBatch batch;
  std::vector<FactRow> rows;
};

/// Codes of its errors: texts that are too short, rows that are.
inline constexpr int factTextTooShort = 8063, factRowsTooShort = 8064;

class FactRowMaker {
public:
  /// A question and its answer as a chat, where the model has a template: tokens, and weight 1 for those of the answer.
  using Chat = std::function<Result<Sample>(const Fact &fact)>;

  /// Any of `texts` is long enough for a row. `tokenizer` must outlive this. Without `chat` all questions are asked in the text.
  static Result<FactRowMaker> create(const Tokenizer &tokenizer, std::vector<FactText> texts, const FactRowOptions &options, Chat chat);

  /// The batch of a step (from 0) at which a row reads `range` rows. A function of texts, options, step and range alone.
  Result<FactBatch> make(int64_t step, int64_t range) const;
  /// A batch that no step has, whose answers alone have weight: what looking up is judged by.
  Result<FactBatch> makeJudged(int64_t range) const;

  const std::vector<FactText> &texts() const { return texts_; }
  const FactRowOptions &options() const { return options_; }

private:
  struct Piece; // of a row, between two parts of its passage
  FactRowMaker(const Tokenizer &tokenizer, std::vector<FactText> texts, const FactRowOptions &options, Chat chat)
      : tokenizer_(&tokenizer), texts_(std::move(texts)), options_(options), chat_(std::move(chat)) {}
  Piece told(const Fact &fact) const;
  Result<Piece> asked(const Fact &fact, bool asChat) const;
  Result<Sample> write(FactRow &row, class Draws &draws) const;

  const Tokenizer *tokenizer_;
  std::vector<FactText> texts_;
  FactRowOptions options_;
  Chat chat_;
};

} // namespace longc
