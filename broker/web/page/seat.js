// One seat, for the student who sits there.
import { ago, copyButton, decoded, el, shape, words } from "./dom.js";
import { stateWord, tileKind } from "./class.js";
import { ask, follow, now, store } from "./store.js";
import { storyNode } from "./story.js";
import { visitList } from "./visits.js";

function silence(t) {
	const host = t.host || t.label + "." + (store.class.domain || "the domain");
	const listeners = (store.class.listeners || []).map((l) => l.name + " " + l.port).join(", ");
	return el("section", {}, el("h2", {}, "Nothing was heard from this seat yet. What to check first:"), el("ol", {},
		el("li", {}, "Does the board run, and does it log that it is connected to LTE?"),
		el("li", {}, "Is the host name in its configuration ", el("code", {}, host), "? ", copyButton(host)),
		el("li", {}, "Does that name lead to this broker? ", el("code", {}, "host " + host), " ", copyButton("host " + host)),
		el("li", {}, "Is the port right", listeners ? " (" + listeners + ")" : "", "?"),
		el("li", {}, "Is there a CA certificate under security tag " + store.class.tag + "? Without one some modems do not even begin. ", el("code", {}, "AT%CMNG=1," + store.class.tag + ",0"), " ", copyButton("AT%CMNG=1," + store.class.tag + ",0")),
		store.outside ? null : el("li", {}, "No visit from outside this network has come for anybody: check the A record, the port forward, and whether the line is behind carrier-grade NAT.")));
}

export function seatView(main, { path, query }) {
	const label = decoded(path.split("/")[2]);
	const head = el("div"), story = el("div");
	const q = new URLSearchParams(query);
	q.set("seat", label);
	const mine = store.role === "teacher" || store.seat === label || store.class.others === "visits";
	const list = mine ? visitList(q, { limit: 50, fixed: ![...query.keys()].length }) : el("p", {}, "What others do in detail is for them and the teacher.");
	main.replaceChildren(el("h1", {}, label), head, story, el("h2", {}, "Visits"), list);
	let told = "", gone = false;

	async function draw() {
		const t = [...store.tiles.values()].find((x) => x.key === "s:" + label);
		if (!t) {
			head.replaceChildren(el("p", {}, "No seat of this class has this label, and nothing came under it."));
			return;
		}
		const kind = tileKind(t);
		head.replaceChildren(el("p", { class: "verdict " + kind }, shape(kind), " ", el("strong", {}, stateWord(t)), t.reason ? ": " + ((store.reasons.get(t.reason) || {}).title || words(t.reason)) : ""),
			t.t ? el("p", {}, ago(t.t, now()) + " ago; let in " + t.accepted + "×, turned away " + t.rejected + "×" + (t.denied ? ", denied " + t.denied + "×" : "") + ". ", t.id && mine ? el("a", { href: "/visit/" + encodeURIComponent(t.id) }, "The whole visit") : null) : "");
		if (!t.t) {
			story.replaceChildren(silence(t));
			return;
		}
		const key = t.id + t.reason + t.t;
		if (!t.reason || !mine || key === told) {
			if (!t.reason)
				story.replaceChildren();
			return;
		}
		told = key;
		const found = await ask("/api/visits/" + encodeURIComponent(t.id));
		if (!found.error && !gone) {
			story.replaceChildren(el("p", { class: "says" }, found.visit.says || ""), ...found.stories.filter((s) => s.kind !== "mark").map((s) => storyNode(s)));
		}
	}

	const leave = follow((what) => {
		if (what.all || what.tiles.has("s:" + label))
			draw();
	});
	draw();
	return () => {
		gone = true;
		leave();
		if (list.leave)
			list.leave();
	};
}
