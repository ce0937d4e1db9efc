# shellcheck shell=bash disable=SC2154
# The build: configure once, then ninja. Needs say() and warn() of broker/lib/say.sh.

# build_far LOG: the last step of a build and how many there are, "[12/275]".
build_far() {
	grep -oE '^\[[0-9]+/[0-9]+\]' "$1" | tail -1
}

# build_runs PATH: may programs there be run? Not where its file system is mounted noexec.
build_runs() {
	[[ ,$(findmnt -n -o OPTIONS -T "$1" 2>/dev/null), != *,noexec,* ]]
}

# build_usable DIR: 1 after a message where what is built there could not be run.
build_usable() {
	build_runs "$1" && return
	warn "the file system of $1 is mounted noexec. DOORSTEP_BUILD=DIR in the environment names another directory"
	return 1
}

# build_room LOG: a compiler's words for a full disk do not say which disk.
build_room() {
	local dir free
	grep -q 'No space left on device' "$1" || return 0
	for dir in "${1%/*}" "${TMPDIR:-/tmp}"; do
		free=$(df -k --output=avail "$dir" 2>/dev/null | tail -1)
		[ "${free:-0}" -ge 1024 ] || warn "the disk under $dir is full"
	done
}

# build_tree SOURCE DIR [cmake options...]: configures if needed and builds. Options are applied on
# every call, so a caller that must not change what another has configured passes none the second time.
# Two at once in one directory take turns. Returns 1 and shows the end of the log when it fails; the
# log stays as DIR/build.log.
build_tree() {
	local dir=$2

	if ! mkdir -p "$dir" 2>/dev/null || [ ! -w "$dir" ]; then
		warn "cannot write to the build directory $dir. DOORSTEP_BUILD=DIR in the environment names another"
		return 1
	fi
	build_usable "$dir" || return 1
	{
		flock -n 9 || {
			say "$dir is being built by somebody else: waiting"
			flock 9
		}
		build_now "$@"
	} 9>"$dir/.turn"
}

build_now() {
	local source=$1 dir=$2 began=$SECONDS
	local log=$2/build.log status=0
	shift 2
	local -a generator=()

	[ -e "$dir/CMakeCache.txt" ] || generator=(-G Ninja)
	if ! cmake -S "$source" -B "$dir" "${generator[@]}" "$@" >"$log" 2>&1; then
		warn "cmake could not configure $dir. The end of $log:"
		tail -15 "$log" | sed 's/^/    /' >&2
		build_room "$log"
		return 1
	fi
	say_meanwhile "building $dir" build_far "$log" 9>&-
	cmake --build "$dir" >"$log" 2>&1 || status=1
	said_meanwhile
	if [ $status != 0 ]; then
		warn "the build in $dir failed. From $log:"
		grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -40 | sed 's/^/    /' >&2
		build_room "$log"
		return 1
	fi
	grep -q 'no work to do' "$log" || say "built $dir in $((SECONDS - began)) s"
	return 0
}
