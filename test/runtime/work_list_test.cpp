// Work lists: blocks cover the queries, the diagonal is right, the costliest come first, bad segments are refused.
#include "runtime/serve/LaunchCost.h"
#include "runtime/serve/WorkList.h"

#include <gtest/gtest.h>
#include <set>

namespace longc {
namespace {

using Row = std::array<int32_t, 8>;

std::vector<Row> rowsOf(const std::vector<int32_t> &list) {
  std::vector<Row> rows(list.size() / 8);
  for (size_t row = 0; row < rows.size(); ++row)
    std::copy_n(list.begin() + static_cast<long>(row * 8), 8, rows[row].begin());
  return rows;
}

TEST(WorkList, BlocksCoverTheQueriesOfEachSequence) {
  // Sequence 0: queries 0..5 at keys 10..15 of a window [8, 15); sequence 1: queries 5..6, the window's only key.
  std::vector<int32_t> segments = {0, 5, 8, 15, 2, 8, 3, 0, 5, 6, 100, 101, 0, 0, 1, 0};
  auto list = buildWorkList(segments, 2, 6);
  ASSERT_TRUE(list.ok());
  std::set<Row> expected = {{0, 2, 8, 15, 10, 2, 8, 3}, {2, 4, 8, 15, 12, 2, 8, 3}, {4, 5, 8, 15, 14, 2, 8, 3},
                            {5, 6, 100, 101, 100, 0, 0, 1}};
  auto rows = rowsOf(*list);
  EXPECT_EQ(std::set<Row>(rows.begin(), rows.end()), expected);
}

TEST(WorkList, CostliestFirst) {
  std::vector<int32_t> segments = {0, 8, 0, 8, 0, 0, 0, 0};
  auto rows = rowsOf(*buildWorkList(segments, 4, 8));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0][0], 4); // sees more keys than the first block
}

TEST(WorkList, SequencesStayTogether) {
  // Three sequences of 8, 12 and 8 tokens: the longest first with its last block first, equal ones in their order.
  std::vector<int32_t> segments = {0, 8, 0, 8, 0, 0, 0, 0, 8, 20, 0, 12, 0, 0, 1, 0, 20, 28, 0, 8, 0, 0, 2, 0};
  auto rows = rowsOf(*buildWorkList(segments, 4, 28, WorkOrder::Sequence));
  std::vector<int32_t> begins;
  for (const Row &row : rows)
    begins.push_back(row[0]);
  EXPECT_EQ(begins, (std::vector<int32_t>{16, 12, 8, 4, 0, 24, 20}));
}

TEST(WorkList, EmptySequencesGiveNoWork) {
  std::vector<int32_t> segments = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0};
  EXPECT_EQ(buildWorkList(segments, 64, 1)->size(), 8u);
  EXPECT_TRUE(buildWorkList({}, 64, 0)->empty());
}

TEST(WorkList, RefusesBadSegments) {
  for (std::vector<int32_t> segments : std::vector<std::vector<int32_t>>{
           {-1, 1, 0, 2, 0, 0, 0, 0}, {2, 1, 0, 2, 0, 0, 0, 0}, {0, 3, 0, 3, 0, 0, 0, 0}, {0, 2, 3, 2, 0, 0, 0, 0},
           {0, 1, 0, 1, 2, 1, 0, 0},  {0, 1, 0, 1, 0, 0, -1, 0}})
    EXPECT_EQ(buildWorkList(segments, 4, 2).status().code(), 5201);
}

TEST(WorkList, FewerKeysThanQueriesAreRightForPackedKeysAndNoWindow) {
  std::vector<int32_t> segments = {0, 5, 0, 2, 0, 0, 0, 0};
  std::set<Row> expected = {{0, 4, 0, 2, -3, 0, 0, 0}, {4, 5, 0, 2, 1, 0, 0, 0}}; // query 3 stands at key 0
  auto rows = rowsOf(*buildWorkList(segments, 4, 5));
  EXPECT_EQ(std::set<Row>(rows.begin(), rows.end()), expected);
  EXPECT_EQ(checkWindows(segments).code(), 5201);
  EXPECT_TRUE(checkWindows(std::vector<int32_t>{0, 5, 3, 8, 0, 0, 0, 0}).ok());
}

TEST(WorkList, PackedBoundariesAreSegments) {
  std::vector<int32_t> queries = {0, 2, 2, 5}, keys = {0, 3, 3, 6};
  auto segments = packedSegments(queries, keys, 6);
  ASSERT_TRUE(segments.ok());
  EXPECT_EQ(*segments, (std::vector<int32_t>{0, 2, 0, 3, 0, 0, 0, 0, 2, 2, 3, 3, 0, 0, 1, 0, 2, 5, 3, 6, 0, 0, 2, 0}));
  EXPECT_TRUE(packedSegments({}, {}, 0)->empty());
}

TEST(WorkList, SlotsAndPagesAreThoseOfTheState) {
  // Two slots of three pages; the pool has four. Slot 1 has given its first page back.
  std::vector<int32_t> table = {2, 0, -1, -1, 3, 1};
  const StateBounds state{table, 2, 4};
  auto code = [&](std::vector<int32_t> segment) { return checkState(segment, state).code(); };
  EXPECT_EQ(code({0, 4, 500, 512, 0, 500, 0, 0}), 0);
  EXPECT_EQ(code({0, 4, 760, 768, 256, 760, 1, 0}), 0);
  EXPECT_EQ(code({0, 0, 0, 0, 0, 9999, 7, 0}), 0);           // no tokens, no work
  EXPECT_EQ(code({0, 4, 500, 512, 0, 500, 2, 0}), 5201);     // no such slot
  EXPECT_EQ(code({0, 4, 500, 512, 0, 500, -1, 0}), 5201);
  EXPECT_EQ(code({0, 4, 509, 513, 0, 256, 0, 0}), 5201);     // the last token lies past the slot's pages
  EXPECT_EQ(code({0, 4, 768, 772, 256, 768, 1, 0}), 5201);   // and past the table, where the next slot's would begin
  EXPECT_EQ(code({0, 4, 760, 768, 255, 760, 1, 0}), 5201);   // a page that was given back
  EXPECT_EQ(code({0, 1, 100, 101, 0, 600, 0, 0}), 5201);     // a page that was never taken
  EXPECT_EQ(code({0, 1, 100, 101, 0, 2000, 0, 0}), 5201);    // far outside
  table[0] = 4;
  EXPECT_EQ(code({0, 4, 500, 512, 0, 500, 0, 0}), 5201);     // a page that the pool does not have
  // A function without memory has slots alone.
  EXPECT_TRUE(checkState(std::vector<int32_t>{0, 4, 0, 4, 0, 0, 0, 0}, {{}, 1, 0}).ok());
  EXPECT_EQ(checkState(std::vector<int32_t>{0, 4, 0, 4, 0, 0, 1, 0}, {{}, 1, 0}).code(), 5201);
}

TEST(WorkList, RefusesBadBoundaries) {
  std::vector<int32_t> queries = {0, 2, 5}, keys = {0, 3, 6}, fewer = {0, 3};
  EXPECT_EQ(packedSegments(queries, fewer, 6).status().code(), 5201);
  EXPECT_EQ(packedSegments(queries, keys, 5).status().code(), 5201);
}

// Two blocks of queries: ten and six keys up to their last query, 256 entries of memory for the first.
TEST(LaunchCost, CountsWhatBlocksReadAndMultiply) {
  const std::vector<int32_t> list = {0, 4, 0, 10, 6, 0, 256, 0, 4, 8, 0, 10, 2, 0, 0, 0};
  const ListCost read = costOf(list);
  EXPECT_EQ(read.rows, 2);
  EXPECT_EQ(read.keys, 16);
  EXPECT_EQ(read.memory, 256);

  abi::Program program;
  abi::State *state = program.add_states();
  state->set_layout(abi::State::PAGES);
  state->add_row_shape(8);
  abi::Work *work = program.add_kernels()->mutable_work();
  work->set_flops(100);
  work->set_flops_a_key(2);
  work->set_rows(4);
  work->add_splits(1); // of three blocks each reads a third of the keys
  abi::Function function;
  for (auto [kind, access] : {std::pair(abi::Buffer::STATE, abi::Operand::READ), {abi::Buffer::ARENA, abi::Operand::READ}, {abi::Buffer::ARENA, abi::Operand::WRITE}}) {
    function.add_buffers()->set_kind(kind);
    abi::Operand *operand = function.steps_size() ? function.mutable_steps(0)->mutable_launch()->add_operands() : function.add_steps()->mutable_launch()->add_operands();
    operand->set_buffer(static_cast<uint32_t>(function.buffers_size() - 1));
    operand->set_access(access);
  }
  function.mutable_buffers(1)->set_type(abi::I32);
  const FunctionPlan plan(function, program);
  const longc_view views[] = {{nullptr, {4096, 8, 1, 1}, {}}, {nullptr, {2, 8, 1, 1}, {}}, {nullptr, {7, 3, 1, 1}, {}}};
  const int64_t grid[] = {2, 3};
  const LaunchCost withList = costOf(program, plan, plan.steps[0], {grid, views, 0, {{1, read}}, true});
  EXPECT_EQ(withList.flops, 6 * 100 + 2 * (16 + 256) / 2 * 2);
  EXPECT_EQ(withList.bytes, 256 * 32 + 64 + 84);
  const LaunchCost without = costOf(program, plan, plan.steps[0], {grid, views, 5, {}, true}); // 7 of 8 rows, 5 tokens
  EXPECT_EQ(without.flops, 6 * 100 * 7 / 8 + 2 * 5 * 2);
  EXPECT_EQ(without.bytes, 4096 * 32 + 64 + 84);
}

} // namespace
} // namespace longc
