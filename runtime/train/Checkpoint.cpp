// Checkpoints as safetensors files.
#include "runtime/train/Checkpoint.h"

#include "runtime/core/Format.h"
#include "runtime/core/Hash.h"
#include "runtime/io/Safetensors.h"
#include "runtime/io/SafetensorsWriter.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <unistd.h>

namespace longc {
namespace {

constexpr std::string_view formatName = "longc training", namePrefix = "checkpoint-", nameSuffix = ".safetensors",
                           settingPrefix = "setting ", checksumKey = "checksum", bestPrefix = "best/";
constexpr int64_t formatVersion = 1;

using Metadata = std::vector<std::pair<std::string, std::string>>;

std::string pathOf(const std::string &folder, int64_t step) {
  return folder + "/" + std::string(namePrefix) + formatText("%08lld", static_cast<long long>(step)) + std::string(nameSuffix);
}

// The arrays of a state by the names they have in files; one that is not there is left out.
template <typename State> auto arraysOf(State &state) {
  std::vector<std::pair<std::string, decltype(&state.values)>> arrays = {
      {"value/", &state.values}, {"first_moment/", &state.moments.first}, {"second_moment/", &state.moments.second}};
  if (state.bestValues)
    arrays.emplace_back(bestPrefix, &*state.bestValues);
  return arrays;
}

using NamedBytes = std::pair<std::string, std::span<const std::byte>>;

// Of everything that the file says but the checksum; `tensors` by name.
std::string checksumOf(const Metadata &metadata, std::span<const NamedBytes> tensors) {
  StreamingHash hash;
  auto add = [&](std::string_view text) { hash.add(text.data(), text.size()); };
  for (const auto &[name, value] : metadata)
    if (name != checksumKey) {
      add(name);
      add("=");
      add(value);
      add(";");
    }
  for (const auto &[name, bytes] : tensors) {
    add(name);
    hash.add(bytes.data(), bytes.size());
  }
  return hashText(hash.value());
}

// Doubles by their bits, so that what is read is what was written.
std::string bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return hashText(bits);
}

Metadata describe(const TrainState &state, const TrainSettings &settings) {
  Metadata metadata = {{"format", std::string(formatName)},
                       {"version", std::to_string(formatVersion)},
                       {"step", std::to_string(state.step)},
                       {"epoch", std::to_string(state.epoch)},
                       {"position", std::to_string(state.position)},
                       {"not_better", std::to_string(state.notBetter)}};
  if (state.bestLoss)
    metadata.emplace_back("best_loss_bits", bitsOf(*state.bestLoss));
  for (const auto &[name, value] : settings)
    metadata.emplace_back(std::string(settingPrefix) + name, value);
  return metadata;
}

class CheckpointReader {
public:
  CheckpointReader(std::string path, SafetensorsFile file) : path_(std::move(path)), file_(std::move(file)) {}

  Status read(const ParameterList &list, const TrainSettings &settings, TrainState &state) const {
    const std::string *format = find("format");
    if (!format || *format != formatName)
      return damaged("it is no checkpoint of a training");
    if (const std::string *version = find("version"); !version || *version != std::to_string(formatVersion))
      return damaged(formatText("it has version %s, this program reads version %lld", version ? version->c_str() : "none",
                                static_cast<long long>(formatVersion)));
    std::vector<NamedBytes> tensors;
    for (const SafetensorsTensor &tensor : file_.tensors())
      tensors.emplace_back(tensor.name, tensor.data);
    if (const std::string *checksum = find(checksumKey); !checksum || *checksum != checksumOf(file_.metadata(), tensors))
      return damaged("its checksum does not match");
    LONGC_TRY(compare(settings));
    LONGC_TRY(readPlace(state));
    state.bestValues.reset();
    if (std::ranges::any_of(file_.tensors(), [](const SafetensorsTensor &tensor) { return tensor.name.starts_with(bestPrefix); })) {
      auto best = ParameterArray::create(list, "the best parameters");
      if (!best.ok())
        return best.status();
      state.bestValues = std::move(*best);
    }
    return readArrays(list, state);
  }

private:
  Status damaged(const std::string &what) const {
    return Status::error(checkpointDamaged, longc::quoted(path_) + ": " + what,
                         "remove it to begin again, or put back the file that training wrote");
  }

  const std::string *find(std::string_view name) const {
    auto found = std::ranges::find(file_.metadata(), name, [](const auto &entry) { return entry.first; });
    return found == file_.metadata().end() ? nullptr : &found->second;
  }

  Status readNumber(const char *name, int64_t &value) const {
    const std::string *text = find(name);
    if (!text)
      return damaged(std::string("its metadata has no ") + name);
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    return error == std::errc() && end == text->data() + text->size() && value >= 0 ? Status()
                                                                                    : damaged(std::string("its ") + name + " is no number");
  }

  Status readPlace(TrainState &state) const {
    LONGC_TRY(readNumber("step", state.step));
    LONGC_TRY(readNumber("epoch", state.epoch));
    LONGC_TRY(readNumber("position", state.position));
    LONGC_TRY(readNumber("not_better", state.notBetter));
    state.bestLoss.reset();
    const std::string *text = find("best_loss_bits");
    if (!text)
      return {};
    uint64_t bits = 0;
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bits, 16);
    if (error != std::errc() || end != text->data() + text->size())
      return damaged("its best_loss_bits are no number");
    double loss;
    std::memcpy(&loss, &bits, sizeof loss);
    state.bestLoss = loss;
    return {};
  }

  Status compare(const TrainSettings &settings) const {
    for (const auto &[name, value] : settings) {
      const std::string *saved = find(std::string(settingPrefix) + name);
      if (!saved || *saved != value)
        return Status::error(checkpointOfOtherSettings,
                             longc::quoted(path_) + ": it was made with " + name + " " + (saved ? *saved : "unknown") + ", now it is " + value,
                             "give the options it was made with, or train into another folder");
    }
    for (const auto &[name, value] : file_.metadata())
      if (name.starts_with(settingPrefix) && std::ranges::none_of(settings, [&](const auto &setting) { return name.substr(settingPrefix.size()) == setting.first; }))
        return Status::error(checkpointOfOtherSettings, longc::quoted(path_) + ": it was made with " + name.substr(settingPrefix.size()) + " " + value + ", now it is not",
                             "give the options it was made with, or train into another folder");
    return {};
  }

  Status readArrays(const ParameterList &list, TrainState &state) const {
    size_t used = 0;
    for (const auto &[prefix, array] : arraysOf(state))
      for (const TrainedParameter &parameter : list.parameters()) {
        const SafetensorsTensor *tensor = file_.find(prefix + parameter.name);
        if (!tensor || tensor->type != SafetensorsType::F32 || tensor->shape != parameter.shape)
          return Status::error(checkpointOfOtherModel, longc::quoted(path_) + ": it has no '" + prefix + parameter.name + "' of this model's shape",
                               "it was made by another program: train into another folder");
        std::memcpy(array->of(parameter).data(), tensor->data.data(), tensor->data.size());
        ++used;
      }
    return used == file_.tensors().size()
               ? Status()
               : Status::error(checkpointOfOtherModel, longc::quoted(path_) + ": it has parameters that this model does not train",
                               "it was made by another program: train into another folder");
  }

  std::string path_;
  SafetensorsFile file_;
};

Status readOne(const std::string &path, const ParameterList &list, const TrainSettings &settings, TrainState &state) {
  auto file = SafetensorsFile::open(path);
  if (!file.ok())
    return Status::error(checkpointDamaged, file.status().message(), "remove it to begin again, or put back the file that training wrote");
  return CheckpointReader(path, std::move(*file)).read(list, settings, state);
}

} // namespace

std::vector<int64_t> checkpointSteps(const std::string &folder) {
  std::vector<int64_t> steps;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(namePrefix) || !name.ends_with(nameSuffix))
      continue;
    const char *end = name.data() + name.size() - nameSuffix.size();
    int64_t step = 0;
    if (auto [stop, problem] = std::from_chars(name.data() + namePrefix.size(), end, step); problem == std::errc() && stop == end)
      steps.push_back(step);
  }
  std::ranges::sort(steps, std::greater<>());
  return steps;
}

Status saveCheckpoint(const std::string &folder, const ParameterList &list, const TrainState &state, const TrainSettings &settings) {
  std::map<std::string, std::pair<const TrainedParameter *, const ParameterArray *>> byName; // as files have them
  for (const auto &[prefix, array] : arraysOf(state))
    for (const TrainedParameter &parameter : list.parameters())
      byName[prefix + parameter.name] = {&parameter, array};
  std::vector<NamedBytes> bytes;
  std::vector<SafetensorsOutput> tensors;
  for (const auto &[name, place] : byName) {
    const auto numbers = std::as_bytes(place.second->of(*place.first));
    bytes.emplace_back(name, numbers);
    tensors.push_back({name, SafetensorsType::F32, place.first->shape,
                       [numbers](const SafetensorsOutput::Append &append) { return append(numbers); }});
  }
  Metadata metadata = describe(state, settings);
  metadata.emplace_back(checksumKey, checksumOf(metadata, bytes));
  LONGC_TRY(writeSafetensors(pathOf(folder, state.step), std::move(tensors), metadata));
  size_t older = 0; // one that is newer was passed over when this training went on: it is damaged
  for (int64_t step : checkpointSteps(folder))
    if (step > state.step || (step < state.step && ++older > 1))
      unlink(pathOf(folder, step).c_str());
  return {};
}

Result<LoadedCheckpoint> loadCheckpoint(const std::string &folder, const ParameterList &list, const TrainSettings &settings,
                                        TrainState &state) {
  LoadedCheckpoint loaded;
  for (int64_t step : checkpointSteps(folder)) {
    Status status = readOne(pathOf(folder, step), list, settings, state);
    loaded.found = status.ok();
    if (loaded.found)
      return loaded;
    if (status.code() != checkpointDamaged)
      return status;
    loaded.passedOver.push_back(std::move(status));
  }
  if (!loaded.passedOver.empty())
    return loaded.passedOver.front();
  return loaded;
}

} // namespace longc
