// Prometheus' text form.
#include "runtime/http/Metrics.h"

#include "runtime/core/Format.h"

#include <algorithm>

namespace longc {
namespace {

void describe(std::string &out, std::string_view name, std::string_view kind, std::string_view help) {
  out += formatText("# HELP longc:%s %s\n# TYPE longc:%s %s\n", std::string(name).c_str(), std::string(help).c_str(),
                    std::string(name).c_str(), std::string(kind).c_str());
}

void line(std::string &out, std::string_view name, std::string_view kind, std::string_view help, double value) {
  describe(out, name, kind, help);
  out += formatText("longc:%s %.17g\n", std::string(name).c_str(), value);
}

} // namespace

void Histogram::add(double value) {
  std::lock_guard lock(mutex_);
  ++counts_[static_cast<size_t>(std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin())];
  sum_ += value;
}

void Histogram::write(std::string &out, std::string_view name, std::string_view help) const {
  std::lock_guard lock(mutex_);
  const std::string title(name);
  describe(out, name, "histogram", help);
  uint64_t count = 0;
  for (size_t index = 0; index < counts_.size(); ++index) {
    count += counts_[index];
    out += formatText("longc:%s_bucket{le=\"%s\"} %llu\n", title.c_str(),
                      index < bounds.size() ? formatText("%g", bounds[index]).c_str() : "+Inf",
                      static_cast<unsigned long long>(count));
  }
  out += formatText("longc:%s_sum %.9g\nlongc:%s_count %llu\n", title.c_str(), sum_, title.c_str(),
                    static_cast<unsigned long long>(count));
}

std::string Metrics::text() const {
  std::string out;
  auto gauge = [&](std::string_view name, std::string_view help, double value) { line(out, name, "gauge", help, value); };
  auto counter = [&](std::string_view name, std::string_view help, int64_t value) {
    line(out, name, "counter", help, static_cast<double>(value));
  };
  gauge("num_requests_running", "Sequences in the engine's calls.", static_cast<double>(running));
  gauge("num_requests_waiting", "Prompts that wait for a place.", static_cast<double>(waiting));
  gauge("kv_cache_usage_perc", "Share of the memory for state that running requests may come to use, 0 to 1.", cacheUse);
  gauge("documents", "Documents that are kept.", static_cast<double>(documents));
  gauge("memory_entries", "Tokens in the memories of documents.", static_cast<double>(memoryEntries));
  counter("prompt_tokens_total", "Tokens of prompts that were read.", promptTokens);
  counter("generation_tokens_total", "Tokens that were generated.", generatedTokens);
  counter("prefix_cache_queries", "Chats whose prompt may begin with one that was read before.", prefixQueries);
  counter("prefix_cache_hits", "Chats whose prompt did.", prefixHits);
  counter("request_success_total", "Requests that were answered.", succeeded);
  counter("failed_requests_total", "Requests that ended in an error of ours.", failed);
  counter("aborted_requests_total", "Requests whose client left.", aborted);
  counter("lift_steps_total", "Optimizer steps on texts that became adapters.", liftSteps);
  counter("nan_events_total", "Requests that ended since the model gave no numbers to draw a token from.", nanEvents);
  firstToken.write(out, "time_to_first_token_seconds", "From a request's arrival to its first token.");
  betweenTokens.write(out, "inter_token_latency_seconds", "Between two tokens of an answer.");
  whole.write(out, "e2e_request_latency_seconds", "From a request's arrival to its last token.");
  queued.write(out, "request_queue_time_seconds", "From a request's arrival to its place.");
  ingest.write(out, "document_ingest_seconds", "Reading a document.");
  return out;
}

} // namespace longc
