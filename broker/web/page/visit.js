// One visit at length.
import { copyButton, day, definitions, duration, el, shape, words } from "./dom.js";
import { ladder } from "./ladder.js";
import { storyNode } from "./story.js";
import { outcome, rowText, who } from "./visits.js";
import { ask, catalogue, store } from "./store.js";

// The names of the suites that matter here; others are shown by number.
const SUITES = { C02B: "ECDHE-ECDSA-AES128-GCM-SHA256", C02F: "ECDHE-RSA-AES128-GCM-SHA256", C030: "ECDHE-RSA-AES256-GCM-SHA384", C02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
	C024: "ECDHE-ECDSA-AES256-SHA384", C023: "ECDHE-ECDSA-AES128-SHA256", C00A: "ECDHE-ECDSA-AES256-SHA", C009: "ECDHE-ECDSA-AES128-SHA",
	C028: "ECDHE-RSA-AES256-SHA384", C027: "ECDHE-RSA-AES128-SHA256", C014: "ECDHE-RSA-AES256-SHA", C013: "ECDHE-RSA-AES128-SHA",
	"1301": "TLS_AES_128_GCM_SHA256", "1302": "TLS_AES_256_GCM_SHA384", "1303": "TLS_CHACHA20_POLY1305_SHA256", CCA9: "ECDHE-ECDSA-CHACHA20-POLY1305",
	CCA8: "ECDHE-RSA-CHACHA20-POLY1305", "00FF": "(secure renegotiation)", "5600": "(fallback)" };

function list(values) {
	return values && values.length ? values.join(", ") : undefined;
}

function offered(tls) {
	const o = tls.offer;
	if (!o)
		return null;
	const chosen = (name) => name && tls.cipher && name.replace(/^TLS_/, "") === tls.cipher.replace(/^TLS_/, "");
	return el("section", {}, el("h2", {}, "What the device offered, and what was chosen"),
		definitions([["host name asked for", tls.sni || "none"], ["versions", list(o.versions)], ["chosen version", tls.version],
			["cipher suites", o.ciphers && el("ul", { class: "suites" }, o.ciphers.map((c) => el("li", { class: chosen(SUITES[c]) ? "chosen" : "" }, el("code", {}, c), " ", SUITES[c] || "", chosen(SUITES[c]) ? " ← chosen" : "")))],
			["chosen suite", tls.cipher], ["groups", list(o.groups)], ["chosen group", tls.group], ["signature algorithms", list(o.sigalgs)],
			["ALPN", list(o.alpn)], ["max_fragment_length", o.max_fragment_length], ["record_size_limit", o.record_size_limit],
			["looks like", tls.looks_like && tls.looks_like.what + ": " + tls.looks_like.why], ["resumed", tls.resumed ? "yes" : undefined],
			["hello", o.bytes && o.bytes + " B"], ["bytes", tls.bytes_in !== undefined ? tls.bytes_in + " in, " + tls.bytes_out + " out" : undefined]]));
}

function certificate(title, c) {
	if (!c)
		return null;
	return el("section", {}, el("h3", {}, title), definitions([["subject", c.subject], ["issuer", c.issuer], ["names", list(c.names)], ["key", c.key],
		["valid", c.not_before || c.not_after ? [c.not_before && day(c.not_before), c.not_after && day(c.not_after)].filter(Boolean).join(" to ") : undefined],
		["CA certificate", c.ca === undefined ? undefined : c.ca ? "yes" : "no"], ["size", c.bytes && c.bytes + " B"], ["in the chain", c.chain],
		["SHA-256", c.sha256 && el("code", { class: "hash" }, c.sha256)]]));
}

function alertText(a) {
	return "alert " + a.code + " " + a.name + " from the " + a.from;
}

function differences(found) {
	if (!found.good)
		return el("section", { class: "good" }, el("h2", {}, "This device's last good visit"), el("p", {}, "None is known."));
	const g = found.good;
	return el("section", { class: "good" }, el("h2", {}, found.good_later ? "A later good visit of this device" : "This device's last good visit"),
		el("p", {}, el("a", { href: "/visit/" + encodeURIComponent(g.id) }, day(g.t) + ", " + new Date(g.t).toLocaleTimeString("en-GB"))),
		found.differs.length ? el("div", { class: "wide" }, el("table", { class: "differs" }, el("caption", {}, "What differs"),
			el("thead", {}, el("tr", {}, ["", "then", "this time"].map((h) => h ? el("th", { scope: "col" }, h) : el("td")))),
			el("tbody", {}, found.differs.map((d) => el("tr", {}, el("th", { scope: "row" }, d.what), el("td", {}, d.then === undefined ? el("em", {}, "none") : d.then),
				el("td", {}, d.now === undefined ? el("em", {}, "none") : d.now)))))) : el("p", {}, "Nothing that shows up to the point where this visit ended."));
}

export function visitBody(found) {
	const v = found.visit, tls = v.tls || {}, mqtt = v.mqtt || {};
	const [state, word] = outcome(v);
	const story = found.stories.map((s) => storyNode(s));
	const later = found.also.filter((l) => l.kind !== "begin");
	return [
		el("p", { class: "verdict " + state }, shape(state), " ", el("strong", {}, who(v) || "a device"), " ", word, v.reason ? ": " + ((store.reasons.get(v.reason) || {}).title || words(v.reason)) : ""),
		el("p", { class: "says" }, v.says || ""),
		later.map((l) => el("p", {}, shape(outcome(l)[0]), " ", outcome(l)[1] + ": " + words(l.reason) + (l.topic ? " (topic " + l.topic + ")" : ""), el("br"), el("span", { class: "says" }, l.says || ""))),
		el("div", { class: "tools" }, copyButton(() => rowText({ ...v, client_id: mqtt.client_id, sni: tls.sni }), "Copy as text"), " ", copyButton(JSON.stringify(v, null, "\t"), "Copy as JSON"), " ", copyButton(() => location.href, "Copy link")),
		el("div", { class: "columns" },
			el("section", { class: "course" }, el("h2", {}, "The handshake"), ladder(v)),
			el("div", { class: "told" }, story, differences(found)),
			el("div", { class: "facts" },
				el("h2", {}, "The visit"),
				definitions([["when", day(v.t) + ", " + v.t], ["took", duration(v.ms)], ["seat", v.seat && el("a", { href: "/visits?seat=" + encodeURIComponent(v.seat) }, v.seat)],
					["known by", v.seat_from], ["listener", v.listener && v.listener + (v.port ? " (port " + v.port + ")" : "")], ["from", v.peer], ["stage", v.stage], ["ended by", v.by],
					["alert", tls.alert && alertText(tls.alert)], ["TLS error", tls.error], ["check of its certificate", tls.verify && tls.verify.text],
					["client id", mqtt.client_id], ["user name", mqtt.user], ["MQTT", mqtt.version], ["keep-alive", mqtt.keepalive !== undefined ? mqtt.keepalive + " s" : undefined],
					["CONNACK", mqtt.connack], ["exercise", v.exercise], ["remarks", v.marks && v.marks.map(words).join(", ")], ["spoke", v.spoke], ["first bytes", v.first_bytes && el("code", { class: "hash" }, v.first_bytes)],
					["broker's log", v.log && el("code", {}, v.log)], ["id", el("code", {}, v.id)]]),
				offered(tls),
				tls.our_certificate || tls.client_certificate ? el("section", {}, el("h2", {}, "Certificates"), certificate("Ours", tls.our_certificate), certificate("The device's", tls.client_certificate)) : null)),
	];
}

export async function visitView(main, { path }) {
	const id = path.split("/")[2];
	main.replaceChildren(el("h1", {}, "Visit"), el("p", {}, "…"));
	const found = await ask("/api/visits/" + id);
	await catalogue.loaded; // the titles of the reasons
	main.replaceChildren(el("h1", {}, "Visit"), ...(found.error ? [el("p", {}, found.error)] : visitBody(found).flat(Infinity).filter(Boolean)));
}
