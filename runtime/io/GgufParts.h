// Models split over several GGUF files: NAME-00001-of-00003.gguf and so on, side by side in one folder.
//
// Each part is a GGUF file with tensors of its own; the first has the metadata (writers differ in what else they repeat).
// Every part has split.no (from 0), split.count, and split.tensors.count, which counts the tensors of all of them. A file
// that was merged again keeps these keys, with a count of 0.
#pragma once

#include "runtime/io/Gguf.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace longc {

// The file joined with the other parts of its model; itself if it is no part. A part that is missing, of another model
// or under another name than its keys say is an error that names it.
Result<GgufFile> withOtherParts(GgufFile file);

// Refuses a part without the others, and a number of tensors that is not the one the keys say.
Status checkComplete(const GgufFile &file);

// Whether the name is that of one part of several, whatever the file says.
bool isPartName(std::string_view path);

} // namespace longc
