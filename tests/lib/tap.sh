# shellcheck shell=bash disable=SC2154
# Runs test programs one after another or a few at a time, reads their TAP, keeps the count.
# Source it; needs say() and warn(). Each program gets a TMPDIR of its own, a time limit on its whole
# process group, and DOORSTEP_BUILD. What it prints is kept until it is known to have passed.

TAP_PASSED=0
TAP_FAILED=0
TAP_FAILURES=()
TAP_WORK=                 # what the programs of this run write, while they run
declare -A TAP_RUNNING=() # pid -> its place in the list

# tap_limit PROGRAM: its time limit in seconds, from a `# timeout: N` line near its top, else the default.
tap_limit() {
	local limit
	limit=$(head -c 2000 "$1" | grep -a -m1 -oE '^(#|//) timeout: [0-9]+' | grep -oE '[0-9]+$')
	echo "${limit:-${TAP_TIMEOUT:-300}}"
}

# tap_read FILE STATUS LIMIT: from the output of a program to "passed failed", then the failing lines
# with their diagnostics. A program that says nothing, stops short of its plan, skips, exits
# non-zero without a failing test, or was cut short (STATUS `cut`) has failed once.
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
		if (status == "cut") more("was cut short")
		else if (status == 124 || status == 137) more("was still running after " limit " s")
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
# In a process of its own (tap_start) it hands a TERM on to the program, and ends after it.
tap_program() {
	local dir=$1 test=$2 limit pid began=$EPOCHREALTIME status=0
	limit=$(tap_limit "$test")
	mkdir -p "$dir/tmp"
	# A class may run as the broker's own user: the way to its files must be open, the files are not.
	chmod 755 "$dir" "$dir/tmp"
	TMPDIR=$dir/tmp timeout -k 15 "$limit" "$test" >"$dir/out" 2>"$dir/err" </dev/null &
	pid=$!
	# shellcheck disable=SC2064 # this program, now
	trap "kill $pid 2>/dev/null; wait $pid; tap_result cut; exit 143" TERM
	wait $pid || status=$?
	trap - TERM
	tap_result $status
}

# tap_result STATUS: how the program of tap_program ended. Uses `dir`, `limit` and `began`.
tap_result() {
	tap_read "$dir/out" "$1" "$limit" >"$dir/result"
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

# Waits for the next program to end, and tells it. Uses `names`.
tap_next() {
	local pid i
	wait -n -p pid "${!TAP_RUNNING[@]}"
	i=${TAP_RUNNING[$pid]}
	unset "TAP_RUNNING[$pid]"
	tap_account "$TAP_WORK/$i" "${names[i]}"
}

# tap_start I: program I of `tests` begins, as soon as fewer than `jobs` run.
tap_start() {
	while [ ${#TAP_RUNNING[@]} -ge "$jobs" ]; do tap_next; done
	[ -z "${TAP_ANNOUNCE:-}" ] || say "running ${names[$1]}"
	tap_program "$TAP_WORK/$1" "${tests[$1]}" &
	TAP_RUNNING[$!]=$1
}

# tap_all JOBS NAME PROGRAM [NAME PROGRAM...]: all of them, JOBS at a time, each told as it ends; then,
# one by one, those that want to be alone.
tap_all() {
	local jobs=$1 i
	local -a names=() tests=() alone=()
	shift
	while [ $# -gt 1 ]; do
		names+=("$1") tests+=("$2")
		shift 2
	done
	[ ${#tests[@]} -gt 0 ] || return 0
	TAP_WORK=$(mktemp -d) || {
		tap_one 'makes a directory for what the tests write' 1
		return 1
	}
	chmod 755 "$TAP_WORK"
	for i in "${!tests[@]}"; do
		if tap_alone "${tests[i]}"; then alone+=("$i"); else tap_start "$i"; fi
	done
	jobs=1
	for i in "${alone[@]}"; do tap_start "$i"; done
	while [ ${#TAP_RUNNING[@]} -gt 0 ]; do tap_next; done
	rm -rf "$TAP_WORK"
}

# tap_stop CODE: the run is to end now. What runs is told so and waited for (it takes down what it
# started) and counts for what it had said; the interruption is among the failures.
tap_stop() {
	local i
	trap '' INT TERM HUP
	[ ${#TAP_RUNNING[@]} = 0 ] || kill "${!TAP_RUNNING[@]}" 2>/dev/null
	wait "${!TAP_RUNNING[@]}" 2>/dev/null
	for i in "${TAP_RUNNING[@]}"; do
		[ ! -e "$TAP_WORK/$i/result" ] || tap_account "$TAP_WORK/$i" "${names[i]}"
	done
	[ -z "$TAP_WORK" ] || rm -rf "$TAP_WORK"
	tap_one 'runs to its end: it was interrupted' 1
	tap_summary
	exit "$1"
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
