#!/bin/sh
# Runs a target without cargo-fuzz, with any compiler: guided by coverage, no sanitizer.
#   fuzz/run.sh record_reader 600        for ten minutes
set -eu
target=$1
seconds=${2:-60}
cd "$(dirname "$0")"
[ -d corpus ] || ./seed.sh
mkdir -p "corpus/$target" "artifacts/$target"
features=
[ "$target" = rule_parser ] && features="--features rules"
# As cargo-fuzz sets them. The target triple keeps them away from build scripts.
sancov="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
for part in inline-8bit-counters pc-table trace-compares; do
  sancov="$sancov -Cllvm-args=-sanitizer-coverage-$part"
done
triple=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="--cfg fuzzing $sancov -Ccodegen-units=1 -Cdebug-assertions" \
  cargo build --release --target "$triple" --bin "$target" $features
# The ledger's fsyncs would take nearly all the time.
[ -d /dev/shm ] && export TMPDIR=/dev/shm
exec "${CARGO_TARGET_DIR:-target}/$triple/release/$target" \
  -max_total_time="$seconds" -timeout=20 -artifact_prefix="artifacts/$target/" "corpus/$target"
