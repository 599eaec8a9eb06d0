// The panel layout: the one lossless permutation of weight matrices that every kernel reads.
//
// A matrix W has N rows (outputs) and K columns (inputs), y = x W^T. Checkpoints store it row by row; kernels want 16
// outputs side by side. Panels are that: the same blocks in another order, not one bit changed, decoded by nobody
// before a kernel does. All processor variants, exact mode, the interpreter and the upload to an accelerator read the
// same bytes.
//
// 1. Rows are padded to a multiple of 16 with blocks of zero bytes. `panels = ceil(N / 16)`; panel p holds rows
//    16p ... 16p+15, written r = 0..15 below. Panels follow each other without gaps, all of the same size, so panel p
//    begins at byte p * panelBytes(format, 16, K).
//
// 2. Quantised formats (K a multiple of 32). Within a panel, blocks b = 0 .. K/32-1 (columns 32b ... 32b+31) follow
//    each other. One block of one panel is
//
//      format  bytes  contents
//      Q8_0    544    d: 16 x f16 (r order)                        8 vectors of 64 bytes
//      Q4_0    288    d: 16 x f16                                  4 vectors of 64 bytes
//      Q4_1    320    d: 16 x f16, then m: 16 x f16                4 vectors of 64 bytes
//      Q6_2    576    d: 16 x f16, then s: 16 x i8[2]             8 vectors of 64 bytes
//      Q4_1F   384    d: 16 x f32, then m: 16 x f32                4 vectors of 64 bytes
//
//    Write q[r][k], k = 0..31, for the stored integers of row r in this block (Q8_0, Q6_2: signed bytes; Q4_x: unsigned
//    nibbles 0..15 as stored, the offset 8 of Q4_0 not subtracted). A vector is 16 groups of 4 bytes, one group a row:
//
//      Q8_0, Q6_2: vector v = 0..7, byte r*4 + j (j = 0..3):   q[r][4v + j]
//      Q4_x  vector v = 0..3, byte r*4 + j:              q[r][8v + j]  |  q[r][8v + 4 + j] << 4
//
//    So a Q4 vector masked with 0x0f is the int8 operand of columns 8v .. 8v+3 for 16 rows, and shifted right by 4 that
//    of columns 8v+4 .. 8v+7: 16 lanes of 4 bytes, which is what a dot-product instruction takes, and one row of a
//    matrix-unit tile. Decoded value: Q8_0 d*q; Q6_2 d*(s[k/16]*q); Q4_0 d*(q-8); Q4_1, Q4_1F d*q + m (runtime/io/Quantized.h).
//    Offset of (panel p, block b): (p * (K/32) + b) * bytes.
//
// 3. F32. Within a panel, for each column k: 16 floats in r order. W[16p+r][k] is at byte ((p*K + k)*16 + r) * 4.
//
// 4. F16, BF16. Within a panel, for each pair of columns (2t, 2t+1): 16 rows of 2 values, W[16p+r][2t] then
//    W[16p+r][2t+1]; an odd K is padded with one column of zero. With P = ceil(K/2), W[16p+r][k] is at byte
//    (((p*P + k/2)*16 + r)*2 + k%2) * 2.
//
// Parameters whose rows are joined (for instance q, k and v) are joined before they are packed (packPanels on a list of
// rows): a panel may hold rows of two of them.
//
// Example, Q4_1, N = 576, K = 1536: 36 panels of 48 blocks of 320 bytes, 552,960 bytes in all, as many as in the
// checkpoint. The scale of W[100][70]: p = 6, r = 4, b = 2: byte (6*48 + 2)*320 + 4*2. Its nibble: k = 6 within the
// block, v = 0, high half (6 >= 4), j = 2: byte (6*48 + 2)*320 + 64 + 0*64 + 4*4 + 2, bits 4..7.
#pragma once

#include "runtime/abi/Layout.h"
#include "runtime/core/Status.h"
#include "runtime/io/Quantized.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace longc {

// The formats that there are panels of.
inline constexpr ElementFormat panelFormats[] = {ElementFormat::F32,  ElementFormat::F16,  ElementFormat::BF16,
                                                 ElementFormat::Q8_0, ElementFormat::Q4_0, ElementFormat::Q4_1,
                                                 ElementFormat::Q4_1F, ElementFormat::Q6_2};

// Bytes of the panel layout of an N x K matrix. Errors: a format without panels, sizes below 1 or overflowing, K no
// multiple of the block.
Result<size_t> panelBytes(ElementFormat format, int64_t rows, int64_t columns);

// Permutes a matrix stored row by row (rows * rowBytes(format, columns) bytes) into panels (panelBytes(...) bytes).
Status packPanels(ElementFormat format, int64_t rows, int64_t columns, std::span<const std::byte> rowMajor,
                  std::span<std::byte> out);
// The same for rows that lie anywhere, in the order of the list; each points to rowBytes(format, columns) bytes.
Status packPanels(ElementFormat format, int64_t columns, std::span<const std::byte *const> rows,
                  std::span<std::byte> out);

// The exact inverse: panels back to rows; the padding is dropped.
Status unpackPanels(ElementFormat format, int64_t rows, int64_t columns, std::span<const std::byte> panels,
                    std::span<std::byte> rowMajor);

// Reference: decodes one row of a matrix in panel form to `columns` floats at `out`. Bit-equal to dequantizeRow.
Status decodePanelRow(ElementFormat format, int64_t rows, int64_t columns, std::span<const std::byte> panels,
                      int64_t row, float *out);

} // namespace longc
