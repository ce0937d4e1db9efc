# shellcheck shell=bash disable=SC2154
# Debian packages: what the lists name, what of it is missing, and how it gets installed.
# A list is a file of one package a line; `a | b` takes the first that this release has, and any of
# them that is there will do; `command:c | a` wants a only where no command c is; `a | none` does without
# where this release has no a; `#` starts a comment. Source this file; it needs say() and die() of say.sh.

PACKAGES_POLICY=/usr/sbin/policy-rc.d
PACKAGES_LOCK=/run/lock/doorstep-packages
PACKAGES_SYSTEM=/etc/os-release
PACKAGES_MARK='doorstep: no service starts while packages are installed'

# packages_listed FILE...: the lines of these lists, comments removed.
packages_listed() {
	sed -e 's/[[:space:]]*#.*//' -e '/^[[:space:]]*$/d' "$@" | sort -u
}

packages_installed() {
	case $1 in command:*)
		command -v "${1#command:}" >/dev/null
		return ;;
	esac
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# packages_missing FILE...: the lines of which no alternative is installed.
packages_missing() {
	local line name
	packages_listed "$@" | while IFS= read -r line; do
		for name in ${line//|/ }; do
			packages_installed "$name" && continue 2
		done
		[[ $line == *'| none' && $(packages_pick "$line") == none ]] || echo "$line"
	done
}

# packages_pick LINE: the first alternative that this release has (the last one if none). A name that another
# package only provides is none: Ubuntu's `chromium` is provided by what installs a snap.
packages_pick() {
	local name
	for name in ${1//|/ }; do
		[[ $name != command:* && $name != none ]] || continue
		if apt-cache policy "$name" 2>/dev/null | grep -q '^ *Candidate: [^(]'; then
			echo "$name"
			return
		fi
	done
	echo "$name"
}

# Services must not start because we install something. What stood there comes back afterwards, and
# what a killed run of ours left behind is recognised by its mark.
packages_hold_services() {
	if [ -e "$PACKAGES_POLICY" ] && ! grep -qF "$PACKAGES_MARK" "$PACKAGES_POLICY"; then
		mv "$PACKAGES_POLICY" "$PACKAGES_POLICY.before-doorstep"
	fi
	printf '#!/bin/sh\n# %s\nexit 101\n' "$PACKAGES_MARK" >"$PACKAGES_POLICY"
	chmod 755 "$PACKAGES_POLICY"
}

packages_free_services() {
	grep -qsF "$PACKAGES_MARK" "$PACKAGES_POLICY" && rm -f "$PACKAGES_POLICY"
	[ ! -e "$PACKAGES_POLICY.before-doorstep" ] ||
		mv "$PACKAGES_POLICY.before-doorstep" "$PACKAGES_POLICY"
}

# packages_unit_stays_off PACKAGE UNIT: a service that came with a package we brought does not start
# at the next boot either. Called only for packages that were not there before.
packages_unit_stays_off() {
	[ -d /etc/systemd/system ] && command -v systemctl >/dev/null || return 0
	# shellcheck disable=SC2086 # several units
	systemctl disable $2 >/dev/null 2>&1 || return 0
	say "$1 is new here: its own service ($2) stays off"
}

# packages_far LOG: what apt-get is at.
packages_far() {
	tail -1 "$1" | cut -c1-60
}

# packages_refresh LOG: fetches the lists of packages; without them the ones that are here have to do.
packages_refresh() {
	local i status=0
	say "fetching the package lists"
	say_meanwhile 'still fetching:' packages_far "$1"
	# Of the lists' lock apt asks once only; on a machine that was just started its own timer holds it.
	for ((i = 0; i < 60; i++)); do
		status=0
		apt-get -q update >"$1" 2>&1 && break
		status=1
		grep -q 'Could not get lock' "$1" || break
		sleep 5
	done
	said_meanwhile
	if [ $status != 0 ]; then
		warn "apt-get update failed; going on with the lists that are here. It said:"
		grep -E '^(E|W|Err):?' "$1" | head -5 | sed 's/^/    /' >&2
	fi
}

# packages_install FILE...: installs what is missing, as root; nothing if nothing is missing.
# Returns 1 with one line that says what to type when it cannot.
packages_install() {
	local missing line log status=0 had_mosquitto=no had_docker=no
	local -a names=()

	mapfile -t missing < <(packages_missing "$@")
	[ ${#missing[@]} -gt 0 ] || return 0
	if ! command -v apt-get >/dev/null; then
		warn "these are missing, and there is no apt-get here to install them: ${missing[*]}"
		return 1
	fi
	if [ "$(id -u)" != 0 ]; then
		for line in "${missing[@]}"; do names+=("$(packages_pick "$line")"); done
		warn "not root, and ${#names[@]} packages are missing. Install them, then run this again:"
		warn "    sudo apt-get install --no-install-recommends ${names[*]}"
		return 1
	fi

	log=$(mktemp) || return 1
	exec 8>"$PACKAGES_LOCK"
	flock 8
	packages_refresh "$log"
	# What the release has, and what another run has installed meanwhile, is known only now.
	mapfile -t missing < <(packages_missing "$@")
	if [ ${#missing[@]} = 0 ]; then
		rm -f "$log"
		exec 8>&-
		return 0
	fi
	for line in "${missing[@]}"; do names+=("$(packages_pick "$line")"); done
	say "installing ${#names[@]} packages: ${names[*]}"
	packages_installed mosquitto && had_mosquitto=yes
	packages_installed docker.io && had_docker=yes
	packages_hold_services
	trap packages_free_services EXIT
	say_meanwhile 'still installing:' packages_far "$log"
	DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 \
		install --no-install-recommends "${names[@]}" >"$log" 2>&1 8>&- || status=1
	said_meanwhile
	packages_free_services
	trap - EXIT
	flock -u 8
	exec 8>&-
	if [ $status != 0 ]; then
		warn "apt-get could not install them. The end of what it said:"
		tail -15 "$log" | sed 's/^/    /' >&2
		! grep -q 'Unable to locate package' "$log" || ! grep -qsx 'ID=ubuntu' "$PACKAGES_SYSTEM" ||
			warn "on Ubuntu most of them are in 'universe': apt-get install software-properties-common, add-apt-repository universe"
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
	[ $had_mosquitto = yes ] || packages_unit_stays_off mosquitto mosquitto.service
	[ $had_docker = yes ] || ! packages_installed docker.io ||
		packages_unit_stays_off docker.io 'docker.service docker.socket'
	return 0
}
