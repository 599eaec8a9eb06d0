// The numbers of text steps under short names, for TextStepSource.
#pragma once

#include "runtime/core/TextStepKind.h"

namespace longc::step_kinds {

inline constexpr auto prepend = static_cast<int32_t>(TextStepKind::Prepend);
inline constexpr auto prependUnlessThere = static_cast<int32_t>(TextStepKind::PrependUnlessThere);
inline constexpr auto prependToText = static_cast<int32_t>(TextStepKind::PrependToText);
inline constexpr auto replace = static_cast<int32_t>(TextStepKind::Replace);
inline constexpr auto normalForm = static_cast<int32_t>(TextStepKind::Nfc); // and the three forms behind it
inline constexpr auto lowercase = static_cast<int32_t>(TextStepKind::Lowercase);
inline constexpr auto stripMarks = static_cast<int32_t>(TextStepKind::StripMarks);
inline constexpr auto stripNonspacing = static_cast<int32_t>(TextStepKind::StripNonspacing);
inline constexpr auto clean = static_cast<int32_t>(TextStepKind::Clean);
inline constexpr auto ideographsApart = static_cast<int32_t>(TextStepKind::IdeographsApart);
inline constexpr auto stripLeft = static_cast<int32_t>(TextStepKind::StripLeft);
inline constexpr auto stripRight = static_cast<int32_t>(TextStepKind::StripRight);
inline constexpr auto wordsApart = static_cast<int32_t>(TextStepKind::WordsApart);
inline constexpr auto map = static_cast<int32_t>(TextStepKind::Map);
inline constexpr auto replacePattern = static_cast<int32_t>(TextStepKind::ReplacePattern);

/// How vocabularies of characters write a space: U+2581.
inline constexpr const char *writtenSpace = "\xE2\x96\x81";

} // namespace longc::step_kinds
