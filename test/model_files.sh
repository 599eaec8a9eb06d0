# Sourced by run.sh: makes what the unit tests of the real model read, and names it in the environment. Without network
# and without the model's file nothing is named, and those tests say that they were skipped.
model_files=$build/model
mkdir -p "$model_files"
if model=$(bash models/get-smollm2.sh) && /usr/bin/python3 test/golden/model_files.py "$model" "$model_files"; then
  export LONGC_SMOLLM2_GGUF=$model
  export LONGC_SMOLLM2_VOCAB=$PWD/$model_files/vocabulary.txt
  export LONGC_SMOLLM2_TEMPLATE=$PWD/$model_files/template.jinja
fi
# jinja2 itself is the judge: the system's Python has it (test/install.sh).
if [ -s "$model_files/chat_cases.txt" ] ||
  /usr/bin/python3 test/golden/make_chat_goldens.py --random 500 "$model_files/chat_cases.txt" >/dev/null; then
  export LONGC_CHAT_CASES=$PWD/$model_files/chat_cases.txt
fi
