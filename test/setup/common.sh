# shellcheck shell=bash
# Ensures that ./demo and ./check start from the same ground: the clone's root as
# working directory, none of the caller's settings for make or PostgreSQL in force,
# a scratch directory that is gone in the end, and one way to speak, fail and be root.

set -euo pipefail
umask 022
unset "${!PG@}" "${!MAKE@}" MFLAGS
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

work=$(mktemp -d /var/tmp/ticket_mining-XXXXXX)
trap 'rm -rf "$work"' EXIT

say() {
    printf '==> %s\n' "$*"
}

die() {
    printf '==> Failed: %s\n' "$*" >&2
    exit 1
}

# Runs a command without its noise; if it fails, shows the end of that and stops.
quietly() {
    if ! "$@" </dev/null >"$work/log" 2>&1; then
        tail -n 60 "$work/log" >&2
        die "$*"
    fi
}

as_root() {
    if [ "$EUID" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}
