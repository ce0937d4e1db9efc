// What boards have to trust: size, dates, digests, downloads.
import { copy, copyButton, day, definitions, el, many } from "./dom.js";
import { ask, now, store } from "./store.js";

const LIMIT = 4096;

function span(seconds) {
	const days = Math.floor(Math.abs(seconds) / 86400);
	if (days > 730)
		return many(Math.floor(days / 365.25), "year") + " and " + many(Math.floor(days % 365.25), "day");
	if (days > 0)
		return many(days, "day");
	return Math.abs(seconds) < 3600 ? "less than an hour" : many(Math.floor(Math.abs(seconds) / 3600), "hour");
}

export function countdown(c, at) {
	const s = at / 1000;
	if (s < c.not_before)
		return "not valid yet: begins in " + span(c.not_before - s);
	if (s > c.not_after)
		return "expired " + span(s - c.not_after) + " ago";
	return "valid for another " + span(c.not_after - s);
}

function hash(value) {
	return el("span", {}, el("code", { class: "hash" }, value), " ", copyButton(value));
}

export async function certificateView(main) {
	main.replaceChildren(el("h1", {}, "Certificate"), el("p", {}, "…"));
	const { certificate: c, exports: files, error } = await ask("/api/certificate");
	if (error) {
		main.replaceChildren(el("h1", {}, "Certificate"), el("p", {}, error));
		return;
	}
	const host = store.class.domain || "server";
	const parts = [el("h1", {}, "Certificate")];
	if (c.problem) {
		parts.push(el("p", { class: "problem" }, c.problem));
	} else {
		const pem = "/" + host + ".pem";
		const left = el("strong", {}, countdown(c, now()));
		parts.push(el("p", {}, left), el("p", {}, el("a", { class: "button", href: pem, download: host + ".pem" }, "Download " + host + ".pem"), " ", copyButton(c.pem, "Copy PEM")),
			definitions([["for", c.names.join(", ")], ["subject", c.subject], ["issuer", c.issuer === c.subject ? "itself" : c.issuer], ["key", c.key],
				["size", `${c.der_bytes} bytes DER, ${c.pem_bytes} bytes PEM: ${c.chain_bytes} of the ${LIMIT} that a modem takes as a chain, ${c.pem_bytes} of ${LIMIT} under a security tag`],
				["valid", `${day(c.not_before * 1000)} to ${day(c.not_after * 1000)}`],
				["CA certificate", c.ca ? "yes" : "no"],
				["SHA-256 of the text with its final newline", hash(c.sha256_pem)],
				["SHA-256 without the final newline", hash(c.sha256_pem_trimmed)],
				["SHA-256 of the certificate (DER)", hash(c.sha256)]]),
			el("p", {}, "A modem shows the digest of the text that was written into it: ", el("code", {}, `AT%CMNG=1,${store.class.tag},0`), " ", copyButton(`AT%CMNG=1,${store.class.tag},0`), " must show one of the first two."),
			el("details", {}, el("summary", {}, "The text"), el("pre", { tabindex: "0" }, c.pem)));
	}
	const labels = Object.keys(files).filter((l) => files[l].length);
	if (labels.length)
		parts.push(el("h2", {}, "Seat bundles"), el("p", {}, "Public material only: no key is in any of them."), el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, ["Seat", "All", "Files"].map((h) => el("th", { scope: "col" }, h)))),
			el("tbody", {}, labels.map((l) => el("tr", {}, el("th", { scope: "row" }, l), el("td", {}, el("a", { href: `/exports/${l}.tar`, download: true }, l + ".tar")),
				el("td", {}, files[l].map((f) => [el("a", { href: `/exports/${l}/${f.name}`, download: true, title: f.bytes + " bytes" }, f.name), " "]))))))));
	if (store.role === "teacher" && store.class.token) {
		const { links = [] } = await ask("/api/links");
		const url = (l) => location.origin + l.path;
		parts.push(el("h2", {}, "Links for the students"), el("p", {}, "Each opens one seat's own page. Students see of others: ", el("strong", {}, { none: "nothing", tiles: "the state of their seats", visits: "everything, masked" }[store.class.others]), ". The switch is ", el("code", {}, "page.students"), " in class.json."),
			el("p", {}, el("button", { type: "button", onclick: () => copy(links.map((l) => l.seat + "\t" + url(l)).join("\n")) }, "Copy all")),
			el("ul", { class: "links" }, links.map((l) => el("li", {}, l.seat + " ", el("code", { class: "hash" }, url(l)), " ", copyButton(url(l))))));
	}
	main.replaceChildren(...parts);
}
