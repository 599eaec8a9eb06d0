// Parsing of template expressions, in jinja2's order of precedence.
#include "runtime/text/TemplateParser.h"

#include <charconv>
#include <cstdlib>

namespace longc {

namespace {

using Kind = TemplateExpression::Kind;
using TokenKind = TemplateToken::Kind;

// Chains such as a + b + c … make deep trees without nesting the parser.
constexpr int deepestTree = 200;

} // namespace

TemplateExpressionPtr TemplateParser::make(Kind kind, TemplatePlace place) const {
  auto expression = std::make_unique<Expression>();
  expression->kind = kind;
  expression->place = place;
  return expression;
}

// Call after the last operand was added.
TemplateExpressionPtr TemplateParser::finish(ExpressionPtr expression) const {
  for (const ExpressionPtr &operand : expression->operands)
    if (operand)
      expression->depth = std::max(expression->depth, operand->depth + 1);
  for (const TemplateNamedArgument &argument : expression->named)
    expression->depth = std::max(expression->depth, argument.value->depth + 1);
  if (expression->depth > deepestTree)
    throw TemplateFailure{TemplateErrorCode::Limit, expression->place,
                          "expression of more than " + std::to_string(deepestTree) + " levels",
                          "set a part of it to a name first"};
  return expression;
}

TemplateExpressionPtr TemplateParser::makeUnary(Kind kind, TemplatePlace place, ExpressionPtr operand) const {
  ExpressionPtr expression = make(kind, place);
  expression->operands.push_back(std::move(operand));
  return finish(std::move(expression));
}

TemplateExpressionPtr TemplateParser::makeBinary(Kind kind, TemplatePlace place, ExpressionPtr left,
                                                 ExpressionPtr right) const {
  ExpressionPtr expression = make(kind, place);
  expression->operands.push_back(std::move(left));
  expression->operands.push_back(std::move(right));
  return finish(std::move(expression));
}

TemplateExpressionPtr TemplateParser::makeOperation(TemplateOperator op, TemplatePlace place, ExpressionPtr left,
                                                    ExpressionPtr right) const {
  ExpressionPtr expression = makeBinary(Kind::Binary, place, std::move(left), std::move(right));
  expression->operators.push_back(op);
  return expression;
}

bool TemplateParser::endsTuple() const {
  return current().kind == TokenKind::VariableEnd || current().kind == TokenKind::BlockEnd || isOperator(")");
}

// One expression, or several with commas, which are a tuple.
TemplateExpressionPtr TemplateParser::parseTuple(bool allowConditional) {
  TemplatePlace place = current().place;
  ExpressionPtr first = parseExpression(allowConditional);
  if (!isOperator(","))
    return first;
  ExpressionPtr tuple = make(Kind::Tuple, place);
  tuple->operands.push_back(std::move(first));
  while (takeOperator(",") && !endsTuple())
    tuple->operands.push_back(parseExpression(allowConditional));
  return finish(std::move(tuple));
}

TemplateExpressionPtr TemplateParser::parseExpression(bool allowConditional) {
  Nesting nesting(*this);
  ExpressionPtr value = parseOr();
  while (allowConditional && isName("if")) {
    ExpressionPtr conditional = make(Kind::Conditional, take().place);
    conditional->operands.push_back(std::move(value));
    conditional->operands.push_back(parseOr());
    conditional->operands.push_back(takeName("else") ? parseExpression() : nullptr);
    value = finish(std::move(conditional));
  }
  return value;
}

TemplateExpressionPtr TemplateParser::parseOr() {
  ExpressionPtr left = parseAnd();
  for (TemplatePlace place = current().place; takeName("or"); place = current().place)
    left = makeBinary(Kind::Or, place, std::move(left), parseAnd());
  return left;
}

TemplateExpressionPtr TemplateParser::parseAnd() {
  ExpressionPtr left = parseNot();
  for (TemplatePlace place = current().place; takeName("and"); place = current().place)
    left = makeBinary(Kind::And, place, std::move(left), parseNot());
  return left;
}

TemplateExpressionPtr TemplateParser::parseNot() {
  TemplatePlace place = current().place;
  if (!takeName("not"))
    return parseCompare();
  Nesting nesting(*this);
  return makeUnary(Kind::Not, place, parseNot());
}

TemplateExpressionPtr TemplateParser::parseCompare() {
  struct Written {
    const char *text;
    TemplateOperator op;
  };
  static constexpr Written comparisons[] = {
      {"==", TemplateOperator::Equal},     {"!=", TemplateOperator::NotEqual}, {"<", TemplateOperator::Less},
      {"<=", TemplateOperator::LessEqual}, {">", TemplateOperator::Greater},   {">=", TemplateOperator::GreaterEqual},
  };
  ExpressionPtr compare = make(Kind::Compare, current().place);
  compare->operands.push_back(parseSum());
  while (true) {
    const Written *found = nullptr;
    for (const Written &written : comparisons)
      if (isOperator(written.text))
        found = &written;
    bool notIn = isName("not") && ahead().kind == TokenKind::Name && ahead().text == "in";
    if (!found && !notIn && !isName("in"))
      break;
    compare->place = take().place;
    if (notIn)
      take();
    compare->operators.push_back(found ? found->op : notIn ? TemplateOperator::NotIn : TemplateOperator::In);
    compare->operands.push_back(parseSum());
  }
  return compare->operators.empty() ? std::move(compare->operands[0]) : finish(std::move(compare));
}

TemplateExpressionPtr TemplateParser::parseSum() {
  ExpressionPtr left = parseConcat();
  while (isOperator("+") || isOperator("-")) {
    const TemplateToken &token = take();
    TemplateOperator op = token.text == "+" ? TemplateOperator::Add : TemplateOperator::Subtract;
    left = makeOperation(op, token.place, std::move(left), parseConcat());
  }
  return left;
}

TemplateExpressionPtr TemplateParser::parseConcat() {
  ExpressionPtr first = parseProduct();
  if (!isOperator("~"))
    return first;
  ExpressionPtr concat = make(Kind::Concat, current().place);
  concat->operands.push_back(std::move(first));
  while (takeOperator("~"))
    concat->operands.push_back(parseProduct());
  return finish(std::move(concat));
}

TemplateExpressionPtr TemplateParser::parseProduct() {
  ExpressionPtr left = parsePower();
  while (isOperator("*") || isOperator("/") || isOperator("//") || isOperator("%")) {
    const TemplateToken &token = take();
    TemplateOperator op = token.text == "*"    ? TemplateOperator::Multiply
                          : token.text == "/"  ? TemplateOperator::Divide
                          : token.text == "//" ? TemplateOperator::FloorDivide
                                               : TemplateOperator::Modulo;
    left = makeOperation(op, token.place, std::move(left), parsePower());
  }
  return left;
}

TemplateExpressionPtr TemplateParser::parsePower() {
  ExpressionPtr left = parseUnary(true);
  for (TemplatePlace place = current().place; takeOperator("**"); place = current().place)
    left = makeOperation(TemplateOperator::Power, place, std::move(left), parseUnary(true));
  return left;
}

TemplateExpressionPtr TemplateParser::parseUnary(bool allowFilters) {
  Nesting nesting(*this);
  TemplatePlace place = current().place;
  ExpressionPtr operand;
  if (takeOperator("-"))
    operand = makeUnary(Kind::Negate, place, parseUnary(false));
  else if (takeOperator("+"))
    operand = makeUnary(Kind::Plus, place, parseUnary(false));
  else
    operand = parsePrimary();
  operand = parsePostfix(std::move(operand));
  return allowFilters ? parseFilters(std::move(operand)) : std::move(operand);
}

TemplateExpressionPtr TemplateParser::parsePrimary() {
  TemplatePlace place = current().place;
  ExpressionPtr literal = make(Kind::Literal, place);
  if (current().kind == TokenKind::Name) {
    std::string name = take().text;
    if (name == "true" || name == "True" || name == "false" || name == "False") {
      literal->literal = TemplateValue(name[0] == 't' || name[0] == 'T');
    } else if (name != "none" && name != "None") {
      literal->kind = Kind::Name;
      literal->name = std::move(name);
    }
  } else if (current().kind == TokenKind::String) {
    std::string text;
    while (current().kind == TokenKind::String)
      text += take().text;
    literal->literal = TemplateValue(std::move(text));
  } else if (current().kind == TokenKind::Integer) {
    const std::string &digits = take().text;
    int64_t number = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc())
      fail("number " + digits.substr(0, 40) + " is too large", place);
    literal->literal = TemplateValue(number);
  } else if (current().kind == TokenKind::Float) {
    literal->literal = TemplateValue(std::strtod(take().text.c_str(), nullptr));
  } else if (isOperator("(")) {
    return parseParenthesis();
  } else if (isOperator("[")) {
    return parseListLiteral();
  } else if (isOperator("{")) {
    return parseDictLiteral();
  } else {
    failHere("an expression");
  }
  return literal;
}

TemplateExpressionPtr TemplateParser::parseParenthesis() {
  TemplatePlace place = take().place;
  if (takeOperator(")"))
    return make(Kind::Tuple, place);
  ExpressionPtr inside = parseTuple(true);
  expectOperator(")");
  return inside;
}

TemplateExpressionPtr TemplateParser::parseListLiteral() {
  ExpressionPtr list = make(Kind::List, take().place);
  while (!isOperator("]")) {
    list->operands.push_back(parseExpression());
    if (!isOperator("]"))
      expectOperator(",");
  }
  take();
  return finish(std::move(list));
}

TemplateExpressionPtr TemplateParser::parseDictLiteral() {
  ExpressionPtr dict = make(Kind::Dict, take().place);
  while (!isOperator("}")) {
    dict->operands.push_back(parseExpression());
    expectOperator(":");
    dict->operands.push_back(parseExpression());
    if (!isOperator("}"))
      expectOperator(",");
  }
  take();
  return finish(std::move(dict));
}

} // namespace longc
