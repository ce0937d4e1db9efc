"""A headless Chromium, as seen from Python: tests/lib/browser/drive.mjs does the work."""

import json
import os
import shutil
import signal
import subprocess

from journal import ROOT

BUILD = os.environ.get("DOORSTEP_BUILD", os.path.join(ROOT, "build"))
SHOTS = os.path.join(BUILD, "test", "shots")


def modules():
    """Where playwright-core and axe-core are; installed once, at the versions of the lock file."""
    here = os.path.join(ROOT, "tests", "lib", "browser")
    there = os.path.join(BUILD, "test", "browser")
    os.makedirs(there, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(here, name), there)
    with open(os.path.join(here, "package-lock.json")) as f:
        wanted = f.read()
    stamp = os.path.join(there, "installed")
    if not os.path.exists(stamp) or open(stamp).read() != wanted:
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=there, check=True, stdout=subprocess.DEVNULL)
        with open(stamp, "w") as f:
            f.write(wanted)
    return there


class Browser:
    def __init__(self):
        os.makedirs(SHOTS, exist_ok=True)
        driver = os.path.join(ROOT, "tests", "lib", "browser", "drive.mjs")
        self.process = subprocess.Popen(["node", driver, modules()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        start_new_session=True)

    def do(self, name, **args):
        self.process.stdin.write((json.dumps(dict(args, do=name)) + "\n").encode())
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the browser is gone")
        answer = json.loads(line)
        if not answer["ok"]:
            raise AssertionError("%s: %s" % (name, answer["error"]))
        return answer.get("value")

    def js(self, js, arg=None):
        return self.do("eval", js=js, arg=arg)

    def wait(self, js, arg=None, timeout=30000):
        return self.do("wait", js=js, arg=arg, timeout=timeout)

    def shot(self, name, full=False):
        return self.do("shot", path=os.path.join(SHOTS, name + ".png"), full=full)

    def close(self):
        try:
            self.process.stdin.write(b'{"do":"quit"}\n')
            self.process.stdin.close()
            self.process.wait(timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            os.killpg(self.process.pid, signal.SIGKILL)  # the browser too, not node alone
            self.process.wait()
