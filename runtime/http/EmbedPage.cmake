# Writes OUTPUT, a source with the text of PAGE in pieces that compilers take.
file(READ "${PAGE}" text)
string(REPLACE "\n" "\n)longc_page\"\nR\"longc_page(" text "${text}")
file(WRITE "${OUTPUT}" "// Made of page.html.\n#include \"runtime/http/Page.h\"\n\nnamespace longc {\n\nstd::string_view pageText() { return R\"longc_page(${text})longc_page\"; }\n\n} // namespace longc\n")
