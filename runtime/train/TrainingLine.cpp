// JSONL to training lines: every form and every way to get one wrong.
#include "runtime/train/TrainingLine.h"

#include "runtime/core/Format.h"
#include "runtime/core/JsonReader.h"
#include "runtime/core/Lines.h"

#include <cmath>

namespace longc {
namespace {

/// Reads the object of one line; `where` begins every error.
class LineReader {
public:
  LineReader(const JsonValue &object, const std::string &where) : object_(object), where_(where) {}

  Result<TrainingLine> read() {
    TrainingLine line;
    if (const JsonValue *messages = object_.given("messages"))
      LONGC_TRY(readMessages(*messages, line.messages));
    else if (object_.given("text"))
      LONGC_TRY(readText(line));
    else if (object_.given("prompt"))
      LONGC_TRY(readTurn("prompt", "completion", line.messages));
    else if (object_.given("question"))
      LONGC_TRY(readTurn("question", "answer", line.messages));
    else
      return bad("it has none of the keys \"messages\", \"text\", \"prompt\" and \"question\"");
    return line;
  }

private:
  Status bad(const std::string &what) const {
    return Status::error(badTrainingLine, where_ + ": " + what,
                         "expected one object a line: {\"messages\": [{\"role\", \"content\"}, …]}, {\"prompt\", \"completion\"}, "
                         "{\"question\", \"answer\"} or {\"text\", \"weights\"}");
  }

  Result<std::string> textOf(const JsonValue &object, const char *key) const {
    const JsonValue *value = object.find(key);
    if (!value)
      return bad(formatText("\"%s\" is missing", key));
    if (!value->text())
      return bad(formatText("\"%s\" is %s, expected text", key, value->describe().c_str()));
    return *value->text();
  }

  Status readTurn(const char *first, const char *second, std::vector<ChatMessage> &messages) const {
    auto question = textOf(object_, first), answer = textOf(object_, second);
    if (!question.ok())
      return question.status();
    if (!answer.ok())
      return answer.status();
    messages = {{"user", *question}, {"assistant", *answer}};
    return {};
  }

  Status readMessages(const JsonValue &value, std::vector<ChatMessage> &messages) const {
    if (!value.array())
      return bad("\"messages\" is " + value.describe() + ", expected a list");
    for (const JsonValue &message : *value.array()) {
      if (!message.object())
        return bad("a message is " + message.describe() + ", expected an object");
      auto role = textOf(message, "role"), content = textOf(message, "content");
      if (!role.ok())
        return role.status();
      if (!content.ok())
        return content.status();
      messages.push_back({*role, *content});
    }
    return checkRoles(messages);
  }

  // [system], then user and assistant in turns, an answer last: what every template can write.
  Status checkRoles(const std::vector<ChatMessage> &messages) const {
    const char *hint = "expected an optional \"system\", then \"user\" and \"assistant\" in turns, ending with \"assistant\"";
    size_t first = !messages.empty() && messages.front().role == "system" ? 1 : 0;
    for (size_t i = first; i < messages.size(); ++i) {
      const char *expected = (i - first) % 2 == 0 ? "user" : "assistant";
      if (messages[i].role != expected)
        return Status::error(badRoles, where_ + formatText(": message %zu has the role %s, expected \"%s\"", i + 1,
                                                           quoted(messages[i].role).c_str(), expected), hint);
    }
    if (messages.size() == first || messages.back().role != "assistant")
      return Status::error(badRoles, where_ + ": no answer stands at the end of the messages", hint);
    return {};
  }

  Status readText(TrainingLine &line) const {
    auto text = textOf(object_, "text");
    if (!text.ok())
      return text.status();
    line.text = std::move(*text);
    const JsonValue *weights = object_.given("weights");
    if (!weights)
      return {};
    if (!weights->array())
      return bad("\"weights\" is " + weights->describe() + ", expected a list of [begin, end, weight]");
    int64_t past = 0;
    for (const JsonValue &entry : *weights->array()) {
      const JsonValue::Array *parts = entry.array();
      if (!parts || parts->size() != 3 || !(*parts)[0].whole() || !(*parts)[1].whole() || !(*parts)[2].isNumber())
        return bad("an entry of \"weights\" is " + entry.describe() + ", expected [begin, end, weight]");
      WeightedSpan span = {*(*parts)[0].whole(), *(*parts)[1].whole(), (*parts)[2].number()};
      if (span.begin < past || span.end < span.begin)
        return bad(formatText("the span [%lld, %lld) of \"weights\" is no range behind the one before it",
                              static_cast<long long>(span.begin), static_cast<long long>(span.end)));
      if (!(span.weight >= 0) || !std::isfinite(span.weight))
        return bad(formatText("the weight %g is no number of at least 0", span.weight));
      past = span.end;
      line.weights.push_back(span);
    }
    return {};
  }

  const JsonValue &object_;
  const std::string &where_;
};

} // namespace

Result<std::vector<TrainingLine>> readTrainingLines(std::string_view content, const std::string &name) {
  std::vector<TrainingLine> lines;
  LONGC_TRY(forEachLine(content, [&](int64_t number, std::string_view text) -> Status {
    const std::string where = quoted(name) + formatText(", line %lld", static_cast<long long>(number));
    auto value = JsonValue::read(text);
    if (!value.ok())
      return Status::error(badTrainingLine, where + ": " + value.status().message(), "expected one JSON object a line");
    if (!value->object())
      return Status::error(badTrainingLine, where + ": it is " + value->describe(), "expected one JSON object a line");
    auto line = LineReader(*value, where).read();
    if (!line.ok())
      return line.status();
    line->line = number;
    lines.push_back(std::move(*line));
    return {};
  }));
  if (lines.empty())
    return Status::error(noTrainingLines, quoted(name) + ": it has no lines to train on", "expected one JSON object a line");
  return lines;
}

} // namespace longc
