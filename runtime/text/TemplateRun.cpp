// Execution of template statements, macros and the budget.
#include "runtime/text/TemplateRun.h"

#include "runtime/text/TemplateBuiltins.h"

#include <algorithm>

namespace longc {

namespace {

using Kind = TemplateStatement::Kind;

constexpr int deepestRun = 500;

std::string count(size_t number, const char *thing) {
  return std::to_string(number) + " " + thing + (number == 1 ? "" : "s");
}

TemplateValue cycle(TemplateRun &run, const TemplateValue &self, const TemplateArguments &arguments) {
  if (arguments.positional.empty())
    run.fail("loop.cycle() without anything to choose from");
  return arguments.positional[static_cast<size_t>(*self.get<int64_t>()) % arguments.positional.size()];
}

} // namespace

TemplateRun::Step::Step(TemplateRun &run, TemplatePlace place) : run_(run) {
  run.place_ = place;
  if (++run.stepsDone_ > run.budget_.steps)
    run.fail("more than " + std::to_string(run.budget_.steps) + " steps",
             "the template loops too long for these messages", TemplateErrorCode::Limit);
  if (run.depth_ >= deepestRun)
    run.fail("calls and expressions nested more than " + std::to_string(deepestRun) + " deep",
             "does a macro call itself without end?", TemplateErrorCode::Limit);
  ++run.depth_;
}

void TemplateRun::charge(size_t bytes) {
  if (bytes > budget_.workBytes - workDone_)
    fail("worked through more than " + std::to_string(budget_.workBytes) + " bytes",
         "the template makes text or lists too large for these messages", TemplateErrorCode::Limit);
  workDone_ += bytes;
}

void TemplateRun::fail(std::string message, std::string hint, TemplateErrorCode code) const {
  throw TemplateFailure{code, place_, std::move(message), std::move(hint)};
}

template <typename Body> auto TemplateRun::within(Scope scope, Body body) {
  struct Restore {
    TemplateRun &run;
    Scope former;
    ~Restore() { run.scope_ = std::move(former); }
  } restore{*this, std::exchange(scope_, std::move(scope))};
  return body();
}

std::string TemplateRun::render(const TemplateProgram &program,
                                std::map<std::string, TemplateValue, std::less<>> variables) {
  std::string output;
  output_ = &output;
  auto globals = std::make_shared<TemplateScope>(TemplateScope{std::move(variables), nullptr});
  for (auto &[name, function] : templateGlobals())
    globals->variables.emplace(name, function);
  // What the template sets at its top level hides variables and functions of the same name.
  scope_ = std::make_shared<TemplateScope>(TemplateScope{{}, std::move(globals)});
  execute(program.body);
  return output;
}

void TemplateRun::emit(std::string_view text) {
  charge(text.size());
  if (text.size() > budget_.outputBytes - std::min<uint64_t>(output_->size(), budget_.outputBytes))
    fail("output of more than " + std::to_string(budget_.outputBytes) + " bytes",
         "the template prints too much for these messages", TemplateErrorCode::Limit);
  output_->append(text);
}

std::string TemplateRun::capture(const TemplateBlock &block) {
  std::string text;
  struct Restore {
    TemplateRun &run;
    std::string *former;
    ~Restore() { run.output_ = former; }
  } restore{*this, std::exchange(output_, &text)};
  execute(block);
  return text;
}

TemplateRun::Flow TemplateRun::execute(const TemplateBlock &block) {
  for (const TemplateStatement &statement : block)
    if (Flow flow = execute(statement); flow != Flow::Next)
      return flow;
  return Flow::Next;
}

TemplateRun::Flow TemplateRun::execute(const TemplateStatement &statement) {
  Step step(*this, statement.place);
  switch (statement.kind) {
  case Kind::Text:
    emit(statement.text);
    break;
  case Kind::Print:
    emit(textOf(evaluate(*statement.value)));
    break;
  case Kind::If:
    return executeIf(statement);
  case Kind::For:
    executeFor(statement);
    break;
  case Kind::Set:
    assign(statement.target, evaluate(*statement.value));
    break;
  case Kind::SetBlock:
    assign(statement.target, within(newScope(), [&] { return TemplateValue(capture(statement.body)); }));
    break;
  case Kind::Macro:
    defineMacro(statement);
    break;
  case Kind::Scope:
    return executeScope(statement);
  case Kind::Break:
    return Flow::Break;
  case Kind::Continue:
    return Flow::Continue;
  }
  return Flow::Next;
}

TemplateRun::Flow TemplateRun::executeIf(const TemplateStatement &statement) {
  for (const TemplateBranch &branch : statement.branches)
    if (!branch.condition || evaluate(*branch.condition).truth())
      return execute(branch.body);
  return Flow::Next;
}

TemplateRun::Flow TemplateRun::executeScope(const TemplateStatement &statement) {
  Scope scope = newScope();
  for (size_t i = 0; i < statement.parameters.size(); ++i)
    scope->variables[statement.parameters[i]] = evaluate(*statement.defaults[i]);
  return within(std::move(scope), [&] { return execute(statement.body); });
}

// The items to go through: those for which the loop's condition holds.
std::vector<TemplateValue> TemplateRun::loopItems(const TemplateStatement &statement) {
  std::vector<TemplateValue> items = itemsOf(evaluate(*statement.value));
  if (!statement.condition)
    return items;
  std::vector<TemplateValue> kept;
  for (TemplateValue &item : items) {
    bool keep = within(newScope(), [&] {
      assign(statement.target, item);
      return evaluate(*statement.condition).truth();
    });
    if (keep)
      kept.push_back(std::move(item));
  }
  return kept;
}

TemplateValue TemplateRun::loopVariable(const std::vector<TemplateValue> &items, size_t index) {
  auto number = [](size_t value) { return TemplateValue(static_cast<int64_t>(value)); };
  auto neighbour = [&items](size_t at, const char *name) {
    return at < items.size() ? items[at]
                             : TemplateValue(TemplateUndefined{std::string("there is no ") + name + " item"});
  };
  TemplateCallable cycler{.name = "cycle", .function = cycle, .self = number(index)};
  auto loop = std::make_shared<TemplateDict>();
  loop->depth = 2;
  loop->entries = {
      {"index", number(index + 1)},
      {"index0", number(index)},
      {"first", index == 0},
      {"last", index + 1 == items.size()},
      {"length", number(items.size())},
      {"revindex", number(items.size() - index)},
      {"revindex0", number(items.size() - index - 1)},
      {"previtem", neighbour(index - 1, "previous")}, // at 0 this wraps around to no item
      {"nextitem", neighbour(index + 1, "next")},
      {"cycle", std::make_shared<const TemplateCallable>(std::move(cycler))},
  };
  return TemplateValue::Dict(std::move(loop));
}

void TemplateRun::executeFor(const TemplateStatement &statement) {
  std::vector<TemplateValue> items = loopItems(statement);
  for (size_t index = 0; index < items.size(); ++index) {
    Flow flow = within(newScope(), [&] {
      Step step(*this, statement.place);
      assign(statement.target, items[index]);
      scope_->variables["loop"] = loopVariable(items, index);
      return execute(statement.body);
    });
    if (flow == Flow::Break)
      break;
  }
  if (items.empty())
    within(newScope(), [&] { return execute(statement.otherwise); });
}

void TemplateRun::defineMacro(const TemplateStatement &statement) {
  TemplateCallable macro{.name = statement.text, .macro = &statement, .scope = scope_};
  scope_->variables[statement.text] = TemplateValue(std::make_shared<const TemplateCallable>(std::move(macro)));
}

void TemplateRun::bindParameters(const TemplateStatement &macro, const TemplateArguments &arguments) {
  const std::vector<std::string> &names = macro.parameters;
  if (arguments.positional.size() > names.size())
    fail("macro '" + macro.text + "' takes " + count(names.size(), "argument") + ", got " +
         std::to_string(arguments.positional.size()));
  for (const auto &[name, value] : arguments.named) {
    auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      fail("macro '" + macro.text + "' has no argument '" + name + "'");
    if (static_cast<size_t>(found - names.begin()) < arguments.positional.size())
      fail("macro '" + macro.text + "' got argument '" + name + "' twice");
  }
  for (size_t i = 0; i < names.size(); ++i) {
    const TemplateValue *given = arguments.find(i, names[i]);
    TemplateValue missing =
        TemplateUndefined{"argument '" + names[i] + "' of macro '" + macro.text + "' was not given"};
    TemplateValue value = given ? *given : macro.defaults[i] ? evaluate(*macro.defaults[i]) : missing;
    scope_->variables[names[i]] = std::move(value);
  }
}

TemplateValue TemplateRun::callMacro(const TemplateCallable &macro, const TemplateArguments &arguments) {
  Scope defined = macro.scope.lock();
  if (!defined)
    fail("macro '" + macro.name + "' is called outside the block that defines it");
  Scope own = std::make_shared<TemplateScope>(TemplateScope{{}, std::move(defined)});
  return within(std::move(own), [&] {
    bindParameters(*macro.macro, arguments);
    return TemplateValue(capture(macro.macro->body));
  });
}

void TemplateRun::assign(const TemplateTarget &target, const TemplateValue &value) {
  if (!target.attribute.empty()) {
    auto isHere = [&](TemplateScope *scope) {
      return scope->variables.find(target.names[0]) != scope->variables.end();
    };
    TemplateScope *scope = scope_.get();
    while (scope && !isHere(scope))
      scope = scope->parent.get();
    TemplateNamespace *space = scope ? scope->variables[target.names[0]].nameSpace() : nullptr;
    if (!space)
      fail("cannot set '" + target.names[0] + "." + target.attribute + "': '" + target.names[0] +
           "' is not a namespace");
    space->attributes[target.attribute] = value;
  } else if (!target.several) {
    scope_->variables[target.names[0]] = value;
  } else {
    std::vector<TemplateValue> items = itemsOf(value);
    if (items.size() != target.names.size())
      fail("cannot take " + count(items.size(), "value") + " apart into " + count(target.names.size(), "name"));
    for (size_t i = 0; i < items.size(); ++i)
      scope_->variables[target.names[i]] = items[i];
  }
}

} // namespace longc
