"""A Mosquitto in a directory of its own: what it said, its journal, its end. Broker and Classroom start it."""

import json
import os
import re
import shutil
import subprocess

from journal import DEADLINE, Journal


class Mosquitto:
    """A subclass has start(), which sets `process`."""

    def __init__(self, directory, own=True):
        self.dir = directory
        self.own_directory = own
        self.process = None
        self.journal = Journal(self.path("journal.jsonl"))
        self.log_file = self.path("mosquitto.log")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def log(self):
        text = ""
        for path in (self.log_file, self.path("stderr")):
            if os.path.exists(path):
                with open(path, errors="replace") as f:
                    text += f.read()
        return text

    def running(self):
        """How often the broker said that it runs (2.1 also says "running mosquitto as user", long before)."""
        return len(re.findall(r"mosquitto version \S+ running", self.log()))

    def dump(self):
        if not os.path.exists(self.dir):
            return self.last_dump
        lines = [json.dumps(line)[:1500] for line in self.journal.read()]
        return "\n".join(["broker's log:", *self.log().splitlines()[-80:], "journal:", *lines[-60:]] + self.journal.errors[:20])

    def stop(self, deadline=DEADLINE):
        """Orderly end. Returns the exit code, negative for a signal."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(deadline)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        code = self.process.returncode
        self.journal.read()
        with open(self.path("stderr"), errors="replace") as f:
            said = f.read()
        if "Sanitizer" in said or "runtime error" in said:
            raise RuntimeError("a sanitizer complains:\n" + said[:6000])
        return code

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, *what):
        self.stop()
        self.remove()

    def remove(self):
        self.kill()
        self.last_dump = self.dump()
        if self.own_directory and not os.environ.get("DOORSTEP_KEEP"):
            shutil.rmtree(self.dir, True)
