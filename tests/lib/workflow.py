"""The steps of a GitHub Actions workflow, as JSON, for a test that runs them in its own way.

usage: workflow.py FILE: [{"name": ..., "run": ..., "always": true|false}] of its one job; what is no workflow is refused.
"uses" steps are told with "uses" instead of "run"."""

import json
import re
import sys

import yaml

KNOWN = {"name", "run", "uses", "with", "if", "env"}


def refuse(why):
    sys.exit("%s: %s" % (sys.argv[1], why))


def step(s):
    if not isinstance(s, dict) or set(s) - KNOWN or ("run" in s) == ("uses" in s):
        refuse("no step: %r" % s)
    if "uses" in s and not re.fullmatch(r"[\w-]+/[\w-]+@v[0-9]+", s["uses"]):
        refuse("an action without its version: %s" % s["uses"])
    condition = str(s.get("if", ""))
    out = {"name": s.get("name", s.get("uses")), "always": "always()" in condition or "!cancelled()" in condition}
    out.update({"run": s["run"]} if "run" in s else {"uses": s["uses"]})
    return out


with open(sys.argv[1]) as f:
    workflow = yaml.safe_load(f)
# YAML 1.1 takes the word "on" for true
if not {"name", "permissions", "jobs"} <= set(workflow) or not (workflow.get("on") or workflow.get(True)):
    refuse("name, on, permissions and jobs are wanted, there are %s" % ", ".join(map(str, workflow)))
jobs = list(workflow["jobs"].values())
if len(jobs) != 1 or not {"runs-on", "timeout-minutes", "steps"} <= set(jobs[0]):
    refuse("one job with runs-on, timeout-minutes and steps is wanted")
json.dump([step(s) for s in jobs[0]["steps"]], sys.stdout)
