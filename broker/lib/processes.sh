# shellcheck shell=bash disable=SC2154
# The two processes of a class: Mosquitto and the page. Needs say.sh, place.sh, `class`.

PROCESSES_PROFILES=/etc/apparmor.d
PROCESSES_CONFINED=/sys/module/apparmor/parameters/enabled

# process_ours PID WORD: is it alive, a broker or a page, and is WORD (a path of this class) one of its arguments? A
# process id of the last run may be a stranger's by now, an editor's of the same file even.
process_ours() {
	local word program='' named=''
	[[ ${1:-} =~ ^[1-9][0-9]*$ ]] || return 1
	while IFS= read -r -d '' word; do
		[[ ${word##*/} != mosquitto && ${word##*/} != doorstep-web ]] || program=yes
		[ "$word" != "$2" ] || named=yes
	done 2>/dev/null <"/proc/$1/cmdline"
	[ "$program$named" = yesyes ]
}

# process_strays PROGRAM WORD PID: the class's processes of that name beside PID, which run.json does not tell of: it
# was lost, or whoever started them was killed before it was written. Another root's /class is not ours.
process_strays() {
	local pid
	for pid in $(pgrep -x "$1"); do
		[ "$pid" != "$3" ] && process_ours "$pid" "$2" && [ "/proc/$pid/root$class" -ef "$class" ] || continue
		echo "$pid"
	done
}

# run_value FILTER: a value of run.json, empty if absent.
run_value() {
	jq -r "$1 // empty" "$class/run.json" 2>/dev/null
}

broker_alive() {
	process_ours "$(run_value .broker.pid)" "$class/mosquitto.conf"
}

page_alive() {
	process_ours "$(run_value .page.pid)" "$class/state/doorstep-web"
}

broker_strays() {
	process_strays mosquitto "$class/mosquitto.conf" "$(run_value .broker.pid)"
}

page_strays() {
	process_strays doorstep-web "$class/state/doorstep-web" "$(run_value .page.pid)"
}

# What the plugin has said in the broker's log about its policy so far.
broker_policy_said() {
	grep -E 'doorstep: .*(is in force|the running policy stays)' "$class/mosquitto.log" 2>/dev/null
}

# broker_reload PID: has the broker read class.json and seats.json anew, and waits until it says so. Returns 1
# after a message if it keeps to what it had.
broker_reload() {
	local before i said
	before=$(broker_policy_said | wc -l)
	for ((i = 0; i < 100; i++)); do
		# Mosquitto forgets a SIGHUP that comes while it is busy with the one before.
		[ $((i % 20)) != 0 ] || kill -HUP "$1" 2>/dev/null || break
		sleep 0.1
		[ "$(broker_policy_said | wc -l)" -gt "$before" ] || continue
		said=$(broker_policy_said | tail -1)
		[[ $said == *'is in force'* ]] && return 0
		warn "the broker has not taken it up: ${said#*doorstep: }"
		return 1
	done
	warn "the broker (pid $1) has not said within 10 s that it took it up; its log: $class/mosquitto.log"
	return 1
}

# process_end PID WORD: TERM, ten seconds' patience, KILL. Returns 1 if it was not ours, 2 if it is another user's.
process_end() {
	local i
	process_ours "$1" "$2" || return 1
	kill -TERM "$1" 2>/dev/null || ! process_ours "$1" "$2" || return 2
	for ((i = 0; i < 100; i++)); do
		process_ours "$1" "$2" || return 0
		sleep 0.1
	done
	warn "process $1 did not end within 10 s: killed"
	kill -KILL "$1" 2>/dev/null
	return 0
}

broker_end() {
	process_end "$1" "$class/mosquitto.conf"
}

page_end() {
	process_end "$1" "$class/state/doorstep-web"
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
		grep -avE 'starting|Config loaded|Opening ipv|terminating' | tail -12
}

# AppArmor's profile for Mosquitto, where AppArmor is in use and has one (Ubuntu since 25.04); 1 if not.
broker_profile() {
	local name
	grep -qsx Y "$PROCESSES_CONFINED" || return 1
	for name in mosquitto usr.sbin.mosquitto; do
		[ -e "$PROCESSES_PROFILES/$name" ] && [ ! -e "$PROCESSES_PROFILES/disable/$name" ] || continue
		echo "$PROCESSES_PROFILES/$name"
		return
	done
	return 1
}

# broker_denied: why Mosquitto could not open a file, and what opens it.
broker_denied() {
	local profile
	if profile=$(broker_profile); then
		warn "AppArmor lets Mosquitto open only what stands in $profile. If that is why, then as root:"
		warn "    printf '%s\n' '\"$class/\" r,' '\"$class/**\" rwkm,' >>${profile%/*}/local/${profile##*/}"
		warn "    apparmor_parser -r $profile"
	else
		warn "user '${owner:-$(id -un)}' may not read a file of the class, or open a port below 1024"
	fi
}

# broker_start: leaves `broker_pid`. Returns 1 after a message when it does not come up, 3 where somebody was faster.
broker_start() {
	local i lines said
	lines=$(wc -l <"$class/mosquitto.log")
	setsid "$mosquitto" -c "$class/mosquitto.conf" >"$class/state/broker.out" 2>&1 </dev/null 9>&- &
	broker_pid=$!
	for ((i = 0; i < 300; i++)); do
		if ! kill -0 "$broker_pid" 2>/dev/null; then
			said=$(broker_why "$lines")
			if [[ $said == *'Address already in use'* ]]; then
				warn "a port was taken while Mosquitto started"
				return 3
			fi
			warn "Mosquitto did not start. It said:"
			sed 's/^/    /' <<<"${said:-(nothing)}" >&2
			case $said in
			*'annot assign requested address'*) warn "a listener's bind in $class/class.json is no address of this machine (ip addr shows those)" ;;
			*'o space left'*) warn "the disk under $class is full" ;;
			*'ermission denied'* | *'nable to open config file'*) broker_denied ;;
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
