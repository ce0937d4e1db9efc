# shellcheck shell=bash disable=SC2154,SC2034
# What the tests of broker/up share. Sets root, work (a directory that the broker's user can enter),
# class; everything that was brought up is taken down.
# shellcheck source-path=SCRIPTDIR/../..

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
export DOORSTEP_BUILD=${DOORSTEP_BUILD:-$root/build}
work=$(mktemp -d)
chmod 755 "$work"
class=$work/class
checked=$work/check
others=()
. "$root/tests/lib/check.sh"

up_end() {
	local dir pid
	for dir in "$work"/*/; do
		[ ! -e "$dir/run.json" ] || "$root/broker/down" --class "$dir" >/dev/null 2>&1
	done
	for pid in "${others[@]}"; do kill "$pid" 2>/dev/null; done
	rm -rf "$work"
}
trap up_end EXIT

# up OPTIONS...: a detached broker of $class on free ports, from what is built; output in $work/said.
up() {
	"$root/broker/up" --no-setup --class "$class" --port-base 0 --detach "$@" >"$work/told" 2>"$work/said"
}

# under_mounts SCRIPT COMMAND...: COMMAND in a mount namespace of its own, once SCRIPT has mounted there what it wants.
# Without root that is a namespace in which we are, and inside, ourselves again.
under_mounts() {
	local -a spaces=(unshare -m) back=()
	[ "$(id -u)" = 0 ] || { spaces=(unshare -rm) back=(unshare -U --map-user="$(id -u)"); }
	"${spaces[@]}" bash -c "set -e; $1; exec \"\$@\"" sh "${back[@]}" "${@:2}"
}

# What up said last.
check_also() {
	[ ! -s "$work/said" ] || sed 's/^/# said: /' "$work/said" | tail -15
}

# for_others DIR: this checkout's programs and what is built of them, where everybody may read them, in DIR and DIR/built.
for_others() {
	mkdir -p "$1/built"
	cp -r "$root"/{CMakeLists.txt,broker,ca} "$1/"
	cp -r "$DOORSTEP_BUILD"/{bin,lib} "$1/built/"
	chmod -R a+rX "$1"
}

# fails CODE COMMAND...: exits with exactly that code.
fails() {
	local want=$1 got=0
	shift
	"$@" || got=$?
	[ $got = "$want" ] || { echo "exit code $got, expected $want"; return 1; }
}

said() {
	grep -qE -- "$1" "$work/said" || { echo "expected: $1"; cat "$work/said"; return 1; }
}

told() {
	grep -qE -- "$1" "$work/told" || { echo "expected: $1"; cat "$work/told"; return 1; }
}

run() {
	jq -er "$1" "$class/run.json"
}

port_of() {
	jq -er --arg name "$1" '.listeners[] | select(.name == $name) | .port' "$class/run.json"
}

# A message goes round over TLS on the academy listener.
works() {
	local port
	port=$(port_of academy) || return 1
	timeout 20 mosquitto_sub -h localhost -p "$port" --cafile "$class/certs/server.pem" -t round/trip \
		-i nrf-350000000000001 -C 1 -W 10 >"$work/got" 2>&1 &
	local sub=$!
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		timeout 20 mosquitto_pub -h localhost -p "$port" --cafile "$class/certs/server.pem" -t round/trip \
			-i nrf-350000000000002 -m 'went round' || return 1
		kill -0 $sub 2>/dev/null || break
		sleep 0.3
	done
	wait $sub
	grep -qx 'went round' "$work/got" || { cat "$work/got"; return 1; }
}
