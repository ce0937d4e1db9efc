// What a number on a board can mean, whatever the broker saw: as doorstep-why tells it.
import { basis, el } from "./dom.js";
import { store } from "./store.js";

// "-111", "errno: 111", "+CME ERROR: 518", "reason 0x4": the number as it is written; "" if there is none.
export function numberOf(text) {
	const m = text.trim().match(/^(?:err(?:no|or)?|code|reason|connack|\+?cme error)?\s*[:=]?\s*(-?\d{1,4}|0x[0-9a-f]{1,2})$/i);
	return m ? m[1] : "";
}

// The errno that this can be, always negative, also by its name; 0 if there is none.
export function errnoOf(text) {
	const as = numberOf(text);
	if (as)
		return /x/i.test(as) ? 0 : -Math.abs(Number(as));
	const named = store.errnos.find((n) => n.name === text.trim().toUpperCase());
	return named ? named.now : 0;
}

function numbering(n, err) {
	const others = [n.old && n.old + " before NCS 1.6", n.native && n.native !== n.now && n.native + " on native_sim"].filter(Boolean);
	const from = n.now === err ? "" : n.old === err ? `${err} in the old numbering (before NCS 1.6) is today's ` : `${err} on native_sim, which has the host's numbers, is the modem's `;
	return [from, el("strong", {}, n.now + " " + n.name), " " + n.words, others.length ? " (" + others.join(", ") + ")" : ""];
}

// A reason that is named in a sentence leads to its entry.
function linked(text) {
	return text.split(/([a-z]+(?:-[a-z]+)+)/).map((part, i) => i % 2 && store.reasons.has(part) ? el("a", { href: "/reasons/" + part }, part) : part);
}

function meaning(m) {
	return [linked(m.text), " ", basis(m.basis, m.source), el("small", {}, " " + m.source)];
}

// [{title, means}...]: the codes of this number, then the errnos.
export function meanings(text) {
	const as = numberOf(text), err = errnoOf(text), hex = /x/i.test(as), number = Number(as);
	const codes = as ? store.codes.filter((c) => c.hex === hex && (c.number === number || (c.minus && c.number === -number))) : [];
	const errnos = err ? store.errnos.filter((n) => n.now === err || n.old === err || n.native === err) : [];
	return [...codes.map((c) => ({ title: [el("strong", {}, as), " " + c.place + ": " + c.name + (c.words ? ", " + c.words : "")], means: [c] })),
		...errnos.map((n) => ({ title: numbering(n, err), means: n.means }))];
}

export function meaningsNodes(found) {
	return found.length ? [el("section", { class: "story", "aria-label": "What the number can mean" }, found.map((f) => [el("p", {}, f.title), el("ul", {}, f.means.map((m) => el("li", {}, meaning(m))))]))] : [];
}
