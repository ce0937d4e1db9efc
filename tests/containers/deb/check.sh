# shellcheck shell=bash disable=SC2034,SC2154
# What the two programs that use the package share. `tests_done` goes on from the leg's own lines.
# shellcheck source=SCRIPTDIR/../../lib/check.sh
. /checkout/tests/lib/check.sh
tests_done=${1:-0} checked=/tmp/check
export DEBIAN_FRONTEND=noninteractive

apt() { apt-get -q -y -o Dpkg::Options::=--force-confold --no-install-recommends "$@" >&2; }

# A board of the class, known to none.
goes_round() {
	timeout 20 mosquitto_pub -h localhost -p "$(jq '.listeners[0].port' "$class/run.json")" --cafile "$class/certs/server.pem" \
		-i nrf-350000000000001 -t a -m b
}
