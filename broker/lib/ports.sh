# shellcheck shell=bash disable=SC2154
# Which ports a class listens on. Needs say.sh, `class`, `conf` (the doorstep-conf program).

# Why nobody can listen on a port, for a message: "is taken by mosquitto (pid 12)", or "is below 1024 and root's alone".
ports_trouble() {
	local who first
	first=$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null)
	if [ "$1" -lt "${first:-1024}" ] && [ "$(id -u)" != 0 ] && [ -z "$(ss -Hltn "sport = :$1" 2>/dev/null)" ]; then
		echo "is below ${first:-1024} and root's alone"
		return
	fi
	who=$(ss -Hltnp "sport = :$1" 2>/dev/null | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (pid \2)/p' |
		head -1)
	echo "is taken by ${who:-another program}"
}

# ports_layout BASE: the default class.json's ports as a JSON object, by name. BASE empty: the usual
# ones; 0: free ones; else BASE and up.
ports_layout() {
	local -a p
	case ${1:-} in
	'') p=(8883 8884 8885 8886 8887 8888 1883 8080 8900) ;;
	0) mapfile -t p < <("$conf" ports 40) && [ ${#p[@]} = 40 ] || return 1 ;;
	*) mapfile -t p < <(seq "$1" $(($1 + 8))) ;;
	esac
	printf '{"academy":%d,"nrfcloud":%d,"password":%d,"aws":%d,"azure":%d,"websockets":%d,"plain":%d,"page":%d,"exercises":%d}' \
		"${p[@]:0:9}"
}

# ports_set NAME PORT: one listener's port (or "page") in class.json, which stays one file.
ports_set() {
	local draft=$class/.class.json.new
	jq --arg name "$1" --argjson port "$2" '
		if $name == "page" then .page.port = $port
		else (.listeners[] | select(.name == $name) | .port) = $port end' \
		"$class/class.json" >"$draft" && mv "$draft" "$class/class.json"
}

# ports_settle BASE: every port must be free before the broker starts. What boards never see (the
# plain listener on loopback, the page) moves out of the way; a port that boards know does not.
# BASE 0 moves whatever is taken, since nobody asked for that port.
ports_settle() {
	local name port bind tls new page_port page_bind trouble=0
	while IFS=$'\t' read -r name port bind _ tls _; do
		"$conf" free "$port" "$bind" && continue
		if [ "$tls" = plain ] && [[ $bind == 127.* || $bind == ::1 || $bind == localhost ]] || [ "${1:-}" = 0 ]; then
			new=$("$conf" ports 1) || return 1
			ports_set "$name" "$new" || return 1
			say "port $port $(ports_trouble "$port"): the listener '$name' moves to $new (class.json says so)"
		else
			warn "port $port of the listener '$name' $(ports_trouble "$port"). Free it, or give '$name'" \
				"another port in $class/class.json, or a new class another --port-base"
			trouble=1
		fi
	done < <("$conf" listeners "$class")
	[ $trouble = 0 ] || return 1
	[ -n "${page_wanted:-}" ] || return 0
	page_port=$("$conf" facts "$class" | sed -n 's/^page_port=//p')
	page_bind=$("$conf" facts "$class" | sed -n 's/^page_bind=//p')
	[ "$page_port" != 0 ] && ! "$conf" free "$page_port" "$page_bind" || return 0
	new=$("$conf" ports 1) && ports_set page "$new" || return 1
	say "port $page_port $(ports_trouble "$page_port"): the page moves to $new (class.json says so)"
}
