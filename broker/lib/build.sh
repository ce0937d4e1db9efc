# shellcheck shell=bash disable=SC2154
# The build: configure once, then ninja. Needs say() and warn() of broker/lib/say.sh.

# build_tree SOURCE DIR [cmake options...]: configures if needed and builds. Options are applied on
# every call, so a caller that must not change what another has configured passes none the second time.
# Returns 1 and shows the end of the log when it fails; the log stays as DIR/build.log.
build_tree() {
	local source=$1 dir=$2 began=$SECONDS
	local log=$2/build.log
	shift 2
	local -a generator=()

	mkdir -p "$dir" || return 1
	[ -e "$dir/CMakeCache.txt" ] || generator=(-G Ninja)
	if ! cmake -S "$source" -B "$dir" "${generator[@]}" "$@" >"$log" 2>&1; then
		warn "cmake could not configure $dir. The end of $log:"
		tail -15 "$log" | sed 's/^/    /' >&2
		return 1
	fi
	if ! cmake --build "$dir" >"$log" 2>&1; then
		warn "the build in $dir failed. From $log:"
		grep -vE '^\[[0-9]+/[0-9]+\]' "$log" | tail -40 | sed 's/^/    /' >&2
		return 1
	fi
	grep -q 'no work to do' "$log" || say "built $dir in $((SECONDS - began)) s"
	return 0
}
