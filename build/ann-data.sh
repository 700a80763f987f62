#!/usr/bin/env bash
# Fetches what "dotnet run -c Release --project test/Benchmarks -- ann" measures on and beside: Debian's packages with apt-get, as root or
# by sudo where that asks for no password, and usearch with npm into the benchmark's cache. Nothing is written into the repository.
# Usage: build/ann-data.sh [all|fashion-mnist|hnswlib|faiss|usearch] [CACHE]
set -euo pipefail

what=${1:-all}
cache=${2:-${XDG_CACHE_HOME:-$HOME/.cache}/ternary-ml-benchmarks}

packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q '^install ok' || missing+=("$package")
  done
  [ "${#missing[@]}" -gt 0 ] || return 0
  if ! command -v apt-get > /dev/null; then
    echo "There is no apt-get here: install ${missing[*]} by other means." >&2
    return 1
  fi
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2> /dev/null || { echo "This needs root: sudo apt-get install ${missing[*]}" >&2; return 1; }
    as_root=(sudo -n)
  fi
  "${as_root[@]}" timeout 120 apt-get update >&2 \
    && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive timeout 400 apt-get install -y --no-install-recommends "${missing[@]}" >&2
}

# Beside the folder, then renamed: an interrupted installation is not taken for a whole one.
usearch() {
  [ ! -d "$cache/node_modules/usearch" ] || return 0
  command -v npm > /dev/null || packages nodejs npm || return 1
  mkdir -p "$cache"
  local temporary
  temporary=$(mktemp -d "$cache/.npm.XXXXXX")
  if timeout 300 npm install --prefix "$temporary" --no-audit --no-fund --no-save usearch@2.25.3 >&2; then
    rm -rf "$cache/node_modules"
    mv "$temporary/node_modules" "$cache/node_modules"
    rm -rf "$temporary"
  else
    rm -rf "$temporary"
    echo "npm could not install usearch@2.25.3." >&2
    return 1
  fi
}

case $what in
  fashion-mnist) packages dataset-fashion-mnist ;;
  hnswlib) packages python3-hnswlib python3-numpy ;;
  # Without OpenBLAS faiss is many times slower.
  faiss) packages python3-faiss python3-numpy libopenblas0-pthread ;;
  usearch) usearch ;;
  all)
    failures=0
    packages dataset-fashion-mnist python3-hnswlib python3-faiss python3-numpy libopenblas0-pthread || failures=1
    usearch || failures=1
    exit "$failures"
    ;;
  *)
    echo "usage: build/ann-data.sh [all|fashion-mnist|hnswlib|faiss|usearch] [CACHE]" >&2
    exit 2
    ;;
esac
