# Writes at random through two mounts and checks what is there, through the same and through the other.
# $1 $2 the same directory on two mounts, or twice on one; $3 size of each file
set -e
first=$1 second=$2 size=$3

# $1 $2 where the jobs work, the rest: options for both
both() {
  one=$1 other=$2
  shift 2
  fio --output="$first/report" --randrepeat=1 --rw=randwrite --bsrange=512-64k --verify=crc32c --verify_fatal=1 --size=$size \
    --end_fsync=1 --group_reporting "$@" \
    --name=one --directory="$one" --nrfiles=3 --name=other --directory="$other" --nrfiles=3 2>&1 ||
    { cat "$first/report"; exit 1; }
}

for engine in psync libaio; do
  for direct in 0 1; do
    how="--ioengine=$engine --iodepth=8 --direct=$direct"
    both "$first" "$second" $how
    both "$second" "$first" $how --verify_only
    rm "$first"/one.* "$second"/other.*
    echo "$engine direct=$direct"
  done
done
# Mapped pages are one for all on one mount, and written when they are unmapped.
both "$first" "$first" --ioengine=mmap
both "$second" "$second" --ioengine=psync --verify_only
echo mmap
