# Sourced by the benchmark scripts: where results go and the five lines that they begin with.

# beginRecord WHAT COMMAND: sets $record to bench/results/<date>-<device>-WHAT.txt and writes the head there.
# A file of the same name is kept: the new one gets a number.
beginRecord() {
  local what=$1 command=$2
  local model family cores memory system device load state
  model=$(lscpu | sed -nE 's/^Model name: +//p' | head -n 1)
  family=$(lscpu | sed -nE 's/^CPU family: +//p' | head -n 1)
  cores=$(nproc)
  memory=$(awk '/MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)
  system=$(. /etc/os-release && echo "$NAME ${VERSION_ID:-}" | sed 's/ GNU\/Linux//')
  case "$model/$family" in
    *AMD*/26) device=zen5 model="$model (Zen 5)" ;;
    *AMD*/25) device=zen4 ;;
    *) device=$(echo "$model" | tr 'A-Z' 'a-z' | sed -E 's/\(r\)|\(tm\)|processor|cpu|@.*//g; s/[^a-z0-9]+/-/g; s/^-|-$//g') ;;
  esac
  load=$(cut -d' ' -f1 /proc/loadavg)
  state="load $load before the start"
  record=bench/results/$(date +%Y-%m-%d)-$device-${cores}c-$what.txt
  local number=2
  while [ -e "$record" ]; do
    record=bench/results/$(date +%Y-%m-%d)-$device-${cores}c-$what-$number.txt
    number=$((number + 1))
  done
  {
    echo "date:    $(date +%Y-%m-%d)"
    echo "device:  $cores cores of an $model, $memory GB, $system"
    echo "commit:  $(git rev-parse --short HEAD 2>/dev/null || echo unknown)$(git diff --quiet HEAD 2>/dev/null || echo ' and changes')"
    echo "command: $command"
    echo "state:   $state"
    echo
  } >"$record"
}
