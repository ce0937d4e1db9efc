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

# make_class HOST BASE PAGE_BIND: class.json, if there is none.
make_class() {
	local domain draft=$class/.class.json.new ports
	if [ -e "$class/class.json" ]; then
		domain=$(jq -r .domain "$class/class.json" 2>/dev/null)
		[ -z "$1" ] || [ "$1" = "$domain" ] ||
			die 1 "the class in $class is for '$domain', not '$1', and boards have pinned its certificate." \
				"Give another --class for another host, or leave --host out"
		return 0
	fi
	domain=${1:-localhost}
	ports=$(ports_layout "$2") || die 1 "there are not enough free ports for --port-base $2"
	jq -n --arg domain "$domain" --argjson p "$ports" --arg bind "$3" '{
		v: 1, domain: $domain,
		listeners: [
			({name: ("academy", "nrfcloud", "password", "aws", "azure")} | . + {port: $p[.name], profile: .name}),
			{name: "websockets", port: $p.websockets, profile: "academy", protocol: "websockets"},
			{name: "plain", port: $p.plain, bind: "127.0.0.1", tls: false, profile: "academy", options: {client_id: "*"}}],
		exercises: {port: $p.exercises, on: []},
		record_max: 2048, journal: {keep_days: 14, rotate_mb: 64},
		page: {port: $p.page, bind: $bind}, keylog: []}' >"$draft" && mv "$draft" "$class/class.json" ||
		die 1 "cannot write $class/class.json"
	say "made $class/class.json for $domain"
}

# make_certificates SEATS: ca/class is the only one that makes them. It is asked only where something
# is missing: it adds, and never replaces. A broker that runs is told of new seats (SIGHUP).
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
		return 1
	}
	seats_changed=yes
}

# make_conf VERSION: mosquitto.conf, anew each time.
make_conf() {
	local copy draft=$class/.mosquitto.conf.new
	local -a user=()
	[ -z "$owner" ] || user=(--user "$owner")
	copy=$(into_class "$plugin") || die 1 "cannot copy the plugin into $class/state"
	"$conf" mosquitto --plugin "$copy" "${user[@]}" --broker "$1" "$class" >"$draft" || {
		rm -f "$draft"
		return 1
	}
	mv "$draft" "$class/mosquitto.conf"
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
	[ -z "$owner" ] || drop=(setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups --no-new-privs --)
	setsid "${drop[@]}" "$copy" --class "$class" >>"$class/state/web.log" 2>&1 </dev/null 9>&- &
	page_pid=$!
	for ((i = 0; i < 100; i++)); do
		if ! kill -0 "$page_pid" 2>/dev/null; then
			warn "the page did not start; the broker runs without it. It said:"
			tail -5 "$class/state/web.log" | sed 's/^/    /' >&2
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
	[ -z "$broker_pid" ] || process_end "$broker_pid" "$class/mosquitto.conf"
	[ -z "$page_pid" ] || process_end "$page_pid" "$class"
	rm -f "$class/run.json"
}
