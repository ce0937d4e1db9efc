# shellcheck shell=bash disable=SC2154,SC2034
# The steps of broker/up, each of which does nothing where its work is done already.

# Certificates made by a clock that was never set begin in 1970 and end before today.
make_clock() {
	[ "$(date +%s)" -ge 1704067200 ] ||
		die 1 "the clock of this machine says $(date -u +%F): certificates made now would be worthless." \
			"Set it (timedatectl set-ntp true, or date -s), then run this again"
}

# Tests are left out of a first build; a build that has them keeps them.
make_build() {
	local -a options=()
	[ -e "$build/CMakeCache.txt" ] || options=(-DDOORSTEP_TESTS=OFF)
	build_tree "$root" "$build" "${options[@]}"
}

# make_class HOST BASE PAGE_BIND: class.json, if there is none. Leaves `class_made` where it made one.
make_class() {
	local domain draft=$class/.class.json.new ports
	if [ -e "$class/class.json" ]; then
		domain=$(jq -r .domain "$class/class.json" 2>/dev/null)
		[ -z "$1" ] || [ "$1" = "$domain" ] ||
			die 1 "the class in $class is for '$domain', not '$1', and boards have pinned its certificate." \
				"Give another --class for another host, or leave --host out"
		[ "${2:-0}" = 0 ] || [ "$2" = "$(jq '.listeners[0].port' "$class/class.json")" ] ||
			say "the class has its ports already, in $class/class.json: --port-base $2 is for a new class"
		[ -z "$3" ] || [ "$3" = "$(jq -r '.page.bind // "127.0.0.1"' "$class/class.json")" ] ||
			say "the page has its address already, in $class/class.json: --page-bind $3 is for a new class"
		return 0
	fi
	# Seats that ca/class has made already are of a domain.
	domain=$(jq -r '.domain // empty' "$class/seats.json" 2>/dev/null)
	[ -z "$1" ] || [ -z "$domain" ] || [ "$1" = "$domain" ] ||
		die 1 "the seats in $class are for '$domain', not '$1'. Give another --class for another host," \
			"or leave --host out"
	domain=${1:-${domain:-localhost}}
	ports=$(ports_layout "$2") || die 1 "there are not enough free ports for --port-base $2"
	jq -n --arg domain "$domain" --argjson p "$ports" --arg bind "${3:-127.0.0.1}" '{
		v: 1, domain: $domain,
		listeners: [
			({name: ("academy", "nrfcloud", "password", "aws", "azure")} | . + {port: $p[.name], profile: .name}),
			{name: "websockets", port: $p.websockets, profile: "academy", protocol: "websockets"},
			{name: "plain", port: $p.plain, bind: "127.0.0.1", tls: false, profile: "academy", options: {client_id: "*"}}],
		exercises: {port: $p.exercises, on: []},
		record_max: 2048, journal: {keep_days: 14, rotate_mb: 64},
		page: {port: $p.page, bind: $bind}, keylog: []}' >"$draft" && mv "$draft" "$class/class.json" ||
		die 1 "cannot write $class/class.json"
	class_made=yes
	say "made $class/class.json for $domain"
}

# make_certificates SEATS: ca/class is the only one that makes them. It is asked only where something
# is missing: it adds, and never replaces. A broker that runs is told of new seats (SIGHUP). A new class that
# gets none is none: its class.json goes, so that another --host can be given.
make_certificates() {
	local have want=${1:-} domain
	have=$(jq '.seats | length' "$class/seats.json" 2>/dev/null)
	[ -n "$want" ] || [ -n "$have" ] || want=12
	[ ! -e "$class/certs/server.pem" ] || [ "${want:-0}" -gt "${have:-0}" ] || return 0
	domain=$(jq -r .domain "$class/class.json") || return 1
	say "making certificates for $domain and ${want:-$have} seats"
	DOORSTEP_BUILD=$build "$root/ca/class" "$class" --domain "$domain" --seats "${want:-$have}" >"$class/state/ca.out" 2>&1 || {
		warn "ca/class refused:"
		tail -15 "$class/state/ca.out" | sed 's/^/    /' >&2
		[ -z "$class_made" ] || rm -f "$class/class.json"
		return 1
	}
	seats_changed=yes
}

# conf_text VERSION: what mosquitto.conf has to be.
conf_text() {
	local -a user=()
	[ -z "$owner" ] || user=(--user "$owner")
	"$conf" mosquitto --plugin "$class/state/${plugin##*/}" "${user[@]}" --broker "$1" "$class"
}

# make_conf VERSION: mosquitto.conf, anew each time, and the plugin where it says.
make_conf() {
	local draft=$class/.mosquitto.conf.new
	into_class "$plugin" >/dev/null || die 1 "cannot copy the plugin into $class/state"
	conf_text "$1" >"$draft" || {
		rm -f "$draft"
		return 1
	}
	mv "$draft" "$class/mosquitto.conf"
}

# make_taken_up PID VERSION: a broker that runs takes up what people changed since the last up, as far as it can.
# Leaves `listeners` where it goes on with those that it has.
make_taken_up() {
	if [ -n "$seats_changed" ] || [ "$class/class.json" -nt "$class/run.json" ]; then
		broker_reload "$1" || return 1
		say "the broker has taken up what was changed"
	fi
	if [ -n "$(find "$class/mosquitto.d" -newer "$class/run.json" 2>/dev/null)" ]; then
		say "mosquitto.d was changed: it waits for broker/down and broker/up"
	fi
	conf_text "$2" | cmp -s - "$class/mosquitto.conf" && return 0
	listeners=$(jq .listeners "$class/run.json")
	say "listeners were changed (ports, certificates, doors of exercises): they wait for broker/down and broker/up"
}

# The page of the last run was killed, or has crashed: said once, before it is started again.
page_gone() {
	local pid
	pid=$(run_value .page.pid)
	if [ -n "$pid" ] && [ -n "$page_wanted" ] && broker_alive && ! page_alive; then
		say "the page of the last run (pid $pid) is gone: starting it again (its log: $class/state/web.log)"
	fi
}

# make_clear: what runs of the class, and run.json does not tell of, would keep its ports taken.
make_clear() {
	local kind pid
	for kind in broker page; do
		for pid in $("${kind}_strays"); do
			say "process $pid is of this class, and $class/run.json does not tell of it: stopping it"
			"${kind}_end" "$pid"
		done
	done
}

# make_broker VERSION BASE: starts it, on ports that were free a moment ago. Where one of them is taken meanwhile, they are
# looked at again: who moves out of the way does, and of a port that boards know it is said whose it is.
make_broker() {
	local tries
	for tries in 1 2 3; do
		make_conf "$1" && ports_settle "$2" && make_conf "$1" || return 1
		place_give
		broker_start && return
		[ $? = 3 ] || return 1
	done
	return 1
}

# page_drop: what makes the owner of us for the page, in `drop`. The page covers the keys by mounts. Not everywhere may a
# user make a name space for them (Ubuntu 24.04 refuses it): root lends the page what it takes, and the page gives it up.
page_drop() {
	local -a lent=('--inh-caps=-all,+sys_admin,+setpcap' '--ambient-caps=-all,+sys_admin,+setpcap')
	drop=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups --no-new-privs)
	! "${drop[@]}" "${lent[@]}" true 2>/dev/null || drop+=("${lent[@]}")
}

# make_page: the page, unless it runs, is not wanted, or class.json gives it port 0.
make_page() {
	local port bind copy i
	port=$("$conf" facts "$class" | sed -n 's/^page_port=//p')
	bind=$("$conf" facts "$class" | sed -n 's/^page_bind=//p')
	if page_alive; then
		page_pid=$(run_value .page.pid) page_url=$(run_value .page.url)
		return
	fi
	[ -n "$page_wanted" ] && [ -x "$web" ] && [ "$port" != 0 ] || return 0
	copy=$(into_class "$web") || return 0
	[ -z "$owner" ] || chown "$owner:" "$copy"
	[[ $bind != *:* ]] || bind="[$bind]"
	page_url=http://${bind:-127.0.0.1}:$port/
	page_url=${page_url/0.0.0.0/127.0.0.1}
	as_owner true || return 0
	local -a drop=()
	[ -z "$owner" ] || page_drop
	setsid "${drop[@]}" "$copy" --class "$class" >>"$class/state/web.log" 2>&1 </dev/null 9>&- &
	page_pid=$!
	for ((i = 0; i < 100; i++)); do
		if ! kill -0 "$page_pid" 2>/dev/null; then
			warn "the page did not start; the broker runs without it. It said:"
			tail -5 "$class/state/web.log" | sed 's/^/    /' >&2
			tail -1 "$class/state/web.log" | grep -q 'can be read by this process' &&
				warn "the page covers the keys by a mount, and this system lets '${owner:-$(id -un)}' make none. As root" \
					"broker/up can lend it that, in a container only with --cap-add SYS_ADMIN; compose/ needs neither"
			page_pid='' page_url=''
			return
		fi
		[ -z "$(ss -Hltn "sport = :$port")" ] || return
		sleep 0.1
	done
	warn "the page (pid $page_pid) does not answer on port $port yet; its log: $class/state/web.log"
}

# make_stay PID...: until Ctrl-C, or until the broker ends by itself, which is told with its cause.
make_stay() {
	local status
	trap 'echo >&2; say "stopping"; make_leave; exit 0' INT TERM HUP
	say "Ctrl-C stops it"
	while [ "$broker_pid" ] && kill -0 "$broker_pid" 2>/dev/null; do
		wait -n "$@" 2>/dev/null
		status=$?
		if [ -n "$page_pid" ] && ! kill -0 "$page_pid" 2>/dev/null && kill -0 "$broker_pid" 2>/dev/null; then
			warn "the page has ended (its log: $class/state/web.log); the broker goes on." \
				"In another terminal, broker/up brings it back"
			page_pid=
		fi
		# The broker is not our child when another call started it.
		kill -0 "$broker_pid" 2>/dev/null && sleep 1
	done
	if [ "$status" -gt 128 ]; then
		warn "the broker (pid $broker_pid) was ended by signal $((status - 128)) ($(kill -l $((status - 128))))." \
			"Start it again with broker/up"
	else
		warn "the broker (pid $broker_pid) has ended by itself (exit code $status). The end of its log:"
		tail -5 "$class/mosquitto.log" | sed 's/^/    /' >&2
	fi
	broker_pid=
	make_leave
	exit 1
}

make_leave() {
	[ -z "$broker_pid" ] || broker_end "$broker_pid"
	[ -z "$page_pid" ] || page_end "$page_pid"
	rm -f "$class/run.json"
}
