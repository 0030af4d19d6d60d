#!/bin/bash
# Starts PostgreSQL in a container, with the settings of the official image: POSTGRES_USER, POSTGRES_PASSWORD,
# POSTGRES_DB, POSTGRES_HOST_AUTH_METHOD, POSTGRES_INITDB_ARGS and PGDATA. Arguments go to the server: `-c fsync=off`.
#
# No server runs while the cluster is made, so the first answer on any port is the answer of the finished one.
set -euo pipefail

# Another program was asked for: `docker run IMAGE psql --version`.
if [[ $# -gt 0 && $1 != postgres && $1 != -* ]]; then exec "$@"; fi
[[ ${1:-} == postgres ]] && shift

PGDATA=${PGDATA:-/var/lib/postgresql/data}
export PGDATA

# The server refuses to run as root: hand it its folders, then start again as `postgres`.
if [[ $(id -u) -eq 0 ]]; then
    mkdir -p "$PGDATA" /run/postgresql
    chmod 0700 "$PGDATA"
    chmod 2775 /run/postgresql
    find "$PGDATA" /run/postgresql \! -user postgres -exec chown postgres: {} +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

# Makes the cluster in a folder inside PGDATA and moves it up when it is complete. The folder is also the mark
# of an attempt that was killed: nobody has used such a cluster, so the next start begins again.
initialise() {
    local user=${POSTGRES_USER:-postgres} method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256} new=$PGDATA/.initialising
    local database=${POSTGRES_DB:-$user}
    if [[ -z ${POSTGRES_PASSWORD:-} && $method != trust ]]; then
        echo "entrypoint: POSTGRES_PASSWORD is empty; set it: docker run -e POSTGRES_PASSWORD=…" >&2
        exit 1
    fi
    if [[ -e $new ]]; then
        echo "entrypoint: an earlier start was interrupted; making the cluster again" >&2
        find "$PGDATA" -mindepth 1 -delete
    elif [[ -n $(ls -A "$PGDATA") ]]; then
        echo "entrypoint: $PGDATA is neither empty nor a PostgreSQL cluster; mount another volume" >&2
        exit 1
    fi
    mkdir -m 0700 "$new"
    local password=()
    if [[ -n ${POSTGRES_PASSWORD:-} ]]; then password=(--pwfile=/dev/stdin); fi
    # shellcheck disable=SC2086 # POSTGRES_INITDB_ARGS is a list of arguments.
    initdb --pgdata="$new" --username="$user" "${password[@]}" --encoding=UTF8 \
        --auth-local=trust --auth-host="$method" --no-sync ${POSTGRES_INITDB_ARGS:-} \
        <<<"${POSTGRES_PASSWORD:-}" >&2
    echo "host all all all $method" >>"$new/pg_hba.conf"
    if [[ $database != postgres ]]; then
        # Single-user mode: no port, no socket, nobody can come in early.
        printf 'CREATE DATABASE "%s"\n' "${database//\"/\"\"}" |
            postgres --single -D "$new" -j postgres >/dev/null
    fi
    find "$new" -mindepth 1 -maxdepth 1 \! -name PG_VERSION -exec mv -t "$PGDATA" {} +
    mv "$new/PG_VERSION" "$PGDATA"
    sync --file-system "$PGDATA"
    rmdir "$new"
}

# The first process of a container ignores every signal it has no trap for.
trap 'exit 143' TERM INT
if [[ ! -s $PGDATA/PG_VERSION || -e $PGDATA/.initialising ]]; then initialise; fi
unset POSTGRES_PASSWORD

# PostgreSQL waits for its clients on SIGTERM; whoever stops a container wants the fast shutdown, so this shell
# stays in front of it. A second `wait` after the trap gives the server's own exit code.
postgres -c listen_addresses='*' "$@" &
server=$!
trap 'kill -INT "$server" 2>/dev/null || true' TERM INT
trap 'kill -QUIT "$server" 2>/dev/null || true' QUIT
trap 'kill -HUP "$server" 2>/dev/null || true' HUP
code=0
wait "$server" || code=$?
while kill -0 "$server" 2>/dev/null; do
    code=0
    wait "$server" || code=$?
done
exit "$code"
