#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compares HTTP clients by requests a second and CPU a request. Options go to
# dev.sluice.benchmarks.CompareClients; README.md explains them.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
[ -d "$here/target/lib" ] || {
  printf 'clients.sh: build first, from the root: mvn package -pl platform,benchmarks -am\n' >&2
  exit 1
}
java=java
if [ -n "${JAVA_HOME:-}" ]; then
  java=$JAVA_HOME/bin/java
fi
pin=
if taskset -c 1 true 2>/dev/null; then
  pin='taskset -c 1'
fi
exec $pin "$java" -Xms512m -Xmx512m -XX:+UseG1GC -Djdk.internal.httpclient.disableHostnameVerification=true \
  -Djava.util.concurrent.ForkJoinPool.common.parallelism=2 \
  -cp "$here/target/classes:$here/target/lib/*" dev.sluice.benchmarks.CompareClients \
  --dir "$here/target/bench" "$@"
