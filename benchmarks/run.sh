#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares servers by CPU per operation. All options go to dev.sluice.benchmarks.Compare; README.md
# explains them. Everything it starts ends with it.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)

fail() {
  printf 'run.sh: %s\n' "$*" >&2
  exit 1
}

[ -d "$here/target/lib" ] || fail 'build first, from the root: mvn package -pl platform,benchmarks -am'

# Later options win, so these are defaults.
set -- --dir "$here/target/bench" "$@"
node=$here/../platform/target/sluice
if [ -x "$node/bin/sluice" ]; then
  set -- --sluice "$node" "$@"
fi
found=
for jar in "$here"/target/sluice-benchmarks-*-raw-echo.jar; do
  [ -e "$jar" ] || fail 'target holds no RAW_ECHO jar; build again'
  [ -z "$found" ] || fail 'target holds RAW_ECHO jars of several versions; clean and build again'
  found=$jar
done
set -- --plugin "$found" "$@"
for jar in "$here"/../examples/relay/target/sluice-relay-*[0-9T].jar; do
  [ ! -e "$jar" ] || set -- --relay "$jar" "$@"
done
for jar in "$here"/../examples/redis/target/sluice-redis-*[0-9T].jar; do
  [ ! -e "$jar" ] || set -- --redis "$jar" "$@"
done

# Ten thousand connections need more descriptors than the usual soft limit.
ulimit -n "$(ulimit -H -n)" || true

java=java
if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
fi

exec "$java" -Xmx512m --enable-native-access=ALL-UNNAMED \
  -cp "$here/target/classes:$here/target/lib/*" dev.sluice.benchmarks.Compare "$@"
