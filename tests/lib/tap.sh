# shellcheck shell=bash disable=SC2154
# Runs test programs one after another or a few at a time, reads their TAP, keeps the count.
# Source it; needs say() and warn(). Each program gets a TMPDIR of its own, a time limit on its whole
# process group, and DOORSTEP_BUILD. What it prints is kept until it is known to have passed.

TAP_PASSED=0
TAP_FAILED=0
TAP_FAILURES=()

# tap_limit PROGRAM: its time limit in seconds, from a `# timeout: N` line near its top, else the default.
tap_limit() {
	local limit
	limit=$(head -c 2000 "$1" | grep -a -m1 -oE '^(#|//) timeout: [0-9]+' | grep -oE '[0-9]+$')
	echo "${limit:-${TAP_TIMEOUT:-300}}"
}

# tap_read FILE STATUS LIMIT: from the output of a program to "passed failed", then the failing lines
# with their diagnostics. A program that says nothing, stops short of its plan, skips, or exits
# non-zero without a failing test has failed once.
tap_read() {
	awk -v status="$2" -v limit="$3" '
	function flush() { if (failing != "") report = report failing; failing = "" }
	/^(not )?ok([^A-Za-z0-9_]|$)/ {
		flush(); seen++
		directive = tolower($0)
		if ($1 == "not") { failed++; failing = $0 "\n" }
		else if (directive ~ /# *(skip|todo)/) { failed++; failing = "not " $0 "\n" }
		else passed++
		next
	}
	/^1\.\.[0-9]+/ { planned = 1; split($0, p, /\.\.| /); plan = p[2] + 0; next }
	/^Bail out!/ { flush(); failed++; failing = $0 "\n"; next }
	/^#/ { if (failing != "") failing = failing $0 "\n"; next }
	END {
		flush()
		if (status == 124 || status == 137) more("was still running after " limit " s")
		else if (!seen) more("printed no test result (exit code " status ")")
		else if (planned && plan != seen) more("planned " plan " tests and ran " seen)
		else if (status != 0 && !failed) more("exited with " status " although no test failed")
		print passed + 0, failed + 0
		printf "%s", report
	}
	function more(what) { failed++; report = report "not ok - the program " what "\n" }
	' "$1"
}

# tap_program DIR PROGRAM: runs it; leaves DIR/result ("passed failed", report) and DIR/seconds.
tap_program() {
	local dir=$1 test=$2 limit began=$EPOCHREALTIME status=0
	limit=$(tap_limit "$test")
	mkdir -p "$dir/tmp"
	# A class may run as the broker's own user: the way to its files must be open, the files are not.
	chmod 755 "$dir" "$dir/tmp"
	TMPDIR=$dir/tmp timeout -k 15 "$limit" "$test" >"$dir/out" 2>"$dir/err" </dev/null || status=$?
	tap_read "$dir/out" "$status" "$limit" >"$dir/result"
	awk -v a="$began" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }' >"$dir/seconds"
}

# tap_account DIR NAME: adds one program's result to the count and tells it in a line (or more).
tap_account() {
	local dir=$1 name=$2 passed failed
	read -r passed failed <"$dir/result"
	TAP_PASSED=$((TAP_PASSED + passed))
	TAP_FAILED=$((TAP_FAILED + failed))
	if [ "$failed" = 0 ]; then
		printf 'ok   %6ss  %s (%s)\n' "$(cat "$dir/seconds")" "$name" "$passed"
		return
	fi
	TAP_FAILURES+=("$name")
	printf 'FAIL %6ss  %s (%s passed, %s failed)\n' "$(cat "$dir/seconds")" "$name" "$passed" "$failed"
	sed -n '2,$s/^/       /p' "$dir/result"
	if [ -s "$dir/err" ]; then
		echo '       --- the end of its standard error'
		tail -n "${TAP_ERR_LINES:-25}" "$dir/err" | sed 's/^/       /'
	fi
	if [ -n "${TAP_VERBOSE:-}" ]; then
		echo '       --- its standard output'
		sed 's/^/       /' "$dir/out"
	fi
}

# Does a program ask to have the machine to itself, with a `# alone: why` line near its top?
tap_alone() {
	head -c 2000 "$1" | grep -a -qE '^(#|//) alone: '
}

# tap_all JOBS NAME PROGRAM [NAME PROGRAM...]: all of them, JOBS at a time, each told as it ends; then,
# one by one, those that want to be alone.
tap_all() {
	local jobs=$1 work i pid running=0
	local -a names=() tests=() alone=()
	local -A at=()
	shift
	while [ $# -gt 1 ]; do
		names+=("$1") tests+=("$2")
		shift 2
	done
	[ ${#tests[@]} -gt 0 ] || return 0
	work=$(mktemp -d)
	chmod 755 "$work"
	for i in "${!tests[@]}"; do
		if [ "$jobs" -le 1 ] || tap_alone "${tests[i]}"; then
			alone+=("$i")
			continue
		fi
		while [ $running -ge "$jobs" ]; do
			wait -n -p pid "${!at[@]}"
			tap_account "$work/${at[$pid]}" "${names[${at[$pid]}]}"
			unset "at[$pid]"
			running=$((running - 1))
		done
		[ -z "${TAP_ANNOUNCE:-}" ] || say "running ${names[i]}"
		tap_program "$work/$i" "${tests[i]}" &
		at[$!]=$i
		running=$((running + 1))
	done
	while [ $running -gt 0 ]; do
		wait -n -p pid "${!at[@]}"
		tap_account "$work/${at[$pid]}" "${names[${at[$pid]}]}"
		unset "at[$pid]"
		running=$((running - 1))
	done
	for i in "${alone[@]}"; do
		[ -z "${TAP_ANNOUNCE:-}" ] || say "running ${names[i]}"
		tap_program "$work/$i" "${tests[i]}"
		tap_account "$work/$i" "${names[i]}"
	done
	rm -rf "$work"
}

# tap_one NAME STATUS [LOG]: a step of the runner's own (a build, say) counted like a test.
tap_one() {
	if [ "$2" = 0 ]; then
		TAP_PASSED=$((TAP_PASSED + 1))
		printf 'ok             %s\n' "$1"
	else
		TAP_FAILED=$((TAP_FAILED + 1))
		TAP_FAILURES+=("$1")
		printf 'FAIL           %s\n' "$1"
		[ -z "${3:-}" ] || tail -n 40 "$3" | sed 's/^/       /'
	fi
}

# tap_summary: which failed, then the one line that counts. Returns 1 unless all passed.
tap_summary() {
	local name
	if [ ${#TAP_FAILURES[@]} -gt 0 ]; then
		echo
		echo 'failed:'
		for name in "${TAP_FAILURES[@]}"; do echo "  $name"; done
	fi
	printf '%s passed, %s failed\n' "$TAP_PASSED" "$TAP_FAILED"
	[ "$TAP_FAILED" = 0 ] && [ "$TAP_PASSED" -gt 0 ]
}
