"""What the demos tell their stories with: a line that says what comes, and a check that says whether it came."""
import sys

failures = []


def say(text):
    print(f"\n\033[1m{text}\033[0m" if sys.stdout.isatty() else f"\n{text}", flush=True)


def expect(what, found, wanted):
    good = found == wanted
    print(f"  {'ok ' if good else 'NOT'} {what}{'' if good else f': expected {wanted!r}, found {found!r}'}", flush=True)
    if not good:
        failures.append(what)
