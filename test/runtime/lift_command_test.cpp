// The commands that absorb texts, on a program made by hand: what they write, what they refuse, how they go on.
#include "test/runtime/FakeCommand.h"

#include <gtest/gtest.h>
#include <csignal>
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
  static const std::string path = programPath("lift-app", trainingProgram());
  return path;
}

std::string text() {
  std::string words;
  for (int i = 0; i < 12; ++i)
    words += "The code of gate " + std::to_string(i) + " is " + std::to_string(100 + i) + ". All went home as they had come. ";
  return writeTemporary("gates.txt", words);
}

std::string newFolder(const std::string &name) {
  for (const char *end : {"", ".fit"})
    files::remove_all(temporaryPath(name) + end);
  return temporaryPath(name);
}

std::string fitting(const std::string &folder, const std::string &more = "") {
  return "lift fit " + text() + " -o " + folder + " --epochs 3 --lr 0.05 --seed 3 --progress none " + more;
}

std::string learnt(const std::string &folder) { return readAll(folder + "/adapter_model.safetensors"); }

std::string questions() {
  return writeTemporary("questions.jsonl", "{\"question\": \"What is the code of gate 3?\", \"answer\": \"103\", \"evidence\": \"x\"}\n"
                                           "{\"question\": \"Who went?\", \"answer\": \"all\"}\n");
}

TEST(LiftCommand, FitsAndSaysWhatItGot) {
  const std::string folder = newFolder("fits");
  auto output = run(fitting(folder, "--json"), app());
  auto result = jsonOf(output);
  EXPECT_EQ(result["epochs"], 3);
  EXPECT_EQ(result["questions"], 12);
  EXPECT_EQ(result["sentences"], 24);
  EXPECT_GT(result["steps"], 3);
  EXPECT_GT(result["tokens"], result["document_tokens"]);
  EXPECT_LT(result["loss_last"].get<double>(), result["loss_first"].get<double>());
  EXPECT_EQ(nlohmann::json::parse(readAll(folder + "/adapter_config.json"))["peft_type"], "LORA");
  EXPECT_FALSE(files::exists(folder + ".fit"));
  auto about = jsonOf(run("lift info --json -q --adapter " + folder, app()));
  EXPECT_EQ(about["document"], "gates");
  EXPECT_EQ(about["fits"], true);
  EXPECT_EQ(about["steps"], result["steps"]);
  expectError(run(fitting(folder), app()), 1, "not empty"); // what was learnt is never written over
}

TEST(LiftCommand, WritesWhatItLearntFrom) {
  const std::string folder = newFolder("recorded"), rows = temporaryPath("rows.jsonl");
  auto result = jsonOf(run(fitting(folder, "-q --json --write-rows " + rows), app()));
  std::istringstream lines(readAll(rows));
  int64_t steps = 0, tokens = 0;
  double last = 0;
  for (std::string line; std::getline(lines, line); ++steps) {
    auto step = nlohmann::json::parse(line);
    EXPECT_EQ(step["step"], steps + 1);
    EXPECT_GT(step["rate"], 0);
    double weights = 0;
    for (const auto &call : step["calls"]) {
      EXPECT_EQ(call["tokens"].size(), call["weights"].size());
      EXPECT_EQ(call["boundaries"].front(), 0);
      EXPECT_EQ(call["boundaries"].back(), call["tokens"].size());
      for (double weight : call["weights"])
        weights += weight;
      tokens += static_cast<int64_t>(call["tokens"].size());
    }
    EXPECT_NEAR(weights, 1, 1e-4); // the mean over what is learnt in a step
    last = step["loss"];
  }
  EXPECT_EQ(steps, result["steps"]);
  EXPECT_EQ(tokens, result["tokens"]);
  EXPECT_NEAR(last, result["loss_last"], 1e-6);
  const std::string same = newFolder("unrecorded");
  ASSERT_EQ(run(fitting(same, "-q"), app()).code, 0);
  EXPECT_EQ(learnt(folder), learnt(same));
  expectError(run(fitting(newFolder("nowhere"), "-q --write-rows /proc/none/x"), app()), 1, "/proc/none");
}

TEST(LiftCommand, IsAFunctionOfItsSeed) {
  const std::string first = newFolder("first"), second = newFolder("second"), other = newFolder("other");
  ASSERT_EQ(run(fitting(first, "-q --threads 1"), app()).code, 0);
  ASSERT_EQ(run(fitting(second, "-q --threads 2"), app()).code, 0);
  ASSERT_EQ(run(fitting(other, "-q --seed 4"), app()).code, 0);
  EXPECT_EQ(learnt(first), learnt(second));
  EXPECT_NE(learnt(first), learnt(other));
}

// Sends a signal once a state has been kept, or at the end.
int stopWhenStateIsKept(const std::string &arguments, const std::string &folder, int signal) {
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", ("exec " + app() + " " + arguments + " > /dev/null 2>&1").c_str(), nullptr);
    _exit(99);
  }
  int status = 0;
  for (int wait = 0; wait < 20000 && waitpid(child, &status, WNOHANG) == 0; ++wait) {
    std::error_code none;
    if (files::exists(folder + ".fit/checkpoint-00000010.safetensors", none)) {
      kill(child, signal);
      waitpid(child, &status, 0);
      break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(LiftCommand, GoesOnBitForBitAfterAKill) {
  const std::string whole = newFolder("whole"), cut = newFolder("cut"), many = " --epochs 60 --save-every 5 ";
  ASSERT_EQ(run(fitting(whole, "-q" + many), app()).code, 0);
  const int code = stopWhenStateIsKept(fitting(cut, many), cut, SIGKILL);
  ASSERT_EQ(code, -SIGKILL);
  EXPECT_FALSE(files::exists(cut)); // nothing half written
  expectError(run(fitting(cut, "-q --resume --lr 0.5" + many), app()), 1, "--lr 0.05");
  auto output = run(fitting(cut, "--resume" + many), app());
  EXPECT_EQ(output.code, 0) << output.error;
  EXPECT_NE(output.error.find("going on from step"), std::string::npos) << output.error;
  EXPECT_EQ(learnt(whole), learnt(cut));
  EXPECT_FALSE(files::exists(cut + ".fit"));
}

TEST(LiftCommand, AnInterruptionKeepsWhatWasLearnt) {
  const std::string folder = newFolder("interrupted");
  ASSERT_EQ(stopWhenStateIsKept(fitting(folder, "--epochs 100000 --save-every 5"), folder, SIGINT), 130);
  EXPECT_FALSE(learnt(folder).empty());
  EXPECT_FALSE(files::exists(folder + ".fit"));
  EXPECT_EQ(run("lift ask -q --adapter " + folder + " -p who -n 2", app()).code, 0);
}

TEST(LiftCommand, TimeChoosesThePasses) {
  const std::string folder = newFolder("timed");
  auto output = run(fitting(folder, "--epochs 100000 --seconds 0.5 --json"), app());
  ASSERT_EQ(output.code, 0) << output.error;
  auto result = nlohmann::json::parse(output.out);
  EXPECT_EQ(result["end"], "out of time");
  EXPECT_NE(output.error.find("0.5 s allowed"), std::string::npos) << output.error;
  const std::string none = newFolder("none");
  expectError(run(fitting(none, "-q --seconds 1e-9"), app()), 1, "too short for one step");
  EXPECT_FALSE(files::exists(none));
  EXPECT_FALSE(files::exists(none + ".fit"));
}

TEST(LiftCommand, AsksAsGenerateDoes) {
  const std::string folder = newFolder("asked");
  ASSERT_EQ(run(fitting(folder, "-q"), app()).code, 0);
  const std::string ask = "lift ask -q --json -n 3 --temperature 0 --adapter " + folder + " -p \"What is the code of gate 3?\" ";
  auto alone = jsonOf(run(ask, app())), beside = jsonOf(run(ask + "--window 100 --document " + text(), app()));
  auto plain = jsonOf(run("generate -q --json -n 3 -p x", app()));
  for (const auto &[key, value] : plain.items())
    EXPECT_TRUE(alone.contains(key)) << key;
  auto spelt = [](const nlohmann::json &result) {
    std::string bytes;
    for (int id : result["prompt_token_ids"])
      bytes += static_cast<char>(id);
    return bytes.size();
  };
  EXPECT_EQ(spelt(alone), std::string("Question: What is the code of gate 3?\nAnswer:").size());
  EXPECT_EQ(spelt(beside), 97u); // the window less the reply
  expectError(run("lift ask -p x", app()), 2, "--adapter");
  expectError(run("lift ask -q --adapter " + folder + " -p \" \"", app()), 1, "prompt is empty");
  expectError(run(ask + "--window 20 --document " + text(), app()), 1, "the window has 20");
  expectError(run("lift ask -q -p x --adapter " + temporaryPath(""), app()), 1, "no text was absorbed");
}

TEST(LiftCommand, AnAdapterOfAnotherModelIsRefused) {
  const std::string folder = newFolder("foreign");
  ASSERT_EQ(run(fitting(folder, "-q"), app()).code, 0);
  abi::Program other = trainingProgram();
  other.set_fingerprint("another");
  const std::string path = programPath("lift-other", other);
  expectError(run("lift ask -q -p x --adapter " + folder, path), 1, "another");
  EXPECT_EQ(jsonOf(run("lift info --json -q --adapter " + folder, path))["fits"], false);
}

TEST(LiftCommand, EvalAsksWhatItDidNotLearn) {
  const std::string replies = temporaryPath("replies.jsonl");
  auto output = run("lift eval --epochs 2 --json --progress none --window 128 --document " + text() + " --questions " + questions() +
                        " --train-questions " + questions() + " -o " + replies,
                    app());
  ASSERT_EQ(output.code, 0) << output.error;
  EXPECT_NE(output.error.find("2 of '" + questions()), std::string::npos) << output.error;
  auto result = nlohmann::json::parse(output.out);
  EXPECT_EQ(result["questions"], 2);
  EXPECT_EQ(result["window"], 128);
  for (const char *key : {"accuracy", "truncated_icl"}) {
    EXPECT_GE(result[key], 0);
    EXPECT_LE(result[key], 1);
  }
  const std::string lines = readAll(replies);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), 2);
  const std::string folder = newFolder("judged"), judge = "lift eval --json -q --progress none --window 128 --document " + text() + " --questions " + questions();
  ASSERT_EQ(run("lift fit " + text() + " -q -o " + folder + " --epochs 2 --window 128 --train-questions " + writeTemporary("trained.jsonl", "{\"question\": \"Who?\", \"answer\": \"all\"}\n"), app()).code, 0);
  result = jsonOf(run(judge + " --adapter " + folder, app())); // of a fit that is there, whatever it is of
  EXPECT_EQ(result["absorbed"], "gates");
  EXPECT_EQ(result["questions"], 2);
  expectError(run(judge + " --adapter " + temporaryPath(""), app()), 1, "adapter_config.json");
  expectError(run("lift eval --document " + text(), app()), 2, "--questions");
  expectError(run("lift eval --questions " + questions(), app()), 2, "--document");
}

TEST(LiftCommand, BothRecipesRun) {
  const std::string folder = newFolder("segments");
  auto result = jsonOf(run(fitting(folder, "--recipe gm --window 128 --json -q"), app()));
  EXPECT_EQ(result["recipe"], "gm");
  const std::string once = newFolder("once"); // all of a pass is one step, as the paper has it
  EXPECT_EQ(jsonOf(run(fitting(once, "--recipe gm --window 128 --batch 0 --json -q"), app()))["steps"], 3);
}

TEST(LiftCommand, MergedItNeedsNoAdapter) {
  const std::string folder = newFolder("merged"), merged = temporaryPath("merged-app"), judge = "perplexity --json -q --file " + writeTemporary("judged.txt", "the code of");
  ASSERT_EQ(run(fitting(folder, "-q"), app()).code, 0);
  ASSERT_EQ(run("lift merge -q --adapter " + folder + " -o " + merged, app()).code, 0);
  const double plain = jsonOf(run(judge, app()))["perplexity"], adapted = jsonOf(run(judge + " --adapter " + folder, app()))["perplexity"];
  EXPECT_NE(plain, adapted);
  EXPECT_EQ(jsonOf(run(judge + " --verify", merged))["perplexity"], adapted);
  expectError(run("lift ask -q -p x --adapter " + folder, merged), 1, "absorbed this text"); // it is another model now
  const std::string again = newFolder("again"); // and absorbs further texts
  EXPECT_EQ(run(fitting(again, "-q"), merged).code, 0);
  expectError(run("lift merge --adapter " + folder, app()), 2, "--output");
}

TEST(LiftCommand, IsAWayToRead) {
  const std::string folder = newFolder("reading"), same = newFolder("same");
  ASSERT_EQ(run("read" + fitting(folder, "-q --as lift").substr(std::string("lift fit").size()), app()).code, 0);
  ASSERT_EQ(run(fitting(same, "-q"), app()).code, 0);
  EXPECT_EQ(learnt(folder), learnt(same));
  expectError(run("read " + text() + " -o x --as song", app()), 2, "fot or lift");
}

TEST(LiftCommand, TheModelMayAsk) {
  auto output = run(fitting(newFolder("asker"), "--make-questions model"), app());
  EXPECT_EQ(output.code, 0) << output.error;
  EXPECT_NE(output.error.find("12 questions by rule, 0 by the model"), std::string::npos) << output.error;
}

TEST(LiftCommand, RefusesByName) {
  const std::string folder = newFolder("refused"), to = " -q -o " + folder;
  auto refuses = [&](const std::string &name, const std::string &bytes, const char *words) {
    expectError(run("lift fit " + writeTemporary(name, bytes) + to, app()), 1, words);
  };
  refuses("empty.txt", "", "is empty");
  refuses("blank.txt", " \n\n", "is empty");
  refuses("short.txt", "ten words are no text that one could learn.", "too little");
  refuses("binary", std::string("abc\0def", 7) + std::string(100, 'a'), "byte 3");
  refuses("latin.txt", std::string(100, 'a') + "\xe4" + std::string(100, 'b'), "byte 100");
  expectError(run("lift fit /nowhere.txt" + to, app()), 1, "/nowhere.txt");
  expectError(run("lift fit " + text() + to), 1, "does not train");
  expectError(run("lift fit" + to, app()), 2, "FILE");
  expectError(run("lift fit " + text(), app()), 2, "--output");
  expectError(run("lift fit " + text() + " second" + to, app()), 2, "'second'");
  expectError(run("lift fly", app()), 2, "'lift");
  for (auto [more, named] : {std::pair("--recipe raw", "gm or qa"), {"--make-questions by", "rules or model"}, {"--epochs 0", "--epochs"}, {"--window 100000", "--window"},
                             {"--seconds x", "--seconds"}, {"--batch -1", "--batch"}})
    expectError(run(fitting(folder, more), app()), 2, named);
  const std::string bad = writeTemporary("bad.jsonl", "{\"text\": \"no question\"}\n");
  expectError(run(fitting(folder, "-q --train-questions " + bad), app()), 1, "line 1");
  expectError(run("lift fit " + text() + " -q -o /proc/none/x", app()), 1, "/proc/none");
  EXPECT_FALSE(files::exists(folder));
}

TEST(LiftCommand, AFullDiskLeavesNothing) {
  const std::string folder = newFolder("full");
  expectError(run(fitting(folder, "-q"), "trap '' XFSZ; ulimit -f 4; " + app()), 1, "adapter_model.safetensors");
  EXPECT_FALSE(files::exists(folder));
  for (const auto &entry : files::directory_iterator(files::path(folder).parent_path()))
    EXPECT_EQ(entry.path().filename().string().find("full."), std::string::npos) << entry.path();
}

TEST(LiftCommand, AnExplosionKeepsTheLastGoodState) {
  bool kept = false;
  for (const char *rate : {"1e6", "1"}) {
    const std::string folder = newFolder(std::string("explodes") + rate);
    auto output = run(fitting(folder, std::string("-q --epochs 40 --lr ") + rate), app());
    expectError(output, 1, "the loss is");
    EXPECT_EQ(output.error.find("steps before is in") != std::string::npos, files::exists(folder)) << output.error;
    EXPECT_EQ(output.error.find("nothing is kept") == std::string::npos, files::exists(folder)) << output.error;
    if (!files::exists(folder))
      continue;
    kept = true;
    EXPECT_NE(learnt(folder), "");
    EXPECT_EQ(run("lift ask -q -p who -n 2 --adapter " + folder, app()).code, 0);
  }
  EXPECT_TRUE(kept);
}

} // namespace
} // namespace longc
