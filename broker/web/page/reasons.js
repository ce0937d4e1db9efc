// The whole catalogue, searchable by word, by code, and by the errno that a board prints.
import { basis, decoded, el } from "./dom.js";
import { catalogue, follow, store } from "./store.js";
import { errors, storyNode } from "./story.js";

// "-111", "111", "error: -111", "err -95": the errno in it, always negative; 0 if there is none.
export function errnoOf(text) {
	const m = text.trim().match(/^(?:err(?:no|or)?\s*[:=]?\s*)?(-?\d{1,3})$/i);
	return m ? -Math.abs(Number(m[1])) : 0;
}

function symptoms(r, err) {
	return r.board.filter((b) => b.err === err || b.err_old === err);
}

const SURE = ["known", "reported", "assumed"];

function sure(some) {
	return Math.min(...some.map((b) => SURE.indexOf(b.basis)));
}

export function search(reasons, text) {
	const err = errnoOf(text);
	if (err)
		return reasons.map((r) => [r, symptoms(r, err)]).filter(([, some]) => some.length).sort(([, a], [, b]) => sure(a) - sure(b));
	const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
	return reasons.filter((r) => {
		const all = JSON.stringify(r).toLowerCase();
		return parts.every((p) => all.includes(p));
	}).map((r) => [r, []]);
}

const KINDS = { reject: "Why a visit is turned away", denial: "Refusals inside a session", end: "How a session ends", mark: "Remarks", device: "What only the board can see" };

// Who types an errno has the board before him: what it alone can see comes first.
function kinds(err) {
	const all = Object.entries(KINDS);
	return err ? [all.pop(), ...all] : all;
}

export function reasonsView(main, { query, path, replace }) {
	const code = path.split("/")[2];
	const input = el("input", { id: "reason-search", type: "search", value: query.get("q") || (code ? decoded(code) : ""), autocomplete: "off", placeholder: "-111, alert 48, certificate expired" });
	const found = el("p", { role: "status" });
	const out = el("div");
	main.replaceChildren(el("h1", {}, "Reasons"), el("form", { role: "search", class: "filters", onsubmit: (e) => e.preventDefault() },
		el("p", {}, el("label", { for: "reason-search" }, "Search by word, code, or the errno that the board prints"), input)), found, out);

	function draw() {
		const text = input.value;
		const hits = search([...store.reasons.values()], text);
		const err = errnoOf(text);
		found.textContent = err ? hits.length + " candidates for errno " + err : hits.length + " of " + store.reasons.size + " reasons";
		out.replaceChildren(...kinds(err).flatMap(([kind, title]) => {
			const some = hits.filter(([r]) => r.kind === kind);
			if (!some.length)
				return [];
			return [el("h2", {}, title), ...some.map(([r, why]) => el("details", { open: hits.length <= 3, id: r.code },
				el("summary", {}, el("strong", {}, r.title), " ", el("code", {}, r.code), why.map((b) => el("span", { class: "why" }, " ", errors(b), " ", el("q", {}, b.text), " ", basis(b.basis, b.source)))),
				storyNode(r, "h3")))];
		}));
	}

	input.addEventListener("input", () => {
		replace("/reasons" + (input.value ? "?q=" + encodeURIComponent(input.value) : ""));
		draw();
	});
	draw();
	if (catalogue.loaded)
		catalogue.loaded.then(draw);
	let known = store.reasons;
	return follow(() => {
		if (known !== store.reasons)
			draw();
		known = store.reasons;
	});
}
