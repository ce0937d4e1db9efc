// The whole catalogue, searchable by word, by code, and by the number that a board prints.
import { basis, decoded, el, many } from "./dom.js";
import { errnoOf, meanings, meaningsNodes, numberOf } from "./numbers.js";
import { catalogue, follow, store } from "./store.js";
import { errors, storyNode } from "./story.js";

function symptoms(r, err) {
	return r.board.filter((b) => b.err === err || b.err_old === err);
}

const SURE = ["known", "reported", "assumed"];

function sure(some) {
	return Math.min(...some.map((b) => SURE.indexOf(b.basis)));
}

// What a number can mean, and the reasons with the symptoms that fit: [[reason, symptoms]...]. A number of
// which nothing is known is searched for as a word: of an alert, say.
export function search(reasons, text) {
	const err = errnoOf(text), means = meanings(text);
	const fit = reasons.map((r) => [r, err ? symptoms(r, err) : []]).filter(([, some]) => some.length);
	if (means.length || fit.length)
		return { as: numberOf(text) || text.trim(), err, means, hits: fit.sort(([, a], [, b]) => sure(a) - sure(b)) };
	const parts = text.toLowerCase().split(/\s+/).filter(Boolean);
	const hits = reasons.filter((r) => {
		const all = JSON.stringify(r).toLowerCase();
		return parts.every((p) => all.includes(p));
	});
	return { err: 0, means, hits: hits.map((r) => [r, []]) };
}

function told({ as, err, means, hits }) {
	if (!as)
		return hits.length + " of " + many(store.reasons.size, "reason");
	return many(means.length, "meaning") + " of " + as + (hits.length ? ", " + many(hits.length, "candidate") + " for errno " + err : "");
}

const KINDS = { reject: "Why a visit is turned away", denial: "Refusals inside a session", end: "How a session ends", mark: "Remarks", device: "What only the board can see" };

// Who types an errno has the board before him: what it alone can see comes first.
function kinds(err) {
	const all = Object.entries(KINDS);
	return err ? [all.pop(), ...all] : all;
}

export function reasonsView(main, { query, path, replace }) {
	const code = path.split("/")[2];
	const input = el("input", { id: "reason-search", type: "search", value: query.get("q") || (code ? decoded(code) : ""), autocomplete: "off", placeholder: "-111, CME ERROR 518, alert 48, certificate expired" });
	const found = el("p", { role: "status" });
	const numbers = el("div"), out = el("div");
	main.replaceChildren(el("h1", {}, "Reasons"), el("form", { role: "search", class: "filters", onsubmit: (e) => e.preventDefault() },
		el("p", {}, el("label", { for: "reason-search" }, "Search by word, code, or the number that the board prints"), input)), found, numbers, out);

	function draw() {
		const answer = search([...store.reasons.values()], input.value), { err, hits } = answer;
		found.textContent = told(answer);
		numbers.replaceChildren(...meaningsNodes(answer.means));
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
