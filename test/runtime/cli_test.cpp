// The command line of a whole program: exit codes, streams, JSON, errors that name things.
#include "test/runtime/FakeCommand.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace longc {
namespace {

using namespace fake;

TEST(CommandLine, HelpGoesToStdout) {
  for (const char *arguments : {"--help", "-h", "help"}) {
    auto output = run(arguments);
    EXPECT_EQ(output.code, 0);
    for (const char *name : {"chat", "generate", "perplexity", "passkey", "bench", "info", "logits"})
      EXPECT_NE(output.out.find(name), std::string::npos);
    auto command = run("generate " + std::string(arguments));
    if (std::string(arguments) != "help") {
      EXPECT_EQ(command.code, 0);
      EXPECT_NE(command.out.find("--last-context"), std::string::npos);
    }
  }
  EXPECT_EQ(run("--version").code, 0);
}

TEST(CommandLine, UsageErrorsAreNamed) {
  expectError(run(""), 2, "a command is missing");
  expectError(run("dance"), 2, "'dance'");
  expectError(run("generate --colour red"), 2, "'--colour'");
  expectError(run("generate stray"), 2, "'stray'");
  expectError(run("generate --prompt"), 2, "needs a value");
  expectError(run("generate"), 2, "no prompt");
  expectError(run("generate -p a --prompt-file b"), 2, "exclude");
  expectError(run("generate -p a --tokens many"), 2, "--tokens 'many'");
  expectError(run("generate -p a --tokens 99999999999999999999"), 2, "--tokens");
  expectError(run("generate -p a --window 513"), 2, "--window");
  expectError(run("generate -p a --window 8 --last-context 9"), 2, "--last-context");
  expectError(run("generate -p a --memory maybe"), 2, "--memory");
  expectError(run("generate -p a --eviction never"), 2, "--eviction");
  expectError(run("generate -p a --memory-temperature hot"), 2, "--memory-temperature");
  expectError(run("generate -p a --memory-budget lots"), 2, "--memory-budget");
  expectError(run("generate -p a --threads -3"), 2, "--threads");
  expectError(run("generate -p a --variant sparc"), 2, "sparc");
  expectError(run("generate -p a --progress loud"), 2, "--progress");
  expectError(run("generate -p a --exact=perhaps"), 2, "--exact");
  expectError(run("passkey --length 3"), 2, "--length 3");
  expectError(run("logits"), 2, "--requests");
}

TEST(CommandLine, UserErrorsAreNamed) {
  expectError(run("generate --prompt-file /nonexistent"), 1, "/nonexistent");
  expectError(run("generate --prompt-file /dev/null -q"), 1, "prompt is empty");
  std::string text = fake::writeTemporary("long", std::string(100, 'a'));
  expectError(run("generate --memory off -q --prompt-file " + text), 1, "100 tokens do not fit into the window of 64");
  expectError(run("perplexity --tokens-file " + fake::writeTemporary("ids", "1 2 x")), 1, "entry 2");
  expectError(run("perplexity -q --tokens-file " + fake::writeTemporary("ids", "1 258")), 1, "258");
  expectError(run("generate -q -p a --load-memory " + text), 1, "no saved memory");
}

TEST(CommandLine, DamagedProgramsAreNamed) {
  std::string executable = fake::readAll(LONGC_FAKE_PROGRAM);
  auto runFile = [](const std::string &bytes) {
    std::string path = fake::writeTemporary("broken", bytes);
    chmod(path.c_str(), 0755);
    return run("info", path);
  };
  expectError(runFile(executable), 1, "LC4101");
  std::string file = fake::programFile(executable, fake::program(), fake::weights());
  expectError(runFile(file.substr(0, file.size() - 5)), 1, "LC4101");
  file[file.size() - 200] = static_cast<char>(file[file.size() - 200] ^ 1);
  expectError(runFile(file), 1, "LC4105");
}

TEST(Generate, PrintsOneJsonObject) {
  auto json = jsonOf(run("generate -p aab -n 5 --json -q"));
  EXPECT_EQ(json["prompt_token_ids"], (std::vector<int>{'a', 'a', 'b'}));
  EXPECT_EQ(json["token_ids"], (std::vector<int>{'a', 'a', 'a', 'a', 'a'}));
  EXPECT_EQ(json["text"], "aaaaa");
  EXPECT_EQ(json["finish_reason"], "length");
}

TEST(Generate, StreamsTextAndReadsSpecialTokens) {
  EXPECT_EQ(run("generate -p xxy -n 3 -q").out, "xxx\n");
  auto stopped = jsonOf(run("generate -p 'a<|end|><|end|>' -n 5 --json -q"));
  EXPECT_EQ(stopped["prompt_token_ids"], (std::vector<int>{'a', 256, 256}));
  EXPECT_EQ(stopped["finish_reason"], "stop");
  EXPECT_EQ(stopped["text"], "");
  EXPECT_EQ(jsonOf(run("generate -p 'a<|end|><|end|>' -n 5 --json -q --ignore-eos"))["token_ids"].size(), 5u);
}

TEST(Generate, SaysWhichBytesHaveNoToken) {
  std::string path = fake::writeTemporary("bytes", "a\xff" "b\xff");
  auto output = run("generate --json -q -n 1 --prompt-file " + path);
  EXPECT_EQ(jsonOf(output)["prompt_token_ids"], (std::vector<int>{'a', 'b'}));
  EXPECT_EQ(output.error, "warning: 2 bytes of the prompt have no token in this model's vocabulary and are left out\n");
  EXPECT_EQ(run("generate -q -n 1 -p ab").error, "");
}

TEST(Generate, PutsWhatIsOverTheWindowIntoMemory) {
  std::string path = fake::writeTemporary("prompt", std::string(300, 'q') + "end");
  for (const char *precision : {"", " --exact"}) {
    auto json = jsonOf(run("generate --json -q -n 2 --prompt-file " + path + precision));
    EXPECT_EQ(json["text"], "qq");
    EXPECT_EQ(json["memory"]["tokens_in_memory"], 303 - fake::lastContext);
  }
  auto cut = run("generate --json -q -n 1 --memory off --truncate --prompt-file " + path);
  EXPECT_EQ(jsonOf(cut)["memory"]["tokens_dropped"], 303 - fake::window);
  EXPECT_NE(cut.error.find("warning: the first 239 of 303 tokens were dropped"), std::string::npos) << cut.error;
}

TEST(Generate, CountsWhatSlidesAwayWhileGenerating) {
  for (int tokens : {1, 64, 65, 66, 97, 98, 200}) {
    auto json = jsonOf(run("generate --json -q -p a --memory off --truncate -n " + std::to_string(tokens)));
    int read = tokens, window = fake::window; // the prompt and all but the last token
    int slides = read > window ? (read - window + window / 2 - 1) / (window / 2) : 0;
    EXPECT_EQ(json["memory"]["tokens_dropped"], slides * window / 2) << tokens;
    EXPECT_EQ(json["memory"]["tokens_in_window"], read - slides * window / 2) << tokens;
  }
  std::string path = fake::writeTemporary("prompt", std::string(2000, 'q'));
  auto json = jsonOf(run("generate --json -q -n 300 --memory-budget 8KiB --prompt-file " + path)); // of 16 bytes a token
  EXPECT_EQ(json["memory"]["tokens_dropped"].get<int>() + json["memory"]["tokens_in_memory"].get<int>() +
                json["memory"]["tokens_in_window"].get<int>(), 2299);
  EXPECT_LE(json["memory"]["tokens_in_memory"], 512);
}

TEST(Generate, AMemoryIsSavedMappedAndAnswersAlike) {
  std::string prompt = fake::writeTemporary("document", std::string(150, 'm') + " " + std::string(200, 'n') + ".");
  std::string memory = fake::temporaryPath("document.memory");
  auto direct = jsonOf(run("generate --json -q -n 4 --prompt-file " + prompt + " --save-memory " + memory));
  EXPECT_EQ(direct["text"], "nnnn");
  auto mapped = jsonOf(run("generate --json -q -n 4 -p mmm --load-memory " + memory));
  EXPECT_EQ(mapped["text"], "nnnn");
  EXPECT_EQ(mapped["prompt_token_ids"].size(), 355u);
  EXPECT_EQ(mapped["memory"]["tokens_in_memory"], 351 - fake::lastContext); // all before the full stop was read
  expectError(run("generate -q -p a --save-memory /nonexistent/x"), 1, "/nonexistent/x");
}

TEST(Generate, NothingIsNotSaved) {
  std::string memory = fake::temporaryPath("nothing.memory");
  std::string command = "generate -q --save-memory " + memory + " --prompt-file ";
  expectError(run(command + fake::writeTemporary("nothing", "")), 1, "the prompt is empty");
  EXPECT_EQ(run(command + fake::writeTemporary("lost", "\xff")).code, 1); // the byte without a token
  EXPECT_EQ(fake::readAll(memory), "");
}

// A memory that goes on and on is that of one text.
TEST(Generate, AMemoryOfAMemoryIsThatOfTheWhole) {
  std::string memory = fake::temporaryPath("grown.memory"), text;
  std::vector<std::string> pieces = {"One", " word", "s and", " m", "ore.<|en", "d|>", "<|start|", "> 12", "3"};
  for (size_t piece = 0; piece < pieces.size(); ++piece) {
    text += pieces[piece];
    auto json = jsonOf(run("generate --json -q -n 1 --last-context 64 -p '" + pieces[piece] + "' --save-memory " + memory +
                           (piece > 0 ? " --load-memory " + memory : "")));
    auto whole = jsonOf(run("generate --json -q -n 1 --last-context 64 -p '" + text + "'"));
    EXPECT_EQ(json["prompt_token_ids"], whole["prompt_token_ids"]) << text;
    EXPECT_EQ(json["token_ids"], whole["token_ids"]) << text;
    EXPECT_EQ(json["memory"]["tokens_in_window"], whole["memory"]["tokens_in_window"]) << text;
  }
}

TEST(Generate, TheEnvironmentSetsOptions) {
  setenv("LONGC_TOKENS", "7", 1);
  EXPECT_EQ(jsonOf(run("generate -p a --json -q"))["token_ids"].size(), 7u);
  EXPECT_EQ(jsonOf(run("generate -p a --json -q -n 2"))["token_ids"].size(), 2u);
  unsetenv("LONGC_TOKENS");
}

TEST(Generate, DrawsAsTheCheckpointHasItUnlessToldOtherwise) {
  abi::Program program = fake::program();
  abi::Sampling &sampling = *program.mutable_modules(0)->mutable_sampling();
  sampling.set_temperature(20);
  sampling.set_top_p(1);
  sampling.set_top_k(3);
  const std::string path = programPath("drawing", program);
  auto ids = [](const std::string &options, const std::string &path) {
    return jsonOf(run("generate --json -q -n 24 -p abcabcde " + options, path))["token_ids"].get<std::vector<int>>();
  };
  const std::string all = "--temperature 20 --top-k 3 --seed 5", greedy = "--temperature 0";
  EXPECT_EQ(ids("--seed 5", path), ids(all, programPath()));
  EXPECT_NE(ids("--seed 5", path), ids("", programPath()));
  EXPECT_EQ(ids(greedy, path), ids("", programPath()));
  EXPECT_EQ(ids("--seed 5 --top-k 1", path), ids("", programPath()));
  EXPECT_EQ(ids("--seed 5 --top-k 0", path), ids("--temperature 20 --seed 5", programPath()));
  EXPECT_EQ(ids("--seed 5 --min-p 1", path), ids("--temperature 20 --min-p 1 --seed 5", programPath()));
  // A penalty counts for the best token too, and for all that was read.
  abi::Program strict = fake::program();
  strict.mutable_modules(0)->mutable_sampling()->set_top_p(1);
  strict.mutable_modules(0)->mutable_sampling()->set_repetition_penalty(50);
  const std::string penalised = programPath("penalised", strict);
  EXPECT_EQ(ids("", penalised), ids("--repetition-penalty 50", programPath()));
  EXPECT_NE(ids("", penalised), ids("", programPath()));
  EXPECT_EQ(ids("--repetition-penalty 1", penalised), ids("", programPath()));
  expectError(run("generate -p a --repetition-penalty 0", path), 2, "--repetition-penalty");
  const std::string prompts = writeTemporary("prompts", "{\"prompt\": \"abcabcde\"}\n");
  EXPECT_EQ(jsonOf(run("generate --json -q -n 24 --seed 5 --prompts " + prompts, path))["token_ids"].get<std::vector<int>>(), ids("--seed 5", path));
  auto said = [&](const std::string &options, const std::string &path) { return run("chat -q -n 24 --memory off -p abcabcde " + options, path).out; };
  EXPECT_EQ(said("--seed 5", path), said(all, programPath()));
  EXPECT_NE(said("--seed 5", path), said(greedy, path));
  EXPECT_NE(run("info", path).out.find("temperature 20, top-k 3"), std::string::npos);
  EXPECT_EQ(jsonOf(run("info --json", path))["sampling"]["top_k"], 3);
  // What judges takes the best token whatever the checkpoint says.
  auto judged = [](const std::string &path) { return jsonOf(run("passkey --length 300 --count 1 --seed 1 --json -q", path))["prompts"][0]["answer"]; };
  EXPECT_EQ(judged(path), judged(programPath()));
  expectError(run("generate -p a --min-p 2", path), 2, "--min-p");
}

TEST(Generate, AFullDiskIsAnError) {
  int status = std::system((programPath() + " generate -p a -n 3 -q > /dev/full 2> " + fake::temporaryPath("full")).c_str());
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_NE(fake::readAll(fake::temporaryPath("full")).find("LC5402"), std::string::npos);
}

TEST(Passkey, IsReproducibleAndReportsPlaces) {
  auto first = jsonOf(run("passkey --length 400 --count 2 --seed 9 --json -q"));
  auto second = jsonOf(run("passkey --length 400 --count 2 --seed 9 --json -q"));
  EXPECT_EQ(first["length"], 400);
  EXPECT_EQ(first["count"], 2);
  EXPECT_EQ(first["seed"], 9);
  EXPECT_TRUE(first["correct"].is_number_integer());
  for (int prompt : {0, 1}) {
    EXPECT_EQ(first["prompts"][prompt]["key"], second["prompts"][prompt]["key"]);
    EXPECT_GE(first["prompts"][prompt]["key"], 10000);
    EXPECT_LT(first["prompts"][prompt]["key"], 50000);
    EXPECT_LT(first["prompts"][prompt]["log_probability"], 0);
    EXPECT_TRUE(first["prompts"][prompt]["correct_once_begun"].is_boolean());
  }
  EXPECT_NE(run("passkey --length 300 --count 1 -q").out.find("(seed "), std::string::npos);
}

TEST(Perplexity, ComputesTheSameWithAndWithoutJson) {
  std::string text = fake::writeTemporary("text", std::string(150, 'a') + std::string(50, 'b'));
  auto json = jsonOf(run("perplexity --json -q --file " + text));
  EXPECT_EQ(json["tokens"], 199);
  EXPECT_NE(run("perplexity -q --file " + text).out.find("over 199 tokens"), std::string::npos);
  EXPECT_EQ(jsonOf(run("perplexity --json -q --last 20 --file " + text))["tokens"], 20);
  auto windowOnly = jsonOf(run("perplexity --json -q --memory off --file " + text));
  EXPECT_EQ(windowOnly["tokens"], 199);
  EXPECT_EQ(jsonOf(run("perplexity --json -q --memory off --last 20 --file " + text))["tokens"], 20);
}

TEST(Bench, ReportsBothRates) {
  auto json = jsonOf(run("bench --threads 2 --prefill 32 --decode 8 --depth 90 --repeat 1 --fill 200 --json -q"));
  EXPECT_GT(json["prefill_tokens_per_second"], 0);
  EXPECT_GT(json["decode_tokens_per_second"], 0);
  EXPECT_GT(json["fill_tokens_per_second"], 0);
  EXPECT_EQ(json["fill_last_context_tokens"], fake::lastContext); // beside what is filled, not of it
  EXPECT_EQ(json["depth"], 90);
  EXPECT_EQ(json["threads"], 2);
}

TEST(Logits, AnswersRequestsLineByLine) {
  std::string requests = fake::writeTemporary(
      "requests", "{\"prompt\": 3, \"tokens\": [5, 5, 6], \"positions\": [0, 2], \"greedy\": 2}\n");
  std::string results = fake::temporaryPath("results");
  auto output = run("logits -q --requests " + requests + " --output " + results);
  ASSERT_EQ(output.code, 0) << output.error;
  auto json = nlohmann::json::parse(fake::readAll(results));
  EXPECT_EQ(json["prompt"], 3);
  EXPECT_EQ(json["greedy"], (std::vector<int>{5, 5}));
  size_t bytes = 2 * fake::vocabulary * sizeof(float);
  EXPECT_EQ(json["logits"].get<std::string>().size(), (bytes + 2) / 3 * 4);
  expectError(run("logits -q --output " + results + " --requests " + fake::writeTemporary("bad", "{\"tokens\": []}\n")), 1,
              "request line 1");
}

TEST(Info, NamesTheModelAndTheVariant) {
  auto json = jsonOf(run("info --json"));
  EXPECT_EQ(json["model"], "fake");
  EXPECT_EQ(json["memory_bytes_per_token"], 16);
  EXPECT_EQ(json["variants"], (std::vector<std::string>{"avx2", "avx512"}));
  EXPECT_NE(run("info").out.find("fingerprint      00000000feedbeef"), std::string::npos);
}

TEST(Profile, ListsTheKernels) {
  auto output = run("generate -p aaa -n 2 -q --profile");
  EXPECT_EQ(output.code, 0);
  for (const char *word : {"append", "count", "gather", "total", "GF/s", "GB/s", "of roof", "roof: "})
    EXPECT_NE(output.error.find(word), std::string::npos) << word;
}

TEST(Profile, TracesEachLaunch) {
  const std::string path = fake::temporaryPath("trace.json");
  auto output = run("generate -p aaa -n 2 -q --trace " + path);
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.error, ""); // the table is --profile's
  const auto trace = nlohmann::json::parse(fake::readAll(path));
  std::map<std::string, int> launches;
  double end = 0;
  for (const auto &event : trace["traceEvents"]) {
    ++launches[event["name"]];
    EXPECT_EQ(event["ph"], "X");
    EXPECT_GE(event["ts"].get<double>() + 1e-3, end); // one after the other
    end = event["ts"].get<double>() + event["dur"].get<double>();
  }
  EXPECT_EQ(launches["append"], 2); // the prompt and one token
  EXPECT_EQ(launches["gather"], 2);
  EXPECT_EQ(run("generate -p aaa -n 2 -q --trace /nowhere/trace.json").code, 1);
}

} // namespace
} // namespace longc
