# shellcheck shell=bash
# Ensures a private PostgreSQL cluster: data, socket and log lie in one directory that
# only its owner can enter, and nothing listens on the network, so connecting needs no
# password. PostgreSQL refuses to run as root; root's cluster belongs to user postgres.

if [ "$EUID" = 0 ]; then
    owner=postgres
    as_owner() { (cd / && runuser -u postgres -- "$@"); }
else
    owner=$(id -un)
    as_owner() { "$@"; }
fi

# start_cluster DIR [PARAMETER=VALUE...]: a new one, in place of any that was in DIR.
start_cluster() {
    stop_cluster "$1"
    as_owner mkdir -m 700 "$1" "$1/socket"
    quietly as_owner initdb -D "$1/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync
    as_owner tee -a "$1/data/postgresql.conf" >/dev/null <<END
listen_addresses = ''
unix_socket_directories = '$1/socket'
$(printf '%s\n' "${@:2}")
END
    as_owner pg_ctl -D "$1/data" -l "$1/log" start >/dev/null </dev/null || {
        tail "$1/log" >&2
        die "PostgreSQL does not start"
    }
    use_cluster "$1"
}

# stop_cluster DIR: nothing of it stays, whatever its backends do and its files look like.
stop_cluster() {
    [ -e "$1" ] || [ -L "$1" ] || return 0
    [ "$(stat -c '%F %U %a' "$1")" = "directory $owner 700" ] ||
        die "$1 is no private directory of $owner's; see whose it is, and remove it"
    if is_running "$1"; then
        as_owner pg_ctl -D "$1/data" -m immediate stop >/dev/null 2>&1 ||
            as_owner pg_ctl kill QUIT "$(head -n 1 "$1/data/postmaster.pid")"
    fi
    as_owner rm -rf "$1"
}

# Asks the socket: after a crash the pid in DIR/data may be some other process's by now.
is_running() {
    local status=0
    pg_isready -q -h "$1/socket" -p 5432 || status=$?
    [ "$status" -le 1 ]
}

# use_cluster DIR: clients started from here on connect to it.
use_cluster() {
    export PGHOST=$1/socket PGPORT=5432 PGUSER=postgres
}
