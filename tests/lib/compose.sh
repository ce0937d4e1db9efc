# shellcheck shell=bash disable=SC2154,SC2034
# What the tests of compose/ share: a project of its own on free ports of loopback, built from the
# checkout that the container runner made. Needs engine.sh; sets `compose` and the ports.

compose_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=${0##*/}
. "$compose_root/broker/lib/say.sh"
. "$compose_root/tests/lib/engine.sh"

work=$TMPDIR
checked=$work/check
. "$compose_root/tests/lib/check.sh"

# free_ports N: as the product picks them, without needing a build of it.
free_ports() {
	shuf -i 20000-32000 | while read -r port; do
		[ -n "$(ss -Hltn "sport = :$port")" ] || echo "$port"
	done | head -n "$1"
}

# compose_project NAME: writes its environment; `dc` is docker compose on it. While images are built
# the machine's network is used, since our engine gives bridges no way out.
compose_project() {
	local -a p
	project=$1
	mapfile -t p < <(free_ports 9)
	cat >"$work/env" <<END
DOORSTEP_BIND=127.0.0.1
DOORSTEP_HOST=class.example
DOORSTEP_SEATS=3
DOORSTEP_ISSUER=internal
DOORSTEP_PORT_ACADEMY=${p[0]}
DOORSTEP_PORT_NRFCLOUD=${p[1]}
DOORSTEP_PORT_PASSWORD=${p[2]}
DOORSTEP_PORT_AWS=${p[3]}
DOORSTEP_PORT_AZURE=${p[4]}
DOORSTEP_PORT_WEBSOCKETS=${p[5]}
DOORSTEP_PORT_PAGE=${p[6]}
DOORSTEP_PORT_HTTP=${p[7]}
DOORSTEP_PORT_HTTPS=${p[8]}
END
	port_academy=${p[0]} port_page=${p[6]} port_https=${p[8]}
	printf 'services:\n' >"$work/override.yml"
	for service in broker page website expect; do
		printf '  %s:\n    build:\n      network: host\n' $service >>"$work/override.yml"
	done
	compose=(docker-compose)
	docker compose version >/dev/null 2>&1 && compose=(docker compose)
}

dc() {
	(cd "$ENGINE_CHECKOUT" && "${compose[@]}" -p "$project" --env-file "$work/env" -f compose/docker-compose.yml \
		-f "$work/override.yml" "$@" </dev/null)
}

healthy() {
	[ "$(docker inspect -f '{{.State.Health.Status}}' "$(dc --profile public ps -q "$1")" 2>/dev/null)" = healthy ]
}
