// Loading: a good file, every kind of damage, every kind of bad index; each refused by code, none read past its end.
#include "test/runtime/FakeProgram.h"

#include "runtime/abi/longc_abi.h"
#include "runtime/serve/Program.h"

#include <gtest/gtest.h>
#include <cstring>
#include <functional>
#include <google/protobuf/stubs/logging.h>
#include <random>

namespace longc {
namespace {

Result<std::unique_ptr<Program>> open(const std::string &bytes, bool verify = true) {
  return Program::open(fake::writeTemporary("program", bytes), verify);
}

int codeOf(const std::string &bytes, bool verify = true) {
  auto program = open(bytes, verify);
  return program.ok() ? 0 : program.status().code();
}

std::string goodFile() { return fake::programFile("executable", fake::program(), fake::weights()); }

// The code of a program whose message was changed by `change`.
int codeAfter(const std::function<void(abi::Program &)> &change) {
  abi::Program program = fake::program();
  change(program);
  return codeOf(fake::programFile("executable", program, fake::weights()));
}

abi::Function &prefill(abi::Program &program) { return *program.mutable_modules(0)->mutable_functions(0); }

// After a change of its function a program is refused with a message that says this.
void expectRefused(const std::function<void(abi::Function &)> &change, const std::string &message) {
  abi::Program program = fake::program();
  change(prefill(program));
  auto opened = open(fake::programFile("executable", program, fake::weights()));
  ASSERT_FALSE(opened.ok()) << message;
  EXPECT_EQ(opened.status().code(), 4108);
  EXPECT_NE(opened.status().message().find(message), std::string::npos) << opened.status().message();
}

TEST(Program, OpensAGoodFile) {
  auto program = open(goodFile());
  ASSERT_TRUE(program.ok()) << program.status().text();
  EXPECT_EQ((*program)->module().name(), "fake");
  EXPECT_EQ((*program)->fingerprint(), "00000000feedbeef");
  float third;
  std::memcpy(&third, (*program)->parameterData(0) + 12, 4);
  EXPECT_EQ(third, 3.0f / 1024);
  EXPECT_NE((*program)->findFunction("prefill", "fast", "cpu"), nullptr);
  EXPECT_EQ((*program)->findFunction("prefill", "slow", "cpu"), nullptr);
}

TEST(Program, HoldsTheFunctionsThatAreWantedAlone) {
  abi::Program message = fake::program();
  abi::Function other = prefill(message);
  other.set_name("other");
  *message.mutable_modules(0)->add_functions() = other;
  const std::string path = fake::writeTemporary("program", fake::programFile("executable", message, fake::weights()));
  auto program = Program::open(path, /*verifyWeights=*/true, [](const abi::Function &function) { return function.name() == "other"; });
  ASSERT_TRUE(program.ok()) << program.status().text();
  EXPECT_EQ((*program)->findFunction("prefill", "fast", "cpu"), nullptr);
  const abi::Function *held = (*program)->findFunction("other", "fast", "cpu");
  ASSERT_NE(held, nullptr);
  EXPECT_EQ(held->SerializeAsString(), other.SerializeAsString());
  EXPECT_EQ((*program)->module().name(), "fake");
}

TEST(Program, RefusesDamagedFooters) {
  auto file = [](fake::Damage damage) { return fake::programFile("x", fake::program(), fake::weights(), damage); };
  EXPECT_EQ(codeOf(file({.wrongMagic = true})), 4101);
  EXPECT_EQ(codeOf(file({.wrongVersion = true})), 4102);
  EXPECT_EQ(codeOf(file({.wrongSize = true})), 4103);
  EXPECT_EQ(codeOf(file({.wrongHash = true})), 4105);
  EXPECT_EQ(codeOf(""), 4101);
  EXPECT_EQ(codeOf("not a program at all"), 4101);
}

// Its message is read far enough to say so, whatever its fields were.
TEST(Program, RefusesEarlierVersionsByName) {
  abi::Program program = fake::program();
  ASSERT_TRUE(program.mutable_modules(0)->mutable_tokenizer()->MergeFromString("\x22\x04t \xc4\xa0")); // a merge, as a text
  ASSERT_TRUE(prefill(program).mutable_inputs(0)->MergeFromString("\x0a\x06tokens"));                   // a role, as one
  for (uint32_t version : {1u, 4u}) {
    program.set_version(version);
    auto opened = open(fake::programFile("executable", program, fake::weights()));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.status().code(), 4109);
    EXPECT_NE(opened.status().message().find("program version " + std::to_string(version) + ";"), std::string::npos) << opened.status().message();
  }
}

TEST(Program, RefusesTruncatedFiles) {
  std::string file = goodFile();
  for (size_t size = 0; size < file.size(); size += 257)
    EXPECT_NE(codeOf(file.substr(0, size)), 0) << size;
  EXPECT_NE(codeOf(file.substr(0, file.size() - 1)), 0);
  EXPECT_NE(codeOf(file + "x"), 0);
}

TEST(Program, FindsEveryFlippedBit) {
  std::string file = goodFile();
  std::mt19937 random(5);
  for (int round = 0; round < 500; ++round) {
    // Behind the executable, except the zeros between sections, which nothing reads.
    size_t weightsEnd = 4096 + fake::weights().size();
    size_t place = random() % 2 ? 4096 + random() % fake::weights().size() : weightsEnd + random() % (file.size() - weightsEnd - 8);
    std::string damaged = file;
    damaged[place] = static_cast<char>(damaged[place] ^ (1 << (random() % 8)));
    if (place >= file.size() - 16 && place < file.size() - 8)
      continue; // the footer's version and reserved word: the version is tested above
    EXPECT_NE(codeOf(damaged), 0) << place;
  }
}

TEST(Program, RefusesBadVersionsAndLists) {
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.set_version(LONGC_PROGRAM_VERSION + 1); }), 4109);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.clear_modules(); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_kernels(0)->set_name(""); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_modules(0)->mutable_memory()->add_layers(1); }), 4108);
}

TEST(Program, RefusesDrawsThatThereAreNot) {
  using Change = std::function<void(abi::Sampling &)>;
  auto codeOf = [](const Change &change) {
    return codeAfter([&](abi::Program &p) {
      abi::Sampling &sampling = *p.mutable_modules(0)->mutable_sampling();
      sampling.set_temperature(0.7);
      sampling.set_top_p(0.9);
      change(sampling);
    });
  };
  EXPECT_EQ(codeOf([](abi::Sampling &) {}), 0);
  for (const Change &change : std::vector<Change>{
           [](abi::Sampling &s) { s.set_temperature(-1); }, [](abi::Sampling &s) { s.set_temperature(NAN); },
           [](abi::Sampling &s) { s.set_temperature(1e300); }, [](abi::Sampling &s) { s.set_top_p(0); },
           [](abi::Sampling &s) { s.set_top_k(UINT32_MAX); }, [](abi::Sampling &s) { s.set_min_p(2); },
           [](abi::Sampling &s) { s.set_repetition_penalty(-1); }})
    EXPECT_EQ(codeOf(change), 4108);
}

TEST(Program, RefusesBadParameters) {
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_parameters(0)->set_offset(64); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_parameters(0)->set_offset(UINT64_MAX - 63); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_parameters(0)->set_bytes(4); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_parameters(0)->set_shape(0, -1); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_parameters(0)->set_shape(0, INT64_MAX); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_parameters(0)->set_type(abi::Q4_1); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_parameters(0)->set_layout(abi::Parameter::PANELS); }), 4108);
}

TEST(Program, TellsModulesAndTheirParametersApartByName) {
  auto codeWith = [](const char *first, const char *second, const char *parameter, bool twice = false) {
    return codeAfter([=](abi::Program &p) {
      p.mutable_modules(0)->set_name(first);
      p.add_modules()->set_name(second);
      for (abi::Parameter &each : *p.mutable_parameters())
        each.set_name(parameter);
      if (twice)
        *p.add_parameters() = abi::Parameter(p.parameters(0));
    });
  };
  EXPECT_EQ(codeWith("decoder", "encoder", "decoder/table"), 0);
  EXPECT_EQ(codeWith("decoder", "decoder", "decoder/table"), 4108);
  EXPECT_EQ(codeWith("decoder", "", "decoder/table"), 4108);
  EXPECT_EQ(codeWith("decoder", "en/coder", "decoder/table"), 4108);
  EXPECT_EQ(codeWith("decoder", "encoder", "table"), 4108);
  EXPECT_EQ(codeWith("decoder", "encoder", "decoder/table", /*twice=*/true), 4108);
}

TEST(Program, TrainedParametersWithoutBytesAreZeros) {
  auto program = open(fake::programFile("executable", fake::trainingProgram(), fake::weights()));
  ASSERT_TRUE(program.ok()) << program.status().text();
  const size_t bytes = fake::trainingRank * fake::vocabulary * sizeof(float);
  EXPECT_EQ((*program)->parameterBytes(1), bytes);
  EXPECT_EQ((*program)->parameterBytes(0), fake::weights().size());
  EXPECT_EQ(std::string(reinterpret_cast<const char *>((*program)->parameterData(1)), bytes), std::string(bytes, '\0'));
  EXPECT_EQ(reinterpret_cast<uintptr_t>((*program)->parameterData(1)) % 64, 0u);
}

TEST(Program, ChecksMatricesThatAreBoundWhenItRuns) {
  using Change = std::function<void(abi::Parameter &)>;
  auto codeOfBound = [](const Change &change) {
    return codeAfter([&](abi::Program &p) {
      abi::Parameter *b = p.add_parameters();
      b->set_name("q.lora_B");
      b->set_initializer(abi::Parameter::BOUND);
      b->add_shape(96);
      b->add_shape(0);
      for (int64_t rows : {64, 32})
        b->add_overlays()->set_rows(rows);
      change(*b);
    });
  };
  EXPECT_EQ(codeOfBound([](abi::Parameter &) {}), 0);
  for (const Change &change : std::vector<Change>{
           [](abi::Parameter &p) { p.set_type(abi::BF16); }, [](abi::Parameter &p) { p.set_trainable(true); },
           [](abi::Parameter &p) { p.set_name("q.weight"); }, [](abi::Parameter &p) { p.set_name("q.lora_A"); },
           [](abi::Parameter &p) { p.set_shape(1, 4); }, [](abi::Parameter &p) { p.set_shape(0, 0); },
           [](abi::Parameter &p) { p.set_shape(0, 95); }, [](abi::Parameter &p) { p.add_shape(1); },
           [](abi::Parameter &p) { p.clear_overlays(); }, [](abi::Parameter &p) { p.mutable_overlays(0)->set_rows(INT64_MAX); },
           [](abi::Parameter &p) { p.mutable_overlays(1)->set_rows(-32); }, [](abi::Parameter &p) { p.set_layout(abi::Parameter::PANELS); }})
    EXPECT_EQ(codeOfBound(change), 4108);
  // Rounded, in panels; and beside another module, whose ranks it has and none of whose rows.
  auto inPanels = [](abi::Parameter &p) {
    p.set_name("q of q+k.lora_B:bf16");
    p.set_type(abi::BF16);
    p.set_layout(abi::Parameter::PANELS);
    p.set_shape(0, 64);
    p.mutable_overlays(1)->set_rows(0);
  };
  EXPECT_EQ(codeOfBound(inPanels), 0);
  EXPECT_EQ(codeOfBound([&](abi::Parameter &p) { inPanels(p), p.mutable_overlays(0)->set_rows(0); }), 4108);
  auto first = [](abi::Parameter &p) {
    p.set_name("q+k.lora_A");
    p.set_shape(0, 0);
    p.set_shape(1, 64);
  };
  EXPECT_EQ(codeOfBound(first), 0);
  EXPECT_EQ(codeOfBound([&](abi::Parameter &p) { first(p), p.mutable_overlays(1)->set_rows(0); }), 4108);
}

TEST(Program, ChecksMatricesThatHoldWhatIsTrained) {
  using Change = std::function<void(abi::Parameter &)>;
  auto codeOfHeld = [](const Change &change) {
    return codeAfter([&](abi::Program &p) {
      abi::Parameter *held = p.add_parameters();
      held->set_name("q+k.lora_A:bf16");
      held->set_type(abi::BF16);
      held->set_layout(abi::Parameter::PANELS);
      held->set_initializer(abi::Parameter::ZERO);
      held->add_shape(48);
      held->add_shape(64);
      for (int64_t rows : {32, 16})
        held->add_overlays()->set_rows(rows);
      change(*held);
    });
  };
  EXPECT_EQ(codeOfHeld([](abi::Parameter &) {}), 0);
  for (const Change &change : std::vector<Change>{
           [](abi::Parameter &p) { p.set_type(abi::F32); }, [](abi::Parameter &p) { p.set_layout(abi::Parameter::ROWS); },
           [](abi::Parameter &p) { p.set_shape(0, 47); }, [](abi::Parameter &p) { p.clear_overlays(); },
           [](abi::Parameter &p) { p.mutable_overlays(0)->set_rows(INT64_MAX); }, [](abi::Parameter &p) { p.mutable_overlays(1)->set_rows(0); }})
    EXPECT_EQ(codeOfHeld(change), 4108);
}

TEST(Program, RefusesBadTraining) {
  using Change = std::function<void(abi::Parameter &, abi::Function &)>;
  std::vector<Change> changes = {
      [](abi::Parameter &p, abi::Function &) { p.set_type(abi::BF16); },
      [](abi::Parameter &p, abi::Function &) { p.set_layout(abi::Parameter::PANELS); },
      [](abi::Parameter &p, abi::Function &) { p.set_bytes(24); },
      [](abi::Parameter &p, abi::Function &) { p.set_trainable(false); },
      [](abi::Parameter &p, abi::Function &) { p.set_initializer(static_cast<abi::Parameter::Initializer>(7)); },
      [](abi::Parameter &p, abi::Function &) { p.add_shape(1); },
      [](abi::Parameter &p, abi::Function &) { p.set_shape(0, 5); },
      [](abi::Parameter &, abi::Function &f) { f.mutable_gradients(0)->set_result(3); },
      [](abi::Parameter &, abi::Function &f) { f.mutable_gradients(0)->set_result(0); },
      [](abi::Parameter &, abi::Function &f) { f.mutable_gradients(0)->set_parameter(0); },
      [](abi::Parameter &, abi::Function &f) { f.mutable_gradients(0)->set_parameter(3); },
      [](abi::Parameter &, abi::Function &f) { *f.add_gradients() = f.gradients(0); },
      [](abi::Parameter &, abi::Function &f) { f.mutable_buffers(8)->set_type(abi::BF16); },
      [](abi::Parameter &, abi::Function &f) { f.mutable_buffers(7)->mutable_sizes(0)->set_value(2); },
  };
  for (size_t index = 0; index < changes.size(); ++index) {
    abi::Program program = fake::trainingProgram();
    auto &functions = *program.mutable_modules(0)->mutable_functions();
    auto gradient = std::find_if(functions.begin(), functions.end(), [](const abi::Function &each) { return each.name() == "loss_gradient"; });
    changes[index](*program.mutable_parameters(1), *gradient);
    EXPECT_EQ(codeOf(fake::programFile("executable", program, fake::weights())), 4108) << "change " << index;
  }
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_modules(0)->mutable_lora()->set_alpha(32); }), 4108);
}

TEST(Program, RefusesBadStates) {
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_states(0)->set_type(abi::Q8_0); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_states(0)->set_layout(static_cast<abi::State::Layout>(2)); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_states(0)->clear_name(); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_states(0)->set_row_shape(0, 0); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_states(0)->set_row_shape(0, 1 << 30); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_states(0)->clear_row_shape(); }), 4108);
  EXPECT_EQ(codeAfter([](abi::Program &p) { p.mutable_states(0)->set_type(abi::BF16); }), 4108); // buffers say f32
}

TEST(Program, RefusesBadBuffersAndSteps) {
  using Change = std::function<void(abi::Function &)>;
  std::vector<Change> changes = {
      [](abi::Function &f) { f.mutable_buffers(0)->set_index(6); },
      [](abi::Function &f) { f.mutable_buffers(6)->set_index(4); },
      [](abi::Function &f) { f.mutable_buffers(11)->set_index(1); },
      [](abi::Function &f) { f.mutable_buffers(10)->set_type(abi::F32); },
      [](abi::Function &f) { f.mutable_buffers(12)->set_first_step(3); },
      [](abi::Function &f) { f.mutable_buffers(12)->set_last_step(4); },
      [](abi::Function &f) { f.mutable_buffers(12)->mutable_sizes(0)->set_value(99); },
      [](abi::Function &f) { f.mutable_buffers(12)->set_type(abi::Q4_0); },
      [](abi::Function &f) { f.mutable_buffers(12)->set_kind(static_cast<abi::Buffer::Kind>(9)); },
      [](abi::Function &f) { f.mutable_steps(0)->mutable_launch()->set_kernel(4); },
      [](abi::Function &f) { f.mutable_steps(0)->mutable_launch()->clear_grid(); },
      [](abi::Function &f) { f.mutable_steps(0)->mutable_launch()->mutable_operands(0)->set_buffer(15); },
      [](abi::Function &f) { f.mutable_steps(1)->mutable_work_list()->set_segments(0); },
      [](abi::Function &f) { f.mutable_steps(1)->mutable_work_list()->set_result(4); },
      [](abi::Function &f) { f.mutable_steps(1)->mutable_work_list()->set_rows(0); },
      [](abi::Function &f) { f.mutable_steps(1)->mutable_work_list()->set_count_symbol(0); },
      [](abi::Function &f) { f.mutable_steps(1)->clear_kind(); },
      [](abi::Function &f) { f.mutable_symbols(7)->clear_maximum(); f.mutable_symbols(7)->mutable_maximum()->set_op(abi::Expr::ADD); },
      [](abi::Function &f) { f.set_results(0, 15); },
      [](abi::Function &f) { f.mutable_inputs(0)->set_type(abi::F32); },
  };
  for (size_t index = 0; index < changes.size(); ++index)
    EXPECT_EQ(codeAfter([&](abi::Program &p) { changes[index](prefill(p)); }), 4108) << "change " << index;
}

// What the fake program's prefill does: buffers 0 to 5 are inputs, 6 to 9 states, 10 the page table, 11 a parameter, 12 the work
// list of step 1, 13 what step 2 counts, 14 the logits of step 3.
TEST(Program, ReadsWhatIsThereAndWritesWhatItMay) {
  using Change = std::function<void(abi::Function &)>;
  auto operand = [](abi::Function &f, int step, int index) { return f.mutable_steps(step)->mutable_launch()->mutable_operands(index); };
  auto ofList = [](abi::Function &f) { return f.mutable_steps(1); }; // before step 2 counts and the list is there
  std::vector<std::pair<Change, const char *>> changes = {
      {[&](abi::Function &f) { operand(f, 3, 0)->set_buffer(14); }, "step 3 reads buffer 14, which nothing has written"},
      {[&](abi::Function &f) { operand(f, 3, 3)->set_access(abi::Operand::ACCUMULATE); }, "step 3 reads buffer 14, which nothing has written"},
      {[&](abi::Function &f) { operand(f, 3, 3)->set_access(abi::Operand::READ); }, "step 3 reads buffer 14, which nothing has written"},
      {[&](abi::Function &f) { operand(f, 3, 3)->set_buffer(11); }, "step 3 writes buffer 11, which is a parameter"},
      {[&](abi::Function &f) { operand(f, 3, 3)->set_buffer(10); }, "step 3 writes buffer 10, which is the page table"},
      {[&](abi::Function &f) { operand(f, 3, 3)->set_buffer(13); }, "result buffer 14 is written by no step"},
      {[&](abi::Function &f) { operand(f, 3, 0)->set_buffer(12); }, "step 3 uses buffer 12, which lives from step 1 to 2"},
      {[&](abi::Function &f) { operand(f, 3, 0)->clear_kind(); }, "step 3 has a malformed operand"},
      {[&](abi::Function &f) { operand(f, 3, 0)->set_access(static_cast<abi::Operand::Access>(3)); }, "step 3 has a malformed operand"},
      {[&](abi::Function &f) { operand(f, 2, 6)->set_access(abi::Operand::WRITE); }, "step 2 has a malformed scalar"},
      {[&](abi::Function &f) { f.mutable_steps(0)->mutable_launch()->clear_operands(); }, "step 0 writes nothing"},
      {[&](abi::Function &f) {
         ofList(f)->mutable_copy()->set_source(0);
         ofList(f)->mutable_copy()->set_target(12);
       }, "step 1 copies between buffers of two types or ranks, or a parameter"},
      {[&](abi::Function &f) { ofList(f)->mutable_copy()->set_target(99); }, "step 1 names a buffer that does not exist"},
      {[&](abi::Function &f) { ofList(f)->mutable_fill()->set_target(11); }, "step 1 writes buffer 11, which is a parameter"},
      {[&](abi::Function &f) {
         ofList(f)->mutable_fill()->set_target(12);
         ofList(f)->mutable_fill()->set_value(uint64_t{1} << 32);
       }, "step 1 fills with more than an element"},
  };
  for (const auto &[change, message] : changes)
    expectRefused(change, message);
}

TEST(Program, RolesOfInputsAreWhatTheyAlwaysAre) {
  using Change = std::function<void(abi::Function &)>;
  const std::pair<Change, const char *> changes[] = {
      {[](abi::Function &f) { f.mutable_inputs(1)->set_role(abi::Input::TOKENS); }, "input 'tokens' is there twice"},
      {[](abi::Function &f) { f.mutable_inputs(3)->set_role(abi::Input::TARGETS); }, "input 'targets' has rows of its own; expected 'tokens'"},
      {[](abi::Function &f) { f.mutable_inputs(4)->set_role(abi::Input::ROWS); }, "input 'rows' is there twice"},
      {[](abi::Function &f) { f.mutable_inputs(4)->set_role(abi::Input::BOUNDARIES); }, "input 'boundaries' is i32 of rank 2; expected i32 of rank 1"},
      {[](abi::Function &f) { f.mutable_inputs(5)->set_role(abi::Input::DESTINATIONS); }, "input 'destinations' is f32 of rank 1; expected i32 of rank 1"},
      {[](abi::Function &f) { f.mutable_inputs(0)->set_role(static_cast<abi::Input::Role>(99)); }, "an input has the unknown role 99"},
  };
  for (const auto &[change, message] : changes)
    expectRefused(change, message);
}

TEST(Program, KindsOfStepsThatNoDeviceRunsAreRefusedByName) {
  abi::Program program = fake::program();
  prefill(program).mutable_steps(0)->mutable_collective();
  auto opened = open(fake::programFile("executable", program, fake::weights()));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.status().code(), 4137);
  EXPECT_EQ(opened.status().message(), "function 'prefill' (fast): step 0 is a step of several devices, and this runtime runs a function on one");
  prefill(program).mutable_steps(0)->mutable_library_product();
  EXPECT_EQ(codeOf(fake::programFile("executable", program, fake::weights())), 4137);
}

// Random bytes in place of a message, with a right checksum: refused or harmless, never a crash.
TEST(Program, SurvivesRandomMessages) {
  std::mt19937 random(11);
  google::protobuf::SetLogHandler(nullptr);
  std::string good = fake::program().SerializeAsString();
  for (int round = 0; round < 300; ++round) {
    std::string bytes = good;
    for (int change = 0; change < 1 + round % 5; ++change)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    abi::Program program;
    if (program.ParseFromString(bytes))
      codeOf(fake::programFile("executable", program, fake::weights()));
  }
}

} // namespace
} // namespace longc
