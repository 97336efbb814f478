#!/bin/sh
# Installs into the environment and shows that something is happening while pip compiles.
python=$1 target=$2 log=$(cd "$(dirname "$1")/.." && pwd)/install.log
"$python" -m pip install --disable-pip-version-check -c constraints.txt -e "$target" >"$log" 2>&1 &
pip=$!
trap 'kill $pip 2>/dev/null; echo; echo "lifelore: stopped; run make again to go on." >&2; exit 130' INT TERM
seconds=0
while kill -0 $pip 2>/dev/null; do
    sleep 1
    seconds=$((seconds + 1))
    if [ -t 1 ]; then
        now=$(tail -n 1 "$log" | cut -c1-70)
        printf '\r\033[2K%3d s  %s' "$seconds" "$now"
    elif [ $((seconds % 30)) -eq 0 ]; then
        echo "$seconds s: $(tail -n 1 "$log" | cut -c1-70)"
    fi
done
[ -t 1 ] && printf '\r\033[2K'
if ! wait $pip; then
    grep -E '^(ERROR|error)' "$log" | tail -n 5 >&2
    echo "lifelore: the installation failed; the whole story is in $log." >&2
    exit 1
fi
