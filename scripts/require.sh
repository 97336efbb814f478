#!/bin/sh
# Says which system package is missing, before pip fails with a page of compiler output.
python=$1
fail() { echo "lifelore: $1" >&2; exit 1; }
command -v "$python" >/dev/null || fail "Python 3.11 or newer is missing; install it (Debian: apt-get install python3 python3-venv)."
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$("$python" --version) is too old; Python 3.11 or newer is needed (set PYTHON=python3.11)."
"$python" -c 'import venv, ensurepip' 2>/dev/null || fail "Python's venv is missing (Debian: apt-get install python3-venv)."
command -v c++ >/dev/null || command -v g++ >/dev/null || command -v clang++ >/dev/null || fail "A C++ compiler is missing, which llama.cpp needs (Debian: apt-get install build-essential; macOS: xcode-select --install)."
command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || fail "A C compiler is missing, which llama.cpp needs (Debian: apt-get install build-essential; macOS: xcode-select --install)."
