// The catalogue's story of a reason: what happened, what the board shows, causes, fix.
import { basis, copyButton, el, words } from "./dom.js";

function command(line) {
	if (line.startsWith("$ "))
		return line.slice(2);
	return line.startsWith("AT") ? line : null;
}

// An option within a sentence is to be copied too, and not broken at its hyphen.
function prose(line) {
	return line.split(/(-D[A-Z]\S+)/).map((part, i) => i % 2 ? [el("code", { class: "option" }, part), " ", copyButton(part)] : part);
}

// Runs of commands become one block with one button; what is prose stays prose.
function fixList(fix) {
	const blocks = [];
	for (const line of fix.filter(Boolean)) {
		const c = command(line);
		const last = blocks[blocks.length - 1];
		if (c === null)
			blocks.push(line);
		else if (Array.isArray(last))
			last.push([line, c]);
		else
			blocks.push([[line, c]]);
	}
	return blocks.map((b) => Array.isArray(b)
		? el("div", { class: "commands" }, el("pre", { tabindex: "0" }, b.map(([shown]) => shown).join("\n")), copyButton(b.map(([, c]) => c).join("\n")))
		: el("p", {}, prose(b)));
}

export function errors(symptom) {
	if (!symptom.err)
		return null;
	return el("code", {}, String(symptom.err) + (symptom.err_old && symptom.err_old !== symptom.err ? " (before NCS 1.6: " + symptom.err_old + ")" : ""));
}

export function storyNode(s, heading = "h2") {
	if (s.unknown)
		return el("section", { class: "story" }, el(heading, {}, words(s.code)), el("p", {}, "This reason comes from a later version; its code is ", el("code", {}, s.code), "."));
	const sub = "h" + (Number(heading[1]) + 1);
	const part = (title, ...children) => [el(sub, {}, title), ...children];
	const lists = (items, render) => el("ol", {}, items.map((i) => el("li", {}, render(i), " ", basis(i.basis, i.source), i.source ? el("small", {}, " " + i.source) : null)));
	return el("section", { class: "story", id: "reason-" + s.code },
		el(heading, {}, s.title, " ", el("code", {}, s.code)),
		s.what ? part("What happened", el("p", {}, s.what)) : null,
		s.board.length ? part("What the board shows", lists(s.board, (b) => [errors(b), " ", el("q", {}, b.text)])) : null,
		s.causes.length ? part("Likely causes, the likeliest first", lists(s.causes, (c) => c.text)) : null,
		s.fix.some(Boolean) ? part("The fix", ...fixList(s.fix)) : null);
}
