#!/usr/bin/env bash
# Writes lock/*.txt anew: every release with all its hashes, and no host, index or path of this machine.
# Pinned versions stay as they are unless `--upgrade` or `--upgrade-package NAME` is given.
set -euo pipefail
cd "$(dirname "$0")/.."
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL

compile() { # compile NAME ARGUMENT…
    local name=$1
    shift
    .venv/bin/uv pip compile "$@" --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-strip-extras --no-emit-index-url --no-emit-find-links --no-header --no-annotate -o "lock/$name.txt" >/dev/null
    if grep -nE '://|file:|^-|(^|[ "])/' "lock/$name.txt"; then
        echo "lock/$name.txt names a host or a path" >&2
        exit 1
    fi
    echo "lock/$name.txt: $(grep -c '==' "lock/$name.txt") packages"
}

compile run pyproject.toml --group build "$@"
compile dev pyproject.toml --group dev -c lock/run.txt "$@"
compile node --group pyproject.toml:node "$@"
compile bench --group pyproject.toml:bench -c lock/dev.txt "$@"
