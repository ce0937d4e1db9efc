// The visits: newest first, live, filtered by what stands in the address bar.
import { clock, copyButton, copyFrom, duration, el, say, shape, words } from "./dom.js";
import { follow, store } from "./store.js";

const VERDICTS = ["", "accepted", "rejected", "denial", "end", "flood", "begin", "lost", "start", "stop"];
const STAGES = ["", "tcp", "hello", "server-flight", "client-cert", "finished", "connect", "auth", "session"];
const NAMES = ["seat", "reason", "verdict", "stage", "address", "text", "client", "exercise"];
const SHOWN = 150; // rows that a live list keeps; what leaves below comes back with Older
const HELD = 5000; // rows that a paused page keeps aside; older ones stay on the server

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
		const answer = await fetch("/api/visits/" + encodeURIComponent(row.id));
		if (answer.ok) {
			const found = await answer.json();
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
	const box = el("section", { "aria-label": "Visits" }, el("div", { class: "tools" }, pause, " ", state), el("div", { class: "wide" }, table), older);
	const filtered = NAMES.some((n) => query.get(n));
	const seen = new Set(), doors = new Map();
	let deep = false, below = false, newest = 0, next, paused = false, held = [], asking = false, missed = false, gone = false;

	const key = (row) => row.run + "-" + row.seq;

	async function ask(more) {
		const q = new URLSearchParams(query);
		for (const name of [...q.keys()])
			if (!NAMES.includes(name))
				q.delete(name);
		for (const [k, v] of Object.entries(more))
			q.set(k, v);
		const answer = await fetch("/api/visits?" + q);
		const data = await answer.json();
		if (!answer.ok) {
			state.textContent = data.error || "the page's server said no";
			return null;
		}
		return data;
	}

	function put(rows, atTop) {
		const nodes = [];
		for (const row of rows) {
			if (seen.has(key(row)))
				continue;
			seen.add(key(row));
			newest = Math.max(newest, row.n);
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
			return;
		}
		body.prepend(...nodes.reverse());
		if (body.rows.length <= SHOWN || below || deep) // somebody reads there
			return;
		while (body.rows.length > SHOWN) {
			seen.delete(body.lastChild.dataset.key);
			body.lastChild.remove();
		}
		next = body.lastChild.row.n;
		older.hidden = false;
	}

	function tell() {
		state.textContent = paused ? held.length + " new while paused" : body.rows.length ? "" : filtered && !fixed ? "No visit fits these filters." : "No visit yet.";
		table.hidden = !body.rows.length;
	}

	async function load(before) {
		const data = await ask(before ? { before, limit } : { limit });
		if (!data || gone)
			return;
		put(data.rows, false);
		next = data.next;
		older.hidden = !next;
		tell();
	}

	// rows oldest first
	function arrive(rows) {
		if (paused) {
			held.push(...rows);
			if (held.length > HELD)
				held.splice(0, held.length - HELD);
		} else {
			put(rows, true);
		}
		tell();
	}

	function live(what) {
		if (!what.rows.length)
			return;
		if (!filtered) {
			arrive(what.rows);
			return;
		}
		missed = true; // the server filters: it sees the whole line
		if (!asking)
			catchUp();
	}

	// Asks again for as long as something comes while an answer is under way.
	async function catchUp() {
		asking = true;
		while (missed && !gone) {
			await new Promise((done) => setTimeout(done, 150));
			missed = false;
			const top = held.reduce((n, r) => Math.max(n, r.n), newest);
			const data = await ask({ after: top, limit: 1000 }).catch(() => null);
			if (data && !gone)
				arrive(data.rows.reverse());
		}
		asking = false;
	}

	function toggle() {
		paused = !paused;
		pause.setAttribute("aria-pressed", String(paused));
		pause.textContent = paused ? "Resume" : "Pause";
		if (!paused) {
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
	load();
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
