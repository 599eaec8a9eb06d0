// Draws the text of a function, op by op.
#include "test/fuzz/RandomFunction.h"

#include <algorithm>
#include <vector>

namespace longc::fuzz {
namespace {

constexpr int64_t open = -1; // the number of tokens where it is not known

struct Tensor {
  std::string name;
  std::vector<int64_t> shape;
  std::string element = "f32";
  std::string whole = {}; // the type where it is no tensor

  std::string type() const {
    if (!whole.empty())
      return whole;
    std::string text = "tensor<";
    for (int64_t size : shape)
      text += (size == open ? "?" : std::to_string(size)) + "x";
    return text + element + ">";
  }
};

// Operands and results of one op, their types told behind it.
std::string typesOf(const std::vector<Tensor> &tensors) {
  std::string text;
  for (const Tensor &tensor : tensors)
    text += (text.empty() ? "" : ", ") + tensor.type();
  return text;
}

class FunctionWriter {
public:
  explicit FunctionWriter(Choices &choices) : choose_(choices) {
    tokens_ = choose_.of<int64_t>({open, 1, open, 5, open, 37, open, 2});
  }

  std::string write() {
    matrices_.push_back(choose_.below(4) == 1 ? embedding() : argument("", {tokens_, size()}, element()));
    for (int64_t count = 1 + choose_.below(5); count > 0 && !(choose_.spent() && count < 4); --count)
      addOp();
    std::vector<Tensor> results;
    for (const auto *pool : {&results_, &matrices_, &heads_, &states_})
      for (const Tensor &tensor : *pool)
        if (pool == &results_ || pool == &states_ || std::find(used_.begin(), used_.end(), tensor.name) == used_.end())
          results.push_back(tensor);
    if (results.empty())
      results.push_back(matrices_.back());
    std::string names;
    for (const Tensor &result : results)
      names += (names.empty() ? "" : ", ") + result.name;
    return parameters_ + "func.func @f(" + arguments_ + ") -> (" + typesOf(results) + ") {\n" + body_ + "  return " + names +
           " : " + typesOf(results) + "\n}\n";
  }

private:
  // Sizes: around vectors, panels and tiles of every target.
  int64_t size() {
    return choose_.of<int64_t>({16, 64, 1, 2, 3, 5, 7, 12, 15, 17, 20, 31, 32, 33, 48, 96, 97, 100, 112, 130, 208});
  }
  int64_t wholeBlocks() { return choose_.of<int64_t>({32, 64, 96, 160}); }
  int64_t headSize() { return choose_.of<int64_t>({16, 2, 6, 10, 12, 20, 32, 34, 64, 80, 96, 130}); }
  std::string element() { return choose_.of<const char *>({"f32", "bf16"}); }
  std::string number(std::initializer_list<const char *> values) { return std::string(choose_.of(values)) + " : f64"; }

  std::string fresh() { return "%" + std::to_string(next_++); }

  Tensor argument(const std::string &attributes, std::vector<int64_t> shape, std::string element, std::string whole = {}) {
    Tensor tensor{"%a" + std::to_string(next_++), std::move(shape), std::move(element), std::move(whole)};
    arguments_ += (arguments_.empty() ? "" : ", ") + tensor.name + ": " + tensor.type() +
                  (attributes.empty() ? "" : " {" + attributes + "}");
    return tensor;
  }
  // One argument a role.
  Tensor role(const std::string &name, std::vector<int64_t> shape, std::string element) {
    for (const Tensor &tensor : roles_)
      if (tensor.name.starts_with("%" + name + "_"))
        return tensor;
    Tensor tensor{"%" + name + "_", std::move(shape), std::move(element)};
    arguments_ += (arguments_.empty() ? "" : ", ") + tensor.name + ": " + tensor.type() + " {lm.input = \"" + name + "\"}";
    roles_.push_back(tensor);
    return tensor;
  }
  Tensor segments() { return role("segments", {open, 8}, "i32"); }
  Tensor boundaries() { return role("cu_seqlens", {tokens_ == 1 ? 2 : 4}, "i32"); }
  Tensor positions() { return role("positions", {tokens_}, "i32"); }

  std::string reference(const Tensor &parameter) {
    std::string symbol = "@p" + std::to_string(next_++), name = fresh();
    parameters_ += "lm.parameter " + symbol + " : " + parameter.type() + "\n";
    body_ += "  " + name + " = lm.parameter_ref " + symbol + " : " + parameter.type() + "\n";
    return name;
  }
  Tensor parameter(std::vector<int64_t> shape, std::string element, std::string whole = {}) {
    Tensor tensor{"", std::move(shape), std::move(element), std::move(whole)};
    tensor.name = reference(tensor);
    return tensor;
  }
  // A dense operand that is stored with the model or given with the call.
  Tensor given(std::vector<int64_t> shape, const std::string &element) {
    return choose_.below(4) == 3 ? argument("", shape, element) : parameter(shape, element);
  }
  Tensor quantized(int64_t rows, int64_t columns) {
    std::string format = choose_.of<const char *>({"q8_0", "q4_0", "q4_1"});
    return parameter({rows, columns}, "",
                     "!lm.quantized<" + std::to_string(rows) + "x" + std::to_string(columns) + ", " + format + ">");
  }

  std::vector<Tensor> emit(const std::string &assembly, const std::vector<Tensor> &operands, std::vector<Tensor> results) {
    for (const Tensor &operand : operands)
      used_.push_back(operand.name);
    std::string name = fresh();
    body_ += "  " + name + (results.size() > 1 ? ":" + std::to_string(results.size()) : "") + " = lm." + assembly + " : (" +
             typesOf(operands) + ") -> (" + typesOf(results) + ")\n";
    for (size_t i = 0; i < results.size(); ++i)
      results[i].name = results.size() > 1 ? name + "#" + std::to_string(i) : name;
    return results;
  }
  Tensor one(const std::string &assembly, const std::vector<Tensor> &operands, std::vector<int64_t> shape,
             const std::string &element, const std::string &whole = {}) {
    return emit(assembly, operands, {{"", std::move(shape), element, whole}}).front();
  }

  Tensor rounded(const Tensor &x, const std::string &element) {
    return x.element == element ? x : one("round " + x.name, {x}, x.shape, element);
  }
  Tensor anyMatrix() { return matrices_[static_cast<size_t>(choose_.below(static_cast<int64_t>(matrices_.size())))]; }
  // A matrix of this many columns.
  Tensor matrix(int64_t columns, const std::string &element) {
    for (auto tensor = matrices_.rbegin(); tensor != matrices_.rend(); ++tensor)
      if (tensor->shape[1] == columns && tensor->element == element && choose_.maybe())
        return *tensor;
    if (choose_.maybe())
      return argument("", {tokens_, columns}, element);
    return rounded(linear(anyMatrix(), columns), element);
  }
  Tensor heads(int64_t count, int64_t size, const std::string &element) {
    if (choose_.below(3) == 0)
      return argument("", {tokens_, count, size}, element);
    Tensor flat = matrix(count * size, element);
    return one("split_heads " + flat.name, {flat}, {tokens_, count, size}, element);
  }
  Tensor anyHeads() {
    if (!heads_.empty() && choose_.maybe())
      return heads_[static_cast<size_t>(choose_.below(static_cast<int64_t>(heads_.size())))];
    return heads(choose_.of<int64_t>({4, 1, 2, 3, 6}), headSize(), element());
  }

  Tensor embedding() {
    Tensor ids = role("tokens", {tokens_}, "i32");
    const bool blocks = choose_.maybe();
    int64_t columns = blocks ? wholeBlocks() : size();
    Tensor table = blocks ? quantized(choose_.of<int64_t>({80, 33}), columns) : given({choose_.of<int64_t>({50, 7}), columns}, element());
    return one("embedding " + ids.name + ", " + table.name, {ids, table}, {tokens_, columns},
               blocks ? "f32" : table.element);
  }

  // The weight of a product with x, in one of the ways that it may be stored.
  Tensor weight(const Tensor &x, int64_t rows) {
    std::vector<int64_t> shape = {rows, x.shape[1]};
    if (x.shape[1] % 32 == 0 && choose_.maybe()) {
      Tensor stored = quantized(rows, x.shape[1]);
      return one("dequantize " + stored.name, {stored}, shape, x.element);
    }
    if (choose_.below(3) == 2)
      return rounded(given(shape, x.element == "f32" ? "bf16" : "f32"), x.element);
    return given(shape, x.element);
  }

  Tensor linear(const Tensor &x, int64_t columns) {
    std::vector<Tensor> operands = {x, weight(x, columns)};
    std::string text = "linear " + x.name + ", " + operands[1].name;
    if (choose_.below(4) == 1) {
      operands.push_back(given({columns}, "f32"));
      text += " bias " + operands.back().name;
    }
    if (choose_.below(8) == 1) {
      int64_t rank = choose_.of<int64_t>({4, 1, 12, 33});
      operands.push_back(given({rank, x.shape[1]}, x.element));
      operands.push_back(given({columns, rank}, element()));
      text += " lora(" + operands[operands.size() - 2].name + ", " + operands.back().name + ") {lora_scale = 0.5 : f64}";
    }
    return one(text, operands, {tokens_, columns}, element());
  }

  Tensor quantizedLinear(int64_t columns) {
    Tensor x = matrix(wholeBlocks(), "f32");
    std::vector<int64_t> blocks = {tokens_, x.shape[1] / 32};
    auto encoded = emit("quantize " + x.name, {x},
                        {{"", x.shape, choose_.of<const char *>({"i8", "i16"})}, {"", blocks}, {"", blocks}});
    Tensor stored = quantized(columns, x.shape[1]);
    std::vector<Tensor> operands = encoded;
    operands.push_back(stored);
    std::string text = "quantized_linear " + encoded[0].name + ", " + encoded[1].name + ", " + encoded[2].name + ", " + stored.name;
    if (choose_.maybe()) {
      operands.push_back(given({columns}, "f32"));
      text += " bias " + operands.back().name;
    }
    return one(text, operands, {tokens_, columns}, element());
  }

  Tensor norm() {
    Tensor x = anyMatrix(), w = given({x.shape[1]}, "f32");
    std::string epsilon = " {epsilon = 1.0e-5 : f64}";
    if (choose_.maybe())
      return one("rms_norm " + x.name + ", " + w.name + epsilon, {x, w}, x.shape, element());
    if (choose_.maybe())
      return one("layer_norm " + x.name + ", " + w.name + epsilon, {x, w}, x.shape, element());
    Tensor b = given({x.shape[1]}, "f32");
    return one("layer_norm " + x.name + ", " + w.name + " bias " + b.name + epsilon, {x, w, b}, x.shape, element());
  }

  Tensor elementwise() {
    Tensor x = anyMatrix();
    switch (choose_.below(4)) {
    case 0:
      return one("gelu " + x.name + (choose_.maybe() ? " {tanh}" : ""), {x}, x.shape, element());
    case 1:
      return one("scale " + x.name + " {factor = " + number({"2.5", "-0.5", "0.0"}) + "}", {x}, x.shape, element());
    default: {
      Tensor y = matrix(x.shape[1], element());
      return one(choose_.of<std::string>({"add", "swiglu", "geglu"}) + " " + x.name + ", " + y.name, {x, y}, x.shape,
                 element());
    }
    }
  }

  void rowsOps() {
    Tensor x = anyMatrix();
    if (choose_.maybe()) {
      Tensor rows = role("rows", {open}, "i32");
      results_.push_back(one("gather_rows " + x.name + ", " + rows.name, {x, rows}, {open, x.shape[1]}, x.element));
    } else if (tokens_ == open) {
      Tensor soft = argument("", {3, x.shape[1]}, x.element), where = role("destinations", {3}, "i32");
      matrices_.push_back(
          one("scatter_rows " + x.name + ", " + soft.name + ", " + where.name, {x, soft, where}, x.shape, x.element));
    }
  }

  Tensor slice() {
    Tensor x = anyMatrix();
    int64_t begin = choose_.below(std::min<int64_t>(x.shape[1], 256)),
            end = begin + 1 + choose_.below(std::min<int64_t>(x.shape[1] - begin, 256));
    return one("slice_columns " + x.name + " {begin = " + std::to_string(begin) + " : i64, end = " + std::to_string(end) +
                   " : i64}",
               {x}, {tokens_, end - begin}, x.element);
  }

  std::string ropeAttributes(int64_t dim) {
    std::string text = "{theta = " + number({"10000.0", "100.0"}) + ", dim = " + std::to_string(dim) + " : i64";
    if (choose_.below(4) == 1)
      text += ", scale = 0.5 : f64";
    if (choose_.below(4) == 1) {
      text += ", factors = array<f64: ";
      for (int64_t i = 0; i < dim / 2; ++i)
        text += (i ? ", " : "") + std::to_string(1 + i % 3) + ".0";
      text += ">";
    }
    return text + "}";
  }
  void headsOps() {
    Tensor x = anyHeads(), at = positions();
    int64_t dim = 2 * (1 + choose_.below(x.shape[2] / 2));
    std::string style = choose_.maybe() ? " style interleaved" : "";
    switch (choose_.below(4)) {
    case 0:
      heads_.push_back(one("rope " + x.name + ", " + at.name + style + " " + ropeAttributes(dim), {x, at}, x.shape, element()));
      return;
    case 1: {
      Tensor angles = one("rope_angles " + at.name + " " + ropeAttributes(dim), {at}, {tokens_, dim}, "f32");
      heads_.push_back(one("apply_rope " + x.name + ", " + angles.name + style, {x, angles}, x.shape, element()));
      return;
    }
    case 2: {
      Tensor w = given({x.shape[2]}, "f32");
      heads_.push_back(one("rms_norm " + x.name + ", " + w.name + " {epsilon = 1.0e-5 : f64}", {x, w}, x.shape, element()));
      return;
    }
    default:
      matrices_.push_back(one("merge_heads " + x.name, {x}, {tokens_, x.shape[1] * x.shape[2]}, x.element));
    }
  }

  // A divisor of the number of heads.
  int64_t keyHeads(int64_t heads) {
    int64_t group = choose_.of<int64_t>({1, 2, 3});
    return heads % group ? heads : heads / group;
  }
  std::vector<Tensor> attended(const std::string &text, const std::vector<Tensor> &operands, const Tensor &q) {
    return emit(text, operands, {{"", q.shape, element()}, {"", {q.shape[1], tokens_}}});
  }
  // What is made of an attention's results.
  void keep(const std::vector<Tensor> &attention) {
    heads_.push_back(attention[0]);
    if (choose_.maybe())
      results_.push_back(attention[1]);
  }

  void packedAttention() {
    Tensor q = anyHeads(), cu = boundaries();
    int64_t group = keyHeads(q.shape[1]);
    std::string kind = choose_.maybe() ? q.element : element();
    Tensor k = heads(group, q.shape[2], kind), v = heads(group, q.shape[2], kind);
    std::string text = "packed_attention " + q.name + ", " + k.name + ", " + v.name + ", " + cu.name + ", " + cu.name;
    std::vector<Tensor> operands = {q, k, v, cu, cu};
    if (choose_.below(16) == 1) {
      operands.push_back(argument("", {2, 2}, "i32"));
      text += " sources " + operands.back().name;
    }
    text += choose_.maybe() ? " causal" : "";
    text += " {scale = 0.25 : f64, window = " + std::to_string(choose_.of<int64_t>({0, 3, 40})) +
            " : i64, soft_cap = " + number({"0.0", "3.0"}) + "}";
    keep(attended(text, operands, q));
  }

  Tensor state(const std::string &kind, int64_t group, int64_t size) {
    std::string type = "!lm." + kind + "<" + std::to_string(group) + "x" + std::to_string(size) + "x" + element() + ">";
    return argument("lm.input = \"" + kind + "\", lm.layer = " + std::to_string(layer_) + " : i64", {}, "", type);
  }
  Tensor appended(const Tensor &state, const std::string &kind, int64_t group, int64_t size) {
    std::string rows = choose_.of<const char *>({"f32", "bf16"});
    Tensor k = heads(group, size, rows), v = heads(group, size, rows), table = segments();
    return one(kind + "_append " + state.name + ", " + k.name + ", " + v.name + ", " + table.name, {state, k, v, table}, {}, "",
               state.whole);
  }
  // Window, memory, or both in one softmax, each perhaps after an append.
  void stateAttention() {
    Tensor q = anyHeads(), table = segments();
    const int64_t group = keyHeads(q.shape[1]), size = q.shape[2], which = choose_.below(3);
    std::vector<std::vector<Tensor>> parts;
    if (which != 1) {
      Tensor cache = state("cache", group, size);
      if (choose_.below(4))
        cache = appended(cache, "cache", group, size);
      parts.push_back(attended("window_attention " + q.name + ", " + cache.name + ", " + table.name +
                                   " {scale = 0.25 : f64, soft_cap = " + number({"0.0", "3.0"}) + "}",
                               {q, cache, table}, q));
      states_.push_back(cache);
    }
    if (which != 0) {
      Tensor memory = state("memory", group, size);
      std::vector<Tensor> operands = {q, memory, table};
      std::string text = "knn_attention " + q.name + ", " + memory.name + ", " + table.name;
      if (choose_.maybe()) {
        operands.push_back(role("temperature", {1}, "f32"));
        text += " temperature " + operands.back().name;
      }
      text += choose_.below(8) == 1 ? " granularity block" : "";
      text += choose_.below(4) == 1 ? " similarity cosine" : "";
      text += " {scale = 0.25 : f64, topk = " + std::to_string(choose_.of<int64_t>({0, 1, 5, 32})) + " : i64}";
      parts.push_back(attended(text, operands, q));
      states_.push_back(choose_.maybe() ? appended(memory, "memory", group, size) : memory);
    }
    ++layer_;
    if (parts.size() == 1 || choose_.below(8) == 1) {
      for (auto &part : parts)
        keep(part);
      return;
    }
    keep(emit("merge_attention (" + parts[0][0].name + ", " + parts[1][0].name + "), (" + parts[0][1].name + ", " +
                  parts[1][1].name + ")",
              {parts[0][0], parts[1][0], parts[0][1], parts[1][1]}, {{"", q.shape, element()}, {"", {q.shape[1], tokens_}}}));
  }

  void pool() {
    Tensor x = anyMatrix(), cu = boundaries();
    const int64_t chunks = cu.shape[0] - 1, kind = choose_.below(4);
    std::string normal = choose_.maybe() ? " normalize" : "", text = " " + x.name + ", " + cu.name;
    if (kind == 3) {
      int64_t width = choose_.of<int64_t>({24, 80, 6, 33}), count = choose_.of<int64_t>({3, 1, 17});
      Tensor seeds = given({count, width}, x.element), wk = given({width, x.shape[1]}, x.element),
             wv = given({width, x.shape[1]}, x.element);
      results_.push_back(one("chunk_pool pma" + text + " seeds " + seeds.name + ", " + wk.name + ", " + wv.name + normal +
                                 " {num_heads = " + std::to_string(width % 3 ? 2 : choose_.of<int64_t>({1, 3})) + " : i64}",
                             {x, cu, seeds, wk, wv}, {chunks * count, width}, element()));
      return;
    }
    int64_t count = kind == 0 ? 1 : choose_.of<int64_t>({1, 5});
    results_.push_back(one(std::string("chunk_pool ") + (kind == 0 ? "mean" : kind == 1 ? "cls" : "last") + text + normal +
                               " {tokens_per_chunk = " + std::to_string(count) + " : i64}",
                           {x, cu}, {chunks * count, x.shape[1]}, element()));
  }

  void gatedMemory() {
    Tensor q = anyHeads(), attention = heads(q.shape[1], q.shape[2], q.element);
    const int64_t count = q.shape[1], size = q.shape[2], kind = choose_.below(3), group = keyHeads(count);
    const bool sequences = kind == 1 && choose_.maybe();
    std::vector<Tensor> operands = {attention, q};
    std::string text = "gated_memory " + attention.name + ", " + q.name + " reads ";
    auto list = [&](const std::vector<Tensor> &tensors) {
      std::string names;
      for (const Tensor &tensor : tensors)
        names += (names.empty() ? "" : ", ") + tensor.name;
      operands.insert(operands.end(), tensors.begin(), tensors.end());
      return "(" + names + ")";
    };
    std::vector<int64_t> state = {group, size, size}, norm = {group, size};
    if (sequences) {
      state.insert(state.begin(), boundaries().shape[0] - 1);
      norm.insert(norm.begin(), boundaries().shape[0] - 1);
    }
    int64_t hidden = choose_.of<int64_t>({16, 5, 33});
    if (kind == 0)
      text += list({given({count, size, hidden}, q.element), given({count, hidden, size}, q.element)});
    else if (kind == 1) { // sums of positive numbers, which swiglu of one operand makes
      Tensor sums = argument("", norm, "f32");
      text += "kind linear_state " + list({argument("", state, "f32"), one("swiglu " + sums.name + ", " + sums.name, {sums, sums}, norm, "f32")});
    }
    else
      text += "kind external " + list({heads(count, size, q.element)});
    text += std::string(" gate ") + (choose_.maybe() ? "selects local " : "");
    switch (choose_.below(4)) {
    case 0: text += list({given({count, size, hidden}, q.element), given({count, hidden}, q.element)}); break;
    case 1: text += list({given({1}, "f32")}); break;
    case 2: text += list({given({count}, "f32")}); break;
    default: text += list({argument("", {tokens_, count}, "f32")});
    }
    if (choose_.below(4) == 1) {
      operands.push_back(argument("", {tokens_}, "f32"));
      text += " mask " + operands.back().name;
    }
    std::vector<Tensor> results = {{"", q.shape, element()}};
    if (choose_.maybe())
      results.push_back({"", {tokens_, count}});
    if (kind == 1 && choose_.maybe()) {
      text += choose_.of<std::string>({" writes add ", " writes delta "}) +
              list({heads(group, size, q.element), heads(group, size, q.element)});
      results.push_back({"", state});
      results.push_back({"", norm});
    }
    if (sequences) {
      operands.push_back(boundaries());
      text += " sequences " + operands.back().name;
    }
    results = emit(text, operands, results);
    heads_.push_back(results[0]);
    results_.insert(results_.end(), results.begin() + 1, results.end());
  }

  void loss() {
    Tensor x = anyMatrix(), w = weight(x, size());
    Tensor targets = role("targets", {tokens_}, "i32"), weights = role("weights", {tokens_}, "f32");
    for (const Tensor &result : emit("cross_entropy " + x.name + ", " + w.name + ", " + targets.name + ", " + weights.name,
                                     {x, w, targets, weights}, {{"", {1}}, {"", {tokens_}}}))
      results_.push_back(result);
  }

  void addOp() {
    switch (choose_.below(16)) {
    case 0: case 1: case 2: return matrices_.push_back(linear(anyMatrix(), size()));
    case 3: return matrices_.push_back(quantizedLinear(size()));
    case 4: return matrices_.push_back(norm());
    case 5: case 6: return matrices_.push_back(elementwise());
    case 7: return rowsOps();
    case 8: return matrices_.push_back(slice());
    case 9: return headsOps();
    case 10: case 11: return packedAttention();
    case 12: return stateAttention();
    case 13: return pool();
    case 14: return gatedMemory();
    default: return loss();
    }
  }

  Choices &choose_;
  int64_t tokens_, next_ = 0, layer_ = 0;
  std::vector<Tensor> matrices_, heads_, states_, results_, roles_; // [T, C], [T, H, D], !lm.cache and the like, others
  std::vector<std::string> used_;
  std::string parameters_, arguments_, body_;
};

} // namespace

std::string randomFunction(Choices &choices) { return FunctionWriter(choices).write(); }

} // namespace longc::fuzz
