# shellcheck shell=bash disable=SC2154
# The two processes of a class: Mosquitto and the page. Needs say.sh, place.sh, `class`.

# process_ours PID WORD: is it alive, and has it that word (a path of this class) on its command line?
process_ours() {
	[ -n "${1:-}" ] && [ "$1" != null ] && tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -- "$2"
}

# run_value FILTER: a value of run.json, empty if absent.
run_value() {
	jq -r "$1 // empty" "$class/run.json" 2>/dev/null
}

broker_alive() {
	process_ours "$(run_value .broker.pid)" "$class/mosquitto.conf"
}

page_alive() {
	process_ours "$(run_value .page.pid)" "$class"
}

# process_end PID WORD: TERM, ten seconds' patience, KILL. Returns 1 if it was not ours.
process_end() {
	local i
	process_ours "$1" "$2" || return 1
	kill -TERM "$1" 2>/dev/null
	for ((i = 0; i < 100; i++)); do
		process_ours "$1" "$2" || return 0
		sleep 0.1
	done
	warn "process $1 did not end within 10 s: killed"
	kill -KILL "$1" 2>/dev/null
	return 0
}

# Which Mosquitto is it? "2.0.11"; dies if there is none.
broker_version() {
	local version
	mosquitto=$(PATH=$PATH:/usr/local/sbin:/usr/sbin command -v mosquitto) ||
		die 1 "there is no mosquitto on this machine. Install Debian's mosquitto package"
	version=$("$mosquitto" -h | sed -n '1s/^mosquitto version \([0-9.]*\).*/\1/p')
	[ -n "$version" ] || die 1 "$mosquitto does not say its version; expected Mosquitto 2.0.11 or later"
	[[ $version == 2.* ]] || die 1 "$mosquitto is version $version; Doorstep's plugin is for 2.0.11 to 2.1.x"
	echo "$version"
}

# into_class FILE: a copy of a built file that the broker's user can read, put in place by rename: a
# file that is mapped must never be written over. Prints its path.
into_class() {
	local copy
	copy=$class/state/$(basename "$1")
	if ! cmp -s "$1" "$copy"; then
		cp "$1" "$copy.new" && chmod 755 "$copy.new" && mv -f "$copy.new" "$copy" || return 1
	fi
	echo "$copy"
}

# broker_listens PID: does it listen on all ports of the class?
broker_listens() {
	local port sockets
	sockets=$(ss -Hltnp 2>/dev/null | grep -F "pid=$1,")
	while IFS=$'\t' read -r _ port _; do
		grep -q ":$port " <<<"$sockets" || return 1
	done < <("$conf" listeners "$class")
}

# broker_why: what Mosquitto said when it would not start, from this start on.
broker_why() {
	{ tail -n +"$((1 + ${1:-0}))" "$class/mosquitto.log"; cat "$class/state/broker.out"; } 2>/dev/null |
		grep -vE 'starting|Config loaded|Opening ipv|terminating' | tail -12
}

# broker_start: leaves `broker_pid`. Returns 1 after a message when it does not come up.
broker_start() {
	local i lines said
	lines=$(wc -l <"$class/mosquitto.log")
	setsid "$mosquitto" -c "$class/mosquitto.conf" >"$class/state/broker.out" 2>&1 </dev/null 9>&- &
	broker_pid=$!
	for ((i = 0; i < 300; i++)); do
		if ! kill -0 "$broker_pid" 2>/dev/null; then
			said=$(broker_why "$lines")
			warn "Mosquitto did not start. It said:"
			sed 's/^/    /' <<<"${said:-(nothing)}" >&2
			case $said in
			*'Address already in use'*) warn "a port was taken while it started: run this again" ;;
			*'o space left'*) warn "the disk under $class is full" ;;
			*'ermission denied'*) warn "user '${owner:-$(id -un)}' may not read a file of the class, or open a port below 1024" ;;
			esac
			return 1
		fi
		broker_listens "$broker_pid" && return 0
		sleep 0.1
	done
	warn "Mosquitto (pid $broker_pid) runs, and does not listen on all its ports after 30 s. Its log: $class/mosquitto.log"
	kill -TERM "$broker_pid" 2>/dev/null
	return 1
}
