# Unpacks real files through one mount, compares and packs them through the other, and so back again.
# $1 $2 the same directory on two mounts, or twice on one; $3 how many files
set -e
first=$1 second=$2 count=$3
find /usr -xdev -type f -size -64k -printf '%P\n' 2>/dev/null | head -n $count >"$first/list"
echo $(wc -l <"$first/list")
tar -C /usr -cf "$first/there.tar" -T "$first/list"
mkdir "$first/there" "$first/back"
tar -C "$second/there" -xpf "$second/there.tar"
tar -C "$first/there" -df "$first/there.tar"
tar -C "$first" -cf "$first/back.tar" there
tar -C "$second/back" -xpf "$second/back.tar"
tar -C "$first/back" -df "$second/back.tar"
diff -r "$first/there" "$second/back/there"
rm -r "$second/there"
find "$first/back" -type f | wc -l
