// Tests runtime/text/ChatTemplate.cpp: what jinja2 renders for whole templates and for single features, where errors
// point, and that nothing a template does can go on without end.
#include "runtime/text/ChatTemplate.h"
#include "runtime/text/PythonText.h"
#include "runtime/text/Utf8.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

using namespace longc;

namespace {

const std::string goldenFolder = LONGC_SOURCE_DIR "/test/golden/";

std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct ChatCase {
  std::string kind, name;
  bool prompt = false;
  std::vector<ChatMessage> messages;
  std::map<std::string, std::string> extra;
  std::string status, output;
};

std::string unescape(std::string_view field) {
  std::string text;
  for (size_t i = 0; i < field.size(); ++i) {
    char c = field[i];
    if (c == '\\' && i + 1 < field.size()) {
      char letter = field[++i];
      c = letter == 'n' ? '\n' : letter == 't' ? '\t' : letter == 'r' ? '\r' : letter;
    }
    text.push_back(c);
  }
  return text;
}

ChatCase parseCase(const std::string &line) {
  std::vector<std::string> fields;
  for (std::string_view field : splitText(line, "\t", -1))
    fields.push_back(unescape(field));
  size_t at = 0;
  auto next = [&] { return at < fields.size() ? fields[at++] : std::string(); };
  ChatCase one{
      .kind = next(), .name = next(), .prompt = next() == "1", .messages = {}, .extra = {}, .status = {}, .output = {}};
  for (int left = std::stoi(next()); left > 0; --left) {
    std::string role = next();
    one.messages.push_back({role, next()});
  }
  for (int left = std::stoi(next()); left > 0; --left) {
    std::string name = next();
    one.extra[name] = next();
  }
  one.status = next();
  one.output = next();
  EXPECT_EQ(at, fields.size());
  return one;
}

std::vector<ChatCase> readCases(const std::string &kind, const std::string &path = goldenFolder + "chat_cases.txt") {
  std::vector<ChatCase> cases;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line);)
    if (ChatCase one = parseCase(line); one.kind == kind)
      cases.push_back(std::move(one));
  return cases;
}

void expectEqual(const ChatCase &one, const std::string &source) {
  SCOPED_TRACE(one.kind + " " + one.name);
  Result<ChatTemplate> parsed = ChatTemplate::parse(source);
  if (one.status == "syntax") {
    ASSERT_FALSE(parsed.ok());
    EXPECT_EQ(parsed.status().code(), 6101) << parsed.status().text();
    return;
  }
  ASSERT_TRUE(parsed.ok()) << parsed.status().text();
  Result<std::string> text = parsed->render(one.messages, one.prompt, one.extra);
  if (one.status == "ok") {
    ASSERT_TRUE(text.ok()) << text.status().text();
    EXPECT_EQ(*text, one.output);
    return;
  }
  ASSERT_FALSE(text.ok()) << *text;
  EXPECT_EQ(text.status().code(), one.status == "raised" ? 6104 : 6102) << text.status().text();
  EXPECT_NE(text.status().message().find(one.output), std::string::npos) << text.status().text();
}

std::string render(const std::string &source, const std::vector<ChatMessage> &messages = {}) {
  Result<ChatTemplate> parsed = ChatTemplate::parse(source);
  if (!parsed.ok())
    return parsed.status().text();
  Result<std::string> text = parsed->render(messages, false, {});
  return text.ok() ? *text : text.status().text();
}

std::string repeat(const std::string &text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i)
    all += text;
  return all;
}

} // namespace

TEST(ChatTemplate, wholeTemplatesEqualJinja2) {
  std::vector<ChatCase> cases = readCases("file");
  ASSERT_GT(cases.size(), 500u);
  for (const ChatCase &one : cases)
    expectEqual(one, readFile(goldenFolder + "chat_templates/" + one.name + ".jinja"));
}

TEST(ChatTemplate, singleFeaturesEqualJinja2) {
  std::vector<ChatCase> cases = readCases("text");
  ASSERT_GT(cases.size(), 200u);
  for (const ChatCase &one : cases)
    expectEqual(one, one.name);
}

TEST(ChatTemplate, randomExpressionsEqualJinja2) {
  const char *path = std::getenv("LONGC_CHAT_CASES");
  if (!path)
    GTEST_SKIP() << "LONGC_CHAT_CASES names no file (test/golden/make_chat_goldens.py --random writes one)";
  std::vector<ChatCase> cases = readCases("text", path);
  ASSERT_FALSE(cases.empty());
  for (const ChatCase &one : cases)
    expectEqual(one, one.name);
}

TEST(ChatTemplate, templateOfTheModelFile) {
  const char *path = std::getenv("LONGC_SMOLLM2_TEMPLATE");
  if (!path)
    GTEST_SKIP() << "LONGC_SMOLLM2_TEMPLATE names no file with the chat template of SmolLM2's model file";
  for (const ChatCase &one : readCases("file"))
    if (one.name == "smollm2")
      expectEqual(one, readFile(path));
}

TEST(ChatTemplate, errorsSayWhere) {
  const std::pair<const char *, const char *> cases[] = {
      {"a\nb {{ 1 + }}", "LC6101: chat template, line 2, column 10: expected an expression, found '}}'"},
      {"{% if x %}\n\n  {{ y", "line 3, column 5: tag is not closed, expected '}}'"},
      {"{% if x %}\nfoo", "line 2, column 4: expected '{% elif %}' or '{% else %}' or '{% endif %}'"},
      {"é灯 {{ 'a' 5 }}", "line 1, column 11: expected '}}', found '5'"},
      {"\n\n{% extends 'x' %}", "line 3, column 4: unknown or misplaced tag 'extends'"},
      {"x\n{{ messages[0].role }}", "LC6102: chat template, line 2, column 15: "},
      {"{{ 'a' | nosuch }}", "line 1, column 10: unknown filter 'nosuch'\n  hint: supported: abs, attr,"},
      {"{{ 1 is nosuch }}", "line 1, column 9: unknown test 'nosuch'"},
      {"{{ nothing() }}", "line 1, column 11: 'nothing' is undefined, so it cannot be called"},
      {"{{ 'a' + 1 }}", "line 1, column 8: '+' cannot be applied to string and integer"},
      {"{{ raise_exception('bad turn') }}", "LC6104: chat template, line 1, column 19: bad turn"},
      {"{% for x in y recursive %}{% endfor %}", "recursive loops are not supported"},
      {"{{ '%s' % 1 }}", "formatting a string by % is not supported"},
      {"{{ 99999999999999999999 }}", "number 99999999999999999999 is too large"},
      {"{{ 9223372036854775807 + 1 }}", "the result of '+' is too large for 64 bits"},
      {"{{ 0x10 }}", "only decimal numbers are supported"},
  };
  for (const auto &[source, expected] : cases)
    EXPECT_NE(render(source).find(expected), std::string::npos) << source << "\n" << render(source);
}

TEST(ChatTemplate, workIsBounded) {
  const std::string limited[] = {
      "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
      "{{ range(1000000000000) }}",
      "{{ 'x' * 1000000000 }}",
      "{{ [1] * 100000000 }}",
      "{{ 'x' * 9223372036854775807 }}",
      "{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for i in range(64) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
      "{% set ns = namespace(s='xx') %}{% for i in range(64) %}{% set ns.s = ns.s | replace('x', 'xxxxxxxx') %}{% "
      "endfor %}",
      "{% set ns = namespace(s=[1]) %}{% for i in range(64) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
      "{% set ns = namespace(s=[1]) %}{% for i in range(1000) %}{% set ns.s = [ns.s] %}{% endfor %}",
      "{% set ns = namespace(s={}) %}{% for i in range(1000) %}{% set ns.s = {'a': ns.s.get} %}{% endfor %}",
      "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
      "{% macro m(n) %}{{ m(n) }}{{ m(n) }}{% endmacro %}{{ m(1) }}",
      "{% for i in range(20000) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}",
      "{{ 'x' | indent(1000, true) * 20000 }}",
      "{{ " + repeat("(", 10000) + "1" + repeat(")", 10000) + " }}",
      "{{ " + repeat("[", 10000) + repeat("]", 10000) + " }}",
      "{{ " + repeat("-", 10000) + "1 }}",
      "{{ " + repeat("not ", 10000) + "1 }}",
      "{{ 1" + repeat(" + 1", 10000) + " }}",
      "{{ x" + repeat(".y", 10000) + " }}",
      "{{ x" + repeat(" | trim", 10000) + " }}",
      "{{ 1" + repeat(" if 1 else 1", 10000) + " }}",
      repeat("{% if 1 %}", 10000),
      std::string(2 << 20, 'x'),
  };
  for (const std::string &source : limited)
    EXPECT_NE(render(source).find("LC6103"), std::string::npos) << source.substr(0, 100) << "\n"
                                                                << render(source).substr(0, 200);
}

TEST(ChatTemplate, limitsGrowWithTheMessages) {
  std::string content(3 << 20, 'x');
  EXPECT_EQ(render("{% for m in messages %}{{ m.content | trim }}{% endfor %}", {{"user", content}}), content);
  std::vector<ChatMessage> many(5000, {"user", "hello"});
  std::string turns = "{% for m in messages %}{% if m.role == 'user' %}{{ m.content ~ '\n' }}{% endif %}{% endfor %}";
  EXPECT_EQ(render(turns, many).size(), 5000u * 6);
}

TEST(ChatTemplate, limitsCanBeSet) {
  Result<ChatTemplate> parsed = ChatTemplate::parse("{% for i in range(100) %}{{ i }}{% endfor %}");
  ASSERT_TRUE(parsed.ok());
  parsed->setLimits({.steps = 50});
  Result<std::string> text = parsed->render({}, false, {});
  ASSERT_FALSE(text.ok());
  EXPECT_NE(text.status().message().find("more than 50 steps"), std::string::npos);
}

TEST(ChatTemplate, namespacesMayHoldThemselves) {
  EXPECT_EQ(render("{% set a = namespace() %}{% set a.self = a %}{{ a.self.self == a }}"), "True");
}

TEST(ChatTemplate, macrosThatOutliveTheirBlockAreRefused) {
  std::string source = "{% set ns = namespace() %}{% for i in [1] %}{% macro m() %}x{% endmacro %}{% set ns.m = m %}"
                       "{{ ns.m() }}{% endfor %}{{ ns.m() }}";
  EXPECT_NE(render(source).find("macro 'm' is called outside the block that defines it"), std::string::npos);
}

TEST(ChatTemplate, clockCanBeSet) {
  Result<ChatTemplate> parsed = ChatTemplate::parse("{{ strftime_now('%Y-%m-%d') }}");
  ASSERT_TRUE(parsed.ok());
  std::tm noon{};
  noon.tm_year = 126, noon.tm_mon = 10, noon.tm_mday = 24, noon.tm_hour = 12, noon.tm_isdst = -1;
  parsed->setNow(std::mktime(&noon));
  Result<std::string> text = parsed->render({}, false, {});
  ASSERT_TRUE(text.ok()) << text.status().text();
  EXPECT_EQ(*text, "2026-11-24");
}

TEST(ChatTemplate, bytesThatAreNotUtf8PassThrough) {
  EXPECT_EQ(render("{{ messages[0].content | trim | upper }}", {{"user", " a\xFF\xC3 "}}), "A\xFF\xC3");
}

// Pieces of templates in any order: whatever comes out, it is a text or a Status with a place, soon.
TEST(ChatTemplate, scrambledTemplatesEndInTextOrStatus) {
  static const char *pieces[] = {
      "{{",        "}}",   "{%",    "%}",     "{#",  "#}",     "{%-",    "-%}",      " ",    "\n",     "if",
      "for",       "in",   "endif", "endfor", "set", "endset", "macro",  "endmacro", "x",    "y",      "messages",
      "loop",      ".",    "[",     "]",      "(",   ")",      "{",      "}",        "'a'",  "1",      "2.5",
      "+",         "-",    "*",     "**",     "~",   "|",      "is",     "not",      "and",  "or",     "else",
      "==",        "<",    ":",     ",",      "=",   "trim",   "tojson", "map",      "join", "length", "range",
      "namespace", "role", "\xFF",  "é",      "raw", "endraw", "'"};
  std::mt19937 random(3);
  int parsedCount = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string source = i % 2 ? "{{ " : "{% ";
    for (size_t left = random() % 14; left > 0; --left)
      source += std::string(pieces[random() % std::size(pieces)]) + (random() % 2 ? " " : "");
    source += i % 2 ? " }}" : " %}";
    Result<ChatTemplate> parsed = ChatTemplate::parse(source);
    if (!parsed.ok()) {
      EXPECT_NE(parsed.status().message().find(", line "), std::string::npos) << source;
      continue;
    }
    ++parsedCount;
    Result<std::string> text = parsed->render({{"user", "hi"}}, true, {});
    EXPECT_TRUE(text.ok() || text.status().code() >= 6102) << source;
  }
  EXPECT_GT(parsedCount, 100);
}
