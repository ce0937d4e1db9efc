import { el, shape } from "./dom.js";

const KEYS = [["1 to 5", "the views"], ["/", "search or filter"], ["p", "pause and resume the visits"], ["j, k", "next and previous visit"], ["Enter", "open it"], ["c", "copy the visit as text"],
	["arrow keys", "from tile to tile"], ["?", "this page"]];
const STATES = [["waiting", "waiting: nothing was ever heard"], ["door", "at the door: a handshake is under way"], ["in", "in"], ["denied", "in, but something was denied"], ["away", "turned away"], ["left", "left: the session has ended"]];

export function helpView(main) {
	main.replaceChildren(el("h1", {}, "Keys and signs"),
		el("dl", {}, KEYS.map(([k, v]) => [el("dt", {}, el("kbd", {}, k)), el("dd", {}, v)])),
		el("h2", {}, "Signs"), el("ul", { class: "signs" }, STATES.map(([s, t]) => el("li", { class: s }, shape(s), " ", t))));
}
