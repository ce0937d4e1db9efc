# shellcheck shell=bash disable=SC2154
# The build: configure once, then ninja. Needs say() and warn() of broker/lib/say.sh.

# build_far LOG: the last step of a build and how many there are, "[12/275]".
build_far() {
	grep -oE '^\[[0-9]+/[0-9]+\]' "$1" | tail -1
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
		return 1
	fi
	say_meanwhile "building $dir" build_far "$log" 9>&-
	cmake --build "$dir" >"$log" 2>&1 || status=1
	said_meanwhile
	if [ $status != 0 ]; then
		warn "the build in $dir failed. From $log:"
		grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -40 | sed 's/^/    /' >&2
		return 1
	fi
	grep -q 'no work to do' "$log" || say "built $dir in $((SECONDS - began)) s"
	return 0
}
