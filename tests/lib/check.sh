# shellcheck shell=bash disable=SC2154
# What a test in shell is made of. Set `checked` to a file, in which a command's words wait until it is
# known whether it succeeded.
tests_done=0 tests_bad=0

# check SENTENCE COMMAND...: a TAP line, ok if the command succeeds; else what it said, and what
# check_also prints.
check() {
	local sentence=$1
	shift
	tests_done=$((tests_done + 1))
	if "$@" >"$checked" 2>&1; then
		echo "ok $tests_done - $sentence"
		return 0
	fi
	tests_bad=1
	echo "not ok $tests_done - $sentence"
	echo "# $*" | sed '2,$s/^/#   /'
	sed 's/^/#   /' "$checked" | tail -25
	check_also
	return 1
}

check_also() { :; }

done_checking() {
	echo "1..$tests_done"
	exit $tests_bad
}

not() { ! "$@"; }

# gone PID: it has ended, and waits at most for somebody to ask with what; in a container nobody may ever.
gone() { ! grep -qs '^State:[[:space:]]*[^Z]' "/proc/$1/status"; }

# eventually SECONDS COMMAND...
eventually() {
	local end=$((SECONDS + $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.2
	done
}
