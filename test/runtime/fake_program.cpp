// Message, weights and file of the fake program.
#include "test/runtime/FakeProgram.h"

#include "runtime/abi/Layout.h"
#include "runtime/abi/Messages.h"
#include "runtime/abi/longc_abi.h"
#include "runtime/core/Hash.h"
#include "runtime/text/ByteAlphabet.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace longc::fake {
namespace {

enum SymbolIndex { tokens, rows, sequences, ringRows, pageRows, slots, pages, items, symbolCount };
enum BufferIndex {
  tokenBuffer, positionBuffer, memoryPositionBuffer, rowBuffer, segmentBuffer, temperatureBuffer,
  cacheKeys, cacheValues, memoryKeys, memoryValues, pageTable, bias, workList, counts, logits
};

abi::Expr constant(int64_t value) {
  abi::Expr expr;
  expr.set_value(value);
  return expr;
}

abi::Expr symbol(int64_t index) {
  abi::Expr expr;
  expr.set_op(abi::Expr::SYMBOL);
  expr.set_value(index);
  return expr;
}

abi::Expr binary(abi::Expr::Op op, abi::Expr a, abi::Expr b) {
  abi::Expr expr;
  expr.set_op(op);
  *expr.add_operands() = std::move(a);
  *expr.add_operands() = std::move(b);
  return expr;
}

void addSymbols(abi::Function &function) {
  for (const char *name : {"tokens", "rows", "sequences", "cache.0", "memory.0", "page_table.0", "page_table.1", "items1"})
    function.add_symbols()->set_name(name);
  abi::Symbol *last = function.mutable_symbols(items);
  last->set_bound_by_step(true);
  *last->mutable_maximum() = binary(abi::Expr::ADD, binary(abi::Expr::FLOORDIV, symbol(tokens), constant(blockRows)), symbol(sequences));
}

void addBuffer(abi::Function &function, abi::Buffer::Kind kind, uint32_t index, abi::ElementType type,
               std::initializer_list<abi::Expr> sizes, uint32_t first = 0, uint32_t last = 0) {
  abi::Buffer *buffer = function.add_buffers();
  buffer->set_kind(kind);
  buffer->set_index(index);
  buffer->set_type(type);
  for (const abi::Expr &size : sizes)
    *buffer->add_sizes() = size;
  buffer->set_first_step(first);
  buffer->set_last_step(last);
}

void addInput(abi::Function &function, abi::Input::Role role, std::initializer_list<abi::Expr> sizes) {
  abi::Input *input = function.add_inputs();
  const abi::ElementType type = factsOf(role).type;
  input->set_role(role);
  input->set_type(type);
  for (const abi::Expr &size : sizes)
    *input->add_sizes() = size;
  addBuffer(function, abi::Buffer::INPUT, static_cast<uint32_t>(function.inputs_size() - 1), type, sizes);
}

void addLaunch(abi::Function &function, uint32_t kernel, abi::Expr grid, std::initializer_list<uint32_t> buffers,
               std::initializer_list<uint32_t> written,
               int64_t scalar = -1) {
  abi::Launch *launch = function.add_steps()->mutable_launch();
  launch->set_kernel(kernel);
  *launch->add_grid() = std::move(grid);
  for (uint32_t buffer : buffers) {
    abi::Operand *operand = launch->add_operands();
    operand->set_buffer(buffer);
    if (std::ranges::find(written, buffer) != written.end())
      operand->set_access(abi::Operand::WRITE);
  }
  if (scalar >= 0)
    *launch->add_operands()->mutable_scalar() = constant(scalar);
}

void addFunction(abi::Module &module, const char *name, const char *precision) {
  abi::Function &function = *module.add_functions();
  function.set_name(name);
  function.set_precision(precision);
  function.set_target("cpu");
  addSymbols(function);
  abi::Expr tokenCount = symbol(tokens), rowCount = symbol(rows);
  addInput(function, abi::Input::TOKENS, {tokenCount});
  addInput(function, abi::Input::POSITIONS, {tokenCount});
  addInput(function, abi::Input::MEMORY_POSITIONS, {tokenCount});
  addInput(function, abi::Input::ROWS, {rowCount});
  addInput(function, abi::Input::SEGMENTS, {symbol(sequences), constant(8)});
  addInput(function, abi::Input::TEMPERATURE, {tokenCount});
  for (uint32_t state = 0; state < 4; ++state)
    addBuffer(function, abi::Buffer::STATE, state, abi::F32, {symbol(state < 2 ? ringRows : pageRows), constant(1), constant(2)});
  addBuffer(function, abi::Buffer::PAGE_TABLE, 0, abi::I32, {symbol(slots), symbol(pages)});
  addBuffer(function, abi::Buffer::PARAMETER, 0, abi::F32, {constant(vocabulary)});
  addBuffer(function, abi::Buffer::ARENA, 0, abi::I32, {symbol(items), constant(8)}, 1, 2);
  addBuffer(function, abi::Buffer::ARENA, 0, abi::F32, {tokenCount, constant(vocabulary)}, 2, 3);
  addBuffer(function, abi::Buffer::ARENA, 0, abi::F32, {rowCount, constant(vocabulary)}, 3, 3);
  addLaunch(function, 0, binary(abi::Expr::CEILDIV, tokenCount, constant(blockRows)),
            {tokenBuffer, positionBuffer, segmentBuffer, pageTable, cacheKeys, cacheValues, memoryKeys, memoryValues},
            {cacheKeys, cacheValues, memoryKeys, memoryValues});
  abi::WorkList *list = function.add_steps()->mutable_work_list();
  list->set_segments(segmentBuffer);
  list->set_result(workList);
  list->set_rows(blockRows);
  list->set_count_symbol(items);
  addLaunch(function, 1, symbol(items), {workList, temperatureBuffer, pageTable, cacheKeys, memoryKeys, counts}, {counts}, 7);
  addLaunch(function, 2, rowCount, {counts, rowBuffer, bias, logits}, {logits});
  for (int step : {2, 3})
    function.mutable_steps(step)->set_results_alone(true);
  function.add_results(logits);
}

// Windows into memory: kernel 3.
void addIngest(abi::Module &module, const char *precision) {
  abi::Function &function = *module.add_functions();
  function.set_name("ingest");
  function.set_precision(precision);
  function.set_target("cpu");
  for (const char *name : {"tokens", "boundaries.0", "sequences", "memory.0", "page_table.0", "page_table.1"})
    function.add_symbols()->set_name(name);
  enum { tokens, boundaries, sequences, pageRows, slots, pages };
  addInput(function, abi::Input::TOKENS, {symbol(tokens)});
  addInput(function, abi::Input::POSITIONS, {symbol(tokens)});
  addInput(function, abi::Input::BOUNDARIES, {symbol(boundaries)});
  addInput(function, abi::Input::SEGMENTS, {symbol(sequences), constant(8)});
  for (uint32_t state : {2u, 3u})
    addBuffer(function, abi::Buffer::STATE, state, abi::F32, {symbol(pageRows), constant(1), constant(2)});
  addBuffer(function, abi::Buffer::PAGE_TABLE, 0, abi::I32, {symbol(slots), symbol(pages)});
  addLaunch(function, 3, binary(abi::Expr::CEILDIV, symbol(tokens), constant(blockRows)), {0, 1, 2, 3, 4, 5, 6}, {4, 5});
}

void addTokenizer(abi::Tokenizer &tokenizer) {
  tokenizer.set_model("gpt2");
  tokenizer.set_pre_tokenizer("gpt-2");
  for (uint16_t point : byteAlphabet()) {
    std::string text;
    if (point < 0x80)
      text = {static_cast<char>(point)};
    else
      text = {static_cast<char>(0xc0 | point >> 6), static_cast<char>(0x80 | (point & 0x3f))};
    tokenizer.add_tokens(point == byteAlphabet()[lostByte] ? text + text : text);
    tokenizer.add_token_types(1);
  }
  for (const char *special : {"<|end|>", "<|start|>"}) {
    tokenizer.add_tokens(special);
    tokenizer.add_token_types(3);
  }
  tokenizer.set_bos_id(-1);
  tokenizer.set_eos_id(endToken);
  tokenizer.set_unknown_id(-1);
  tokenizer.set_unknown_piece(-1);
  tokenizer.set_pad_id(-1);
  tokenizer.set_chat_template("{% for message in messages %}<|start|>{{ message['role'] }}: {{ message['content'] }}<|end|>"
                              "{% endfor %}{% if add_generation_prompt %}<|start|>assistant: {% endif %}");
}

} // namespace

abi::Program program() {
  abi::Program program;
  program.set_version(LONGC_PROGRAM_VERSION);
  program.set_compiler("longc test");
  program.set_source("fake.gguf");
  program.set_fingerprint("00000000feedbeef");
  abi::Parameter *parameter = program.add_parameters();
  parameter->set_name("bias");
  parameter->set_type(abi::F32);
  parameter->add_shape(vocabulary);
  parameter->set_bytes(vocabulary * sizeof(float));
  for (auto [name, layout] : {std::pair(StateName::cacheKeys, abi::State::RINGS), {StateName::cacheValues, abi::State::RINGS},
                              {StateName::memoryKeys, abi::State::PAGES}, {StateName::memoryValues, abi::State::PAGES}}) {
    abi::State *state = program.add_states();
    state->set_name(std::string(name));
    state->set_layout(layout);
    state->set_type(abi::F32);
    state->add_row_shape(1);
    state->add_row_shape(2);
  }
  for (const char *name : {"append", "count", "gather", "store"})
    program.add_kernels()->set_name(name);
  program.add_targets("cpu");
  abi::Module &module = *program.add_modules();
  module.set_name("fake");
  addTokenizer(*module.mutable_tokenizer());
  module.set_context_length(contextLength);
  module.set_layers(1);
  module.set_vocabulary(vocabulary);
  module.set_hidden(2);
  module.mutable_memory()->set_method("fot");
  module.mutable_memory()->add_layers(0);
  module.mutable_memory()->set_default_window(window);
  module.mutable_memory()->set_default_last_context(lastContext);
  for (const char *precision : {"fast", "exact"}) {
    addFunction(module, "prefill", precision);
    addFunction(module, "decode", precision);
    addIngest(module, precision);
  }
  return program;
}

namespace {

/// `loss` of tokens, targets and weights; with `gradient` also by A and B. Kernel 4 of one block, which reads views of
/// tokens, targets, weights, A and B and writes loss and gradients (the loss twice more where they are not wanted).
void addTraining(abi::Module &module, bool gradient) {
  abi::Function &function = *module.add_functions();
  function.set_name(gradient ? "loss_gradient" : "loss");
  function.set_precision("fast");
  function.set_target("cpu");
  for (const char *name : {"tokens", "boundaries.0"})
    function.add_symbols()->set_name(name);
  for (abi::Input::Role role : {abi::Input::TOKENS, abi::Input::POSITIONS, abi::Input::TARGETS})
    addInput(function, role, {symbol(0)});
  addInput(function, abi::Input::BOUNDARIES, {symbol(1)});
  addInput(function, abi::Input::WEIGHTS, {symbol(0)});
  const abi::Expr rank = constant(trainingRank), size = constant(vocabulary);
  addBuffer(function, abi::Buffer::PARAMETER, 1, abi::F32, {rank, size});
  addBuffer(function, abi::Buffer::PARAMETER, 2, abi::F32, {size, rank});
  addBuffer(function, abi::Buffer::ARENA, 0, abi::F32, {constant(1)});
  addBuffer(function, abi::Buffer::ARENA, 0, abi::F32, {rank, size});
  addBuffer(function, abi::Buffer::ARENA, 0, abi::F32, {size, rank});
  addLaunch(function, 4, constant(1), {0, 2, 4, 5, 6, 7, 8, 9}, {7, 8, 9}, gradient);
  function.add_results(7);
  for (uint32_t index : {1u, 2u}) {
    if (!gradient)
      break;
    function.add_results(7 + index);
    abi::Gradient *entry = function.add_gradients();
    entry->set_result(index);
    entry->set_parameter(index);
  }
}

/// The serving functions' last step also adds trainingScale * B[v] A[:, v] to the logit of v: kernel 5.
void adapt(abi::Function &function) {
  abi::Launch &launch = *function.mutable_steps(function.steps_size() - 1)->mutable_launch();
  launch.set_kernel(5);
  for (uint32_t parameter : {1u, 2u}) {
    launch.add_operands()->set_buffer(static_cast<uint32_t>(function.buffers_size()));
    addBuffer(function, abi::Buffer::PARAMETER, parameter, abi::F32, {});
  }
}

} // namespace

abi::Program trainingProgram() {
  abi::Program result = program();
  for (const char *name : {".lora_A", ".lora_B"}) {
    const bool isA = std::string(name) == ".lora_A";
    abi::Parameter *parameter = result.add_parameters();
    parameter->set_name(std::string("model.layers.0.mlp.up_proj") + name);
    parameter->add_shape(isA ? trainingRank : vocabulary);
    parameter->add_shape(isA ? vocabulary : trainingRank);
    parameter->set_trainable(true);
    parameter->set_initializer(isA ? abi::Parameter::KAIMING_UNIFORM : abi::Parameter::ZERO);
  }
  for (const char *name : {"bigram", "gather_adapted"})
    result.add_kernels()->set_name(name);
  abi::Module &module = *result.mutable_modules(0);
  for (abi::Function &function : *module.mutable_functions())
    if (function.name() != "ingest")
      adapt(function);
  module.mutable_lora()->set_rank(trainingRank);
  module.mutable_lora()->set_alpha(trainingScale * trainingRank);
  addTraining(module, false);
  addTraining(module, true);
  return result;
}

std::string weights() {
  std::string bytes;
  for (int id = 0; id < vocabulary; ++id) {
    float value = static_cast<float>(id) / 1024;
    bytes.append(reinterpret_cast<const char *>(&value), sizeof value);
  }
  return bytes;
}

std::string programFile(const std::string &executable, const abi::Program &program, const std::string &weights,
                        const Damage &damage) {
  std::string file = executable;
  file.resize((file.size() + 4095) / 4096 * 4096);
  longc_footer footer = {};
  footer.weights_offset = file.size();
  footer.weights_size = weights.size();
  footer.weights_hash = hashBytes(weights.data(), weights.size());
  file += weights;
  std::string message = program.SerializeAsString();
  footer.program_offset = file.size();
  footer.program_size = message.size();
  footer.program_hash = hashBytes(message.data(), message.size()) + damage.wrongHash;
  file += message;
  footer.file_size = file.size() + sizeof footer + damage.wrongSize;
  footer.abi_version = LONGC_ABI_VERSION + damage.wrongVersion;
  std::memcpy(footer.magic, damage.wrongMagic ? "NOTLONGC" : LONGC_FOOTER_MAGIC, sizeof footer.magic);
  file.append(reinterpret_cast<const char *>(&footer), sizeof footer);
  return file;
}

std::string temporaryPath(const std::string &name) {
  static const std::string folder = [] {
    char path[] = "/tmp/longc-test-XXXXXX";
    return std::string(mkdtemp(path));
  }();
  return folder + "/" + name;
}

std::string writeTemporary(const std::string &name, const std::string &bytes) {
  std::string path = temporaryPath(name);
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

std::string readAll(const std::string &path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

} // namespace longc::fake
