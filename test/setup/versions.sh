# shellcheck shell=bash disable=SC2154
# Ensures that the extension is right with the versions of PostgreSQL in other releases of
# Debian, and that its packages are, too: each release has a minimal root here, from the mirror
# that apt is set up with. Nothing outside of $roots is touched; mounts and processes are of
# namespaces that end with their command.
#
#   $roots/RELEASE/base    debootstrap's
#   $roots/RELEASE/tools   a layer over it: what ./check core and the building of packages need
#
# These are kept for a week, with newer packages taken in by each run: most of the time goes
# into making them. rm -rf them, and all is made anew. What a run does itself goes into layers
# under $roots/run, which are gone at its end.

roots=/var/tmp/ticket_mining-roots
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

packaging=(build-essential debhelper fakeroot lintian postgresql-server-dev-all)

# The mirror of Debian that apt is set up with, as it stands in its sources.
mirror() {
    apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
        sed -n 's/^Debian //p' | sed -n 1p
}

# suite_apt SUITE COMMAND [ARGUMENT...]: apt that knows this suite alone, and nothing installed.
suite_apt() {
    local at=$roots/run/apt/$1
    "$2" -o Dir::Etc::SourceList="$at/sources.list" -o Dir::Etc::SourceParts=- -o Dir::Cache="$at/cache" \
        -o Dir::State::Lists="$at/lists" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root "${@:3}"
}

read_suite() {
    local at=$roots/run/apt/$1
    mkdir -p "$at/lists/partial" "$at/cache/archives/partial"
    echo "deb [signed-by=$keyring] $mirror $1 main" >"$at/sources.list"
    TMPDIR=$at suite_apt "$1" apt-get update >"$at/log" 2>&1
}

codename() {
    suite_apt "$1" apt-get indextargets --format '$(CODENAME)' 'Created-By: Packages' | sed -n 1p
}

# lacks SUITE VERSION: what ./check core and the packages need, and it does not have.
lacks() {
    suite_apt "$1" apt-cache show --no-all-versions "${needed[@]//@/$2}" 2>/dev/null |
        sed -n 's/^Package: //p' | sort | comm -13 - <(printf '%s\n' "${needed[@]//@/$2}" | sort)
}

# choose_suites VERSION: "CODENAME VERSION" in lines; of each version from this one on the
# first suite that has all. Suites move on: what they offer decides, not their names.
choose_suites() {
    local suite offered missing chosen=" "
    for suite in oldstable stable testing unstable; do
        read_suite "$suite" || {
            without "$suite cannot be had: $(tail -n 1 "$roots/run/apt/$suite/log")" >&2
            continue
        }
        offered=$(offered_postgres suite_apt "$suite")
        if [ "${offered:-0}" -lt "$1" ] || [[ $chosen = *" $offered "* ]]; then
            continue
        elif [ -n "$only" ] && [[ " $only " != *" $offered "* ]]; then
            continue
        fi
        missing=$(lacks "$suite" "$offered")
        if [ -n "$missing" ]; then
            say "$suite has PostgreSQL $offered, but not" $missing >&2
            continue
        fi
        chosen+="$offered "
        echo "$(codename "$suite") $offered"
    done
}

# in_root LOWER UPPER NET COMMAND...: runs it in the root LOWER (layers, with colons between them),
# writing into UPPER alone; on the network, or with NET=alone on none but its own loopback.
in_root() {
    local net=()
    [ "$3" != alone ] || net=(--net)
    mkdir -p "$2/upper" "$2/work" "$2/root"
    unshare --mount --pid --ipc "${net[@]}" --fork --kill-child -- bash -euc '
        layer=$2
        mount -t overlay -o "lowerdir=$1,upperdir=$layer/upper,workdir=$layer/work" overlay "$layer/root"
        mount -t proc proc "$layer/root/proc"
        mount -t devpts -o newinstance,ptmxmode=0666 devpts "$layer/root/dev/pts"
        mount -t tmpfs tmpfs "$layer/root/dev/shm"
        [ "$3" != alone ] || ip link set lo up
        cd "$layer/root"
        exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive CI="${CI:-}" chroot . "${@:4}"' \
        in_root "$1" "$2" "$3" "${@:4}" </dev/null
}

# A root that loses nothing but time if the machine stops may do without waiting for the disk;
# apt gets at the mirror as it does here.
make_base() {
    local base=$roots/$1/base
    rm -rf "${roots:?}/$1"
    mkdir -p "$base/etc/dpkg/dpkg.cfg.d" "$base/etc/apt/apt.conf.d"
    printf '%s\n' force-unsafe-io 'path-exclude=/usr/share/man/*' 'path-exclude=/usr/share/locale/*' \
        >"$base/etc/dpkg/dpkg.cfg.d/ticket_mining"
    apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-)' >"$base/etc/apt/apt.conf.d/ticket_mining" || true
    TMPDIR=$roots/run debootstrap --variant=minbase --keyring="$keyring" "$1" "$base" "$mirror" \
        /usr/share/debootstrap/scripts/sid || return
    printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
    chmod 755 "$base/usr/sbin/policy-rc.d"
    rm -f "$base"/var/cache/apt/archives/*.deb
    touch "$roots/$1/made"
}

make_tools() {
    local layer=$roots/$1/tools
    mkdir -p "$layer/upper/etc/postgresql-common/createcluster.d"
    echo 'create_main_cluster = false' >"$layer/upper/etc/postgresql-common/createcluster.d/ticket_mining.conf"
    in_root "$roots/$1/base" "$layer" online sh -euc '
        apt-get update
        apt-get dist-upgrade -y
        apt-get install -y --no-install-recommends "$@"
        apt-get clean' install "${needed[@]//@/$2}"
}

# make_root CODENAME VERSION: as it is kept, or anew.
make_root() {
    if [ -e "$roots/$1/made" ] && [ -z "$(find "$roots/$1/made" -mtime +6)" ] && make_tools "$@"; then
        return
    fi
    make_base "$1" && make_tools "$@"
}

# The clone, with the page that has been built.
lay_clone() {
    mkdir -p "$1"
    tar -c --exclude='./.*' --exclude=./web/node_modules --exclude=./web/dist . | tar -x -C "$1"
    cp -r "$page" "$1/web"
}

# The packages from a source package that carries the page; lintian has nothing to say of them.
build_packages() {
    in_root "$roots/$1/tools/upper:$roots/$1/base" "$roots/run/$1-deb" alone bash -euc '
        cd /clone
        pg_buildext updatecontrol
        version=$(dpkg-parsechangelog -S Version)
        tar -c --exclude=./debian -J -f "../ticket-mining_${version%-*}.orig.tar.xz" .
        dpkg-buildpackage -us -uc -j2
        lintian --allow-root --fail-on error,warning --info ../*.changes
        mkdir /packages
        cp ../postgresql-*-ticket-mining_*.deb /packages'
}

# In a root that has neither compiler nor headers; the package brings PostgreSQL along.
install_packages() {
    local layer=$roots/run/$1-install
    mkdir -p "$layer/upper/packages" "$layer/upper/smoke"
    cp "$roots/run/$1-deb/upper/packages/postgresql-$2-"*.deb "$layer/upper/packages"
    cp debian/tests/smoke* "$layer/upper/smoke"
    in_root "$roots/$1/base" "$layer" online bash -euc '
        apt-get update
        apt-get install -y --no-install-recommends /packages/*.deb
        ! command -v gcc make npm' &&
        in_root "$roots/$1/base" "$layer" alone /smoke/smoke
}

core() {
    in_root "$roots/$1/tools/upper:$roots/$1/base" "$roots/run/$1-core" alone /clone/check core
}

# step CODENAME NAME COMMAND...: shows the end of what it says if it fails.
step() {
    local begun=$SECONDS log="$roots/run/$1-$2"
    if "${@:3}" >"$log" 2>&1; then
        say "$1: $2 ($((SECONDS - begun)) s)" "$(grep -aE '^[^a-z]*[0-9]+ passed' "$log" | tr '\n' ' ')"
    else
        tail -n "${TICKET_MINING_TAIL:-60}" "$log"
        say "$1: $2 failed ($((SECONDS - begun)) s)"
        return 1
    fi
}

# try_suite CODENAME VERSION: this machine's own version has been tried by ./check.
try_suite() {
    step "$1" root make_root "$@" || return
    lay_clone "$roots/run/$1-deb/upper/clone"
    step "$1" packages build_packages "$1" && step "$1" install install_packages "$@" || return
    [ "$2" -gt "$own" ] || return 0
    lay_clone "$roots/run/$1-core/upper/clone"
    step "$1" core core "$1"
}

take_roots() {
    mkdir -p -m 700 "$roots"
    [ "$(stat -c '%F %u %a' "$roots")" = "directory 0 700" ] ||
        die "$roots is no private directory of root's; see whose it is, and remove it"
    exec {roots_lock}>"$roots/lock"
    flock "$roots_lock"
    rm -rf "$roots/run"
    mkdir "$roots/run"
    trap 'rm -rf "$roots/run" "$work"' EXIT
}

# without REASON: what cannot be tried here is a failure where all must be.
without() {
    [ -z "${CI:-}" ] || die "$*"
    say "Not tried: $*"
}

# versions ONLY PACKAGE...: those named in ONLY, or all; the packages are what ./check core needs.
versions() {
    local own mirror chosen codename version only=$1 failed_suites=()
    needed=(gcc libc6-dev make postgresql-@ postgresql-server-dev-@ "${@:2}" "${packaging[@]}")
    [ "$EUID" = 0 ] || die "roots of other releases can only be made by root"
    need_packages debootstrap debian-archive-keyring iproute2
    own=$(installed_postgres)
    mirror=$(mirror)
    [ -n "$mirror" ] || { without "apt is set up with no mirror of Debian's"; return; }
    take_roots
    build_page
    chosen=$(choose_suites "$own")
    say "Of the mirror's releases: $(tr '\n' ',' <<<"$chosen")"
    while read -r codename version; do
        try_suite "$codename" "$version" &
    done <<<"$chosen"
    for codename in $(jobs -p); do
        wait "$codename" || failed_suites+=("$codename")
    done
    [ ${#failed_suites[@]} -eq 0 ] || die "see above (after $SECONDS s)"
    [ -n "$only" ] || [ "$(tail -n 1 <<<"$chosen" | cut -d' ' -f2)" -gt "$own" ] ||
        without "no release has a version of PostgreSQL after $own"
    say "All passed in the other releases, in $SECONDS s"
}
