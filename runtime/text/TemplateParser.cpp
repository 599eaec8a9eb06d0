// Parsing of template text and statements.
#include "runtime/text/TemplateParser.h"

#include "runtime/text/Utf8.h"

#include <algorithm>
#include <utility>

namespace longc {

namespace {

using Kind = TemplateStatement::Kind;
using TokenKind = TemplateToken::Kind;

constexpr int deepestNesting = 64;

std::string describe(const TemplateToken &token) {
  switch (token.kind) {
  case TokenKind::Text:
    return "text";
  case TokenKind::VariableBegin:
    return "'{{'";
  case TokenKind::VariableEnd:
    return "'}}'";
  case TokenKind::BlockBegin:
    return "'{%'";
  case TokenKind::BlockEnd:
    return "'%}'";
  case TokenKind::End:
    return "the end of the template";
  case TokenKind::String:
    return "string " + quoteForMessage(token.text);
  default:
    return quoteForMessage(token.text);
  }
}

std::string list(std::initializer_list<std::string_view> names) {
  std::string text;
  for (std::string_view name : names)
    text += (text.empty() ? "'{% " : " or '{% ") + std::string(name) + " %}'";
  return text;
}

} // namespace

TemplateParser::Nesting::Nesting(TemplateParser &parser) : parser_(parser) {
  if (++parser_.nesting_ > deepestNesting) {
    --parser_.nesting_;
    throw TemplateFailure{TemplateErrorCode::Limit, parser_.current().place,
                          "nested more than " + std::to_string(deepestNesting) + " levels deep", ""};
  }
}

void TemplateParser::fail(std::string message, TemplatePlace place, std::string hint) const {
  throw TemplateFailure{TemplateErrorCode::Syntax, place, std::move(message), std::move(hint)};
}

void TemplateParser::failHere(std::string expected) const {
  fail("expected " + expected + ", found " + describe(current()), current().place);
}

bool TemplateParser::isName(std::string_view name) const {
  return current().kind == TokenKind::Name && current().text == name;
}

bool TemplateParser::isOperator(std::string_view op) const {
  return current().kind == TokenKind::Operator && current().text == op;
}

bool TemplateParser::takeName(std::string_view name) { return isName(name) && (take(), true); }
bool TemplateParser::takeOperator(std::string_view op) { return isOperator(op) && (take(), true); }

void TemplateParser::expectOperator(std::string_view op) {
  if (!takeOperator(op))
    failHere("'" + std::string(op) + "'");
}

void TemplateParser::expectName(std::string_view name) {
  if (!takeName(name))
    failHere("'" + std::string(name) + "'");
}

void TemplateParser::expectBlockEnd() {
  if (current().kind != TokenKind::BlockEnd)
    failHere("'%}'");
  take();
}

std::string TemplateParser::expectAnyName(const char *what) {
  if (current().kind != TokenKind::Name)
    failHere(what);
  return take().text;
}

TemplateProgram TemplateParser::parse() { return {parseBlock({})}; }

// Statements up to `{% end %}` for one of `ends`, whose name is left as the current token; to the end if there is none.
TemplateBlock TemplateParser::parseBlock(std::initializer_list<std::string_view> ends) {
  Nesting nesting(*this);
  TemplateBlock block;
  while (current().kind != TokenKind::End) {
    TemplateToken begin = take();
    if (begin.kind == TokenKind::Text) {
      block.push_back({.kind = Kind::Text, .place = begin.place, .text = begin.text});
    } else if (begin.kind == TokenKind::VariableBegin) {
      block.push_back({.kind = Kind::Print, .place = begin.place, .value = parseTuple(true)});
      if (current().kind != TokenKind::VariableEnd)
        failHere("'}}'");
      take();
    } else {
      auto matches = [this](std::string_view end) { return isName(end); };
      if (std::any_of(ends.begin(), ends.end(), matches))
        return block;
      block.push_back(parseStatement());
    }
  }
  if (ends.size() > 0)
    failHere(list(ends));
  return block;
}

TemplateStatement TemplateParser::parseStatement() {
  TemplatePlace place = current().place;
  TemplateStatement statement{};
  if (isName("if"))
    statement = parseIf();
  else if (isName("for"))
    statement = parseFor();
  else if (isName("set"))
    statement = parseSet();
  else if (isName("macro"))
    statement = parseMacro();
  else if (isName("with"))
    statement = parseWith();
  else if (isName("generation"))
    statement = parseGeneration();
  else if (isName("break"))
    statement = parseJump(Kind::Break);
  else if (isName("continue"))
    statement = parseJump(Kind::Continue);
  else
    fail("unknown or misplaced tag " + describe(current()), place,
         "supported: if, for, set, macro, with, generation, raw, break, continue");
  statement.place = place;
  return statement;
}

TemplateStatement TemplateParser::parseIf() {
  TemplateStatement statement{.kind = Kind::If};
  while (true) { // at `if` or `elif`
    take();
    ExpressionPtr condition = parseTuple(false);
    expectBlockEnd();
    statement.branches.push_back({std::move(condition), parseBlock({"elif", "else", "endif"})});
    if (!isName("elif"))
      break;
  }
  if (takeName("else")) {
    expectBlockEnd();
    statement.branches.push_back({nullptr, parseBlock({"endif"})});
  }
  expectName("endif");
  expectBlockEnd();
  return statement;
}

TemplateTarget TemplateParser::parseTarget(bool allowAttribute) {
  TemplateTarget target;
  bool parenthesis = takeOperator("(");
  do {
    if (target.several && current().kind != TokenKind::Name)
      break; // a comma at the end
    TemplatePlace place = current().place;
    std::string name = expectAnyName("a name to assign to");
    static constexpr std::string_view constants[] = {"true", "false", "none", "True", "False", "None"};
    if (std::find(std::begin(constants), std::end(constants), name) != std::end(constants))
      fail("cannot assign to '" + name + "'", place);
    target.names.push_back(std::move(name));
    target.several |= isOperator(",");
  } while (takeOperator(","));
  if (parenthesis)
    expectOperator(")");
  if (allowAttribute && !target.several && takeOperator("."))
    target.attribute = expectAnyName("the name of an attribute");
  return target;
}

TemplateStatement TemplateParser::parseFor() {
  TemplateStatement statement{.kind = Kind::For};
  take();
  statement.target = parseTarget(false);
  expectName("in");
  statement.value = parseTuple(false);
  if (takeName("if"))
    statement.condition = parseExpression();
  if (isName("recursive"))
    fail("recursive loops are not supported", current().place, "a macro that calls itself does the same");
  expectBlockEnd();
  ++loops_;
  statement.body = parseBlock({"endfor", "else"});
  --loops_;
  if (takeName("else")) {
    expectBlockEnd();
    statement.otherwise = parseBlock({"endfor"});
  }
  expectName("endfor");
  expectBlockEnd();
  return statement;
}

TemplateStatement TemplateParser::parseSet() {
  TemplateStatement statement{.kind = Kind::Set};
  take();
  statement.target = parseTarget(true);
  if (takeOperator("=")) {
    statement.value = parseTuple(true);
    expectBlockEnd();
    return statement;
  }
  statement.kind = Kind::SetBlock;
  if (isOperator("|"))
    fail("filters on a set block are not supported", current().place,
         "set the block, then set the name again, filtered");
  expectBlockEnd();
  statement.body = parseBlock({"endset"});
  expectName("endset");
  expectBlockEnd();
  return statement;
}

void TemplateParser::parseParameters(TemplateStatement &macro) {
  expectOperator("(");
  while (!isOperator(")")) {
    if (!macro.parameters.empty())
      expectOperator(",");
    macro.parameters.push_back(expectAnyName("the name of a parameter"));
    bool hasDefault = takeOperator("=");
    if (!hasDefault && !macro.defaults.empty() && macro.defaults.back())
      failHere("a default, as the parameter before has one");
    macro.defaults.push_back(hasDefault ? parseExpression() : nullptr);
  }
  expectOperator(")");
}

TemplateStatement TemplateParser::parseMacro() {
  TemplateStatement statement{.kind = Kind::Macro};
  take();
  statement.text = expectAnyName("the name of the macro");
  parseParameters(statement);
  expectBlockEnd();
  int loopsOutside = std::exchange(loops_, 0); // a macro inside a loop cannot leave that loop
  statement.body = parseBlock({"endmacro"});
  loops_ = loopsOutside;
  expectName("endmacro");
  expectBlockEnd();
  return statement;
}

TemplateStatement TemplateParser::parseWith() {
  TemplateStatement statement{.kind = Kind::Scope};
  take();
  while (current().kind != TokenKind::BlockEnd) {
    if (!statement.parameters.empty())
      expectOperator(",");
    statement.parameters.push_back(expectAnyName("a name"));
    expectOperator("=");
    statement.defaults.push_back(parseExpression());
  }
  expectBlockEnd();
  statement.body = parseBlock({"endwith"});
  expectName("endwith");
  expectBlockEnd();
  return statement;
}

// Marks what an assistant wrote, for training; here only the names in it are its own.
TemplateStatement TemplateParser::parseGeneration() {
  TemplateStatement statement{.kind = Kind::Scope};
  take();
  expectBlockEnd();
  int loopsOutside = std::exchange(loops_, 0);
  statement.body = parseBlock({"endgeneration"});
  loops_ = loopsOutside;
  expectName("endgeneration");
  expectBlockEnd();
  return statement;
}

TemplateStatement TemplateParser::parseJump(Kind kind) {
  if (loops_ == 0)
    fail("'" + current().text + "' outside a loop", current().place);
  take();
  expectBlockEnd();
  return {.kind = kind};
}

} // namespace longc
