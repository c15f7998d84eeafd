# Says of each stressor what became of it in a directory, one a line: passed, skipped or failed.
# $1 a directory, $2 seconds at most for each, $3 operations, $4 where to write what they say; then the stressors
directory=$1 seconds=$2 operations=$3 said=$4
shift 4
cd "$directory"
for stressor in "$@"; do
  result=failed
  # One that hangs is a result too.
  timeout -k 10 $((seconds + 60)) stress-ng --temp-path "$directory" --verify --timeout $seconds \
    --$stressor 1 --$stressor-ops $operations >"$said/$stressor" 2>&1 && result=passed
  # Skipping what is not supported counts as success there, but not here.
  grep -q 'skipping stress' "$said/$stressor" && result=skipped
  echo "$stressor $result"
done
