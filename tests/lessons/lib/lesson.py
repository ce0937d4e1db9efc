"""What the lessons share: a class with a real broker, virtual boards, and the two logs side by side.

A lesson is one file that reads as a story: it tells, lets a board try, asserts on both sides, mends
with the command that the board itself printed, and lets it try again.

At a terminal it is written for people: no marks of a test protocol, as wide as the terminal. Anywhere
else it is TAP, 120 columns wide."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
BUILD = os.environ.get("DOORSTEP_BUILD", os.path.join(ROOT, "build"))
DK = os.path.join(BUILD, "bin", "doorstep-dk")

# In a checkout in which nothing was built yet a lesson begins as tests/run does.
if not os.path.exists(DK) and subprocess.run([os.path.join(ROOT, "tests", "run"), "--fast", "unit-dk_core"], stdout=sys.stderr).returncode:
    sys.exit(1)

import jsonschema  # noqa: E402

sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))

from journal import Journal, wait_for  # noqa: E402
from tap import Tap  # noqa: E402

CA = os.path.join(BUILD, "bin", "doorstep-ca")
WHY = os.path.join(BUILD, "bin", "doorstep-why")

COLOURS = (("not ok", "31"), ("<err>", "31"), ("<wrn>", "33"), (" rejected", "31"), (" denial", "31"), (" accepted", "32"), ("accepted by", "32"))


def brief(line):
    """A command without the text of what it writes: a key is among them, and the projector shows it."""
    return re.sub(r"-----BEGIN ([A-Z ]+)-----.*-----(\n?)", lambda m: "<%s, %d bytes>" % (m.group(1).lower(), len(m.group())), line, flags=re.S)


class Result(dict):
    """What doorstep-dk --json says of a board, with its log and the broker's lines beside it."""
    log = ()
    lines = ()

    def visit(self):
        visits = [l for l in self.lines if l["kind"] == "visit"]
        return visits[-1] if visits else {}

    def kinds(self, kind):
        return [l for l in self.lines if l["kind"] == kind]


class Lesson(Tap):
    def __init__(self, title, seats=2):
        super().__init__()
        self.title = title
        self.seats = seats
        self.shown = sys.stdout.isatty()
        self.coloured = self.shown and not os.environ.get("NO_COLOR")
        # A test's comments begin with "# ".
        self.width = max(40, shutil.get_terminal_size((120, 40)).columns - (0 if self.shown else 2))
        self.work = tempfile.mkdtemp(prefix="doorstep-lesson-")
        os.chmod(self.work, 0o755)
        self.dir = os.path.join(self.work, "class")
        self.journal = Journal(os.path.join(self.dir, "journal.jsonl"))
        self.seen = 0
        self.boards = []
        self.misshapen = []  # what the schema had against a board's result
        with open(os.path.join(ROOT, "firmware-client", "host", "result.schema.json")) as f:
            self.shape = jsonschema.Draft7Validator(json.load(f))

    def __enter__(self):
        try:
            self.tell(self.title)
            self.note("=" * len(self.title))
            self.up("--host", "class.example", "--port-base", "0", "--seats", str(self.seats))
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is not None:
                import traceback
                self.ok(False, "the lesson runs to its end", "".join(traceback.format_exception(kind, error, trace)))
            self.journal.read()
            self.ok(not self.journal.errors, "every line of the journal keeps to its schema", *self.journal.errors[:5])
            self.ok(not self.misshapen, "and every result of a board to its own", *self.misshapen[:5])
        finally:
            self.remove()
        self.done()
        return True

    def up(self, *options):
        done = subprocess.run([os.path.join(ROOT, "broker", "up"), "--no-setup", "--no-page", "--quiet", "--detach", "--class", self.dir] + list(options),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, DOORSTEP_BUILD=BUILD))
        if done.returncode:
            raise RuntimeError("broker/up: exit code %d\n%s" % (done.returncode, done.stdout.decode()))

    def down(self):
        subprocess.run([os.path.join(ROOT, "broker", "down"), "--class", self.dir], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def restart(self):
        self.down()
        self.up("--port-base", "0")  # somebody else's test may have got one meanwhile

    def switch_on(self, *exercises):
        done = subprocess.run([os.path.join(ROOT, "broker", "exercises"), "--class", self.dir, "on", *exercises],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, DOORSTEP_BUILD=BUILD))
        self.ok(done.returncode == 0, "the exercises are switched on", done.stdout.decode())
        self.restart()

    def exercise_port(self, name):
        with open(self.path("run.json")) as f:
            return next(x["port"] for x in json.load(f)["listeners"] if x.get("exercise") == name)

    def remove(self):
        for board in self.boards:
            if board.poll() is None:
                board.terminate()
                board.wait()
        if os.path.exists(self.path("run.json")):
            self.down()
        shutil.rmtree(self.work, True)

    # Where things are

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def file(self, name, text):
        path = os.path.join(self.work, name)
        old = os.umask(0o077)
        with open(path, "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.umask(old)
        return path

    def ca_pem(self, seat="seat01"):
        return self.path("exports", "public", seat, "ca-cert.pem")

    def private(self, name, seat="seat01"):
        return self.path("exports", "private", seat, name)

    def store(self, name):
        return os.path.join(self.work, name + ".store.json")

    # The story

    def ok(self, condition, sentence, *explanation):
        if not self.shown:
            return super().ok(condition, sentence, *explanation)
        self.count += 1
        self.failed += not condition
        mark = "\u2713" if condition else "not ok:"
        for i, line in enumerate(textwrap.wrap(sentence, self.width - 4)):
            print(self.paint("  %s %s" % (mark if i == 0 else " " * len(mark), line), "32" if condition else "31"), flush=True)
        for line in () if condition else explanation:
            self.note(line)
        return bool(condition)

    def note(self, text):
        if not self.shown:
            super().note(text)
            return
        for line in str(text).splitlines() or [""]:
            print(line, flush=True)

    def listing(self, text):
        """What a program said, within the width."""
        for line in text.splitlines():
            for part in textwrap.wrap(line, self.width, subsequent_indent="      ", break_on_hyphens=False):
                self.note(part)

    def done(self):
        if not self.shown:
            super().done()
        print("\n%d of %d hold" % (self.count - self.failed, self.count), flush=True)
        sys.exit(1 if self.failed or not self.count else 0)

    def paint(self, text, colour):
        return "\033[%sm%s\033[0m" % (colour, text) if self.coloured and colour else text

    def tell(self, text):
        self.note("")
        for line in textwrap.wrap(" ".join(text.split()), min(self.width, 100), break_on_hyphens=False):
            self.note(line)

    def column(self, lines, width):
        """Each line wrapped to a column: (text, colour)."""
        out = []
        for line in lines:
            colour = next((c for word, c in COLOURS if word in line), None)
            out += [(part, colour) for part in textwrap.wrap(line, width, subsequent_indent="    ", break_on_hyphens=False) or [""]]
        return out

    def side_by_side(self, left, right, left_title="the board", right_title="the broker"):
        """Two logs, each wrapped to half of the width."""
        half = (self.width - 3) // 2
        a, b = self.column(left, half), self.column(right, half)
        self.note("")
        self.note("%-*s | %s" % (half, left_title, right_title))
        self.note("%s-+-%s" % ("-" * half, "-" * half))
        for i in range(max(len(a), len(b))):
            left, left_colour = a[i] if i < len(a) else ("", None)
            right, right_colour = b[i] if i < len(b) else ("", None)
            self.note("%s | %s" % (self.paint("%-*s" % (half, left), left_colour), self.paint(right, right_colour)))

    # Boards

    def command(self, *options, seat="seat01"):
        return [DK, "--class", self.dir, "--seat", seat, "--json", "-"] + list(options)

    def board(self, *options, seat="seat01", visits=1, show=True):
        """One board's life. visits: how many lines of visits the broker is to have about it."""
        done = subprocess.run(self.command(*options, seat=seat), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        if not done.stdout.strip():
            raise RuntimeError("doorstep-dk said nothing:\n" + done.stderr.decode())
        result = self.result(done.stdout)
        result.log = [re.sub(r"^\[[^]]*\] (<\w+>) [^:]*: ", r"\1 ", l) for l in done.stderr.decode().splitlines()]
        before = {l.get("id") for l in self.journal.lines[:self.seen]}
        result.lines = self.broker_lines(visits)
        if not visits:  # the board before it may be leaving still: that is not about this one
            result.lines = [l for l in result.lines if l["kind"] != "end" or l["id"] not in before]
        if show:
            self.side_by_side(result.log, self.told(result.lines))
        return result

    def result(self, out):
        result = Result(json.loads(out.decode().splitlines()[0]))
        self.misshapen += ["%s: %s" % (list(e.absolute_path), e.message[:300]) for e in self.shape.iter_errors(dict(result))]
        return result

    def broker_lines(self, visits):
        """What the broker wrote since the last time; waits for so many visits."""
        def fresh():
            return self.journal.read()[self.seen:]
        wait_for(lambda: sum(l["kind"] == "visit" for l in fresh()) >= visits)
        lines = [l for l in fresh() if l["kind"] in ("visit", "denial", "end")]
        self.seen = len(self.journal.lines)
        return lines

    def told(self, lines):
        if not lines:
            return ["(nothing: no packet came)"]
        told = []
        for l in lines:
            what = l.get("verdict", l["kind"]) + (" [%s]" % l["reason"] if "reason" in l else "")
            told.append("%s %s%s: %s" % (l.get("seat", "-"), what, "".join(" +" + m for m in l.get("marks", ())), l["says"]))
        return told

    def advice(self, visit):
        """What the broker's side says to do about a visit: doorstep-why's lines, each a command or a sentence."""
        story = subprocess.run([WHY, "--class", self.dir, "--colour", "never", "--explain", visit["id"]], stdout=subprocess.PIPE, check=True)
        lines = []
        for line in story.stdout.decode().split("What to do\n", 1)[1].split("\n\n")[0].splitlines():
            if lines and lines[-1].count('"') % 2:  # a certificate, within quotes
                lines[-1] += "\n" + line
            else:
                lines.append(line)
        self.note("")
        self.note("doorstep-why --explain %s: what to do" % visit["id"])
        for line in lines:
            for part in textwrap.wrap(brief(line), self.width, subsequent_indent="      ", break_on_hyphens=False):
                self.note(part)
        return [line.strip() for line in lines]

    def start(self, *options, seat="seat01"):
        board = subprocess.Popen(self.command(*options, seat=seat), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.boards.append(board)
        return board

    def finish(self, board):
        out, err = board.communicate(timeout=60)
        result = self.result(out)
        result.log = [re.sub(r"^\[[^]]*\] (<\w+>) [^:]*: ", r"\1 ", l) for l in err.decode().splitlines()]
        return result

    def at(self, store, *lines, modem="2.0.x", seat="seat01", show=True):
        """AT commands to the modem of a store, as at a terminal; up to the first that fails. (ok, what it said)"""
        done = subprocess.run([DK, "at", "--store", store, "--modem", modem, "--seat", seat] + list(lines), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        said = done.stdout.decode() + done.stderr.decode()
        if show:
            self.note("")
            answers = iter(said.splitlines())
            for line in lines:
                self.note("> " + brief(line))
                for answer in answers:
                    for part in textwrap.wrap("< " + answer, self.width, subsequent_indent="    "):
                        self.note(part)
                    if answer in ("OK", "ERROR") or answer.startswith("+CME ERROR"):
                        break
        return done.returncode == 0, said

    def fill(self, line, seat="seat01"):
        """A mending command with the files it names in it."""
        for name, path in (("<ca-cert.pem>", self.ca_pem(seat)), ("<client-cert.pem>", self.private("client-cert.pem", seat)),
                           ("<private-key.pem>", self.private("private-key.pem", seat))):
            if name in line:
                with open(path) as f:
                    line = line.replace(name, f.read())
        return line

    def mend(self, result, store, seat="seat01", modem="2.0.x"):
        """Does exactly what the board said, at its own modem."""
        return self.follow(result.get("do", []), store, "the board", seat, modem)

    def follow(self, advice, store, who, seat="seat01", modem="2.0.x"):
        """Types what somebody advises into a modem's terminal, the names of files replaced by their text."""
        lines = [self.fill(l.replace("<tag>", "24"), seat) for l in advice if l.startswith("AT")]
        self.ok(lines, "%s says with which commands to mend it" % who)
        return self.at(store, *lines, modem=modem)
