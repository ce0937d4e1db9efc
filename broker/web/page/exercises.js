// The exercises: doors that are broken on purpose.
import { basis, copyButton, el, words } from "./dom.js";
import { ask, catalogue, store } from "./store.js";

export async function exercisesView(main) {
	main.replaceChildren(el("h1", {}, "Exercises"), el("p", {}, "…"));
	const { exercises, class: path, error } = await ask("/api/exercises");
	if (error) {
		main.replaceChildren(el("h1", {}, "Exercises"), el("p", {}, error));
		return;
	}
	await catalogue.loaded; // the reasons that are linked
	const open = "broker/exercises --class " + path + " on expired wrong-name";
	const domain = store.class.domain || "the domain";
	main.replaceChildren(el("h1", {}, "Exercises"),
		el("p", {}, "Doors that are broken on purpose, each in one way. A board comes to one by its host name or by its port. Each is shut unless it stands in the list ", el("code", {}, "exercises.on"), " of ", el("code", {}, "class.json"), store.role === "teacher" ? [": ", el("code", {}, open), " ", copyButton(open)] : "", "."),
		el("div", { class: "exercises" }, exercises.map((x) => {
			const host = x.name + "." + domain;
			return el("section", { class: "exercise " + (x.on ? "on" : "off"), id: x.name }, el("h2", {}, words(x.name), " ", el("span", { class: "switch" }, x.on ? "open" : "shut")),
				el("p", {}, el("code", {}, host), " ", copyButton(host), " or port ", el("code", {}, String(x.port))),
				el("p", {}, "The broker " + x.does + "."),
				el("p", {}, "The board: ", el("q", {}, x.board), " ", basis(x.basis, x.source)),
				el("p", {}, "The journal: " + x.journal + ". ", x.reasons.split(",").map((r) => [store.reasons.has(r) ? el("a", { href: "/reasons/" + r }, words(r)) : words(r), " "])),
				el("p", {}, x.learnt),
				el("p", {}, el("a", { href: "/visits?exercise=" + encodeURIComponent(x.name) }, x.visits + " visits so far")));
		})));
}
