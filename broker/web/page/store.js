// What the page knows: a snapshot first, then what the event stream adds.
export const ROWS = 1000;

export const store = {
	ready: false,
	tiles: new Map(),
	rows: [], // newest first, at most ROWS
	ids: new Set(), // of lines that were seen: run and seq
	plot: { from: 0, accepted: [], rejected: [], top: [] },
	class: {},
	role: "",
	seat: "",
	outside: true,
	visits: 0,
	offset: 0, // the server's clock minus ours
	status: "connecting",
	reasons: new Map(), // the catalogue by code
};

const listeners = new Set();
const doors = new Set(); // ids of visits that began and have no verdict yet
const changed = { tiles: new Set(), rows: [], all: false };
let timer = 0;

export function now() {
	return Date.now() + store.offset;
}

// listener({all, tiles, rows}) is called once a frame at most. Returns the way out.
export function follow(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

function flush() {
	timer = 0;
	const what = { all: changed.all, tiles: new Set(changed.tiles), rows: changed.rows };
	changed.tiles.clear();
	changed.rows = [];
	changed.all = false;
	for (const l of listeners)
		l(what);
}

function soon() {
	// a hidden page gets no frames, and must not pile its work up
	if (!timer)
		timer = document.hidden ? setTimeout(flush, 500) : requestAnimationFrame(flush);
}

function lineKey(row) {
	return row.run + "-" + row.seq;
}

function addRow(row, live) {
	const key = lineKey(row);
	if (store.ids.has(key))
		return false;
	store.ids.add(key);
	if (row.kind === "begin") {
		doors.add(row.id);
	} else if (doors.delete(row.id)) {
		const begin = store.rows.findIndex((r) => r.kind === "begin" && r.id === row.id);
		if (begin >= 0)
			store.rows.splice(begin, 1);
	}
	if (live || !store.rows.length || row.t >= store.rows[0].t)
		store.rows.unshift(row);
	else {
		const at = store.rows.findIndex((r) => r.t <= row.t);
		store.rows.splice(at < 0 ? store.rows.length : at, 0, row);
	}
	while (store.rows.length > ROWS)
		store.ids.delete(lineKey(store.rows.pop()));
	changed.rows.push(row);
	return true;
}

function count(kind, accepted, n, reason) {
	const p = store.plot;
	const minute = Math.floor(now() / 60000);
	while (p.accepted.length && p.from + p.accepted.length <= minute) {
		p.accepted.push(0);
		p.rejected.push(0);
		p.accepted.shift();
		p.rejected.shift();
		p.from++;
	}
	const last = p.accepted.length - 1;
	if (last >= 0 && kind === "visit" && accepted)
		p.accepted[last]++;
	else if (last >= 0 && (kind === "visit" || kind === "flood"))
		p.rejected[last] += n;
	const top = reason && p.top.find((t) => t.reason === reason);
	if (top)
		top.count += n;
}

function onLine(data) {
	const { row, tile, other } = data;
	for (const t of [tile, other])
		if (t) {
			store.tiles.set(t.key, t);
			changed.tiles.add(t.key);
		}
	if (row) {
		if (!addRow(row, true))
			return;
		if (row.kind === "visit")
			store.visits++;
		count(row.kind, row.verdict === "accepted", row.count || 1, row.reason);
	} else {
		count(data.kind, data.accepted, data.count, tile && tile.reason);
	}
	soon();
}

function takePulse(data) {
	store.offset = data.now - Date.now();
	store.plot = data.plot;
	store.outside = data.outside;
	store.visits = data.visits;
}

function onSnapshot(data) {
	takePulse(data);
	store.class = data.class;
	store.role = data.role;
	store.seat = data.seat;
	store.tiles = new Map(data.tiles.map((t) => [t.key, t]));
	for (const row of data.list.rows.slice().reverse())
		addRow(row, false);
	store.ready = true;
	changed.all = true;
	soon();
}

async function reload() {
	const answer = await fetch("/api/snapshot");
	if (answer.ok)
		onSnapshot(await answer.json());
	loadReasons();
}

function status(text) {
	if (store.status === text)
		return;
	store.status = text;
	changed.all = true;
	soon();
}

async function loadReasons() {
	const answer = await fetch("/api/reasons");
	if (!answer.ok)
		return;
	const { reasons } = await answer.json();
	store.reasons = new Map(reasons.map((r) => [r.code, r]));
	changed.all = true;
	soon();
}

export const catalogue = { loaded: null };

let source = null;
let lastId = "";

// EventSource comes back by itself, with Last-Event-ID. Only when the server answered with an
// error it gives up; then we ask again.
export function connect() {
	catalogue.loaded = catalogue.loaded || loadReasons();
	source = new EventSource(lastId ? "/events?last=" + encodeURIComponent(lastId) : "/events");
	source.onopen = () => status("live");
	source.onerror = () => {
		status("reconnecting");
		if (source.readyState === EventSource.CLOSED)
			setTimeout(connect, 2000);
	};
	const on = (name, f) => source.addEventListener(name, (e) => {
		if (e.lastEventId)
			lastId = e.lastEventId;
		status("live");
		f(JSON.parse(e.data));
	});
	on("snapshot", onSnapshot);
	on("line", onLine);
	on("reload", reload);
	on("resumed", () => {});
	on("replayed", () => {});
	on("tick", (data) => {
		takePulse(data);
		changed.all = changed.all || false;
		soon();
	});
}
