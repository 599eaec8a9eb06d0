// Which tokens of its documents an answer rests on: found by reading it again beside parts of their memory.
//
// The part beside which the model holds its own answer for likeliest is cut into smaller ones, until a part is one page. So
// it needs no kernel that tells what it attended to, and says more: what attention looks at need not matter.
#pragma once

#include "runtime/serve/MemoryDocument.h"

#include <cstdint>
#include <memory>
#include <vector>

namespace longc {

/// Bytes [begin, end) of a document's text, beside whose tokens alone an answer is so much likelier than beside none (nats, > 0).
struct Evidence {
  size_t document, begin, end;
  double gain;
};

class EvidenceSearch {
public:
  using Documents = std::vector<std::shared_ptr<const MemoryDocument>>;
  /// On the engine's thread, as all of it. What is read: the end of the prompt and the beginning of the answer.
  EvidenceSearch(Engine &engine, const SessionOptions &options, const std::shared_ptr<StateStore> &store, Documents documents,
                 std::span<const int32_t> prompt, std::span<const int32_t> answer);

  bool isOver() const { return next_ == parts_.size(); }
  /// Reads the answer once. An error ends the search.
  Status step();
  /// Once it is over: at most two, the best first; none where no part makes the answer likelier.
  std::vector<Evidence> found() const;

private:
  struct Part { // of the pages of all documents
    size_t begin, end;
    double logProbability = 0; // of the answer
  };
  struct Page {
    size_t document, page; // of the document's
  };
  void cut(const Part &part);
  void descend();
  Result<double> judge(const Part &part);

  Engine &engine_;
  SessionOptions options_;
  std::shared_ptr<StateStore> store_;
  Documents documents_;
  std::vector<Page> pages_;
  std::vector<int32_t> tokens_; // prompt, then answer
  size_t asked_ = 0;            // tokens of the prompt
  std::shared_ptr<StateStore> beside_; // a slot for what is read
  std::vector<Part> parts_;     // of one size; those before next_ were judged
  size_t next_ = 0;
  double alone_ = 0; // the answer's log-probability without memory
};

} // namespace longc
