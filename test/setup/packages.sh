# shellcheck shell=bash disable=SC2154
# Ensures that PostgreSQL 15 or later, its headers, a compiler and whatever else is
# asked for are installed. Touches nothing when nothing is missing, and leaves no
# cluster behind: Debian's packages would make and start one named "main".

# need_packages PACKAGE...: an @ in a name stands for the version of PostgreSQL.
need_packages() {
    local pg package missing=()
    [ "$EUID" = 0 ] || command -v sudo >/dev/null || die "run this as root, or install sudo"
    pg=$(installed_postgres)
    if [ -z "$pg" ]; then
        update_lists
        pg=$(offered_postgres)
        [ "${pg:-0}" -ge 15 ] || die "PostgreSQL 15 or later is needed, this release offers ${pg:-none};" \
            "install postgresql-NN and postgresql-server-dev-NN from elsewhere, then try again"
    fi
    for package in gcc libc6-dev make "postgresql-$pg" "postgresql-server-dev-$pg" "${@//@/$pg}"; do
        is_installed "$package" || missing+=("$package")
    done
    if [ ${#missing[@]} -gt 0 ]; then
        update_lists
        say "Installing packages: ${missing[*]}"
        install_without_cluster "${missing[@]}"
    fi
    use_postgres "$pg"
}

# use_postgres VERSION: its programs come first from here on.
use_postgres() {
    PATH=/usr/lib/postgresql/$1/bin:$PATH
    export PG_CONFIG=/usr/lib/postgresql/$1/bin/pg_config
}

# The newest version from 15 up of which both server and headers are installed.
installed_postgres() {
    { dpkg-query -W -f='${db:Status-Status} ${Package}\n' 'postgresql-[0-9]*' 'postgresql-server-dev-[0-9]*' \
        2>/dev/null || true; } |
        sed -nE 's/^installed postgresql-(server-dev-)?([0-9]+)$/\2/p' |
        sort -rn | uniq -d | awk '$1 >= 15' | sed -n 1p
}

# The version that the distribution means by "postgresql"; a command before apt-cache may name another one.
offered_postgres() {
    { "$@" apt-cache show --no-all-versions postgresql 2>/dev/null || true; } |
        sed -nE 's/^Depends:.*postgresql-([0-9]+).*/\1/p' | sed -n 1p
}

is_installed() {
    dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# Once a run. A broken third-party source is no reason to stop: installing will tell.
update_lists() {
    [ -z "${lists_updated:-}" ] || return 0
    lists_updated=yes
    say "Updating the package lists"
    apt_get update >"$work/log" 2>&1 || tail -n 5 "$work/log" >&2
}

install_without_cluster() (
    settings=/etc/postgresql-common/createcluster.d
    trap 'as_root rm -f "$settings/ticket_mining.conf"' EXIT
    as_root mkdir -p "$settings"
    echo 'create_main_cluster = false' | as_root tee "$settings/ticket_mining.conf" >/dev/null
    quietly apt_get install -y --no-install-recommends "$@"
)

# apt-get that asks nothing, restarts no service of the user's, and waits for its turn.
apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
        apt-get -o DPkg::Lock::Timeout=300 "$@"
}
