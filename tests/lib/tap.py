"""Test results as TAP: a test is a sentence, what explains a failure follows it as comments."""

import sys
import traceback


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0
        self.on_failure = []  # functions that return text, called once, at the first failure

    def ok(self, condition, sentence, *explanation):
        self.count += 1
        print("%sok %d - %s" % ("" if condition else "not ", self.count, sentence.replace("\n", " ")), flush=True)
        if not condition:
            self.failed += 1
            for line in explanation:
                self.note(line)
        return bool(condition)

    def equal(self, got, expected, sentence, *explanation):
        return self.ok(got == expected, sentence, "got      %r" % (got,), "expected %r" % (expected,), *explanation)

    def note(self, text):
        for line in str(text).splitlines() or [""]:
            print("# " + line.encode("ascii", "backslashreplace").decode(), flush=True)

    def done(self):
        """Prints the plan and ends the program."""
        print("1..%d" % self.count, flush=True)
        if self.failed:
            for tell in self.on_failure:
                self.note(tell())
        sys.exit(1 if self.failed or not self.count else 0)


def run(main):
    """Runs main(tap); what it throws is a failed test, not a missing one."""
    tap = Tap()
    try:
        main(tap)
    except Exception:
        tap.ok(False, "the scenario runs to its end", traceback.format_exc())
    tap.done()
