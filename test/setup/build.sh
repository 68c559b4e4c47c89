# shellcheck shell=bash disable=SC2154
# Ensures that what is built and installed is the clone as it stands, with nothing left
# from an earlier build: each build has a copy of the clone to itself, $work/NAME. So
# ./demo and ./check may run at once, and neither writes into the clone. The page of
# web/ is built before them, once.

# The folder of the page that has been built for this run.
page=$work/page/web/dist

# copy NAME: without the tests, but with the scripts of earlier versions, which are installed.
copy() {
    mkdir "$work/$1"
    tar -c --exclude='./.*' --exclude=./test --exclude=./web/node_modules --exclude=./web/dist . test/upgrade |
        tar -x -C "$work/$1"
    quietly in_build "$1" clean
}

# Needs npm; builds without a page if it is not called.
build_page() {
    copy page
    quietly in_build page page
}

# build NAME [MAKE-VARIABLE=VALUE...]
build() {
    copy "$1"
    [ ! -e "$page" ] || cp -r "$page" "$work/$1/web"
    quietly in_build "$1" -j"$(nproc)" all "${@:2}"
}

# in_build NAME ARGUMENT...: make there; no LLVM, which only the server's JIT would want.
in_build() {
    make -C "$work/$1" PG_CONFIG="$PG_CONFIG" with_llvm=no "${@:2}"
}

# install_build NAME
install_build() {
    quietly as_root make -C "$work/$1" PG_CONFIG="$PG_CONFIG" with_llvm=no install
}
