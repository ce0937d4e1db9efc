# shellcheck shell=bash disable=SC2154,SC2034
# A Docker engine for the tests: the one that runs, or one of our own that leaves no trace. And base
# images, which no registry has to be asked for: debootstrap and `docker import`. Needs say(), die().

# engine_start DIR: sets DOCKER_HOST if it starts one. Our own has its files in DIR, its socket there,
# and touches no firewall rule of the machine: containers that need the outside use --network host.
engine_start() {
	local i
	ENGINE_DIR=$1 ENGINE_PID=
	mkdir -p "$ENGINE_DIR"
	if docker info >/dev/null 2>&1; then
		say "using the Docker engine that runs here ($(docker version -f '{{.Server.Version}}'))"
		return
	fi
	[ "$(id -u)" = 0 ] || { warn "no Docker engine answers, and only root can start one"; return 1; }
	export DOCKER_HOST=unix://$ENGINE_DIR/sock
	setsid dockerd --host "$DOCKER_HOST" --data-root "$ENGINE_DIR/data" --exec-root "$ENGINE_DIR/exec" \
		--pidfile "$ENGINE_DIR/pid" --iptables=false --ip6tables=false --ip-forward=false --ip-masq=false \
		>"$ENGINE_DIR/log" 2>&1 </dev/null &
	ENGINE_PID=$!
	for ((i = 0; i < 300; i++)); do
		docker info >/dev/null 2>&1 && break
		kill -0 $ENGINE_PID 2>/dev/null || i=300
		sleep 0.2
	done
	if ! docker info >/dev/null 2>&1; then
		warn "dockerd did not start. The end of its log:"
		tail -15 "$ENGINE_DIR/log" | sed 's/^/    /' >&2
		return 1
	fi
	say "started an engine of our own: Docker $(docker version -f '{{.Server.Version}}')," \
		"$(docker info -f '{{.Driver}}'), pid $ENGINE_PID"
}

# Stops what engine_start started, and only that.
engine_stop() {
	local i
	[ -n "${ENGINE_PID:-}" ] || return 0
	docker ps -aq | xargs -r docker rm -f >/dev/null 2>&1
	docker network prune -f >/dev/null 2>&1
	kill -TERM "$ENGINE_PID" 2>/dev/null
	for ((i = 0; i < 150; i++)); do
		kill -0 "$ENGINE_PID" 2>/dev/null || break
		sleep 0.2
	done
	kill -KILL "$ENGINE_PID" 2>/dev/null
	grep -F " $ENGINE_DIR/" /proc/mounts | cut -d' ' -f2 | sort -r | xargs -r umount -l 2>/dev/null
	# The bridge that engines make: an engine that was here before would have been used, another of a test's may use it now.
	pgrep -x dockerd >/dev/null || ip link delete docker0 2>/dev/null
	rm -rf "$ENGINE_DIR"
	ENGINE_PID=
}

# Where this machine gets Debian from: "MIRROR SECURITY"; either is empty if apt does not tell.
engine_sources() {
	local main security
	main=$(apt-get indextargets --format '$(ORIGIN) $(SITE) $(RELEASE)' 2>/dev/null | awk '$1 == "Debian" && $2 ~ /^http/ && !/security/ {print $2; exit}')
	security=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(SITE)' 2>/dev/null | awk '/^Debian .*[Ss]ecurity/ {print $NF; exit}')
	echo "$main $security"
}

# engine_base SUITE: debian:SUITE-slim, made unless the engine has it. The machine's own apt settings
# for proxies and dates go in, since its network is the container's. Two callers at once make it once.
engine_base() {
	(
		flock 7 || exit 1
		engine_base_make "$1"
	) 7>"$ENGINE_DIR/making-$1"
}

engine_base_make() {
	local suite=$1 tree=$ENGINE_DIR/tree-$1 mirror security began=$SECONDS
	docker image inspect "debian:$suite-slim" >/dev/null 2>&1 && return 0
	read -r mirror security <<<"$(engine_sources)"
	debootstrap --variant=minbase --include=ca-certificates "$suite" "$tree" ${mirror:+"$mirror"} >"$ENGINE_DIR/debootstrap-$suite.log" 2>&1 || {
		warn "debootstrap could not make $suite. The end of its log:"
		tail -5 "$ENGINE_DIR/debootstrap-$suite.log" | sed 's/^/    /' >&2
		rm -rf "$tree"
		return 1
	}
	[ "$suite" = sid ] || [ -z "$security" ] || echo "deb $security $suite-security main" >>"$tree/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::((https?|ftp)::|Check-(Valid-Until|Date) |Retries )' |
		grep -v '""' >"$tree/etc/apt/apt.conf.d/90from-the-machine"
	rm -rf "$tree"/var/cache/apt/archives/*.deb "$tree"/var/lib/apt/lists/*
	tar -C "$tree" -c . | docker import -c 'CMD ["bash"]' - "debian:$suite-slim" >/dev/null || return 1
	rm -rf "$tree"
	say "made debian:$suite-slim in $((SECONDS - began)) s"
}

# engine_checkout DIR: a copy of what git holds of the checkout (of the work tree, where git is not
# there to ask), as a stranger would have it. No build of this machine's goes with it.
engine_checkout() {
	mkdir -p "$1"
	if git -C "$root" rev-parse HEAD >/dev/null 2>&1; then
		(cd "$root" && git ls-files -z | tar --null -T - -c --ignore-failed-read 2>/dev/null) | tar -C "$1" -x
	else
		tar -C "$root" --exclude=./build --exclude='./build-*' --exclude=./var -c . | tar -C "$1" -x
	fi
}

# How containers are run that stand for a whole machine: tests of ours mount, trace and capture. They
# share the machine's network, which they need for apt; all ports of the tests are free ones.
ENGINE_KEPT=(--network host --init --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add NET_ADMIN --security-opt seccomp=unconfined --security-opt apparmor=unconfined)
# One of them mounts an image.
for engine_loop in /dev/loop*; do
	[ ! -e "$engine_loop" ] || ENGINE_KEPT+=(--device "$engine_loop")
done
ENGINE_MACHINE=(--rm "${ENGINE_KEPT[@]}")
