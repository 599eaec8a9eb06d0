// Chunks, soft tokens and pools as sections of a document.
#include "runtime/e2llm/SoftDocument.h"

#include "runtime/serve/MemoryTraits.h"
#include "runtime/text/TokenOffsets.h"

#include <cstring>
#include <future>

namespace longc {
namespace {

constexpr const char *endsSection = "chunk_ends", *softSection = "soft_tokens", *poolSection = "pools";

template <typename T> DocumentSection sectionOf(const char *name, abi::ElementType type, size_t columns, std::span<const T> numbers) {
  const auto bytes = std::as_bytes(numbers);
  return {name, type, static_cast<int64_t>(columns * sizeof(T)), bytes.size(),
          [bytes](const MemoryFile::Sink &sink) { return sink(bytes.data(), bytes.size()); }};
}

template <typename T> Status readSection(const Document &document, const char *name, std::vector<T> &into) {
  auto bytes = document.payload(name);
  if (!bytes.ok())
    return bytes.status();
  into.resize(bytes->size() / sizeof(T));
  std::memcpy(into.data(), bytes->data(), into.size() * sizeof(T));
  return {};
}

} // namespace

std::vector<abi::Trait> SoftDocument::traits(const Program &program, const char *precision, const std::string &adapter) {
  std::vector<abi::Trait> traits = memoryTraits(program, precision, adapter);
  abi::Trait &pooling = traits.emplace_back();
  pooling.set_name("pooling");
  pooling.set_value(chunkPoolOf(program.message()));
  return traits;
}

std::string_view SoftDocument::chunk(size_t index) const {
  const size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::string_view(text_.text).substr(begin, ends_[index] - begin);
}

Result<SoftDocument> SoftDocument::read(Compressor &compressor, const Tokenizer &decoder, DocumentText text, const ChunkSize &size,
                                        const SoftDocument *old, const std::function<bool(int64_t done, int64_t total)> &onProgress) {
  SoftDocument document;
  document.text_ = std::move(text);
  if (document.text_.text.find_first_not_of(" \t\r\n") == std::string::npos)
    return Status::error(5403, "the document '" + document.text_.name + "' is empty", "give a text of at least one word");
  // The decoder's tokens, which nothing of the compressing needs, are made beside it.
  std::future<void> words;
  if (document.text_.tokens.empty())
    words = std::async(std::launch::async, [&decoder, &text = document.text_] {
      text.tokens = decoder.encode(text.text, /*parseSpecial=*/false);
      text.offsets = tokenOffsets(decoder, text.text, text.tokens);
    });
  const std::vector<std::string_view> chunks = compressor.tokenizer().cut(document.text_.text, size);
  for (size_t end = 0; std::string_view chunk : chunks)
    document.ends_.push_back(end += chunk.size());
  size_t known = 0;
  while (old && known < chunks.size() && known < old->ends_.size() && chunks[known] == old->chunk(known))
    ++known;
  document.reused_ = static_cast<int64_t>(known);
  auto total = static_cast<int64_t>(chunks.size());
  auto fresh = compressor.compress(std::span(chunks).subspan(known), [&](int64_t done) {
    return !onProgress || onProgress(static_cast<int64_t>(known) + done, total);
  });
  if (!fresh.ok())
    return fresh.status();
  if (words.valid())
    words.get();
  if (known > 0) {
    auto rows = [known](const std::vector<float> &all, size_t chunks) { return std::vector<float>(all.begin(), all.begin() + static_cast<ptrdiff_t>(all.size() / chunks * known)); };
    document.soft_ = rows(old->soft_, old->ends_.size());
    document.pools_ = rows(old->pools_, old->ends_.size());
  }
  document.soft_.insert(document.soft_.end(), fresh->soft.begin(), fresh->soft.end());
  document.pools_.insert(document.pools_.end(), fresh->pools.begin(), fresh->pools.end());
  return document;
}

Result<SoftDocument> SoftDocument::open(const std::string &path, const std::vector<abi::Trait> &traits, int64_t width) {
  auto file = Document::open(path);
  if (!file.ok())
    return file.status();
  LONGC_TRY(file->expect(Document::e2llm, traits));
  SoftDocument document;
  document.text_ = {file->name(), std::string(file->text()), {file->tokens().begin(), file->tokens().end()}, {file->offsets().begin(), file->offsets().end()}};
  LONGC_TRY(readSection(*file, endsSection, document.ends_));
  LONGC_TRY(readSection(*file, softSection, document.soft_));
  LONGC_TRY(readSection(*file, poolSection, document.pools_));
  const std::vector<uint64_t> &ends = document.ends_;
  if (ends.empty() || !std::is_sorted(ends.begin(), ends.end()) || ends.back() != document.text_.text.size() ||
      document.soft_.size() != ends.size() * static_cast<size_t>(width) || document.pools_.empty() || document.pools_.size() % ends.size() != 0)
    return file->file().damaged("its chunks and soft tokens contradict each other");
  return document;
}

Status SoftDocument::save(const std::string &path, std::vector<abi::Trait> traits) const {
  const DocumentSection sections[] = {sectionOf<uint64_t>(endsSection, abi::I64, 1, ends_),
                                      sectionOf<float>(softSection, abi::F32, soft_.size() / ends_.size(), soft_),
                                      sectionOf<float>(poolSection, abi::F32, pools_.size() / ends_.size(), pools_)};
  return Document::write(path, Document::e2llm, text_, std::move(traits), sections);
}

} // namespace longc
