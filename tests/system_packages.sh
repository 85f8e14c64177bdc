#!/bin/sh
# What the tests need beside Python packages: a browser, a Korean font for it, and the servers that the
# fault tests put between the dashboard and its database. Installs only what is missing.
set -eu
python=$1

missing=""
need() { # need <package> <command or file> ...
    package=$1; shift
    for found in "$@"; do
        if command -v "$found" >/dev/null 2>&1 || [ -e "$found" ]; then return; fi
    done
    missing="$missing $package"
}
# The shell is Chromium without its windows: much less to compute for each person of a test.
need chromium-headless-shell chromium-headless-shell chromium chromium-browser google-chrome
need fonts-noto-cjk /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
need pgbouncer pgbouncer /usr/sbin/pgbouncer
need nginx-light nginx /usr/sbin/nginx
need postgresql /usr/lib/postgresql

[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-cache show chromium-headless-shell >/dev/null 2>&1 ||
        missing=$(echo "$missing" | sed 's/chromium-headless-shell/chromium/')
    # shellcheck disable=SC2086
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
case $missing in
    *chromium*) "$python" -m playwright install chromium ;;
esac
echo "Not installed (needs root on Debian):$missing. Tests that need them say so and are skipped."
