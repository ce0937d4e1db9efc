// In the bar: how many seats are how, accepted and turned away a minute, and the top reasons.
import { el, shape, svg, words } from "./dom.js";
import { store } from "./store.js";

const W = 180, H = 30;

const COUNTED = { in: "in", away: "turned away", waiting: "waiting" };

function counts() {
	const tiles = [...store.tiles.values()].filter((t) => t.expected || t.t);
	return el("ul", { class: "counts", "aria-label": "Seats and boards" }, Object.entries(COUNTED).map(([state, word]) =>
		el("li", { title: word, class: "n-" + state }, shape(state), " " + tiles.filter((t) => t.state === state).length, el("span", { class: "unseen" }, " " + word))));
}

export function pulse() {
	const p = store.plot;
	const highest = Math.max(0, ...p.accepted, ...p.rejected), max = Math.max(4, highest);
	const bars = [];
	p.accepted.forEach((a, i) => {
		const r = p.rejected[i];
		const x = i * W / 60, w = W / 60 - 0.6, mid = H / 2;
		if (a)
			bars.push(svg("rect", { x, width: w, y: mid - a / max * mid, height: a / max * mid, class: "bar-in" }));
		if (r)
			bars.push(svg("rect", { x, width: w, y: mid, height: r / max * mid, class: "bar-away" }));
	});
	const sum = (list) => list.reduce((s, n) => s + n, 0);
	const text = "Last hour: " + sum(p.accepted) + " let in (above the line), " + sum(p.rejected) + " turned away (below). Highest: " + highest + " a minute.";
	const picture = svg("svg", { viewBox: `0 0 ${W} ${H}`, class: "plot", role: "img", "aria-label": text }, svg("title", {}, text),
		svg("line", { x1: 0, x2: W, y1: H / 2, y2: H / 2, class: "axis" }), ...bars);
	const top = el("ol", { class: "top", "aria-label": "Most frequent reasons of the last hour" }, p.top.slice(0, 3).map((t) =>
		el("li", {}, el("a", { href: "/visits?reason=" + encodeURIComponent(t.reason) }, t.count + "× " + words(t.reason)))));
	return [counts(), picture, top];
}
