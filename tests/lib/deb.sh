# shellcheck shell=bash disable=SC2154
# One release's Debian package: made in one bare container, used in another beside a Mosquitto that is
# in use, upgraded, purged; and all that again in one that boots. Lines of TAP come out of the
# containers; what else they say is shown on failure.

deb_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=${0##*/}
. "$deb_root/broker/lib/say.sh"
. "$deb_root/tests/lib/engine.sh"

# deb_in NAME SUITE OPTIONS... -- COMMAND...: a container on the release, or on what was made of it.
deb_in() {
	local name=$1 image=$2
	local -a options=()
	shift 2
	while [ "$1" != -- ]; do options+=("$1") && shift; done
	shift
	docker run --name "$name" "${options[@]}" -v "$TMPDIR/packages:/out" -v "$ENGINE_CHECKOUT:/checkout:ro" \
		-v "$ENGINE_CHECKOUT/tests/containers/deb:/deb:ro" "$image" "$@"
}

# deb_booted SUITE LINES: systemd is process 1, in a container without any network.
deb_booted() {
	local name=doorstep-booted-$1-$$ status=0
	# shellcheck disable=SC2064 # this name
	trap "deb_end $name" EXIT
	deb_in "$name" "debian:$1-slim" "${ENGINE_KEPT[@]}" -- bash /deb/system "$1" &&
		docker commit "$name" "$name" >/dev/null && docker rm "$name" >/dev/null &&
		deb_in "$name" "$name" -d --network none --cap-add SYS_ADMIN --security-opt seccomp=unconfined \
			--security-opt apparmor=unconfined -e container=docker --tmpfs /run --tmpfs /tmp -- /deb/process-1 "$name" >/dev/null &&
		docker exec "$name" bash /deb/booted "$1" "$2" || status=$?
	[ $status = 0 ] || docker logs "$name" 2>&1 | tail -20
	return $status
}

deb_end() {
	docker rm -f "$1" >/dev/null 2>&1
	docker rmi "$1" >/dev/null 2>&1
	# its cgroups stay where the engine does not know of them
	awk '$3 == "cgroup2" {print $2}' /proc/mounts | while read -r tree; do
		[ ! -d "$tree/$1" ] || find "$tree/$1" -depth -type d -exec rmdir {} +
	done
}

# deb_part NAME COMMAND...: runs it, shows its TAP; on failure the end of what else it said.
deb_part() {
	local name=$1 status=0
	shift
	"$@" >"$TMPDIR/$name.tap" 2>"$TMPDIR/$name.log" || status=$?
	grep -vE '^1\.\.' "$TMPDIR/$name.tap"
	[ $status = 0 ] || tail -40 "$TMPDIR/$name.log" >&2
	return $status
}

# deb_lines NAME...: how many results these parts have told.
deb_lines() { cat "${@/#/$TMPDIR/}" | grep -cE '^(not )?ok '; }

# deb_leg SUITE
deb_leg() {
	local status=0
	mkdir -p "$TMPDIR/packages"
	if deb_in "doorstep-make-$1-$$" "debian:$1-slim" "${ENGINE_MACHINE[@]}" -- bash /deb/make >"$TMPDIR/make.log" 2>&1; then
		echo "ok 1 - $1: the package is made" | tee "$TMPDIR/make.tap"
	else
		echo "not ok 1 - $1: the package is made"
		tail -30 "$TMPDIR/make.log" | sed 's/^/# /'
		echo 1..1
		return 1
	fi
	deb_part use deb_in "doorstep-use-$1-$$" "debian:$1-slim" "${ENGINE_MACHINE[@]}" -- \
		bash /deb/use "$1" "$(deb_lines make.tap)" || status=1
	deb_part booted deb_booted "$1" "$(deb_lines make.tap use.tap)" || status=1
	echo "1..$(deb_lines make.tap use.tap booted.tap)"
	return $status
}
