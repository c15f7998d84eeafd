# Says of each stressor with what status it ended in a directory, one a line.
# $1 a directory, $2 seconds at most, $3 operations, $4 where to write what they said; then the stressors
directory=$1 seconds=$2 operations=$3 said=$4
shift 4
cd "$directory"
for stressor in "$@"; do
  # A stressor that hangs is a result too.
  timeout -k 10 $((seconds + 60)) stress-ng --temp-path "$directory" --verify --timeout $seconds \
    --$stressor 1 --$stressor-ops $operations >"$said/$stressor" 2>&1
  echo "$stressor $?"
done
