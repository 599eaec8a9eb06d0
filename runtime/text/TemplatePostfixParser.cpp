// Parsing of what follows an expression's first part: attributes, subscripts, calls, filters and tests.
#include "runtime/text/TemplateParser.h"

namespace longc {

namespace {

using Kind = TemplateExpression::Kind;
using TokenKind = TemplateToken::Kind;

} // namespace

TemplateExpressionPtr TemplateParser::parsePostfix(ExpressionPtr operand) {
  while (true) {
    if (isOperator("."))
      operand = parseAttribute(std::move(operand));
    else if (isOperator("["))
      operand = parseSubscript(std::move(operand));
    else if (isOperator("("))
      operand = parseCall(std::move(operand));
    else
      return operand;
  }
}

TemplateExpressionPtr TemplateParser::parseFilters(ExpressionPtr operand) {
  while (true) {
    if (isOperator("|"))
      operand = parseFilter(std::move(operand));
    else if (isName("is"))
      operand = parseTest(std::move(operand));
    else if (isOperator("("))
      operand = parseCall(std::move(operand));
    else
      return operand;
  }
}

TemplateExpressionPtr TemplateParser::parseAttribute(ExpressionPtr operand) {
  TemplatePlace place = take().place;
  if (current().kind == TokenKind::Integer) {
    ExpressionPtr index = parsePrimary();
    return makeBinary(Kind::Item, place, std::move(operand), std::move(index));
  }
  std::string name = expectAnyName("the name of an attribute");
  ExpressionPtr attribute = makeUnary(Kind::Attribute, place, std::move(operand));
  attribute->name = std::move(name);
  return attribute;
}

TemplateExpressionPtr TemplateParser::parseSubscript(ExpressionPtr operand) {
  TemplatePlace place = take().place;
  std::vector<ExpressionPtr> parts;
  parts.push_back(isOperator(":") ? nullptr : parseExpression());
  while (parts.size() < 3 && takeOperator(":"))
    parts.push_back(isOperator(":") || isOperator("]") ? nullptr : parseExpression());
  expectOperator("]");
  if (parts.size() == 1)
    return makeBinary(Kind::Item, place, std::move(operand), std::move(parts[0]));
  parts.resize(3);
  ExpressionPtr slice = make(Kind::Slice, place);
  slice->operands.push_back(std::move(operand));
  for (ExpressionPtr &part : parts)
    slice->operands.push_back(std::move(part));
  return finish(std::move(slice));
}

void TemplateParser::parseArguments(Expression &call) {
  expectOperator("(");
  while (!isOperator(")")) {
    bool named = current().kind == TokenKind::Name && ahead().kind == TokenKind::Operator && ahead().text == "=";
    if (named) {
      std::string name = take().text;
      take();
      call.named.push_back({std::move(name), parseExpression()});
    } else if (isOperator("*") || isOperator("**")) {
      fail("arguments spread by * are not supported", current().place);
    } else if (!call.named.empty()) {
      fail("an argument without a name follows one with a name", current().place);
    } else {
      call.operands.push_back(parseExpression());
    }
    if (!isOperator(")"))
      expectOperator(",");
  }
  take();
}

TemplateExpressionPtr TemplateParser::parseCall(ExpressionPtr operand) {
  ExpressionPtr call = make(Kind::Call, current().place);
  call->operands.push_back(std::move(operand));
  parseArguments(*call);
  return finish(std::move(call));
}

std::string TemplateParser::parseDottedName(const char *what) {
  std::string name = expectAnyName(what);
  while (takeOperator("."))
    name += "." + expectAnyName(what);
  return name;
}

TemplateExpressionPtr TemplateParser::parseFilter(ExpressionPtr operand) {
  take();
  ExpressionPtr filter = make(Kind::Filter, current().place);
  filter->name = parseDottedName("the name of a filter");
  filter->operands.push_back(std::move(operand));
  if (isOperator("("))
    parseArguments(*filter);
  return finish(std::move(filter));
}

// Whether what follows the name of a test is its argument, written without parentheses.
bool TemplateParser::startsTestArgument() const {
  switch (current().kind) {
  case TokenKind::Name:
    return !isName("else") && !isName("or") && !isName("and");
  case TokenKind::String:
  case TokenKind::Integer:
  case TokenKind::Float:
    return true;
  default:
    return isOperator("[") || isOperator("{");
  }
}

TemplateExpressionPtr TemplateParser::parseTest(ExpressionPtr operand) {
  take();
  ExpressionPtr test = make(Kind::Test, current().place);
  test->negated = takeName("not");
  test->name = parseDottedName("the name of a test");
  test->operands.push_back(std::move(operand));
  if (isOperator("(")) {
    parseArguments(*test);
  } else if (startsTestArgument()) {
    if (isName("is"))
      fail("tests cannot be chained with 'is'", current().place);
    test->operands.push_back(parsePostfix(parsePrimary()));
  }
  return finish(std::move(test));
}

} // namespace longc
