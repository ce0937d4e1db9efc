// Making elements. Whatever a device sent goes through here as text; no markup is ever parsed.
const SVG = "http://www.w3.org/2000/svg";

// A character that draws nothing or turns what stands beside it is shown by its number.
const UNSEEN = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\u00ad\u061c\u180e]/gu;

function visible(text) {
	return text.replace(UNSEEN, (c) => c === "\n" || c === "\t" ? c : c < "\u0100" ? "\\x" + c.charCodeAt(0).toString(16).padStart(2, "0") : "\\u" + c.charCodeAt(0).toString(16));
}

function fill(node, props, children) {
	for (const [name, value] of Object.entries(props || {})) {
		if (value === undefined || value === null || value === false)
			continue;
		if (name.startsWith("on"))
			node.addEventListener(name.slice(2), value);
		else
			node.setAttribute(name, value === true ? "" : String(value));
	}
	for (const child of children.flat(Infinity))
		if (child !== undefined && child !== null && child !== false)
			node.append(typeof child === "string" ? visible(child) : child);
	return node;
}

export function el(tag, props, ...children) {
	return fill(document.createElement(tag), props, children);
}

export function svg(tag, props, ...children) {
	return fill(document.createElementNS(SVG, tag), props, children);
}

// The shapes that go with the colours: one for each state, different without any colour too.
const SHAPES = {
	waiting: () => [svg("circle", { cx: 8, cy: 8, r: 5.5, fill: "none", stroke: "currentColor", "stroke-width": 1.6, "stroke-dasharray": "2.4 2" })],
	door: () => [svg("circle", { cx: 8, cy: 8, r: 6, fill: "none", stroke: "currentColor", "stroke-width": 2 }), svg("path", { d: "M8 2a6 6 0 0 1 0 12z", fill: "currentColor" })],
	in: () => [svg("circle", { cx: 8, cy: 8, r: 7.5, fill: "currentColor" }), svg("path", { d: "M4.4 8.2l2.6 2.7 4.7-5.6", fill: "none", class: "cut", "stroke-width": 2 })],
	away: () => [svg("path", { d: "M.8.8h14.4v14.4H.8z", fill: "currentColor" }), svg("path", { d: "M4.5 4.5l7 7m0-7l-7 7", fill: "none", class: "cut", "stroke-width": 2 })],
	left: () => [svg("circle", { cx: 8, cy: 8, r: 6, fill: "none", stroke: "currentColor", "stroke-width": 2 }), svg("path", { d: "M4.5 8h7", stroke: "currentColor", "stroke-width": 2 })],
	denied: () => [svg("path", { d: "M8 1l7.3 13.5H.7z", fill: "currentColor" }), svg("path", { d: "M8 5.5v4.3m0 1.4v1.6", class: "cut", "stroke-width": 1.8 })],
};

export function shape(state) {
	return svg("svg", { viewBox: "0 0 16 16", class: "shape", "aria-hidden": "true" }, ...(SHAPES[state] || SHAPES.waiting)());
}

// A part of an address; what is no UTF-8 stays as it stands.
export function decoded(part) {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

export function words(code) {
	return (code || "").replaceAll("-", " ");
}

export function many(n, word) {
	return n + " " + word + (n === 1 ? "" : "s");
}

export function ago(ms, now) {
	const s = Math.max(0, Math.round((now - ms) / 1000));
	if (s < 60)
		return s + " s";
	if (s < 3600)
		return Math.floor(s / 60) + " min";
	if (s < 86400)
		return Math.floor(s / 3600) + " h";
	return Math.floor(s / 86400) + " d";
}

export function clock(t) {
	const d = new Date(t);
	const two = (n) => String(n).padStart(2, "0");
	return two(d.getHours()) + ":" + two(d.getMinutes()) + ":" + two(d.getSeconds());
}

const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

// By hand: the browser's own formatting takes longer than the rest of a row.
export function day(t) {
	const d = new Date(t);
	return d.getDate() + " " + MONTHS[d.getMonth()] + " " + d.getFullYear();
}

export function duration(ms) {
	if (ms === undefined)
		return "";
	return ms < 1000 ? (ms < 10 ? ms.toFixed(1) : Math.round(ms)) + " ms" : (ms / 1000).toFixed(1) + " s";
}

export function say(text) {
	document.getElementById("said").textContent = text;
}

// navigator.clipboard is there on https and localhost only; students come over plain http too.
export async function copy(text) {
	try {
		await navigator.clipboard.writeText(text);
	} catch {
		const area = el("textarea", { class: "unseen", readonly: true });
		area.value = text;
		document.body.append(area);
		area.select();
		document.execCommand("copy");
		area.remove();
	}
	say("copied");
}

export async function copyFrom(button, text) {
	const label = button.textContent;
	await copy(typeof text === "function" ? await text() : text);
	button.textContent = "Copied";
	setTimeout(() => { button.textContent = label; }, 1500);
}

export function copyButton(text, label = "Copy", title) {
	const b = el("button", { type: "button", class: "copy", title, onclick: (e) => {
		e.preventDefault();
		copyFrom(b, text);
	} }, label);
	return b;
}

export function basis(b, source) {
	return el("span", { class: "basis " + b, title: source }, b);
}

export function definitions(pairs) {
	return el("dl", {}, pairs.filter(([, v]) => v !== undefined && v !== null && v !== "").map(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]));
}
