// Bounds on what model files may claim: generous for real files, finite for hostile ones.
//
// A reader compares every length with its bound, and with the bytes that are left, before it allocates or loops.
#pragma once

#include <cstdint>

namespace longc::limits {

inline constexpr uint64_t stringBytes = 64ull << 20;    // one string of metadata
inline constexpr uint64_t arrayEntries = 16ull << 20;   // one array of metadata
inline constexpr uint64_t keyValuePairs = 65536;        // metadata of one file
inline constexpr uint64_t keyBytes = 65535;             // one key
inline constexpr uint64_t tensors = 1u << 20;           // tensors of one file
inline constexpr uint64_t tensorNameBytes = 1024;       // one tensor name
inline constexpr uint64_t parts = 65535;                // files of one split model: the format has 16 bits
inline constexpr uint32_t dimensions = 8;               // of one tensor
inline constexpr uint64_t dimensionSize = 1ull << 48;   // one dimension of a tensor
inline constexpr uint32_t smallestAlignment = 8;        // of tensor data
inline constexpr uint32_t largestAlignment = 64u << 10; // of tensor data
inline constexpr uint64_t jsonFileBytes = 256ull << 20;  // a JSON file; large vocabularies have 40 MB

// What a model may claim about itself.
inline constexpr uint64_t layers = 4096;
inline constexpr uint64_t heads = 65536;
inline constexpr uint64_t width = 1ull << 24; // hidden, feed-forward and head size
inline constexpr uint64_t vocabulary = arrayEntries;
inline constexpr uint64_t contextLength = 1ull << 31;
inline constexpr uint64_t chatTemplateBytes = 1ull << 20;

} // namespace longc::limits
