#!/usr/bin/env bash
# Plays three sites on this machine: a cluster of three NATS servers with JetStream, and a server of outlive at each of
# the sites east, west and north. Everything listens on loopback only, keeps its files in a folder of its own, and ends
# with Ctrl-C. It needs nats-server (Debian: apt-get install nats-server), and a built outlive (npm run build).
#
#   scripts/three-sites.sh            start, say how to join, and wait for Ctrl-C
#   scripts/three-sites.sh --check    start; let one person at each site talk, also when the leader of NATS is killed and
#                                     when a server is; check that all see each line, once; and end
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
nats=$(PATH=$PATH:/usr/sbin command -v nats-server) || {
  echo "nats-server is missing: apt-get install nats-server"
  # A check that can't be made is skipped.
  [ "${1:-}" = --check ] && exit 0 || exit 1
}
folder=$(mktemp -d "${TMPDIR:-/tmp}/three-sites.XXXXXX")
sites=(east west north)
started=()

end() {
  trap - EXIT INT TERM
  [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT
trap 'exit 0' INT TERM

# Nine ports that are free now, three each: for clients of NATS, for links between its nodes, and for clients of outlive.
read -r -a ports < <(node -e '
  const net = require("node:net")
  const open = [...Array(9)].map(() => net.createServer().listen(0, "127.0.0.1"))
  Promise.all(open.map((one) => new Promise((up) => one.once("listening", up)))).then(() => {
    console.log(open.map((one) => one.address().port).join(" "))
    for (const one of open) one.close()
  })')
routes=$(printf ',nats://127.0.0.1:%s' "${ports[@]:3:3}")
urls=$(printf ',nats://127.0.0.1:%s' "${ports[@]:0:3}")

# Waits, for half a minute at most, until a program has shown something.
await() {
  for _ in $(seq 300); do
    grep -qs -- "$2" "$1" "${1%.*}.err" && return 0
    sleep 0.1
  done
  echo "waited in vain for: $2"
  tail -n 20 "$1" "${1%.*}.err" 2>/dev/null
  exit 1
}

for n in 0 1 2; do
  name=${sites[$n]}
  "$nats" --name "$name" -js -sd "$folder/nats-$name" -a 127.0.0.1 -p "${ports[$n]}" \
    --cluster_name three-sites --cluster "nats://127.0.0.1:${ports[$((3 + n))]}" --routes "${routes#,}" \
    >"$folder/nats-$name.log" 2>&1 &
  started+=($!)
done
for name in "${sites[@]}"; do await "$folder/nats-$name.log" "Server is ready"; done
await "$folder/nats-${sites[0]}.log" "cluster .*metadata leader"

# Runs a program of outlive with an input that stays open.
outlive() {
  local name=$1
  shift
  mkfifo "$folder/$name.in"
  (cd "$folder" && exec "$here/outlive" "$@" <>"$folder/$name.in" >"$folder/$name.out" 2>"$folder/$name.err") &
  started+=($!)
}

for n in 0 1 2; do
  name=${sites[$n]}
  mkdir "$folder/$name"
  OUTLIVE_NATS=${urls#,} outlive "$name" server --site "$name" --port "${ports[$((6 + n))]}" --ports "$folder/$name/ports.txt"
done
for name in "${sites[@]}"; do await "$folder/$name.err" "The server listens"; done
for name in "${sites[@]}"; do
  for other in "${sites[@]}"; do
    [ "$name" = "$other" ] || await "$folder/$name.out" "Server $other: initiated"
  done
done

echo "NATS: three nodes at ${urls#,}"
for n in 0 1 2; do echo "Site ${sites[$n]}: ./outlive client YOUR-ID 0 0 --server localhost:${ports[$((6 + n))]}"; done
echo "Look at NATS: ./outlive doctor --nats nats://127.0.0.1:${ports[0]} --server localhost:${ports[6]}"

if [ "${1:-}" != --check ]; then
  echo "Files are in $folder. Ctrl-C ends everything."
  wait
  exit 0
fi

for n in 0 1 2; do outlive "at-${sites[$n]}" client "at-${sites[$n]}" 0 0 --server "localhost:${ports[$((6 + n))]}"; done
# Whoever was there before is told of in a notice.
for name in "${sites[@]}"; do
  for other in "${sites[@]}"; do await "$folder/at-$name.out" "at-$other"; done
done

# Kills a program, with no word of the shell about it.
crash() {
  kill -9 "$1"
  wait "$1" 2>/dev/null || true
}

# Everybody says a line, and everybody else sees it, once.
all_talk() {
  local name other
  for name in "${sites[@]}"; do echo "$1 from $name" >"$folder/at-$name.in"; done
  for name in "${sites[@]}"; do
    for other in "${sites[@]}"; do
      [ "$name" = "$other" ] || await "$folder/at-$name.out" "Client at-$other: $1 from $other"
      await "$folder/$name.out" "Client at-$other: $1 from $other"
    done
  done
}

all_talk hello
echo "Each of three people, at three sites, saw what the two others said."

for n in 0 1 2; do
  grep -qs "Self is new JetStream cluster metadata leader" "$folder/nats-${sites[$n]}.log" || continue
  crash "${started[$n]}"
  all_talk "NATS has lost its leader, says somebody"
  echo "So they did when the leader of NATS was killed."
  break
done

crash "${started[3]}"
echo "without a server" >"$folder/at-${sites[0]}.in"
for name in "${sites[@]:1}"; do await "$folder/at-$name.out" "Client at-${sites[0]}: without a server"; done
echo "So did those whose own server was killed: they found another site's."

for name in "${sites[@]}"; do
  doubled=$(grep -h "^Client at-" "$folder/at-$name.out" | grep -v ": initiated$" | sort | uniq -d)
  [ -z "$doubled" ] || { echo "twice at $name: $doubled"; exit 1; }
done
echo "Nobody saw a line twice."
