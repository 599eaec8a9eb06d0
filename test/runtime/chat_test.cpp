// `chat` of a whole program: what is read and said, what a person types, what a saved memory is about.
#include "test/runtime/FakeCommand.h"
#include "test/runtime/Terminal.h"

#include <gtest/gtest.h>
#include <csignal>
#include <fcntl.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

namespace longc {
namespace {

using namespace fake;

std::vector<nlohmann::json> jsonLines(const Output &output) {
  EXPECT_EQ(output.code, 0) << output.error;
  std::vector<nlohmann::json> objects;
  std::istringstream lines(output.out);
  for (std::string line; std::getline(lines, line);)
    objects.push_back(nlohmann::json::parse(line, nullptr, false));
  return objects;
}

std::vector<std::string> questionsOf(const Output &output) {
  std::vector<std::string> questions;
  for (const nlohmann::json &object : jsonLines(output))
    questions.push_back(object["question"]);
  return questions;
}

int tokensOf(const nlohmann::json &object) {
  return object["tokens_in_window"].get<int>() + object["tokens_in_memory"].get<int>() + object["tokens_dropped"].get<int>();
}

/// Two line breaks are one token, three are not: bytes that are no text make room for it.
abi::Program programThatMergesLines() {
  abi::Program program = fake::program();
  abi::Tokenizer &tokenizer = *program.mutable_modules(0)->mutable_tokenizer();
  tokenizer.set_tokens(0x80, "\xC4\x8A\xC4\x8A");
  for (int32_t id : {int{'\n'}, int{'\n'}, 0x80})
    tokenizer.add_merges(id);
  return program;
}

TEST(Chat, AnswersOnceAboutADocument) {
  std::string document = writeTemporary("book", std::string(400, 'z'));
  auto json = jsonOf(run("chat --json -q -n 3 --document " + document + " -p 'what?'"));
  EXPECT_EQ(json["text"], "zzz");
  EXPECT_EQ(json["question"], "what?");
  EXPECT_GT(json["tokens_in_memory"], 300);
  EXPECT_EQ(json["tokens_dropped"], 0);
  EXPECT_EQ(run("chat -q -n 3 -p eeeeeeeeeeeeeeee").out, "eee\n");
}

TEST(Chat, SaysWhichBytesHaveNoToken) {
  std::string document = writeTemporary("book", std::string(100, 'z') + "\xff");
  std::string question = writeTemporary("question", "\xff\xff?");
  auto output = run("chat -q -n 1 --document " + document + " --prompt-file " + question);
  EXPECT_EQ(output.code, 0);
  EXPECT_EQ(output.error, "warning: 1 byte of the document has no token in this model's vocabulary and is left out\n"
                          "warning: 2 bytes of the question have no token in this model's vocabulary and are left out\n");
}

TEST(Chat, QuestionsAboutADocumentDoNotSeeEachOther) {
  std::string document = writeTemporary("book", std::string(200, 'z'));
  auto answers = jsonLines(run("chat --json -q -n 3 --document " + document, programPath(), "one?\ntwo?\none?\n"));
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0]["token_ids"], answers[2]["token_ids"]);
  EXPECT_EQ(tokensOf(answers[0]), tokensOf(answers[2]));
}

// "book" + "\n\n" + "\nwhy" has three line breaks in a row, cut as two and one; the document alone ends with two.
TEST(Chat, ADocumentAndItsQuestionAreReadAsOneText) {
  std::string path = programPath("lines", programThatMergesLines());
  std::string document = writeTemporary("book", "The flour was gone."), question = writeTemporary("question", "\nWho?");
  std::string whole = writeTemporary("whole", "<|start|>user: The flour was gone.\n\n\nWho?<|end|><|start|>assistant: ");
  for (const char *last : {"64", "16", "1"}) {
    std::string options = " --json -q -n 1 --last-context " + std::string(last);
    auto json = jsonOf(run("chat -d " + document + " --prompt-file " + question + options, path));
    auto read = jsonOf(run("generate --prompt-file " + whole + options, path));
    EXPECT_EQ(tokensOf(json), read["prompt_token_ids"].size()) << last;
  }
}

TEST(Chat, TurnsAreReadAsOneText) {
  std::string path = programPath("lines", programThatMergesLines());
  auto turns = jsonLines(run("chat --json -q -n 5 --last-context 64 --window 512", path, "one\ntwo\nthree\n"));
  ASSERT_EQ(turns.size(), 3u);
  std::string text;
  for (const nlohmann::json &turn : turns) {
    text += "<|start|>user: " + turn["question"].get<std::string>() + "<|end|><|start|>assistant: ";
    std::string whole = writeTemporary("whole", text);
    auto read = jsonOf(run("generate -n 1 --json -q --window 512 --prompt-file " + whole, path));
    EXPECT_EQ(tokensOf(turn), static_cast<int>(read["prompt_token_ids"].size() + turn["token_ids"].size()) - 1);
    text += turn["text"].get<std::string>() + "<|end|>";
  }
}

TEST(Chat, LinesAreQuestionsWithoutTheirEnds) {
  std::string input = "one\r\n\r\n\n  \t\ntwo\nthree";
  std::vector<std::string> expected = {"one", "two", "three"};
  EXPECT_EQ(questionsOf(run("chat --json -q -n 1", programPath(), input)), expected);
  EXPECT_EQ(questionsOf(run("chat --json -q -n 1", programPath(), input + "\r")), expected);
  EXPECT_EQ(run("chat --json -q -n 1", programPath(), "").out, "");
  EXPECT_EQ(run("chat -q -n 1", programPath(), "\n\r\n").out, "");
}

TEST(Chat, EmptyQuestionsAndContradictionsAreRefused) {
  std::string waiting = "one\n", empty = writeTemporary("empty", " \n"), memory = temporaryPath("none.memory");
  expectError(run("chat -q -n 1 -p ''", programPath(), waiting), 2, "question is empty");
  expectError(run("chat -q -n 1 -p ' '", programPath(), waiting), 2, "question is empty");
  expectError(run("chat -q -n 1 --prompt-file " + empty, programPath(), waiting), 1, "question is empty");
  expectError(run("chat -q -n 1 --prompt-file /dev/null", programPath(), waiting), 1, "question is empty");
  expectError(run("chat -q -n 1 -p a -d " + empty), 1, "document '" + empty + "' is empty");
  expectError(run("chat -q -n 1 -d - --prompt-file -"), 2, "standard input");
  expectError(run("chat -q -n 1 -p a --save-memory " + memory), 2, "nothing to save");
  expectError(run("chat -q -n 1 -p a --system s --save-memory " + memory), 2, "nothing to save");
  expectError(run("chat -q -n 1 -p a --load-memory a --save-memory b"), 2, "exclude");
  expectError(run("chat -q -n 1 -p a -d " + empty + " --save-memory /nonexistent/x"), 1, "/nonexistent/x");
}

TEST(Chat, SaysWhatItDoes) {
  std::string help = run("chat --help").out;
  for (const char *words : {"one JSON object for each question", "^C", "130", "empty lines", "--load-memory"})
    EXPECT_NE(help.find(words), std::string::npos) << words;
}

// ---- saved memories --------------------------------------------------------------------------------------------------

struct SavedChats : testing::Test {
  std::string document = writeTemporary("book", std::string(300, 'z') + " end."), other = writeTemporary("leaflet", "A well."),
              memory = temporaryPath("chat.memory");
  void save(const std::string &options) {
    auto output = run("chat -q -n 1 -p hi -d " + document + " --save-memory " + memory + " " + options);
    ASSERT_EQ(output.code, 0) << output.error;
  }
  Output load(const std::string &options, const std::string &path = programPath()) {
    return run("chat --json -q -n 3 -p 'what?' --load-memory " + memory + " " + options, path);
  }
};

TEST_F(SavedChats, GoOnWithTheSavedDocumentAndSystemMessage) {
  save("--system 'Be kind.'");
  auto direct = jsonOf(run("chat --json -q -n 3 -p 'what?' --system 'Be kind.' -d " + document));
  for (const char *options : {"", "--system 'Be kind.'"})
    for (const std::string &given : {std::string(), " -d " + document}) {
      auto loaded = jsonOf(load(options + given));
      EXPECT_EQ(loaded["token_ids"], direct["token_ids"]);
      EXPECT_EQ(tokensOf(loaded), tokensOf(direct));
    }
}

TEST_F(SavedChats, AnotherDocumentOrSystemMessageIsRefusedByName) {
  save("--system 'Be kind.'");
  expectError(load("-d " + other), 1, "another document: '" + document + "' of 305 bytes");
  expectError(load("--system 'Be brief.'"), 1, "another system message: 'Be kind.'");
  expectError(load("--system ''"), 1, "another system message");
  save("");
  expectError(load("--system 'Be kind.'"), 1, "another system message: none");
  EXPECT_EQ(load("--system ''").code, 0);
  std::string same = writeTemporary("copy", std::string(300, 'z') + " end.");
  EXPECT_EQ(load("-d " + same).code, 0); // what counts is the text
}

TEST_F(SavedChats, OptionsAreTheSavedOnesUntilOthersAreGiven) {
  save("--window 32 --last-context 8 --memory-budget 8KiB --memory-temperature fixed:2 --eviction flush");
  auto kept = jsonOf(load("")), wide = jsonOf(load("--window 128 -n 60")), little = jsonOf(load("--memory-budget 2KiB"));
  auto direct = jsonOf(run("chat --json -q -n 3 -p 'what?' --window 32 --last-context 8 --memory-budget 8KiB "
                           "--memory-temperature fixed:2 --eviction flush -d " + document));
  direct["decode_seconds"] = kept["decode_seconds"];
  EXPECT_EQ(kept, direct);
  EXPECT_GT(wide["tokens_in_window"], 32);
  EXPECT_LE(little["tokens_in_memory"], 128);
  expectError(load("--memory off"), 1, "memory is off");
  EXPECT_EQ(load("--last-context 8 --ingest memory").code, 0);
  expectError(load("--last-context 4"), 2, "its text was read with 8");
  expectError(load("--ingest window"), 2, "its text was read with memory");
  expectError(run("read -q " + memory + " -o " + memory + ".document"), 1, "expected a text");
  expectError(load("--exact"), 1, "precision fast, here exact");
  expectError(load("--window 0"), 2, "--window");
}

TEST_F(SavedChats, TextsAndConversationsAreNotMistaken) {
  ASSERT_EQ(run("generate -q -n 1 -p 'one two' --save-memory " + memory).code, 0);
  expectError(load(""), 1, "no conversation");
  save("");
  EXPECT_EQ(run("generate -q -n 1 -p ' more' --load-memory " + memory).code, 0); // goes on from the text it is
}

TEST_F(SavedChats, OtherProgramsAreToldByTheirTraits) {
  struct Change {
    const char *words;
    std::function<void(abi::Program &, abi::Module &)> make;
  };
  const std::vector<Change> changes = {
      {"weights", [](abi::Program &program, abi::Module &) { program.set_fingerprint("0123456789abcdef"); }},
      {"rope theta 10000, here 500000", [](abi::Program &, abi::Module &module) { module.mutable_traits(0)->set_value("500000"); }},
      {"rope scale unknown, here 2", [](abi::Program &, abi::Module &module) {
         abi::Trait &trait = *module.add_traits();
         trait.set_name("rope scale");
         trait.set_value("2");
       }},
      {"does not know", [](abi::Program &, abi::Module &module) { module.mutable_traits()->RemoveLast(); }},
      {"memory top-k all, here 8", [](abi::Program &, abi::Module &module) { module.mutable_memory()->set_topk(8); }},
      {"memory layers 0, here 0,2-3", [](abi::Program &, abi::Module &module) {
         module.set_layers(4);
         for (uint32_t layer : {2, 3})
           module.mutable_memory()->add_layers(layer);
       }},
      {"vocabulary", [](abi::Program &, abi::Module &module) { module.mutable_tokenizer()->mutable_tokens()->SwapElements('a', 'b'); }},
      {"merges", [](abi::Program &, abi::Module &module) {
         for (int32_t id : {int{'e'}, int{'n'}, 0x80})
           module.mutable_tokenizer()->add_merges(id);
       }},
      {"pre-tokenizer gpt-2, here smollm", [](abi::Program &, abi::Module &module) { module.mutable_tokenizer()->set_pre_tokenizer("smollm"); }},
      {"special tokens", [](abi::Program &, abi::Module &module) { module.mutable_tokenizer()->set_token_types(257, 4); }},
      {"special tokens", [](abi::Program &, abi::Module &module) { module.mutable_tokenizer()->set_eos_id(257); }},
      {"chat template", [](abi::Program &, abi::Module &module) { module.mutable_tokenizer()->mutable_chat_template()->append(" "); }},
  };
  abi::Program base = fake::program();
  abi::Trait &trait = *base.mutable_modules(0)->add_traits();
  trait.set_name("rope theta");
  trait.set_value("10000");
  std::string path = programPath("base", base);
  ASSERT_EQ(run("chat -q -n 1 -p hi -d " + document + " --save-memory " + memory, path).code, 0);
  EXPECT_EQ(load("", path).code, 0);
  for (const Change &change : changes) {
    abi::Program program = base;
    change.make(program, *program.mutable_modules(0));
    abi::Tokenizer &tokenizer = *program.mutable_modules(0)->mutable_tokenizer();
    if (change.words == std::string("merges")) // its token has to be there
      tokenizer.set_tokens(0x80, "en");
    expectError(load("", programPath("changed", program)), 1, change.words);
  }
}

// ---- at a terminal ---------------------------------------------------------------------------------------------------

// Answers of the fake program go on as long as they may: "eeee...".
std::vector<std::string> endless(std::vector<std::string> more = {}) {
  std::vector<std::string> words = {programPath(), "chat", "-n", "2000000000", "--progress", "none"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST(ChatAtATerminal, InterruptStopsTheAnswerAndTheConversationGoesOn) {
  Terminal terminal(endless());
  ASSERT_TRUE(terminal.shows("> "));
  for (const char *question : {"eeeeeeeeeeeeeeee", "ffffffffffffffffffffffffffffffffffff"}) {
    terminal.type(std::string(question) + "\n");
    ASSERT_TRUE(terminal.shows(std::string(question) + "\r\n"));
    ASSERT_TRUE(terminal.shows("eee")) << terminal.screen(); // the first question's letters are in the memory still
    terminal.type(Terminal::interrupt);
    ASSERT_TRUE(terminal.shows("stopped")) << terminal.screen();
    ASSERT_TRUE(terminal.shows("> ")) << terminal.screen();
  }
  terminal.type(Terminal::endOfInput);
  EXPECT_EQ(terminal.exitCode(), 0) << terminal.screen();
}

TEST(ChatAtATerminal, InterruptAtAnEmptyPromptLeaves) {
  for (bool afterAnAnswer : {false, true}) {
    Terminal terminal(endless());
    ASSERT_TRUE(terminal.shows("> "));
    if (afterAnAnswer) {
      terminal.type("eeee\n");
      ASSERT_TRUE(terminal.shows("eee"));
      terminal.type(Terminal::interrupt);
      ASSERT_TRUE(terminal.shows("> ")) << terminal.screen();
    }
    terminal.type(Terminal::interrupt);
    EXPECT_EQ(terminal.exitCode(), 130) << terminal.screen();
  }
}

TEST(ChatAtATerminal, InterruptThrowsAwayWhatWasTyped) {
  Terminal terminal({programPath(), "chat", "-n", "1", "--json", "--progress", "none"});
  ASSERT_TRUE(terminal.shows("> "));
  terminal.type("abc");
  ASSERT_TRUE(terminal.shows("abc"));
  terminal.type(Terminal::interrupt);
  ASSERT_TRUE(terminal.shows("> ")) << terminal.screen();
  terminal.type("def\n");
  ASSERT_TRUE(terminal.shows("\"question\":\"def\"")) << terminal.screen();
  ASSERT_TRUE(terminal.shows("> "));
  terminal.type("\n  \n"); // nothing to ask
  ASSERT_TRUE(terminal.shows("> "));
  ASSERT_TRUE(terminal.shows("> "));
  terminal.type(Terminal::interrupt);
  EXPECT_EQ(terminal.exitCode(), 130) << terminal.screen();
  EXPECT_EQ(terminal.screen().find("question", terminal.screen().find("def\"") + 4), std::string::npos);
}

/// The fake program between two pipes, held open.
class ChatInAPipe : public testing::Test {
protected:
  void start(std::vector<std::string> more) {
    std::vector<std::string> words = endless({"-q", "--threads", "1"});
    words.insert(words.end(), more.begin(), more.end());
    std::vector<char *> arguments;
    for (std::string &word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    int in[2], out[2];
    ASSERT_EQ(pipe2(in, O_CLOEXEC) + pipe2(out, O_CLOEXEC), 0);
    process_ = fork();
    if (process_ == 0) {
      dup2(in[0], STDIN_FILENO);
      dup2(out[1], STDOUT_FILENO);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    fcntl(out[0], F_SETPIPE_SZ, 4096); // soon full
    in_ = in[1], out_ = out[0];
  }
  ~ChatInAPipe() override {
    close(in_);
    close(out_);
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
  }

  void write(const std::string &text) { ASSERT_EQ(::write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size())); }
  void interrupt() { kill(process_, SIGINT); }
  char readLetter() {
    char letter = 0;
    return read(out_, &letter, 1) == 1 ? letter : '\0';
  }
  void readLine() {
    for (char letter = ' '; letter != '\n' && letter != '\0';)
      letter = readLetter();
  }
  /// Until it waits: for input, or for somebody to read its output.
  void waitUntilItSleeps() {
    char state = ' ';
    for (int asleep = 0; asleep < 3; asleep = state == 'S' ? asleep + 1 : 0) {
      usleep(10'000);
      std::string stat = readAll("/proc/" + std::to_string(process_) + "/stat");
      state = stat[stat.rfind(')') + 2];
    }
  }
  int exitCode() {
    while (readLetter() != '\0') {
    }
    int status = 0;
    waitpid(process_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

private:
  int in_ = -1, out_ = -1;
  pid_t process_ = -1;
};

TEST_F(ChatInAPipe, ASecondInterruptLeavesAtOnce) {
  start({"-p", "eeee"});
  waitUntilItSleeps(); // nobody reads what it writes: the answer cannot be stopped
  interrupt();
  waitUntilItSleeps();
  interrupt();
  EXPECT_EQ(exitCode(), 130);
}

// Whoever wants to leave need not stop the answer to every line of a file.
TEST_F(ChatInAPipe, AnInterruptStopsTheAnswerAndTheNextLineIsAsked) {
  start({});
  write("eeeeeeee\nffff\n");
  EXPECT_EQ(readLetter(), 'e');
  interrupt();
  readLine();
  EXPECT_EQ(readLetter(), 'e');
  interrupt();
  EXPECT_EQ(exitCode(), 130);
}

// A line that it had to wait for was asked by somebody who goes on.
TEST_F(ChatInAPipe, EveryAnswerThatWasWaitedForCanBeStopped) {
  start({});
  for (int question = 0; question < 3; ++question) {
    waitUntilItSleeps();
    write("eeeeeeee\n");
    EXPECT_EQ(readLetter(), 'e');
    interrupt();
    readLine();
  }
  waitUntilItSleeps();
  interrupt(); // there is nothing to stop
  EXPECT_EQ(exitCode(), 130);
}

TEST(ChatAtATerminal, AnInterruptEndsASingleQuestionAndTheReadingOfADocument) {
  Terminal single(endless({"-p", "eeee"}));
  ASSERT_TRUE(single.shows("eee"));
  single.type(Terminal::interrupt);
  EXPECT_EQ(single.exitCode(), 130) << single.screen();
  EXPECT_NE(single.screen().find("cancelled after"), std::string::npos) << single.screen();

  std::string document = writeTemporary("long", std::string(3'000'000, 'z')), memory = temporaryPath("unfinished.memory");
  Terminal reading({programPath(), "chat", "-d", document, "--save-memory", memory, "--progress", "plain"});
  ASSERT_TRUE(reading.shows("reading the document: "));
  reading.type(Terminal::interrupt);
  EXPECT_EQ(reading.exitCode(), 130) << reading.screen();
  EXPECT_NE(reading.screen().find("cancelled after"), std::string::npos) << reading.screen();
  EXPECT_EQ(readAll(memory), "");
}

} // namespace
} // namespace longc
