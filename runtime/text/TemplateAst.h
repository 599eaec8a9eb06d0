// A parsed chat template.
#pragma once

#include "runtime/text/TemplateFailure.h"
#include "runtime/text/TemplateValue.h"

#include <memory>
#include <string>
#include <vector>

namespace longc {

enum class TemplateOperator {
  Add,
  Subtract,
  Multiply,
  Divide,
  FloorDivide,
  Modulo,
  Power,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  In,
  NotIn,
};

struct TemplateExpression;
using TemplateExpressionPtr = std::unique_ptr<TemplateExpression>;

struct TemplateNamedArgument {
  std::string name;
  TemplateExpressionPtr value;
};

struct TemplateExpression {
  enum class Kind {
    Literal, // literal
    Name,    // name
    List,
    Tuple,     // operands
    Dict,      // operands: key, value, key, value, …
    Attribute, // operands[0].name
    Item,      // operands[0][operands[1]]
    Slice,     // operands[0][operands[1] : operands[2] : operands[3]], null where left out
    Call,      // operands[0](operands[1…], named)
    Filter,    // operands[0] | name(operands[1…], named)
    Test,      // operands[0] is name(operands[1…], named), `negated` for `is not`
    Negate,
    Plus,
    Not,
    And,
    Or,          // operands[0], operands[1]
    Binary,      // operands[0] operators[0] operands[1]
    Compare,     // operands[0] operators[0] operands[1] operators[1] operands[2] …
    Concat,      // all operands as text
    Conditional, // operands[0] if operands[1] else operands[2], which may be null
  };

  Kind kind;
  TemplatePlace place;
  int depth = 1; // of the tree below: bounded, so that walking it recursively is safe
  TemplateValue literal;
  std::string name;
  bool negated = false;
  std::vector<TemplateOperator> operators;
  std::vector<TemplateExpressionPtr> operands;
  std::vector<TemplateNamedArgument> named;
};

struct TemplateStatement;
using TemplateBlock = std::vector<TemplateStatement>;

// What `set` and `for` assign to: one name, several (the value is taken apart), or an attribute of a namespace.
struct TemplateTarget {
  std::vector<std::string> names;
  bool several = false;
  std::string attribute;
};

struct TemplateBranch {
  TemplateExpressionPtr condition; // null: else
  TemplateBlock body;
};

struct TemplateStatement {
  enum class Kind {
    Text,     // text
    Print,    // value
    If,       // branches
    For,      // target in value, only where `condition`; body, otherwise
    Set,      // target = value
    SetBlock, // target = what body prints
    Macro,    // text(parameters = defaults): body
    Scope,    // names of its own: parameters = defaults (the values of `with`), body
    Break,
    Continue,
  };

  Kind kind = Kind::Text;
  TemplatePlace place{};
  std::string text{};
  TemplateTarget target{};
  TemplateExpressionPtr value{}, condition{};
  std::vector<TemplateBranch> branches{};
  TemplateBlock body{}, otherwise{};
  std::vector<std::string> parameters{};
  std::vector<TemplateExpressionPtr> defaults{}; // one for each parameter, null if it has none
};

struct TemplateProgram {
  TemplateBlock body;
};

} // namespace longc
