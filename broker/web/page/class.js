// The class: a tile a seat, as large as the window allows, never under 18 px.
import { ago, el, say, shape, words } from "./dom.js";
import { follow, now, store } from "./store.js";

const MIN = 18, MAX = 44, GAP = 2;
const SIDE = 7, LINE = 1.07; // as page.css has them
const STATE = 0.5; // the words beside a label are half as large as it, and never under one of SMALL
const SMALL = [18, 16, 14];
const TAIL = 7; // of a long name the end tells boards apart: IMEIs begin alike
const SHORT = 16; // characters of a seat's label that are never set apart so
const ROOM = [Infinity, 14, 10, 8, 6]; // em that a seat's label gets: all it wants, less where not all tiles fit
const STATES = { waiting: "waiting", door: "at the door", in: "in", away: "turned away", left: "left" };

export function stateWord(t) {
	return STATES[t.state] || t.state;
}

// What the second line says, in words that fit one line.
export function tileLine(t) {
	if (t.state === "waiting")
		return "nothing heard yet";
	if (t.state === "door")
		return "handshake under way";
	if (t.reason)
		return words(t.reason);
	if (t.state === "left")
		return "session ended";
	if (t.state === "in")
		return "let in";
	return "turned away";
}

export function tileKind(t) {
	return t.state === "in" && t.reason ? "denied" : t.state;
}

export function tileLink(t) {
	if (t.key.startsWith("s:"))
		return "/seat/" + encodeURIComponent(t.label);
	if (t.key.startsWith("c:"))
		return "/visits?client=" + encodeURIComponent(t.key.slice(2));
	if (t.key.startsWith("a:"))
		return "/visits?address=" + encodeURIComponent(t.key.slice(2));
	return "/visits";
}

function often(t) {
	const n = t.accepted + t.rejected;
	return n > 999 ? "999+" : n + "×";
}

function label(t) {
	const all = [...t.label]; // whole characters
	const cut = t.expected && all.length <= SHORT ? 0 : Math.max(0, all.length - TAIL);
	return el("span", { class: "label", dir: "auto", title: t.label }, cut ? el("span", { class: "lead" }, all.slice(0, cut).join("")) : null, cut ? el("span", {}, all.slice(cut).join("")) : t.label);
}

export function tile(t) {
	const a = el("a", { class: "tile " + tileKind(t), href: tileLink(t), "data-key": t.key },
		el("span", { class: "head" }, shape(tileKind(t)), label(t),
			el("span", { class: "state" }, stateWord(t)), el("span", { class: "meta" })),
		el("span", { class: "reason" }, tileLine(t)));
	tick(a, t);
	return a;
}

function tick(a, t) {
	const meta = a.querySelector(".meta");
	meta.replaceChildren();
	if (t.t)
		meta.append(el("span", { title: t.accepted + " let in, " + t.rejected + " turned away" }, often(t)), " ",
			el("time", { datetime: new Date(t.t).toISOString() }, ago(t.t, now())));
}

const collate = new Intl.Collator("en", { numeric: true }).compare; // made once: making one is slow

function order(a, b) {
	const seat = (t) => (t.expected ? 0 : 1);
	return seat(a) - seat(b) || (seat(a) ? b.t - a.t : collate(a.label, b.label));
}

const pen = document.createElement("canvas").getContext("2d");

function widest(texts, font) {
	pen.font = font;
	return Math.max(1, ...texts.map((t) => pen.measureText(t).width)) / 100;
}

// The largest type for which these tiles fit: over columns, label above or beside the reason, and
// how small the other words get.
// Widths are those of 100 px type, scaled. Strangers' labels may be cut, seats' where they want more than `room`.
function best(tiles, family, width, height, room) {
	const reason = widest(tiles.map(tileLine), "400 100px " + family);
	const label = Math.min(room, Math.max(3, widest(tiles.filter((t) => t.expected).map((t) => t.label), "700 100px " + family)));
	let found = null;
	const tries = SMALL.flatMap((small) => [false, true].flatMap((beside) => Array.from({ length: 12 }, (_, i) => [small, beside, i + 1])));
	for (const [small, beside, cols] of tries) {
		// beside each other, a stranger's label and reason need two columns
		const cells = tiles.length + (beside ? tiles.filter((t) => !t.expected).length : 0);
		const rows = Math.ceil(cells / cols) + (beside && cells > tiles.length && cols % 2 ? 1 : 0);
		const w = (width - GAP * (cols - 1)) / cols - 2 * SIDE - 1;
		const h = (height - GAP * (rows - 1)) / rows;
		const meta = beside ? 5.2 : 10.8;
		const line = (em, wide) => Math.min((wide - small * meta) / em, wide / (em + STATE * meta));
		const byWidth = beside ? line(reason + label + 2, w - 8) : Math.min(w / reason, line(label + 1.7, w));
		const byHeight = (h - 2) / (beside ? LINE : 2 * LINE);
		const size = Math.floor(Math.min(MAX, byWidth, byHeight) * 4) / 4;
		const worth = (beside ? size * 0.8 : size) + small; // the state's word is worth something
		if (size >= MIN && (!found || worth > found.worth))
			found = { size, cols, beside, small, worth, tall: Math.min(h, size * (beside ? 1.8 : 2.8)) };
	}
	const narrow = Math.max(reason * MIN, (label + 1.7) * MIN + 10.8 * SMALL[0]) + 2 * SIDE + 1 + GAP;
	found = found || { size: 0, cols: Math.max(1, Math.floor((width + GAP) / narrow)), beside: false, small: width < narrow ? SMALL.at(-1) : SMALL[0] };
	return { ...found, label };
}

// The first of these that there is room for.
function roomiest(tiles, family, width, height) {
	let b;
	for (const room of ROOM) {
		b = best(tiles, family, width, height, room);
		if (b.size)
			break;
	}
	return b;
}

// All tiles in the window; else all seats, with strangers below; else as many columns as there is
// room for, and the window scrolls.
function fit(grid, tiles) {
	const family = getComputedStyle(grid).fontFamily;
	const height = window.innerHeight - grid.getBoundingClientRect().top - window.scrollY - 4;
	const seats = tiles.filter((t) => t.expected);
	let b = roomiest(tiles, family, grid.clientWidth, height);
	if (!b.size && seats.length)
		b = roomiest(seats, family, grid.clientWidth, height);
	grid.style.fontSize = (b.size || MIN) + "px";
	grid.style.setProperty("--label", b.label + 0.3 + "em");
	grid.style.setProperty("--small", b.small + "px");
	grid.style.gridTemplateColumns = `repeat(${b.cols}, minmax(0, 1fr))`;
	grid.style.gridAutoRows = b.tall ? `minmax(${Math.floor(b.tall * 4) / 4}px, auto)` : "auto";
	grid.classList.toggle("beside", b.beside);
	grid.classList.toggle("scrolls", !b.size);
	grid.dataset.columns = b.cols;
}

export function summary(tiles) {
	const n = (state) => tiles.filter((t) => t.state === state).length;
	return `${n("in")} in, ${n("away")} turned away, ${n("door")} at the door, ${n("waiting")} waiting, ${n("left")} left`;
}

export function classView(main) {
	const grid = el("ul", { class: "tiles", "aria-label": "Seats" });
	const title = el("h1", { class: "unseen" }, "The class");
	const nodes = new Map();
	const count = el("p", { class: "unseen", id: "count" });
	const empty = el("p", { class: "empty" }, store.role === "teacher" ? "No seat is expected, and no board has come yet. A class gets its seats with ca/class; each board that comes is shown here." : "Nothing to be seen here yet.");
	main.replaceChildren(title, count, empty, grid);

	const list = () => [...store.tiles.values()].filter((t) => t.expected || t.t).sort(order);
	let shown = "";

	function draw() {
		const tiles = list();
		nodes.clear();
		grid.replaceChildren(...tiles.map((t) => {
			const node = tile(t);
			nodes.set(t.key, node);
			return el("li", { class: t.expected ? "" : "stranger" }, node);
		}));
		empty.hidden = tiles.length > 0;
		count.textContent = summary(tiles);
		shown = tiles.map((t) => t.key + tileLine(t)).join();
		fit(grid, tiles);
	}

	function update(what) {
		const tiles = list();
		const focus = document.activeElement && document.activeElement.dataset.key;
		if (what.all || tiles.length !== nodes.size || [...what.tiles].some((k) => !nodes.has(k) && store.tiles.get(k).t)) {
			draw();
		} else {
			for (const key of what.tiles) {
				const old = nodes.get(key), t = store.tiles.get(key);
				if (!old)
					continue;
				const fresh = tile(t);
				if (old.className !== fresh.className)
					say(t.label + " " + stateWord(t) + (t.reason ? ", " + words(t.reason) : ""));
				old.replaceWith(fresh);
				nodes.set(key, fresh);
			}
			count.textContent = summary(tiles);
			const lines = tiles.map((t) => t.key + tileLine(t)).join();
			if (lines !== shown) {
				shown = lines;
				fit(grid, tiles);
			}
		}
		if (focus && nodes.has(focus))
			nodes.get(focus).focus();
	}

	function keys(e) {
		const at = [...nodes.values()].indexOf(document.activeElement);
		const cols = Number(grid.dataset.columns) || 1;
		const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: cols, ArrowUp: -cols }[e.key];
		const to = step && at >= 0 && [...nodes.values()][at + step];
		if (to) {
			e.preventDefault();
			to.focus();
		}
	}

	const resize = new ResizeObserver(() => fit(grid, list()));
	resize.observe(main);
	grid.addEventListener("keydown", keys);
	draw();
	const leave = follow(update);
	const timer = setInterval(() => {
		for (const t of list())
			if (nodes.has(t.key))
				tick(nodes.get(t.key), t);
	}, 1000);
	const again = () => fit(grid, list());
	window.addEventListener("resize", again);
	return () => {
		leave();
		clearInterval(timer);
		resize.disconnect();
		window.removeEventListener("resize", again);
	};
}
