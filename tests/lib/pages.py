"""The pages (Markdown) of the project: their fenced blocks, and whether a program's output is what a page shows of it."""

import os
import re
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What a block is, by the word behind its fence. There is no other, so no block is left out.
KINDS = {
    "console": "`$ command` and what it prints: run, and compared",
    "sh": "commands without output: programs and options are there",
    "at": "commands for a modem",
    "json": "an excerpt of a file: parsed",
    "conf": "an excerpt of a configuration file",
    "text": "a drawing",
}

DAYS = "(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
MONTHS = "(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
# What differs from run to run, and the word that stands for it when a page is compared.
DIFFERS = [(re.compile(pattern), word) for pattern, word in (
    (r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?", "TIME"),
    (r"\b%s %s +\d+ \d\d:\d\d:\d\d \d{4}\b" % (DAYS, MONTHS), "TIME"),
    (r"\b%s(|s|nes|rs|ur)day\b" % DAYS, "DAY"),
    (r"\b\d{4}-\d\d-\d\d\b", "DATE"),
    (r"\b\d{1,2} %s[a-z]* \d{4}\b" % MONTHS, "DATE"),
    (r"\b\d\d:\d\d:\d\d(\.\d+)?\b", "TIME"),
    (r"\b[0-9a-f]{16}-\d{6}\b", "ID"),
    (r"\b([0-9a-f]{32,}|[0-9A-F]{32,})\b", "HASH"),
    (r"\b(pid|process) \d+", r"\1 N"),
    (r"(?<=:)(3[2-9]|[45]\d|6[0-5])\d{3}\b", "PORT"),  # the ports that clients get
    (r"\b\d+(\.\d+)? (ms|s|min|us)\b", r"N \2"),
    (r'(?<="uptime_s":)\d+', "N"),
    (r"[ \t]+", " "),
)]
# A signature on P-384 is 101 to 104 bytes long, and what holds one varies with it.
BYTES = re.compile(r"\b(\d{1,3}(?:,\d{3})+|\d+) bytes\b|\b(\d{1,3}(?:,\d{3})+|\d+)(?= of [\d,]+ bytes)")
TOLERANCE = 8


class Block:
    def __init__(self, page, line, kind):
        self.page, self.line, self.kind, self.lines = page, line, kind, []

    def __str__(self):
        return "%s:%d" % (self.page, self.line)


class Step:
    """A command, and what the page shows of its output; shown is None where the page does not show the command either."""

    def __init__(self, line, command, shown):
        self.line, self.command, self.shown = line, command, shown


def pages():
    """All pages of the checkout, by their path in it."""
    if shutil.which("git"):
        done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.md"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if done.returncode == 0:
            return sorted({p for p in done.stdout.splitlines() if os.path.exists(os.path.join(ROOT, p))})
    found = []
    for at, directories, files in os.walk(ROOT):
        directories[:] = [d for d in directories if not re.match(r"(build.*|var|\..*|node_modules)$", d)]
        found += [os.path.relpath(os.path.join(at, f), ROOT) for f in files if f.endswith(".md")]
    return sorted(found)


def read(page):
    """(blocks, steps, what is wrong with its form as `line: words`)"""
    blocks, steps, wrong, block = [], [], [], None
    with open(os.path.join(ROOT, page)) as f:
        lines = f.read().splitlines()
    for number, line in enumerate(lines, 1):
        fence = re.match(r"( {0,3})```(.*)$", line)
        if block:
            if fence:
                steps += _steps(block, wrong) if block.kind == "console" else []
                block = None
            else:
                block.lines.append(line)
        elif fence:
            block = Block(page, number, fence.group(2).strip())
            blocks.append(block)
            if block.kind not in KINDS:
                wrong.append("%s: a block of kind '%s'; there are %s" % (block, block.kind, ", ".join(KINDS)))
        elif re.match(r"<!-- \$ .* -->$", line):
            steps.append(Step(number, line[7:-4], None))
        elif re.match(r"(    |\t)\s*\S", line) or "~~~" in line or re.search(r"<(pre|code)\b", line):
            wrong.append("%s:%d: a block without a fence, which nobody checks" % (page, number))
    if block:
        wrong.append("%s: a fence that is not closed" % block)
    return blocks, steps, wrong


def _steps(block, wrong):
    steps = []
    for number, line in enumerate(block.lines, block.line + 1):
        if line.startswith("$ "):
            steps.append(Step(number, line[2:], []))
        elif not steps:
            wrong.append("%s:%d: output without its command" % (block.page, number))
        elif line.startswith("> ") and not steps[-1].shown and steps[-1].command.endswith("\\"):
            steps[-1].command += "\n" + line[2:]
        else:
            steps[-1].shown.append(line)
    for step in steps:
        while step.shown and not step.shown[-1].strip():
            step.shown.pop()
    return steps


def same(shown, got):
    """Is a line of output what the page shows? `...` in it stands for anything."""
    (shown, a), (got, b) = _plain(shown), _plain(got)
    pattern = ".*".join(re.escape(part) for part in shown.split("..."))
    if not re.fullmatch(pattern, got):
        return False
    return "..." in shown or all(abs(x - y) <= TOLERANCE for x, y in zip(a, b))


def _plain(line):
    """The line without what differs, and its figures of bytes."""
    figures = [int((a or b).replace(",", "")) for a, b in BYTES.findall(line)]
    line = BYTES.sub(lambda m: "BYTES" + (" bytes" if m.group(1) else ""), line)
    for pattern, word in DIFFERS:
        line = pattern.sub(word, line)
    return line.strip(), figures


def difference(shown, got):
    """None if the output is what the page shows, else the first line of the page that is not in it. A line `...` stands for any
    number of lines; without it every line has to be there."""
    got = list(got)
    while got and not got[-1].strip():
        got.pop()
    parts, at = [[]], 0
    for line in shown:
        if line.strip() == "...":
            parts.append([])
        else:
            parts[-1].append(line)
    for i, part in enumerate(parts):
        first, last = i == 0, i == len(parts) - 1
        places = range(at, len(got) - len(part) + 1)
        if first:
            places = [0] if len(part) <= len(got) else []
        if last:
            end = len(got) - len(part)
            places = [p for p in places if p == end] if first else ([end] if end >= at else [])
        place = next((p for p in places if all(same(s, g) for s, g in zip(part, got[p:]))), None)
        if place is None:
            missing = next((s for s in part if not any(same(s, g) for g in got[at:])), None)
            return missing if missing is not None else "%d lines of output, and the page shows others" % len(got)
        at = place + len(part)
    return None
