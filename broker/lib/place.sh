# shellcheck shell=bash disable=SC2154
# Where a class lives and whose it is. Needs say.sh, and to make a class build.sh; sets `class` (absolute) and `owner` (the user
# that the broker runs as when we are root, else empty).

# Mosquitto gives up root before it initialises plugins: from then on it is this user.
place_owner() {
	owner=
	if [ "$(id -u)" = 0 ]; then
		owner=mosquitto
		getent passwd "$owner" >/dev/null ||
			die 1 "there is no user '$owner' to run the broker as. Install Debian's mosquitto package"
	fi
}

# as_owner COMMAND...: as the broker's user where there is one, else as ourselves.
as_owner() {
	if [ -n "$owner" ]; then
		setpriv --reuid "$owner" --regid "$(id -g "$owner")" --clear-groups --no-new-privs -- "$@"
	else
		"$@"
	fi
}

# The nearest directory above PATH that is there.
place_above() {
	local path=$1
	until [ -d "$path" ]; do path=$(dirname "$path"); done
	echo "$path"
}

# The first closed door on the owner's way to PATH; nothing if the way is open.
place_closed() {
	local path=/ part
	local -a parts
	IFS=/ read -ra parts <<<"$1"
	for part in "${parts[@]}"; do
		[ -n "$part" ] || continue
		path=${path%/}/$part
		as_owner test -x "$path" 2>/dev/null || { echo "$path"; return; }
	done
}

# The class that is meant where none is named: var/ of a checkout, else the one of the installation.
place_default() {
	if [ -e "$1/CMakeLists.txt" ]; then echo "$1/var"; else echo /var/lib/doorstep/class; fi
}

# place_class ROOT [DIR]: makes the class directory if need be. The default is ROOT/var; where the
# broker's user has no way to it (a checkout in a closed home) that is a link to a directory in
# /var/lib, not in /var/lib/doorstep: that is the package's, which gives it to its own user.
place_class() {
	local root=$1 dir=${2:-} above closed real
	if [ -n "$dir" ]; then
		[[ $dir == /* ]] || dir=$PWD/$dir
	else
		dir=$(place_default "$root")
	fi
	[ ! -e "$dir" ] || [ -d "$dir" ] || die 1 "--class $dir is not a directory"
	if [ -L "$dir" ] && [ ! -e "$dir" ]; then
		mkdir -p "$(readlink -m "$dir")" || die 1 "cannot make $(readlink -m "$dir")"
	fi
	if [ ! -e "$dir" ]; then
		above=$(place_above "$dir")
		closed=
		[ -z "$owner" ] || closed=$(place_closed "$above")
		if [ -n "$closed" ] && [ -n "${2:-}" ]; then
			die 1 "the broker runs as user '$owner', who cannot enter $closed. Choose a --class that it can" \
				"reach (/srv/class), or open the way with: chmod o+x $(printf %q "$closed")"
		elif [ -n "$closed" ]; then
			real=/var/lib/doorstep-$(basename "$root")-$(printf %s "$root" | sha256sum | cut -c1-8)
			say "user '$owner' cannot enter $closed, so var is a link to $real"
			mkdir -p "$real" && ln -s "$real" "$dir" || die 1 "cannot make $real"
		else
			mkdir -p "$dir" 2>/dev/null || die 1 "cannot make the class directory $dir. Choose another with --class"
		fi
	fi
	class=$(cd "$dir" && pwd -P) || die 1 "cannot enter the class directory $dir"
	if [ -n "$owner" ]; then
		closed=$(place_closed "$(dirname "$class")")
		[ -z "$closed" ] ||
			die 1 "the broker runs as user '$owner', who cannot enter $closed. Choose another --class," \
				"or open the way with: chmod o+x $(printf %q "$closed")"
	fi
	[ -w "$class" ] || die 1 "the class directory $class is not ours to write ($(stat -c 'owner %U' "$class"))"
	place_own
}

# A class has its directory to itself: up gives it to the broker's user. /etc and a home stay what they are.
place_own() {
	local other
	[ ! -e "$class/class.json" ] && [ ! -e "$class/seats.json" ] || return 0
	other=$(find "$class" -mindepth 1 -maxdepth 1 | sed 's:.*/::' |
		grep -vxE -m1 'ca|certs|exports|keys|mosquitto\.d|state|lost\+found')
	[ -z "$other" ] ||
		die 1 "$class is no class and not empty (it holds $(printf %q "$other")). Choose a --class of its own"
}

# Room for certificates, log and journal, and for a plugin: what is missing is told before it is half-way.
place_room() {
	local free left all
	read -r free left all <<<"$(df -k --output=avail,iavail,itotal "$class" | tail -1)"
	[ "$free" -ge 8192 ] ||
		die 1 "the disk under $class is full: $free kB are free, 8192 are wanted. Make room there, or choose another --class"
	# Some file systems do not count files.
	[[ ! $all =~ ^[1-9] ]] || [ "$left" -ge 512 ] ||
		die 1 "the disk under $class is full: room for $left files, 512 are wanted. Make room there, or choose another --class"
	build_runs "$class" ||
		die 1 "the file system of $class is mounted noexec, and the broker loads the plugin from there. Choose another --class"
}

# place_find ROOT [DIR]: the class that is there already, for down and status; 1 if there is none.
place_find() {
	local dir=${2:-$(place_default "$1")}
	class=$(cd "$dir" 2>/dev/null && pwd -P) && [ -e "$class/class.json" ]
}

# The broker's user owns what it reads and writes, and nothing else: keys of seats, the private
# exports and the CA's own database stay root's.
place_give() {
	local path
	mkdir -p "$class"/{state,keys,certs,mosquitto.d} && chmod 700 "$class/keys" "$class/state" || return 1
	touch "$class/mosquitto.log" "$class/journal.jsonl" && chmod 640 "$class"/{mosquitto.log,journal.jsonl} ||
		return 1
	[ ! -e "$class/seats.json" ] || chmod 640 "$class/seats.json" || return 1
	[ -n "$owner" ] || return 0
	chown "$owner:" "$class" "$class"/{state,keys,certs,mosquitto.d} || return 1
	for path in "$class"/*.json* "$class"/mosquitto.* "$class"/keys/* "$class"/keys/exercises/* \
		"$class"/state/*; do
		[ ! -f "$path" ] || chown "$owner:" "$path" || return 1
	done
	[ ! -d "$class/keys/exercises" ] || chown "$owner:" "$class/keys/exercises"
	chown -R "$owner:" "$class/certs"
	[ ! -d "$class/exports/public" ] || chmod -R a+rX "$class/exports/public"
}
