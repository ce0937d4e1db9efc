"""Reads a class's journal as a test does: every line is checked against the schema."""

import glob
import json
import os
import re
import time

import jsonschema

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMA = os.path.join(ROOT, "plugins", "journal.schema.json")
DEADLINE = float(os.environ.get("DOORSTEP_DEADLINE", "30"))


def wait_for(condition, deadline=DEADLINE, step=0.02):
    """Asks until the answer is true or the time is over. Returns the last answer."""
    end = time.monotonic() + deadline
    while True:
        answer = condition()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(step)


class Journal:
    def __init__(self, path):
        self.path = path
        self.lines = []
        self.errors = []  # what the schema, or JSON itself, had against a line
        with open(SCHEMA) as f:
            self.validator = jsonschema.Draft7Validator(json.load(f))
        self._offsets = {}  # by inode: how far a file was read

    def _files(self):
        """Oldest first: journal.jsonl.2, .1, journal.jsonl."""
        numbered = [p for p in glob.glob(self.path + ".*") if p.rsplit(".", 1)[1].isdigit()]
        numbered.sort(key=lambda p: -int(p.rsplit(".", 1)[1]))
        return numbered + ([self.path] if os.path.exists(self.path) else [])

    def _take(self, raw):
        try:
            line = json.loads(raw.decode("utf-8"))
        except ValueError as e:
            self.errors.append("not JSON: %s: %r" % (e, raw[:400]))
            return
        for error in self.validator.iter_errors(line):
            self.errors.append("%s: %s: %s" % (list(error.absolute_path), error.message[:300], raw[:1500].decode(errors="replace")))
        # an explanation has no gap where a value should stand
        if re.search(r"<(?!unknown>)[a-z_]+>", line.get("says", "")):
            self.errors.append("says leaves a gap: %s" % line["says"])
        self.lines.append(line)

    def read(self):
        """Takes in what was written since; an unfinished last line waits for its end."""
        for path in self._files():
            try:
                f = open(path, "rb")
            except FileNotFoundError:
                continue
            with f:
                inode = os.fstat(f.fileno()).st_ino
                f.seek(self._offsets.get(inode, 0))
                data = f.read()
                whole = data.rfind(b"\n") + 1
                self._offsets[inode] = self._offsets.get(inode, 0) + whole
            for raw in data[:whole].splitlines():
                self._take(raw)
        return self.lines

    def select(self, kind="visit", peer=None, **fields):
        """Lines of a kind; peer is the port that the client came from."""
        found = []
        for line in self.read():
            if line.get("kind") != kind:
                continue
            if peer is not None and not line.get("peer", "").endswith(":%d" % peer):
                continue
            if all(look(line, name) == value for name, value in fields.items()):
                found.append(line)
        return found

    def wait(self, kind="visit", count=1, deadline=DEADLINE, **fields):
        """Waits until that many lines are there. Returns those that are, fewer or not."""
        wait_for(lambda: len(self.select(kind, **fields)) >= count, deadline)
        return self.select(kind, **fields)


def look(line, path):
    """look(line, "tls__alert__code"): the value, or None."""
    for name in path.split("__"):
        if not isinstance(line, dict) or name not in line:
            return None
        line = line[name]
    return line
