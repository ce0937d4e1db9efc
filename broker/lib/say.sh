# shellcheck shell=bash disable=SC2154
# How the scripts speak: progress on standard error, errors prefixed with the program's name.
# Set `program` before sourcing. QUIET=1 leaves the progress out.

say() {
	[ -n "${QUIET:-}" ] || printf '%s: %s\n' "$program" "$*" >&2
}

warn() {
	printf '%s: %s\n' "$program" "$*" >&2
}

# The version, out of the checkout or as it was installed.
say_version() {
	if [ -e VERSION ]; then cat VERSION; else
		sed -n 's/^project(doorstep VERSION \([0-9.]*\).*/doorstep \1/p' CMakeLists.txt
	fi
}

# die CODE WORDS...: 1 refused or failed, 2 usage.
die() {
	local code=$1
	shift
	warn "$*"
	exit "$code"
}
