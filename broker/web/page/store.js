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
	epoch: "", // of this life of the server: rows are numbered anew in each
	missed: null, // lines that came while we were away and did not come after us: {at, lines}
	status: "connecting",
	reasons: new Map(), // the catalogue by code
	errnos: [], // what the numbers on a board mean
	codes: [], // those that are no errno
};

const listeners = new Set();
const doors = new Set(); // ids of visits that began and have no verdict yet
const changed = { tiles: new Set(), rows: [], all: false, gap: false };
let timer = 0;

export function now() {
	return Date.now() + store.offset;
}

// listener({all, tiles, rows, gap}) is called once a frame at most; gap: between these rows and
// those before, some are missing. Returns the way out.
export function follow(listener) {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

function flush() {
	timer = 0;
	const what = { all: changed.all, tiles: new Set(changed.tiles), rows: changed.rows, gap: changed.gap };
	changed.tiles.clear();
	changed.rows = [];
	changed.all = changed.gap = false;
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

// live: as it happens, not out of a snapshot. A snapshot of the same server may be ahead of the events.
function addRow(row, live, same) {
	const key = lineKey(row);
	if (store.ids.has(key))
		return false;
	store.ids.add(key);
	const fresh = live || (same && store.rows.length > 0 && row.n > store.rows[0].n);
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
	if (fresh) // a list asks for what was there before
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
	const same = data.epoch === store.epoch;
	takePulse(data);
	store.epoch = data.epoch;
	store.class = data.class;
	store.role = data.role;
	store.seat = data.seat;
	store.tiles = new Map(data.tiles.map((t) => [t.key, t]));
	for (const row of data.list.rows.slice().reverse())
		addRow(row, false, same);
	store.ready = true;
	changed.all = true;
	soon();
}

function onReplayed({ missed }) {
	if (missed === 0)
		return;
	store.missed = { at: now(), lines: missed };
	changed.gap = changed.all = true;
	soon();
}

// What the server says to a question, or {error}: in words.
export async function ask(url) {
	const answer = await fetch(url).catch(() => null);
	const data = answer && await answer.json().catch(() => null);
	if (answer && answer.ok && data)
		return data;
	if (answer && (answer.status === 401 || answer.status === 403))
		return { error: "this page may not be seen (any more): open it by your link again" };
	return { error: data && data.error || "the page's server did not answer" };
}

async function reload() {
	const data = await ask("/api/snapshot");
	if (!data.error)
		onSnapshot(data);
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
	const { reasons, errnos, codes, error } = await ask("/api/reasons");
	if (error)
		return;
	store.reasons = new Map(reasons.map((r) => [r.code, r]));
	store.errnos = errnos;
	store.codes = codes;
	changed.all = true;
	soon();
}

export const catalogue = { loaded: null };

const REST = 10000; // ms after which a page that nobody sees gives its connection back: a browser has six for a server

let source = null, again = 0, resting = 0;
let lastId = "";

function rest() {
	clearTimeout(resting);
	if (document.hidden)
		resting = setTimeout(() => source.close(), REST);
	else if (source.readyState === EventSource.CLOSED)
		connect();
}

document.addEventListener("visibilitychange", rest);

// EventSource comes back by itself, with Last-Event-ID. Only when the server answered with an
// error it gives up; then we ask again.
export function connect() {
	clearTimeout(again);
	catalogue.loaded = catalogue.loaded || loadReasons();
	source = new EventSource(lastId ? "/events?last=" + encodeURIComponent(lastId) : "/events");
	source.onopen = () => status("live");
	source.onerror = () => {
		status("reconnecting");
		if (source.readyState === EventSource.CLOSED)
			again = setTimeout(connect, 2000);
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
	on("replayed", onReplayed);
	on("tick", (data) => {
		takePulse(data);
		soon();
	});
	rest();
}
