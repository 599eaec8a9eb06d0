// A document that a server keeps: what clients see of it, and what its method made of it.
#pragma once

#include "runtime/e2llm/SoftDocument.h"
#include "runtime/http/HttpMessage.h"
#include "runtime/serve/MemoryDocument.h"
#include "runtime/train/ParameterList.h"

#include <atomic>
#include <cstdint>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace longc {

struct KeptDocument {
  enum class State : uint8_t { ingesting, ready, failed };

  // Set once, before anybody sees it.
  std::string id, owner, text;
  std::string method = Document::fot;
  int64_t tokens = 0;
  double bytes = 0; // of what was made of it
  double learnSeconds = 0; // that it may take; 0: no limit
  std::time_t created = 0;

  bool isMemory() const { return method == Document::fot; }
  bool isAdapter() const { return method == Document::lift; }
  bool isSoft() const { return method == Document::e2llm; }

  // Of the engine's thread; one of them, as the method is.
  std::shared_ptr<const MemoryDocument> memory;
  std::shared_ptr<const ParameterArray> adapter;
  std::shared_ptr<const SoftDocument> soft;
  std::atomic<int64_t> softTokens{0}; // how many of them
  std::atomic<int64_t> read{0};                 // tokens
  std::atomic<bool> removed{false};

  mutable std::mutex mutex; // of what follows
  State state = State::ingesting;
  std::string name, error;
  std::time_t expires = 0; // 0: never
  std::vector<std::shared_ptr<HttpReply>> watchers;

  State currentState() const {
    std::lock_guard lock(mutex);
    return state;
  }
};

} // namespace longc
