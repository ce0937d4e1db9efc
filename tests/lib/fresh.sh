# shellcheck shell=bash disable=SC2154
# One leg on a bare Debian: the two commands, as a stranger types them, with nothing there but the
# checkout. Each program of the inner run becomes a line of TAP.

fresh_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=${0##*/}
. "$fresh_root/broker/lib/say.sh"
. "$fresh_root/tests/lib/engine.sh"

# fresh SUITE MOSQUITTO [arguments of tests/run...]
fresh() {
	local suite=$1 version=$2 out=$TMPDIR/out status=0 n=0 bad=0 mark rest
	shift 2
	docker run "${ENGINE_MACHINE[@]}" -v "$ENGINE_CHECKOUT:/checkout:ro" "debian:$suite-slim" bash -c '
		cp -a /checkout /doorstep && cd /doorstep || exit 3
		tests/run "$@"
		status=$?
		echo "versions: $(dpkg-query -W -f "\${Package} \${Version}, " mosquitto openssl gcc libmbedtls-dev libwolfssl-dev libgnutls28-dev 2>/dev/null)"
		if broker/up --detach --port-base 0 --seats 2 && broker/status && mosquitto_pub -h localhost \
			-p "$(jq ".listeners[0].port" var/run.json)" --cafile var/certs/server.pem -i nrf-350000000000001 -t a -m b; then
			echo "ok             broker/up ends in a running class"
		else
			echo "FAIL           broker/up ends in a running class"
		fi
		broker/down
		exit $status' fresh "$@" >"$out" 2>&1 || status=$?
	while read -r mark rest; do
		case $mark in
		ok) n=$((n + 1)); echo "ok $n - $suite: $rest" ;;
		FAIL) n=$((n + 1)) bad=1; echo "not ok $n - $suite: $rest" ;;
		versions:) echo "# $suite: $rest" ;;
		esac
		[ "$mark" != versions: ] || versions=$rest
	done <"$out"
	if [ "$suite" = sid ] && [[ ${versions:-} != *mosquitto\ * ]]; then
		echo "# RED: packages of Debian unstable cannot be installed; Mosquitto 2.1 was not tested"
		tail -20 "$out" | sed 's/^/# /'
		echo "ok 1 - sid: could not be set up, which gates nothing"
		echo 1..1
		return 0
	fi
	n=$((n + 1))
	if [[ ${versions:-} == *"mosquitto $version"* ]]; then
		echo "ok $n - $suite: Mosquitto is $version"
	else
		bad=1
		echo "not ok $n - $suite: Mosquitto is $version"
	fi
	n=$((n + 1))
	if [ $status = 0 ]; then
		echo "ok $n - $suite: tests/run ends well"
	else
		bad=1
		echo "not ok $n - $suite: tests/run ends well"
		echo "# exit code $status; $(grep -E '^[0-9]+ passed' "$out" | tail -1)"
	fi
	[ $bad = 0 ] || tail -150 "$out" >&2
	echo "1..$n"
	return $bad
}
