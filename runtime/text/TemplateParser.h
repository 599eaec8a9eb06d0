// Turns the tokens of a chat template into a tree. One object parses one template.
#pragma once

#include "runtime/text/TemplateAst.h"
#include "runtime/text/TemplateLexer.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace longc {

class TemplateParser {
public:
  explicit TemplateParser(std::vector<TemplateToken> tokens) : tokens_(std::move(tokens)) {}

  // Throws TemplateFailure.
  TemplateProgram parse();

private:
  using Expression = TemplateExpression;
  using ExpressionPtr = TemplateExpressionPtr;

  // Statements (TemplateParser.cpp).
  TemplateBlock parseBlock(std::initializer_list<std::string_view> ends);
  TemplateStatement parseStatement();
  TemplateStatement parseIf();
  TemplateStatement parseFor();
  TemplateStatement parseSet();
  TemplateStatement parseMacro();
  TemplateStatement parseWith();
  TemplateStatement parseGeneration();
  TemplateStatement parseJump(TemplateStatement::Kind kind);
  TemplateTarget parseTarget(bool allowAttribute);
  void parseParameters(TemplateStatement &macro);

  // Expressions (TemplateExpressionParser.cpp), from the loosest binding to the tightest.
  ExpressionPtr parseTuple(bool allowConditional);
  ExpressionPtr parseExpression(bool allowConditional = true);
  ExpressionPtr parseOr();
  ExpressionPtr parseAnd();
  ExpressionPtr parseNot();
  ExpressionPtr parseCompare();
  ExpressionPtr parseSum();
  ExpressionPtr parseConcat();
  ExpressionPtr parseProduct();
  ExpressionPtr parsePower();
  ExpressionPtr parseUnary(bool allowFilters);
  ExpressionPtr parsePrimary();
  ExpressionPtr parseParenthesis();
  ExpressionPtr parseListLiteral();
  ExpressionPtr parseDictLiteral();
  ExpressionPtr parsePostfix(ExpressionPtr operand);
  ExpressionPtr parseFilters(ExpressionPtr operand);
  ExpressionPtr parseAttribute(ExpressionPtr operand);
  ExpressionPtr parseSubscript(ExpressionPtr operand);
  ExpressionPtr parseCall(ExpressionPtr operand);
  ExpressionPtr parseFilter(ExpressionPtr operand);
  ExpressionPtr parseTest(ExpressionPtr operand);
  void parseArguments(Expression &call);
  bool startsTestArgument() const;
  std::string parseDottedName(const char *what);
  bool endsTuple() const;

  ExpressionPtr make(Expression::Kind kind, TemplatePlace place) const;
  ExpressionPtr makeUnary(Expression::Kind kind, TemplatePlace place, ExpressionPtr operand) const;
  ExpressionPtr makeBinary(Expression::Kind kind, TemplatePlace place, ExpressionPtr left, ExpressionPtr right) const;
  ExpressionPtr makeOperation(TemplateOperator op, TemplatePlace place, ExpressionPtr left, ExpressionPtr right) const;
  ExpressionPtr finish(ExpressionPtr expression) const;

  // Tokens.
  const TemplateToken &current() const { return tokens_[next_]; }
  const TemplateToken &ahead() const { return tokens_[std::min(next_ + 1, tokens_.size() - 1)]; }
  bool isName(std::string_view name) const;
  bool isOperator(std::string_view op) const;
  const TemplateToken &take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
  bool takeName(std::string_view name);
  bool takeOperator(std::string_view op);
  void expectOperator(std::string_view op);
  void expectName(std::string_view name);
  void expectBlockEnd();
  std::string expectAnyName(const char *what);
  [[noreturn]] void fail(std::string message, TemplatePlace place, std::string hint = "") const;
  [[noreturn]] void failHere(std::string expected) const;

  // Counts how deep the parser is inside itself.
  class Nesting {
  public:
    explicit Nesting(TemplateParser &parser);
    ~Nesting() { --parser_.nesting_; }
    Nesting(const Nesting &) = delete;

  private:
    TemplateParser &parser_;
  };

  std::vector<TemplateToken> tokens_;
  size_t next_ = 0;
  int nesting_ = 0, loops_ = 0;
};

} // namespace longc
