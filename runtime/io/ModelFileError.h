// Stable codes (LC2xxx) of everything that can be wrong with a model file. A number is never reused.
#pragma once

#include "runtime/core/Format.h" // quoted

namespace longc {

enum ModelFileError : int {
  FileUnreadable = 2001,          // open, stat or map failed; the message has the errno text
  NotGguf = 2101,                 // wrong magic, version or byte order
  GgufTruncated = 2102,           // the file ends before what it announces
  TensorMissing = 2103,           // the model needs a tensor that the file lacks
  GgufOverLimit = 2104,           // a count or length above runtime/io/Limits.h
  GgufMalformed = 2105,           // a value no valid file has
  KeyMissing = 2106,              // a metadata key the model needs
  KeyType = 2107,                 // a metadata value of another type than expected
  TensorTypeUnsupported = 2108,   // an encoding this program cannot decode
  TensorSurplus = 2109,           // a tensor the architecture has no place for
  TensorShape = 2110,             // a tensor whose shape contradicts the metadata
  ArchitectureUnsupported = 2111, // an architecture or feature of one that is not known
  ConfigInvalid = 2112,           // metadata that contradicts itself or lies outside its range
  TokenizerInvalid = 2113,        // tokenizer metadata likewise
  PartsContradict = 2114,         // files of a split model that do not belong together, or not all of it
  SafetensorsTruncated = 2140,    // the file ends before what its header announces
  SafetensorsMalformed = 2141,    // a header no valid file has: holes, overlaps, a name twice, wrong sizes
  SafetensorsOverLimit = 2142,    // a count or length above the format's or our limits
  ShardsInvalid = 2143,           // an index and its shards that do not go together
  AdapterInvalid = 2150,          // an adapter that does not fit its base, or whose kind is not known
  PanelSize = 2120,               // arguments of the panel layout that do not fit each other
};

} // namespace longc
