// The frame: which view, the bar, the notices, the keys.
import { classView } from "./class.js";
import { certificateView } from "./certificate.js";
import { clock, decoded, el } from "./dom.js";
import { exercisesView } from "./exercises.js";
import { helpView } from "./help.js";
import { pulse } from "./pulse.js";
import { reasonsView } from "./reasons.js";
import { seatView } from "./seat.js";
import { connect, follow, store } from "./store.js";
import { visitView } from "./visit.js";
import { visitsView } from "./visits.js";

const VIEWS = [["/visits", "visits", visitsView, "Visits"], ["/visit/", "visits", visitView, "Visit"], ["/seat/", "class", seatView, "Seat"], ["/reasons", "reasons", reasonsView, "Reasons"],
	["/exercises", "exercises", exercisesView, "Exercises"], ["/certificate", "certificate", certificateView, "Certificate"], ["/help", "", helpView, "Keys and signs"], ["/", "class", classView, "Class"]];
const main = document.getElementById("main");
let leave = null;

function show(focus) {
	const path = location.pathname;
	const [, name, view, title] = VIEWS.find(([p]) => (p === "/" ? true : path === p || path.startsWith(p.endsWith("/") ? p : p + "/")));
	if (typeof leave === "function")
		leave();
	leave = null;
	document.body.dataset.view = view === classView ? "tiles" : "text";
	document.title = title + (path.startsWith("/seat/") ? " " + decoded(path.slice(6)) : "") + " · Doorstep";
	for (const a of document.querySelectorAll("#bar nav a"))
		if (a.dataset.view === name)
			a.setAttribute("aria-current", "page");
		else
			a.removeAttribute("aria-current");
	notices();
	const out = view(main, { path, query: new URLSearchParams(location.search), go, replace: (url) => history.replaceState(null, "", url) });
	leave = typeof out === "function" ? out : null;
	if (focus) {
		main.focus({ preventScroll: true });
		window.scrollTo(0, 0);
	}
}

function go(url) {
	history.pushState(null, "", url);
	store.missed = null; // it was read
	show(true);
}

// What a teacher has to know at once; silence is a finding too.
function notices() {
	const c = store.class, list = [];
	if (store.ready && !store.outside)
		list.push("No visit from outside this network yet: check A record, port forward, CGNAT.");
	if (c.keylog)
		list.push("TLS keys are being logged on: " + c.keylog);
	if (c.problem)
		list.push(c.problem);
	if (c.lost)
		list.push(c.lost + " journal lines were lost by the broker");
	if (c.unreadable)
		list.push(c.unreadable + " lines of the journal cannot be read");
	if (c.unknown_v)
		list.push("The journal has lines of version " + c.unknown_v + "; this page reads version 1 only");
	if (store.missed)
		list.push(`Back since ${clock(store.missed.at)}. ${store.missed.lines || "Many"} lines that came meanwhile were too many to be sent again: the visits show the newest, the others are under Older.`);
	for (const j of c.journals || [])
		if (j.problem)
			list.push(j.path + ": " + j.problem);
	const box = document.getElementById("notices");
	if (box.dataset.text === list.join("\n"))
		return;
	box.dataset.text = list.join("\n");
	box.replaceChildren(...list.map((t) => el("p", {}, t)));
	window.dispatchEvent(new Event("resize"));
}

function bar() {
	const live = document.getElementById("live");
	live.textContent = store.status;
	live.className = store.status;
	if (performance.now() < drawn + 1000)
		return;
	drawn = performance.now();
	document.getElementById("pulse").replaceChildren(...pulse());
	notices();
}

document.addEventListener("click", (e) => {
	const a = e.target.closest("a");
	if (!a || a.origin !== location.origin || e.button || e.ctrlKey || e.metaKey || e.shiftKey || a.hasAttribute("download") || a.getAttribute("href").startsWith("#"))
		return;
	if (!VIEWS.some(([p]) => a.pathname === p || (p.length > 1 && a.pathname.startsWith(p.endsWith("/") ? p : p + "/"))))
		return;
	e.preventDefault();
	go(a.pathname + a.search);
});

document.addEventListener("keydown", (e) => {
	if (e.target.closest("input, select, textarea") || e.ctrlKey || e.metaKey || e.altKey)
		return;
	const links = [...document.querySelectorAll("#bar nav a")];
	if (e.key >= "1" && e.key <= "5")
		go(links[Number(e.key) - 1].pathname);
	else if (e.key === "?")
		go("/help");
	else if (e.key === "/" && document.getElementById("reason-search"))
		document.getElementById("reason-search").focus();
	else
		return;
	e.preventDefault();
});

window.addEventListener("popstate", () => show(false));

let begun = false, drawn = -1000;
follow(() => {
	if (!begun && store.ready) {
		begun = true;
		drawn = -1000; // the plot, too, is known now
		show(false);
	}
	bar();
});
setInterval(bar, 1000);
connect();
