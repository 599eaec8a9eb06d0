// The commands that train, on a program made by hand: what they write, what they refuse, how they go on.
#include "test/runtime/FakeCommand.h"

#include "runtime/core/Crc32c.h"
#include "runtime/io/Safetensors.h"
#include "runtime/train/event.pb.h"

#include <gtest/gtest.h>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace longc {
namespace {

using namespace fake;
namespace files = std::filesystem;

const std::string &app() {
  static const std::string path = programPath("train-app", trainingProgram());
  return path;
}

std::string chats() {
  std::string lines;
  for (int i = 0; i < 24; ++i)
    lines += "{\"prompt\": \"count from " + std::to_string(i) + "\", \"completion\": \"" + std::string(static_cast<size_t>(3 + i % 9), 'a') +
             "bcd\"}\n";
  return writeTemporary("chats.jsonl", lines);
}

std::string newFolder(const std::string &name) {
  files::remove_all(temporaryPath(name));
  return temporaryPath(name);
}

std::string training(const std::string &folder, const std::string &more = "") {
  return "train --data " + chats() + " --out " + folder + " --steps 12 --seq-len 128 --batch 2 --lr 0.05 --seed 3 --progress none " + more;
}

std::vector<nlohmann::json> logOf(const std::string &folder) {
  std::vector<nlohmann::json> lines;
  std::istringstream text(readAll(folder + "/train.jsonl"));
  for (std::string line; std::getline(text, line);)
    lines.push_back(nlohmann::json::parse(line));
  return lines;
}

// Everything of the log that time does not change.
std::vector<nlohmann::json> timeless(const std::string &folder) {
  auto lines = logOf(folder);
  for (nlohmann::json &line : lines)
    for (const char *key : {"seconds", "tokens_per_second", "tflops", "mfu"})
      line.erase(key);
  return lines;
}

std::string learnt(const std::string &folder) { return readAll(folder + "/adapter_model.safetensors"); }

TEST(TrainCommand, LearnsAndWritesWhatPeftReads) {
  const std::string folder = newFolder("learns");
  auto output = run(training(folder, "--json -q"), app());
  auto result = jsonOf(output);
  EXPECT_EQ(result["steps"], 12);
  EXPECT_LT(result["loss_last"].get<double>(), 0.8 * result["loss_first"].get<double>());
  auto log = logOf(folder);
  ASSERT_EQ(log.size(), 12u);
  EXPECT_NEAR(log[0]["loss"].get<double>(), std::log(vocabulary), 1e-4); // B is zero
  for (size_t i = 0; i < log.size(); ++i) {
    EXPECT_EQ(log[i]["step"], i + 1);
    EXPECT_GT(log[i]["tokens"], 0);
    EXPECT_GT(log[i]["tokens_per_second"], 0);
  }
  auto config = nlohmann::json::parse(readAll(folder + "/adapter_config.json"));
  EXPECT_EQ(config["peft_type"], "LORA");
  EXPECT_EQ(config["r"], trainingRank);
  EXPECT_EQ(config["lora_alpha"], trainingScale * trainingRank);
  EXPECT_EQ(config["target_modules"], nlohmann::json({"up_proj"}));
  auto tensors = SafetensorsFile::open(folder + "/adapter_model.safetensors");
  ASSERT_TRUE(tensors.ok());
  const auto *a = tensors->find("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight");
  const auto *b = tensors->find("base_model.model.model.layers.0.mlp.up_proj.lora_B.weight");
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->shape, (std::vector<int64_t>{trainingRank, vocabulary}));
  EXPECT_EQ(b->shape, (std::vector<int64_t>{vocabulary, trainingRank}));
  EXPECT_NE(readAll(folder + "/loss.svg").find("polyline"), std::string::npos);
}

TEST(TrainCommand, AnAdapterIsReadBack) {
  const std::string folder = newFolder("readback");
  ASSERT_EQ(run(training(folder, "-q"), app()).code, 0);
  const std::string judged = "loss --json -q --data " + chats() + " --seq-len 128 --seed 3";
  const double before = jsonOf(run(judged, app()))["loss"], after = jsonOf(run(judged + " --adapter " + folder, app()))["loss"];
  EXPECT_NEAR(before, std::log(vocabulary), 1e-4);
  EXPECT_LT(after, 0.8 * before);
  const std::string on = newFolder("readback-on"); // training goes on from it
  ASSERT_EQ(run(training(on, "-q --adapter " + folder), app()).code, 0);
  EXPECT_LT(logOf(on)[0]["loss"], 0.9 * before);
  // A rank that is not the tensors', one over the program's, another kind; tensors of another shape.
  const std::string config = readAll(folder + "/adapter_config.json");
  for (auto [from, to, named] : {std::tuple("\"r\":4", "\"r\":2", "expected shape [2, "), {"\"r\":4", "\"r\":8", "is 8, the program's products have 4"},
                                 {"\"LORA\"", "\"IA3\"", "'IA3' is not supported"}}) {
    std::string changed = config;
    ASSERT_NE(changed.find(from), std::string::npos) << config;
    changed.replace(changed.find(from), std::strlen(from), to);
    std::ofstream(folder + "/adapter_config.json") << changed;
    expectError(run(judged + " --adapter " + folder, app()), 1, named);
  }
  std::ofstream(folder + "/adapter_config.json") << config;
  std::ofstream(folder + "/adapter_model.safetensors") << "x";
  expectError(run(judged + " --adapter " + folder, app()), 1, "adapter_model.safetensors");
}

TEST(TrainCommand, GoesOnBitForBit) {
  const std::string whole = newFolder("whole"), parts = newFolder("parts");
  ASSERT_EQ(run(training(whole, "-q --threads 1"), app()).code, 0);
  auto note = run(training(parts, "--resume --save-every 2 --steps 5 --threads 2"), app());
  EXPECT_EQ(note.code, 0) << note.error;
  EXPECT_NE(note.error.find("beginning at step 0"), std::string::npos) << note.error;
  auto refused = run(training(parts), app());
  expectError(refused, 1, "holds the state of a training");
  expectError(run(training(parts, "--resume --lr 0.5"), app()), 1, "--lr 0.05");
  expectError(run(training(parts, "--resume --batching sorted"), app()), 1, "--batching packed");
  EXPECT_EQ(run(training(parts, "--resume -q"), app()).code, 0);
  EXPECT_EQ(learnt(whole), learnt(parts));
  EXPECT_EQ(timeless(whole), timeless(parts));
}

/// Starts the command and kills it when its log has `lines` lines.
void killAfter(const std::string &arguments, const std::string &folder, size_t lines, int signal, int expected) {
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", ("exec " + app() + " " + arguments + " > /dev/null 2>&1").c_str(), nullptr);
    _exit(99);
  }
  for (int wait = 0; wait < 20000; ++wait) {
    const std::string log = files::exists(folder + "/train.jsonl") ? readAll(folder + "/train.jsonl") : "";
    if (static_cast<size_t>(std::count(log.begin(), log.end(), '\n')) >= lines)
      break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  kill(child, signal);
  int status = 0;
  waitpid(child, &status, 0);
  if (signal == SIGKILL)
    EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
  else
    EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, expected);
}

TEST(TrainCommand, SurvivesKillsAndInterrupts) {
  const std::string whole = newFolder("uncut"), cut = newFolder("cut"), many = " --steps 3000 --call-tokens 1 ";
  ASSERT_EQ(run(training(whole, "-q --steps 1200 --call-tokens 1"), app()).code, 0);
  killAfter(training(cut, "--resume --save-every 7" + many), cut, 20, SIGKILL, 0);
  killAfter(training(cut, "--resume --save-every 7" + many), cut, 300, SIGKILL, 0);
  killAfter(training(cut, "--resume --save-every 7" + many), cut, 600, SIGINT, 130);
  EXPECT_FALSE(learnt(cut).empty()); // an interruption writes what was learnt so far
  const size_t interrupted = logOf(cut).size();
  EXPECT_LT(interrupted, 1200u);
  ASSERT_EQ(run(training(cut, "-q --resume --steps 1200 --call-tokens 1"), app()).code, 0);
  EXPECT_EQ(learnt(whole), learnt(cut));
  EXPECT_EQ(timeless(whole), timeless(cut));
}

// A disk that is full, as a limit on the size of files: what was saved before is there and is gone on from.
TEST(TrainCommand, AFullDiskLeavesTheLastState) {
  const std::string whole = newFolder("roomy"), folder = newFolder("full");
  ASSERT_EQ(run(training(whole, "-q"), app()).code, 0);
  ASSERT_EQ(run(training(folder, "-q --steps 5"), app()).code, 0);
  const std::string state = readAll(folder + "/checkpoint-00000005.safetensors");
  auto output = run(training(folder, "-q --resume --save-every 2"), "trap '' XFSZ; ulimit -f 40; " + app());
  expectError(output, 1, "checkpoint-00000006.safetensors");
  EXPECT_EQ(readAll(folder + "/checkpoint-00000005.safetensors"), state);
  EXPECT_FALSE(files::exists(folder + "/checkpoint-00000006.safetensors"));
  ASSERT_EQ(run(training(folder, "-q --resume"), app()).code, 0);
  EXPECT_EQ(learnt(whole), learnt(folder));
}

// Serving: the program alone, and with what it learnt.
TEST(TrainCommand, AnAdapterIsUsedByOtherCommands) {
  const std::string folder = newFolder("served"), text = writeTemporary("judged.txt", "abcdabcdbcda"),
                    memory = temporaryPath("served.memory");
  ASSERT_EQ(run(training(folder, "-q"), app()).code, 0);
  const std::string judge = "perplexity --json -q --file " + text;
  const double plain = jsonOf(run(judge))["perplexity"];
  EXPECT_EQ(jsonOf(run(judge, app()))["perplexity"], plain);
  EXPECT_NE(jsonOf(run(judge + " --adapter " + folder, app()))["perplexity"], plain);
  expectError(run(judge + " --adapter " + folder), 1, "compiled without an adapter");
  expectError(run(judge + " --adapter /nowhere", app()), 1, "/nowhere");
  const std::string read = "generate -q -n 2 --ignore-eos -p abc ";
  ASSERT_EQ(run(read + "--adapter " + folder + " --save-memory " + memory, app()).code, 0);
  EXPECT_EQ(run(read + "--adapter " + folder + " --load-memory " + memory, app()).code, 0);
  expectError(run(read + "--load-memory " + memory, app()), 1, "adapter");
}

TEST(TrainCommand, EvaluatesAndEndsEarly) {
  const std::string folder = newFolder("early");
  const std::string other = writeTemporary("other.jsonl", "{\"prompt\": \"x\", \"completion\": \"zyxwv\"}\n");
  auto result = jsonOf(run(training(folder, "--json -q --steps 60 --eval-data " + other + " --eval-every 2 --patience 3"), app()));
  EXPECT_EQ(result["stopped_early"], true);
  EXPECT_LT(result["steps"], 60);
  double best = 1e9;
  for (const nlohmann::json &line : logOf(folder)) {
    EXPECT_EQ(line.contains("eval_loss"), line["step"].get<int>() % 2 == 0);
    best = std::min(best, line.value("eval_loss", 1e9));
  }
  EXPECT_NEAR(result["eval_loss_best"].get<double>(), best, 1e-6);
  auto judged = jsonOf(run("loss --json -q --data " + other + " --adapter " + folder, app()));
  EXPECT_NEAR(judged["loss"].get<double>(), best, 1e-6); // the best is what is written
  expectError(run(training(newFolder("early2"), "--patience 3"), app()), 2, "--eval-data");
}

// One more evaluation behind the last step tells what was learnt and changes nothing: training may go on for more steps.
TEST(TrainCommand, EvaluationsDoNotDependOnTheNumberOfSteps) {
  const std::string other = writeTemporary("other.jsonl", "{\"prompt\": \"x\", \"completion\": \"zyxwv\"}\n");
  const std::string whole = newFolder("judged-whole"), parts = newFolder("judged-parts"), judged = "-q --eval-data " + other + " --eval-every 3 --steps ";
  ASSERT_EQ(run(training(whole, judged + "11"), app()).code, 0);
  ASSERT_EQ(run(training(parts, judged + "7"), app()).code, 0);
  EXPECT_TRUE(logOf(parts).back().contains("eval_loss"));
  ASSERT_EQ(run(training(parts, judged + "11 --resume"), app()).code, 0);
  auto state = [](const std::string &folder) { return readAll(folder + "/checkpoint-00000011.safetensors"); };
  EXPECT_EQ(state(whole), state(parts));
}

TEST(TrainCommand, WritesEventsThatTensorBoardReads) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u); // the check value of CRC-32C
  const std::string folder = newFolder("events");
  ASSERT_EQ(run(training(folder, "-q"), app()).code, 0);
  std::string bytes;
  for (const auto &entry : files::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("events.out.tfevents."))
      bytes = readAll(entry.path().string());
  std::vector<tensorboard::Event> events;
  for (size_t place = 0; place < bytes.size();) {
    uint64_t length;
    ASSERT_LE(place + 16, bytes.size());
    std::memcpy(&length, bytes.data() + place, sizeof length);
    ASSERT_LE(place + 16 + length, bytes.size());
    for (auto [at, size] : {std::pair<size_t, size_t>(place, 8), std::pair<size_t, size_t>(place + 12, length)}) {
      uint32_t sum;
      std::memcpy(&sum, bytes.data() + at + size, sizeof sum);
      const uint32_t crc = crc32c(std::string_view(bytes).substr(at, size));
      EXPECT_EQ(sum, ((crc >> 15) | (crc << 17)) + 0xa282ead8u);
    }
    events.emplace_back();
    ASSERT_TRUE(events.back().ParseFromString(bytes.substr(place + 12, length)));
    place += 16 + length;
  }
  ASSERT_EQ(events.size(), 13u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[12].step(), 12);
  EXPECT_EQ(events[12].summary().value(0).tag(), "train/loss");
  EXPECT_NEAR(events[12].summary().value(0).simple_value(), logOf(folder)[11]["loss"].get<double>(), 1e-5);
}

TEST(TrainCommand, RefusesByName) {
  expectError(run("train --data x --out y --steps 3"), 1, "does not train");
  expectError(run("loss --data " + chats()), 1, "does not train");
  expectError(run("train", app()), 2, "--data");
  expectError(run("train --data " + chats(), app()), 2, "--out");
  expectError(run("train --out x --data " + chats(), app()), 2, "--steps");
  const std::string folder = newFolder("refused");
  for (auto [more, named] : {std::pair("--steps 0", "--steps"), {"--lr -1", "--lr"}, {"--schedule wavy", "linear or cosine"},
                             {"--batching loose", "naive, sorted or packed"}, {"--loss-norm mean", "sequence, token"},
                             {"--beta2 1", "--beta2"}, {"--save-every x", "--save-every"}})
    expectError(run(training(folder, more), app()), 2, named);
  expectError(run(training(folder, "--device gpu"), app()), 2, "expected auto, cpu or cuda:N");
  expectError(run(training(folder, "--device cuda:0"), app()), 1, "for the GPU");
  expectError(run(training(folder, "--pass-key"), app()), 2, "--pass-key needs --facts");
  EXPECT_FALSE(files::exists(folder));
  const std::string bad = writeTemporary("bad.jsonl", "{\"prompt\": \"a\", \"completion\": \"b\"}\n{\"prompt\": \n");
  expectError(run("train --steps 2 --out " + folder + " --data " + bad, app()), 1, "line 2: column 11: expected JSON");
  expectError(run("train --steps 2 --out " + folder + " --data " + bad + "x", app()), 1, "bad.jsonlx");
  expectError(run("train --steps 2 --out /proc/none/x --data " + chats(), app()), 1, "/proc/none");
  expectError(run(training(folder, "--seq-len 5"), app()), 1, "a pack holds 5");
  EXPECT_FALSE(files::exists(folder));
}

TEST(TrainCommand, TakesTheRopeBaseThatTheProgramWasCompiledWithAlone) {
  abi::Program program = trainingProgram();
  program.mutable_modules(0)->clear_traits();
  const std::string none = programPath("no-rope-app", program), folder = newFolder("rope");
  abi::Trait &trait = *program.mutable_modules(0)->add_traits();
  trait.set_name("rope theta");
  trait.set_value("10000, 1000000"); // layers with a window, and the others
  const std::string two = programPath("rope-app", program);
  for (const char *other : {"50000", "1000", "100000"}) // none is a part of a base that is there
    expectError(run(training(folder, std::string("--rope-theta ") + other), two), 2, "is 10000, 1000000\n  hint: a program is compiled for one: longc compile --train --rope-theta " + std::string(other));
  expectError(run(training(folder, "--rope-theta 10000"), none), 2, "no rotary positions");
  expectError(run(training(folder, "--rope-theta 0"), two), 2, "a number from 1 to 1e+12");
  EXPECT_FALSE(files::exists(folder));
  EXPECT_EQ(run(training(folder, "-q --rope-theta 1e6"), two).code, 0);
}

TEST(TrainCommand, NamesALossThatIsNoNumberAndKeepsTheState) {
  const std::string folder = newFolder("explodes");
  auto output = run(training(folder, "--lr 1e6 --clip 0 --steps 400"), app());
  EXPECT_EQ(output.code, 1);
  EXPECT_NE(output.error.find("LC803"), std::string::npos) << output.error;
  EXPECT_NE(output.error.find("lora_"), std::string::npos) << output.error;
  const size_t done = logOf(folder).size();
  EXPECT_NE(output.error.find("step " + std::to_string(done + 1)), std::string::npos) << output.error;
  EXPECT_TRUE(files::exists(folder + "/adapter_model.safetensors"));
}

// As training logs it, and as much memory as is there for certain.
TEST(TrainCommand, PackDataSaysWhatAPassTakes) {
  const std::string folder = newFolder("estimated"), ask = "pack-data --json -q --data " + chats() + " --seq-len 128 --batch 2 --seed 3";
  auto plan = jsonOf(run(ask, app()));
  ASSERT_EQ(run(training(folder, "-q --steps " + std::to_string(plan["steps"].get<int>())), app()).code, 0);
  double operations = 0;
  for (const nlohmann::json &line : logOf(folder))
    operations += line["tflops"].get<double>() * line["seconds"].get<double>() * 1e12;
  EXPECT_NEAR(plan["operations"].get<double>() / operations, 1, 1e-4); // what is logged has six digits
  const double state = 4 * sizeof(float) * 2.0 * trainingRank * vocabulary;
  EXPECT_GT(plan["memory_bytes"].get<double>(), state);
  auto little = jsonOf(run(ask + " --call-tokens 1", app()));
  EXPECT_LE(little["call_tokens"].get<int64_t>(), 128);
  EXPECT_GT(plan["call_tokens"].get<int64_t>(), little["call_tokens"].get<int64_t>());
  EXPECT_FALSE(jsonOf(run(ask)).contains("operations")); // a program that does not train
}

TEST(TrainCommand, ReadsTexts) {
  const std::string text = writeTemporary("book.txt", std::string(1000, 'e') + "nd");
  const std::string folder = newFolder("text");
  auto output = run("train --steps 3 --seq-len 64 --batch 2 --out " + folder + " --data " + text, app());
  EXPECT_EQ(output.code, 0) << output.error;
  EXPECT_NE(output.error.find("1 samples into 16 pieces"), std::string::npos) << output.error;
  EXPECT_EQ(logOf(folder).size(), 3u);
}

} // namespace
} // namespace longc
