// The visits: newest first, live, filtered by what stands in the address bar.
import { clock, copyButton, copyFrom, duration, el, many, say, shape, words } from "./dom.js";
import { ask, catalogue, follow, store } from "./store.js";

const VERDICTS = ["", "accepted", "rejected", "denial", "end", "flood", "begin", "lost", "start", "stop"];
const STAGES = ["", "tcp", "hello", "server-flight", "client-cert", "finished", "connect", "auth", "session"];
const NAMES = ["seat", "reason", "verdict", "stage", "address", "text", "client", "exercise"];
const SHOWN = 150; // rows that a live list keeps; what leaves below comes back with Older
const HELD = 5000; // rows that a paused page keeps aside; if more come, it reads the list anew

export function outcome(row) {
	if (row.kind === "visit")
		return row.verdict === "accepted" ? ["in", "let in"] : ["away", "turned away"];
	return { denial: ["denied", "denied"], end: ["left", "left"], begin: ["door", "at the door"], flood: ["away", (row.count || "") + "× turned away"],
		lost: ["denied", (row.count || "") + " lines lost"], start: ["in", "broker started"], stop: ["left", "broker stopped"] }[row.kind] || ["waiting", row.kind];
}

export function who(row) {
	return row.seat || row.client_id || (row.peer || "").replace(/:\d+$/, "") || row.broker || "";
}

export function rowText(row) {
	const r = store.reasons.get(row.reason);
	return [row.t, who(row), outcome(row)[1], row.reason && row.reason + (r ? " (" + r.title + ")" : ""), row.says, row.stage && "stage " + row.stage,
		row.by && "by " + row.by, row.listener && "listener " + row.listener, row.peer, row.client_id && "client id " + row.client_id,
		row.sni && "asked for " + row.sni, row.ms !== undefined && duration(row.ms), row.id].filter(Boolean).join(" | ");
}

export async function rowJson(row) {
	if (row.id) {
		const found = await ask("/api/visits/" + encodeURIComponent(row.id));
		if (!found.error) {
			const all = [found.visit, ...found.also];
			return JSON.stringify(all.find((l) => l.run === row.run && l.seq === row.seq) || found.visit);
		}
	}
	return JSON.stringify(row);
}

export function rowNode(row) {
	const [state, word] = outcome(row);
	const r = store.reasons.get(row.reason);
	const link = row.id ? "/visit/" + encodeURIComponent(row.id) : null;
	const time = el("time", { datetime: row.t, title: row.t }, clock(row.t));
	return el("tr", { class: state, "data-key": row.run + "-" + row.seq },
		el("td", { class: "time" }, link ? el("a", { href: link }, time) : time),
		el("td", { class: "who" }, row.seat ? el("a", { href: "/visits?seat=" + encodeURIComponent(row.seat) }, row.seat) : who(row)),
		el("td", { class: "outcome" }, shape(state), " ", word),
		el("td", { class: "why" }, row.reason ? el("strong", {}, r ? r.title : words(row.reason)) : null, row.reason && row.says ? el("br") : null,
			row.says && !(r && r.title === row.says) ? el("span", { class: "says" }, row.says) : null),
		el("td", { class: "stage" }, row.stage || ""),
		el("td", { class: "from" }, row.peer || "", row.client_id && row.client_id !== who(row) ? el("span", { class: "client" }, row.client_id) : null),
		el("td", { class: "ms" }, duration(row.ms)),
		el("td", { class: "acts" }, el("button", { type: "button", class: "copy", "data-copy": "text", title: "Copy this row as text" }, "Text"),
			el("button", { type: "button", class: "copy", "data-copy": "json", title: "Copy this row as JSON" }, "JSON")));
}

function select(name, values, value) {
	return el("select", { name, id: "f-" + name }, values.map((v) => el("option", { value: v, selected: v === value }, v ? words(v) : "any")));
}

function filterForm(query, go) {
	const field = (name, label, input) => el("p", {}, el("label", { for: "f-" + name }, label), input);
	const text = (name, label, more) => field(name, label, el("input", { name, id: "f-" + name, value: query.get(name) || "", autocomplete: "off", spellcheck: "false", ...more }));
	const seats = [...store.tiles.values()].filter((t) => t.key.startsWith("s:")).map((t) => t.label).sort();
	const form = el("form", { class: "filters", role: "search", "aria-label": "Filter the visits" },
		text("text", "Text", { type: "search" }),
		text("seat", "Seat", { list: "seats" }), el("datalist", { id: "seats" }, seats.map((s) => el("option", { value: s }))),
		text("reason", "Reason", { list: "codes" }), el("datalist", { id: "codes" }, [...store.reasons.values()].map((r) => el("option", { value: r.code }, r.title))),
		field("verdict", "Verdict", select("verdict", VERDICTS, query.get("verdict") || "")),
		field("stage", "Stage", select("stage", STAGES, query.get("stage") || "")),
		text("address", "Address"),
		["client", "exercise"].filter((n) => query.get(n)).map((n) => text(n, n === "client" ? "Client id" : "Exercise")),
		el("p", {}, el("button", { type: "submit" }, "Filter"), " ", el("a", { href: "/visits", class: "button" }, "Clear")));
	form.addEventListener("submit", (e) => {
		e.preventDefault();
		const wanted = new URLSearchParams([...new FormData(form)].filter(([, v]) => v.trim()).map(([k, v]) => [k, v.trim()]));
		go("/visits" + (wanted.size ? "?" + wanted : ""));
	});
	form.addEventListener("change", (e) => {
		if (e.target.tagName === "SELECT")
			form.requestSubmit();
	});
	return form;
}

// The list itself: also used on a seat's page, with a fixed filter.
export function visitList(query, { limit = 100, fixed = false } = {}) {
	const body = el("tbody");
	const table = el("table", { class: "visits" },
		el("caption", { class: "unseen" }, "Visits, newest first"),
		el("thead", {}, el("tr", {}, ["Time", "Who", "Outcome", "Why", "Stage", "From", "Took", "Copy"].map((h) => el("th", { scope: "col" }, h)))), body);
	const pause = el("button", { type: "button", "aria-pressed": "false", class: "pause" }, "Pause");
	const state = el("span", { role: "status" });
	const older = el("button", { type: "button", class: "older", hidden: true }, "Older");
	const foot = el("p", { hidden: true }, "Older lines have left the page's memory; the journal has them: doorstep-why.");
	const box = el("section", { "aria-label": "Visits" }, el("div", { class: "tools" }, pause, " ", state), el("div", { class: "wide" }, table), older, foot);
	const filtered = NAMES.some((n) => query.get(n));
	const seen = new Set(), doors = new Map();
	let deep = false, below = false, looked = 0, next, paused = false, held = [], gap = false, asking = false, missed = false, gone = false;
	let began = null, lost = 0; // of a pause: the place of its first line; the lines that came in it and left the server again
	let epoch = store.epoch, reading = 0, loading = 0, loaded; // reading: which list this is, counted

	const key = (row) => row.run + "-" + row.seq;

	async function lookUp(more) {
		const q = new URLSearchParams(query);
		for (const name of [...q.keys()])
			if (!NAMES.includes(name))
				q.delete(name);
		for (const [k, v] of Object.entries(more))
			q.set(k, v);
		const data = await ask("/api/visits?" + q);
		if (!data.error)
			return data;
		state.textContent = data.error;
		return null;
	}

	// How many of them are new.
	function put(rows, atTop) {
		const nodes = [];
		for (const row of rows) {
			if (seen.has(key(row)))
				continue;
			seen.add(key(row));
			if (row.kind !== "begin" && doors.has(row.id)) {
				doors.get(row.id).remove();
				doors.delete(row.id);
			}
			const node = rowNode(row);
			node.row = row;
			if (row.kind === "begin")
				doors.set(row.id, node);
			nodes.push(node);
		}
		if (!atTop) {
			body.append(...nodes);
			return nodes.length;
		}
		body.prepend(...nodes.reverse());
		if (body.rows.length <= SHOWN || below || deep || loading) // somebody reads there, or what comes goes below
			return nodes.length;
		while (body.rows.length > SHOWN) {
			seen.delete(body.lastChild.dataset.key);
			body.lastChild.remove();
		}
		next = body.lastChild.row.n;
		older.hidden = false;
		foot.hidden = true;
		return nodes.length;
	}

	function tell() {
		state.textContent = paused ? (gap ? "more than " + HELD : held.length) + " new while paused" : lost ? many(lost, "line") + " that came during the pause have left the page's memory; the journal has them: doorstep-why." : body.rows.length ? "" : filtered && !fixed ? "No visit fits these filters." : "No visit yet.";
		table.hidden = !body.rows.length;
	}

	// What the journal still has and the server no more. The place of a line is its number.
	function ends(data) {
		if (began && !paused && began.epoch === store.epoch)
			lost = Math.max(0, data.end - data.kept - began.n);
		began = paused ? began : null;
		foot.hidden = !data.older || Boolean(data.next);
	}

	// The numbers of another life of the server may lead to rows that are here already: on to the next.
	async function load(before) {
		const mine = reading;
		let added = 0;
		loading++;
		do {
			const data = await lookUp(before ? { before, limit } : { limit });
			await catalogue.loaded; // the titles of the reasons
			if (!data || gone || mine !== reading)
				break;
			looked = before ? looked : data.end - 1;
			added = put(data.rows, false);
			before = next = data.next;
			older.hidden = !next;
			ends(data);
			tell();
		} while (!added && before);
		loading--;
	}

	// Something is missing between what stands here and what comes: from the newest down again.
	function anew() {
		held = [];
		gap = paused;
		if (paused) {
			tell();
			return;
		}
		reading++;
		body.replaceChildren();
		seen.clear();
		doors.clear();
		deep = false;
		epoch = store.epoch;
		loaded = load();
	}

	// rows oldest first
	function arrive(rows) {
		if (gap)
			return;
		if (held.length + rows.length > HELD) {
			anew();
			return;
		}
		if (paused)
			held.push(...rows);
		else
			put(rows, true);
		tell();
	}

	// A browser may be behind with the events: what was there when the list was read stands in it, or has left.
	async function later(rows) {
		const mine = reading;
		await loaded;
		if (!gone && mine === reading)
			arrive(epoch === store.epoch ? rows.filter((row) => row.n > looked) : rows);
	}

	function live(what) {
		if (what.gap) {
			anew();
			return;
		}
		if (!what.rows.length)
			return;
		if (!filtered) {
			later(what.rows);
			return;
		}
		missed = true; // the server filters: it sees the whole line
		if (!asking)
			catchUp();
	}

	// What came since the server was asked last, oldest first; null if that is too much.
	async function since() {
		await loaded;
		if (epoch !== store.epoch) {
			epoch = store.epoch;
			looked = 0; // a new life of the server counts anew: down to a row that is known
		}
		const known = new Set([...seen, ...held.map(key)]), rows = [];
		for (let before = 0, end; rows.length <= HELD;) {
			const data = await lookUp({ after: looked, before, limit: 1000 });
			if (!data)
				return [];
			end = end || data.end;
			const met = data.rows.findIndex((row) => known.has(key(row)));
			rows.push(...(met < 0 ? data.rows : data.rows.slice(0, met)));
			before = data.next;
			if (met >= 0 || !before) {
				looked = end - 1;
				return rows.reverse();
			}
		}
		return null;
	}

	// Asks again for as long as something comes while an answer is under way.
	async function catchUp() {
		asking = true;
		while (missed && !gone && !gap) {
			await new Promise((done) => setTimeout(done, 150));
			missed = false;
			const mine = reading, rows = await since();
			if (gone || mine !== reading)
				continue;
			if (rows)
				arrive(rows);
			else
				anew();
		}
		asking = false;
	}

	function toggle() {
		paused = !paused;
		lost = 0;
		if (paused)
			began = store.rows.length ? { n: store.rows[0].n + 1, epoch: store.epoch } : null;
		else if (!gap)
			began = null;
		pause.setAttribute("aria-pressed", String(paused));
		pause.textContent = paused ? "Resume" : "Pause";
		if (!paused && gap) {
			anew();
		} else if (!paused) {
			const rows = held;
			held = [];
			arrive(rows);
		}
		tell();
		say(paused ? "paused" : "live");
	}

	body.addEventListener("click", (e) => {
		const button = e.target.closest("button[data-copy]");
		if (!button)
			return;
		const { row } = button.closest("tr");
		copyFrom(button, button.dataset.copy === "text" ? rowText(row) : () => rowJson(row));
	});
	pause.addEventListener("click", toggle);
	older.addEventListener("click", () => {
		deep = true;
		load(next);
	});
	const scrolled = () => { below = window.scrollY > 200; }; // kept, as asking costs a layout
	window.addEventListener("scroll", scrolled, { passive: true });
	const leave = follow(live);
	loaded = load();
	box.toggle = toggle;
	box.leave = () => {
		gone = true;
		window.removeEventListener("scroll", scrolled);
		leave();
	};
	return box;
}

export function visitsView(main, { query, go }) {
	const list = visitList(query);
	const link = copyButton(() => location.href, "Copy link", "Copy the link to this view");
	main.replaceChildren(el("h1", {}, "Visits"), filterForm(query, go), list);
	list.querySelector(".tools").append(" ", link);

	function keys(e) {
		if (e.target.closest("input, select, textarea") || e.ctrlKey || e.metaKey || e.altKey)
			return;
		const links = [...main.querySelectorAll("tbody .time a")];
		const at = links.indexOf(document.activeElement);
		if (e.key === "p")
			list.toggle();
		else if (e.key === "/")
			main.querySelector("#f-text").focus();
		else if (e.key === "j" || e.key === "k")
			(links[Math.max(0, at + (e.key === "j" ? 1 : -1))] || main).focus();
		else if (e.key === "c" && at >= 0)
			links[at].closest("tr").querySelector("button").click();
		else
			return;
		e.preventDefault();
	}
	document.addEventListener("keydown", keys);
	return () => {
		list.leave();
		document.removeEventListener("keydown", keys);
	};
}
