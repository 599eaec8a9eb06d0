// Kinds of changes that text undergoes before it is encoded: what front ends, program files and runtime/text agree on.
#pragma once

#include <cstdint>

namespace longc {

// Numbered in program files: do not renumber.
enum class TextStepKind : int32_t {
  Prepend = 1,            // `text` before every part that is not empty
  PrependUnlessThere = 2, // the same, but not before a part that begins with it
  PrependToText = 3,      // the same, and only where the whole text begins
  Replace = 4,            // every `pattern`, as it stands, by `text`
  Nfc = 5,
  Nfd = 6,
  Nfkc = 7,
  Nfkd = 8,
  Lowercase = 9,
  StripMarks = 10,      // all of them, as far as they stand alone
  StripNonspacing = 11, // those that take no space
  Clean = 12,           // as BertNormalizer does: no control characters, white space as a space
  IdeographsApart = 13, // a space on each side of them
  StripLeft = 14,       // white space at that end
  StripRight = 15,
  WordsApart = 16,     // `text` before every word; the white space between is gone
  Map = 17,            // by the table `text`: CharsMap.h
  ReplacePattern = 18, // every match of `pattern`, one of Oniguruma, by `text`
  Last = ReplacePattern
};

} // namespace longc
