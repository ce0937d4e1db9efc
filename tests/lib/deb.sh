# shellcheck shell=bash disable=SC2154
# One release's Debian package: made in one bare container, used in another beside a Mosquitto that is
# in use, upgraded, purged. Lines of TAP come out of the container; what else it says is shown on failure.

deb_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=${0##*/}
. "$deb_root/broker/lib/say.sh"
. "$deb_root/tests/lib/engine.sh"

# deb_leg SUITE
deb_leg() {
	local out=$TMPDIR/packages status=0
	mkdir -p "$out"
	docker run "${ENGINE_MACHINE[@]}" -v "$ENGINE_CHECKOUT:/checkout:ro" -v "$out:/out" "debian:$1-slim" \
		bash /checkout/tests/containers/deb/make >"$TMPDIR/make.log" 2>&1 || status=$?
	if [ $status = 0 ]; then
		echo "ok 1 - $1: the package is made"
	else
		echo "not ok 1 - $1: the package is made"
		tail -30 "$TMPDIR/make.log" | sed 's/^/# /'
		echo 1..1
		return 1
	fi
	docker run "${ENGINE_MACHINE[@]}" -v "$out:/out:ro" -v "$ENGINE_CHECKOUT/tests/containers/deb:/deb:ro" \
		"debian:$1-slim" bash /deb/use "$1" >"$TMPDIR/use.tap" 2>"$TMPDIR/use.log" || status=$?
	cat "$TMPDIR/use.tap"
	[ $status = 0 ] || tail -40 "$TMPDIR/use.log" >&2
	return $status
}
