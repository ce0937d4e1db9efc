# shellcheck shell=bash disable=SC2154
# How the scripts speak: progress on standard error, errors prefixed with the program's name.
# Set `program` before sourcing. QUIET=1 leaves the progress out.

# Letters and numbers are the same for all who call us: in Turkish the small letter of I is another one.
export LC_ALL=C.UTF-8

# What the caller has closed leads nowhere: no file of ours may take its place.
[ -e /dev/fd/0 ] || exec </dev/null
[ -e /dev/fd/1 ] || exec >/dev/null
[ -e /dev/fd/2 ] || exec 2>/dev/null

# That nobody can hear it stops nothing.
say() {
	[ -n "${QUIET:-}" ] || printf '%s: %s\n' "$program" "$*" >&2 || :
}

warn() {
	printf '%s: %s\n' "$program" "$*" >&2 || :
}

# say_meanwhile WORDS COMMAND...: while something takes its time, says WORDS and what COMMAND prints of how far it is:
# after 3 s, then every 15 s, until said_meanwhile, or until the script is gone. What takes its time stays in
# the foreground, so that Ctrl-C ends it.
say_meanwhile() {
	local what=$1
	shift
	[ -z "${QUIET:-}" ] || return 0
	{
		sleep 3 >/dev/null 2>&1
		while kill -0 $$ 2>/dev/null; do
			say "$what $("$@")"
			sleep 15 >/dev/null 2>&1
		done
	} &
	SAYING=$!
}

said_meanwhile() {
	[ -n "${SAYING:-}" ] || return 0
	# a script that ends at the first failure does not end here
	kill "$SAYING" 2>/dev/null || :
	wait "$SAYING" 2>/dev/null || :
	SAYING=
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
