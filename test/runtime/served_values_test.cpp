/// An adapter as functions that serve read it: its matrices one below the other, rounded, in panels.
#include "runtime/io/Panels.h"
#include "runtime/train/ServedValues.h"

#include <gtest/gtest.h>

namespace longc {
namespace {

constexpr int64_t columns = 6;

abi::Program programThatHolds(std::initializer_list<std::pair<const char *, int64_t>> parts) {
  abi::Program program;
  program.add_parameters()->set_name("a weight");
  abi::Parameter *held = program.add_parameters();
  held->set_type(abi::BF16);
  held->set_layout(abi::Parameter::PANELS);
  held->set_initializer(abi::Parameter::ZERO);
  int64_t rows = 0;
  for (auto [name, count] : parts) {
    abi::OverlayPart *part = held->add_overlays();
    part->set_module(name);
    part->set_rows(count);
    rows += count;
  }
  held->add_shape(rows);
  held->add_shape(columns);
  return program;
}

// Whole numbers of eight bits are the same in bf16.
float numberAt(int64_t row, int64_t column) { return static_cast<float>(8 * row + column - 100); }

TEST(ServedValues, AreTheRowsOfTheirPartsRounded) {
  const abi::Program program = programThatHolds({{"q.lora_A", 5}, {"nobody's", 2}, {"k.lora_A", 17}});
  ParameterList list;
  list.add("k.lora_A", {17, columns}, Beginning::given);
  list.add("q.lora_A", {5, columns}, Beginning::given);
  auto values = ParameterArray::create(list, "values");
  ASSERT_TRUE(values.ok());
  for (auto [name, first, rows] : {std::tuple("q.lora_A", 0, 5), std::tuple("k.lora_A", 7, 17)})
    for (int64_t i = 0; i < rows * columns; ++i)
      values->of(*list.find(name))[static_cast<size_t>(i)] = numberAt(first + i / columns, i % columns);
  values->of(*list.find("q.lora_A"))[0] = 1.0f + 1.0f / 256 + 1.0f / 1024; // rounds up to 1 + 1/128

  auto served = ServedValues::of(program, list, *values);
  ASSERT_TRUE(served.ok()) << served.status().text();
  ASSERT_EQ(served->indices().size(), 1u);
  EXPECT_EQ(served->indices()[0], 1u);
  std::vector<float> row(columns);
  for (int64_t i = 0; i < 24; ++i) {
    ASSERT_TRUE(decodePanelRow(ElementFormat::BF16, 24, columns, served->bytes(0), i, row.data()).ok());
    for (int64_t column = 0; column < columns; ++column) {
      const float expected = i == 0 && column == 0 ? 1.0f + 1.0f / 128 : i == 5 || i == 6 ? 0.0f : numberAt(i, column);
      EXPECT_EQ(row[static_cast<size_t>(column)], expected) << i << ", " << column;
    }
  }
}

TEST(ServedValues, AreNothingOfAProgramThatHoldsNone) {
  abi::Program program;
  abi::Parameter *bound = program.add_parameters();
  bound->set_initializer(abi::Parameter::BOUND);
  bound->add_overlays()->set_rows(3);
  auto served = ServedValues::of(program, {}, {});
  ASSERT_TRUE(served.ok());
  EXPECT_TRUE(served->indices().empty());
}

} // namespace
} // namespace longc
