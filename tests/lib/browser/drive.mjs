// Drives a headless Chromium: one JSON command a line on standard input, one JSON answer a line on
// standard output. Only what the tests of the page need. Called with a node_modules and a Chromium.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [modules, executablePath] = process.argv.slice(2);
const require = createRequire(modules + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({ executablePath,
	args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage", "--font-render-hinting=none"] });
let context, page, cdp, complaints = [];

const commands = {
	// a fresh browser profile: viewport, colorScheme, extraHTTPHeaders, bypassCSP ...
	async open(options) {
		if (context)
			await context.close();
		context = await browser.newContext({ viewport: { width: 1280, height: 720 }, ...options });
		await context.grantPermissions(["clipboard-read", "clipboard-write"]).catch(() => {});
		page = await context.newPage();
		complaints = [];
		page.on("console", (m) => ["error", "warning"].includes(m.type()) && complaints.push(m.text()));
		page.on("pageerror", (e) => complaints.push(String(e.stack)));
		page.on("dialog", (d) => { complaints.push("dialog: " + d.message()); d.dismiss(); });
	},
	goto: ({ url }) => page.goto(url).then((r) => r.status()),
	eval: ({ js, arg }) => page.evaluate(`(${js})(${JSON.stringify(arg ?? null)})`),
	// not page.waitForFunction: it needs eval in the page, which the page's policy forbids
	async wait({ js, arg, timeout }) {
		for (const end = Date.now() + (timeout || 30000); Date.now() < end; await new Promise((r) => setTimeout(r, 40)))
			if (await page.evaluate(`(${js})(${JSON.stringify(arg ?? null)})`).catch(() => false))
				return true;
		return false;
	},
	click: ({ selector }) => page.click(selector),
	fill: ({ selector, value }) => page.fill(selector, value),
	press: ({ key }) => page.keyboard.press(key),
	media: (o) => page.emulateMedia(o),
	size: (o) => page.setViewportSize(o),
	shot: ({ path, full }) => page.screenshot({ path, fullPage: !!full }).then(() => path),
	pdf: ({ path }) => page.pdf({ path, format: "A4" }).then(() => path),
	// what the page's own thread is busy with, for benches
	async profile({ on }) {
		cdp = cdp || await context.newCDPSession(page);
		await cdp.send("Performance.enable");
		await cdp.send("Profiler.enable");
		if (on)
			return void await cdp.send("Profiler.start");
		const { profile } = await cdp.send("Profiler.stop");
		const self = {};
		profile.samples.forEach((id, i) => { self[id] = (self[id] || 0) + profile.timeDeltas[i]; });
		const top = {};
		for (const n of profile.nodes)
			top[n.callFrame.functionName + ":" + n.callFrame.lineNumber] = (top[n.callFrame.functionName + ":" + n.callFrame.lineNumber] || 0) + (self[n.id] || 0) / 1000;
		const metrics = Object.fromEntries((await cdp.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value]));
		return [Object.entries(top).sort((a, b) => b[1] - a[1]).slice(0, 14), metrics];
	},
	complaints: async () => complaints.splice(0),
	async axe() {
		await page.evaluate(axe);
		const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
		return found.violations.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html + " " + (n.failureSummary || "").replaceAll("\n", " ")).join(" | "));
	},
};

for await (const line of createInterface({ input: process.stdin })) {
	const { do: name, ...args } = JSON.parse(line);
	if (name === "quit")
		break;
	let answer;
	try {
		answer = { ok: true, value: await commands[name](args) };
	} catch (e) {
		answer = { ok: false, error: String(e.stack || e) };
	}
	process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
