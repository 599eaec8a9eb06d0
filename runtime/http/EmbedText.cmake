# Writes OUTPUT, a source in which FUNCTION() of HEADER is the text of FILE, in pieces that compilers take.
file(READ "${FILE}" text)
string(REPLACE "\n" "\n)longc_text\"\nR\"longc_text(" text "${text}")
file(WRITE "${OUTPUT}" "// Made of ${FILE}.\n#include \"${HEADER}\"\n\nnamespace longc {\n\nstd::string_view ${FUNCTION}() { return R\"longc_text(${text})longc_text\"; }\n\n} // namespace longc\n")
