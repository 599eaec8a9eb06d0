// Random arguments by role.
#include "dialects/interpreter/compare/RandomInputs.h"

#include "dialects/interpreter/compare/RandomParameters.h"
#include "dialects/lm/LmDialect.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;

namespace longc {

static StringRef roleOf(FunctionOpInterface function, unsigned index) {
  auto role = function.getArgAttrOfType<StringAttr>(index, "lm.input");
  return role ? role.getValue() : StringRef();
}

// The static leading size of the first argument with this role.
static std::optional<int64_t> statedRows(FunctionOpInterface function, StringRef role) {
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto type = dyn_cast<RankedTensorType>(function.getArgumentTypes()[i]))
      if (roleOf(function, i) == role && !type.isDynamicDim(0))
        return type.getDimSize(0);
  return std::nullopt;
}

static RandomBatch makeBatch(FunctionOpInterface function, const RandomInputOptions &options) {
  int64_t tokens = statedRows(function, "tokens").value_or(statedRows(function, "positions").value_or(options.tokens));
  int64_t sequences = std::min(options.sequences, tokens);
  if (std::optional<int64_t> rows = statedRows(function, "segments"))
    sequences = *rows;
  else if (std::optional<int64_t> boundaries = statedRows(function, "cu_seqlens"))
    sequences = *boundaries - 1;
  else if (statedRows(function, "rows") == 1)
    sequences = 1;
  // A function that states more gets an error for the argument that does not fit.
  constexpr int64_t mostTokens = 1 << 16, mostSequences = 1 << 10;
  return RandomBatch(options.seed, std::clamp<int64_t>(tokens, 0, mostTokens),
                     std::clamp<int64_t>(sequences, 1, mostSequences));
}

RandomInputs::RandomInputs(ModuleOp module, FunctionOpInterface function, const RandomInputOptions &options)
    : batch_(makeBatch(function, options)) {
  module.walk([&](lm::ParameterOp parameter) { declared_[parameter.getSymName().str()] = parameter.getType(); });
  std::optional<int64_t> smallest;
  function.walk([&](lm::EmbeddingOp embedding) {
    Type type = embedding.getTable().getType();
    auto quantized = dyn_cast<lm::QuantizedType>(type);
    int64_t rows = quantized ? quantized.getRows() : cast<RankedTensorType>(type).getDimSize(0);
    if (!ShapedType::isDynamic(rows))
      smallest = std::min(smallest.value_or(rows), rows);
  });
  tokenLimit_ = smallest.value_or(tokenLimit_);
  for (unsigned i = 0; i < function.getNumArguments(); ++i)
    if (auto limit = function.getArgAttrOfType<IntegerAttr>(i, "lm.limit"))
      tokenLimit_ = limit.getInt();
  tokenLimit_ = std::max<int64_t>(tokenLimit_, 1);
}

int64_t RandomInputs::dynamicRows(StringRef role) const {
  int64_t sequences = batch_.sequences.size();
  return llvm::StringSwitch<int64_t>(role)
      .Cases({"segments", "sources"}, sequences)
      .Case("cross_rows", 2 * sequences)
      .Cases({"cu_seqlens", "boundaries", "query_boundaries"}, sequences + 1)
      .Case("page_table", batch_.slots)
      .Cases({"rows", "row_targets", "row_weights"}, llvm::count_if(batch_.sequences, [](auto &s) { return s.queryEnd > s.queryBegin; }))
      .Case("rings", batch_.slots * batch_.ring) // of lowered state, by its layout
      .Case("pages", batch_.slots * batch_.pagesOfSlot * pageRows)
      .Cases({"destinations", "soft_tokens", "soft_chunks"}, batch_.tokens / 2)
      .Cases({"firsts", "query_tokens"}, sequences)
      .Default(batch_.tokens);
}

// Floats in [-1, 1], integers zero.
HostTensor RandomInputs::plainTensor(RankedTensorType type, StringRef name) const {
  SmallVector<int64_t> shape(type.getShape());
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size))
      size = batch_.tokens;
  HostTensor result(shape, type.getElementType());
  double *data = result.mutableData();
  for (int64_t i = 0; i < result.size() && isa<FloatType>(type.getElementType()); ++i)
    data[i] = drawReal(batch_.seed, name, i);
  return result;
}

// A store's rows where the lowered program keeps them; rows that were never stored are NaN.
HostTensor RandomInputs::lowered(const RowStore &store, bool isMemory, bool values, RankedTensorType type) const {
  SmallVector<int64_t> shape(type.getShape());
  shape[0] = dynamicRows(isMemory ? "pages" : "rings");
  int64_t width = shape[1] * shape[2];
  HostTensor result(shape, type.getElementType(), std::vector<double>(shape[0] * width, NAN));
  double *data = result.mutableData();
  for (const auto &[slot, rows] : store.slots)
    for (const auto &[index, row] : rows) {
      int64_t at = isMemory ? batch_.memoryRow(slot, index) : batch_.ringRow(slot, index);
      const std::vector<double> &numbers = values ? row->value : row->key;
      std::copy(numbers.begin(), numbers.end(), data + at * width);
    }
  return result;
}

// The integers of one role, row by row.
static FailureOr<std::vector<double>> roleElements(const RandomBatch &batch, StringRef role, int64_t limit,
                                                   int64_t rows) {
  std::vector<double> elements;
  for (auto [i, s] : llvm::enumerate(batch.sequences)) {
    if (role == "segments")
      for (int64_t column :
           {s.queryBegin, s.queryEnd, s.windowBegin, s.windowEnd, s.memoryBegin, s.memoryEnd, s.slot, int64_t{0}})
        elements.push_back(column);
    if (role == "cu_seqlens" || role == "boundaries")
      elements.push_back(s.queryBegin);
    if (role == "sources")
      for (size_t sequence : {i, (i + 1) % batch.sequences.size()})
        elements.push_back(sequence);
    // Every sequence reads the two behind it, going round.
    if (role == "cross_rows")
      for (size_t sequence : {i, (i + 1) % batch.sequences.size(), i, (i + 2) % batch.sequences.size()})
        elements.push_back(sequence);
    if (role == "query_boundaries")
      elements.push_back(i);
    if (role == "query_tokens") // of one row
      elements.push_back(0);
    if (role == "firsts")
      elements.push_back(std::min(s.queryBegin, batch.tokens - 1));
    if (role == "rows" && s.queryEnd > s.queryBegin)
      elements.push_back(s.queryEnd - 1);
    for (int64_t t = s.queryBegin; t < s.queryEnd; ++t) {
      int64_t index = s.windowEnd - (s.queryEnd - t);
      if (role == "positions")
        elements.push_back(index);
      if (role == "places")
        elements.push_back(i);
      if (role == "memory_positions")
        elements.push_back(index - s.windowBegin);
      if (role == "temperature")
        elements.push_back(1 + 0.3 * drawReal(batch.seed, role, i));
    }
  }
  if (role == "cu_seqlens" || role == "boundaries")
    elements.push_back(batch.tokens);
  if (role == "query_boundaries")
    elements.push_back(batch.sequences.size());
  if (role == "tokens" || role == "targets" || role == "row_targets")
    for (int64_t t = 0; t < rows; ++t)
      elements.push_back(role == "targets" && t % 5 == 3 ? -100 : drawInteger(batch.seed, role, t, limit));
  if (role == "destinations")
    for (int64_t i = 0; i < rows; ++i)
      elements.push_back(2 * i + (i % 2));
  if (role == "soft_chunks")
    for (int64_t i = 0; i < rows; ++i)
      elements.push_back(i % batch.sequences.size());
  if (role == "page_table")
    elements.assign(batch.pageTable.begin(), batch.pageTable.end());
  if (role == "temperature" && rows == 1) // for all
    elements.resize(1, 1.0);
  return elements;
}

FailureOr<HostValue> RandomInputs::argument(FunctionOpInterface function, unsigned index, unsigned unnamed) const {
  Type type = function.getArgumentTypes()[index];
  StringRef role = roleOf(function, index);
  role.consume_front("chunk_"); // of another batch, as random as the first
  auto layer = function.getArgAttrOfType<IntegerAttr>(index, "lm.layer");
  std::string number = std::to_string(layer ? layer.getInt() : 0);
  auto stateOf = [&](bool isMemory, int64_t width) {
    return batch_.store((isMemory ? "memory" : "cache") + number, isMemory, width);
  };
  if (auto cache = dyn_cast<lm::CacheType>(type))
    return HostValue(std::shared_ptr<const StateObject>(stateOf(false, cache.getHeads() * cache.getHeadSize())));
  if (auto memory = dyn_cast<lm::MemoryType>(type))
    return HostValue(std::shared_ptr<const StateObject>(stateOf(true, memory.getHeads() * memory.getHeadSize())));
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (auto given = function.getArgAttrOfType<DenseElementsAttr>(index, "lm.value"); given && tensor)
    return HostValue(givenTensor(given));
  if (!tensor)
    return function.emitError("no random value for argument ") << index << " of " << type, failure();
  auto layout = function.getArgAttrOfType<StringAttr>(index, "lm.state");
  const bool isState = layout != nullptr;
  SmallVector<int64_t> filled(tensor.getShape());
  for (int64_t &size : filled)
    size = ShapedType::isDynamic(size) ? dynamicRows(isState ? layout.getValue() : role) : size;
  if (!elementCount(filled) || !tensor.getElementType().isIntOrIndexOrFloat() ||
      (isState && (tensor.getRank() != 3 || tensor.isDynamicDim(1) || tensor.isDynamicDim(2))))
    return function.emitError("no random value for argument ") << index << " of " << type, failure();
  if (role.empty())
    return HostValue(plainTensor(tensor, "argument" + std::to_string(unnamed)));
  if (isState) {
    const bool isMemory = layout == "pages";
    return HostValue(lowered(*stateOf(isMemory, tensor.getDimSize(1) * tensor.getDimSize(2)), isMemory,
                             role.ends_with("_values"), tensor));
  }
  SmallVector<int64_t> shape(tensor.getShape());
  if (!shape.empty() && ShapedType::isDynamic(shape[0]))
    shape[0] = dynamicRows(role);
  if (role == "page_table")
    shape = {batch_.slots, batch_.pagesOfSlot};
  auto elements = roleElements(batch_, role, tokenLimit_, shape.empty() ? 1 : shape[0]);
  if (role == "weights" || role == "row_weights" || role == "gate_weights" || role == "shares" || role == "soft_tokens")
    return HostValue(plainTensor(RankedTensorType::get(shape, tensor.getElementType()), role));
  if (failed(elements) || elementCount(shape) != static_cast<int64_t>(elements->size()))
    return function.emitError("no random value for argument ")
               << index << " with lm.input = \"" << role << "\" of " << type,
           failure();
  return HostValue(HostTensor(shape, tensor.getElementType(), std::move(*elements)));
}

FailureOr<SmallVector<HostValue>> RandomInputs::arguments(FunctionOpInterface function) const {
  SmallVector<HostValue> result;
  unsigned unnamed = 0;
  for (unsigned i = 0; i < function.getNumArguments(); ++i) {
    FailureOr<HostValue> value = argument(function, i, unnamed);
    if (failed(value))
      return failure();
    unnamed += roleOf(function, i).empty();
    result.push_back(std::move(*value));
  }
  return result;
}

Interpreter::ParameterSource RandomInputs::parameters() const {
  return [seed = batch_.seed, declared = declared_](Operation *op, StringRef name, Type type) {
    return randomParameter(op, name, type, seed, declared);
  };
}

} // namespace longc
