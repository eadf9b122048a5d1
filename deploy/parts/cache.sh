# shellcheck shell=sh
# Sourced by the fetch scripts: where parts are kept outside the repository, and how the scripts speak.
CACHE=${BANSHIFT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/banshift}

say() { printf '%s\n' "$*" >&2; }

fail() {
	say "$@"
	exit 1
}

# need PROGRAM WHY fails with one clear line where PROGRAM is not installed.
need() { command -v "$1" >/dev/null 2>&1 || fail "$1 is not on PATH: it is needed to $2; install it and run the target again"; }

# sha256_check FILE verifies the files of the current directory against a list.
sha256_check() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum --check --quiet "$1"
	else
		shasum --algorithm 256 --check --quiet "$1"
	fi
}

# staging makes an empty directory in the cache that is gone when the script ends:
# a part appears under its final name whole or not at all.
staging() {
	mkdir -p "$CACHE"
	STAGING=$(mktemp -d "$CACHE/.staging.XXXXXX")
	trap 'rm -rf "$STAGING"' EXIT
	trap 'exit 1' HUP INT TERM
}

# keep DIR puts a staged directory under its final name.
keep() {
	mkdir -p "$(dirname "$1")"
	rm -rf "$1"
	mv "$2" "$1"
}
