// The handshake as a drawn ladder: device left, broker right, and where it broke off.
import { duration, el, svg } from "./dom.js";

const BY = { device: "the device", broker: "the broker", network: "the network" };

function arrow(dir, alert) {
	const line = svg("line", { x1: 2, x2: 98, y1: 6, y2: 6, class: alert ? "alert" : "" });
	return svg("svg", { viewBox: "0 0 100 12", preserveAspectRatio: "none", class: "arrow", "aria-hidden": "true" }, line);
}

// client_hello is ClientHello in every book; an alert has a number and a name.
function name(step, visit) {
	const a = visit.tls && visit.tls.alert;
	if (step.msg === "alert" && step.code !== undefined)
		return "Alert " + step.code + " " + step.name;
	if (step.msg === "alert" && a && (a.from === "device") === (step.dir === "in"))
		return "Alert " + a.code + " " + a.name;
	if (!/^[a-z]+(_[a-z]+)*$/.test(step.msg))
		return step.msg;
	return step.msg.split("_").map((w) => w[0].toUpperCase() + w.slice(1)).join("");
}

export function ladder(visit) {
	const steps = visit.steps || [];
	if (!steps.length)
		return el("p", {}, "No message of a handshake was seen.");
	const items = steps.map((s, i) => {
		const alert = /alert/i.test(s.msg);
		const gap = i ? (s.us - steps[i - 1].us) / 1000 : 0;
		return el("li", { class: s.dir + (alert ? " alert" : "") + (gap > 1000 ? " slow" : "") },
			el("span", { class: "at" }, duration(s.us / 1000)),
			el("span", { class: "unseen" }, s.dir === "in" ? "device to broker: " : "broker to device: "),
			el("span", { class: "msg" }, name(s, visit), s.bytes !== undefined ? el("small", {}, " " + s.bytes + " B") : null, arrow(s.dir, alert)));
	});
	if (visit.verdict === "rejected")
		items.push(el("li", { class: "broke by-" + (visit.by || "network") }, el("span", { class: "at" }, visit.ms !== undefined ? duration(visit.ms) : ""),
			el("span", { class: "msg" }, "broke off here, by " + (BY[visit.by] || "nobody known") + (visit.stage ? ", at stage " + visit.stage : ""))));
	else if (visit.verdict === "accepted")
		items.push(el("li", { class: "held" }, el("span", { class: "at" }, duration(visit.ms)), el("span", { class: "msg" }, "let in")));
	return el("div", { class: "ladder" },
		el("div", { class: "sides", "aria-hidden": "true" }, el("span", {}, "device"), el("span", {}, "broker")),
		el("ol", { "aria-label": "Messages of the handshake" }, items));
}
