"""A headless Chromium, as seen from Python: tests/lib/browser/drive.mjs does the work. Node and Chromium are the
machine's where they will do, else those of npm packages (DOORSTEP_BROWSER=npm: those in any case)."""

import fcntl
import json
import os
import platform
import shutil
import signal
import subprocess

from journal import ROOT

BUILD = os.environ.get("DOORSTEP_BUILD", os.path.join(ROOT, "build"))
SHOTS = os.path.join(BUILD, "test", "shots")
LISTS = os.path.join(ROOT, "tests", "lib", "browser")
# Not chromium-browser: Ubuntu's is a snap, which sees neither our files nor our pipes.
CHROMIUMS = ["/usr/bin/chromium", "/usr/bin/google-chrome"]
OLDEST_NODE = 18  # what playwright-core runs on


def installed(part):
    """The node_modules of tests/lib/browser/PART in the build directory: installed once, at the versions of its lock file."""
    here, there = os.path.join(LISTS, part), os.path.join(BUILD, "test", "browser", part)
    os.makedirs(there, exist_ok=True)
    with open(os.path.join(here, "package-lock.json")) as f:
        wanted = f.read()
    stamp = os.path.join(there, "installed")
    with open(os.path.join(there, ".turn"), "w") as turn:  # tests run side by side
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not os.path.exists(stamp) or open(stamp).read() != wanted:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(os.path.join(here, name), there)
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=5", "--loglevel=error"], cwd=there, check=True, stdout=subprocess.DEVNULL)
            with open(stamp, "w") as f:
                f.write(wanted)
    return os.path.join(there, "node_modules")


def from_npm():
    return os.environ.get("DOORSTEP_BROWSER") == "npm"


def node():
    """A Node that is new enough for playwright-core (Ubuntu 22.04's is not)."""
    own = shutil.which("node")
    if own and not from_npm():
        said = subprocess.run([own, "--version"], stdout=subprocess.PIPE).stdout.decode()  # v18.20.4
        if int(said.lstrip("v").split(".")[0]) >= OLDEST_NODE:
            return own
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    return os.path.join(installed("node"), "node-linux-" + machine, "bin", "node")


def chromium():
    """A Chromium: $DOORSTEP_CHROMIUM, the machine's, or npm's, which comes packed (and for x86_64 alone)."""
    for path in [os.environ.get("DOORSTEP_CHROMIUM")] + CHROMIUMS * (not from_npm()):
        if path and os.path.exists(path):
            return path
    if platform.machine() != "x86_64":
        raise AssertionError("there is no Chromium here (%s), and npm's is for x86_64 alone: DOORSTEP_CHROMIUM names one" % ", ".join(CHROMIUMS))
    packed = os.path.join(installed("chromium"), "@sparticuz", "chromium", "bin", "chromium.br")
    program = packed[:-len(".br")]
    if not os.path.exists(program):
        subprocess.run([node(), os.path.join(LISTS, "unpack.mjs"), packed, program], check=True)
    return program


class Browser:
    def __init__(self):
        os.makedirs(SHOTS, exist_ok=True)
        driver = os.path.join(LISTS, "drive.mjs")
        self.process = subprocess.Popen([node(), driver, installed("playwright"), chromium()], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
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
