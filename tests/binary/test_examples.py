"""The examples' whole stories, as `./dev demo` plays them: each verifies itself and says so by its exit status."""
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.mark.parametrize("name", ["books", "dispatcher", "eventstore", "fanout"])
def test_the_story_of(name):
    played = subprocess.run([sys.executable, EXAMPLES / name / "demo.py"], capture_output=True, text=True, check=False, timeout=600)
    assert played.returncode == 0, played.stdout[-6000:] + played.stderr[-2000:]
