# A database with checksums is used, killed, recovered and checked.
# $1 an empty directory, $2 seconds of load, $3 size of the bank
set -e
cd "$1"
seconds=$2 scale=$3
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
export PGHOST="$1/pg" PGUSER=postgres PGDATABASE=postgres
mkdir pg
chown postgres pg
as() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }

start() {
  as "$bin/pg_ctl" -s -w -t 120 -D pg/data -l pg/log -o "-k '$PGHOST' -c listen_addresses=" start
  postmaster=$(head -1 pg/data/postmaster.pid)
}
ask() { as "$bin/psql" -XqAt -c "$1"; }

as "$bin/initdb" --data-checksums --auth=trust -D pg/data >pg/init.out
start
trap 'kill -9 $postmaster 2>/dev/null || true' EXIT
as "$bin/pgbench" -q -i -s $scale 2>pg/init.err
as "$bin/pgbench" -n -T $seconds -c 8 -j 2 >pg/first.out
cat pg/first.out >&2
done=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' pg/first.out)
test "$(ask 'select count(*) from pgbench_history')" = "$done"

# Killed under load, when at least a few more transactions are done.
as "$bin/pgbench" -n -T 3600 -c 8 -j 2 >pg/second.out 2>&1 &
load=$!
seen=$done
while test $seen -lt $((done + 100)); do seen=$(ask 'select count(*) from pgbench_history'); done
kill -9 $postmaster $(cat /proc/$postmaster/task/$postmaster/children) 2>/dev/null || true
wait $load && exit 9
while kill -0 $postmaster 2>/dev/null; do sleep 0.1; done

start
test "$(ask 'select count(*) from pgbench_history')" -ge $seen
ask 'select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history),
            (select sum(tbalance) from pgbench_tellers) = (select sum(delta) from pgbench_history),
            (select sum(bbalance) from pgbench_branches) = (select sum(delta) from pgbench_history),
            (select count(*) from pgbench_accounts)'
grep -q 'automatic recovery in progress' pg/log && echo recovered
as "$bin/pg_ctl" -s -w -m fast -D pg/data stop
trap - EXIT
as "$bin/pg_checksums" --check -D pg/data | sed -n 's/^Bad checksums: */bad checksums: /p'
