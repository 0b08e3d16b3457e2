"""Fetches the jars of jars.lock from Maven Central into a directory: `jars.py DIRECTORY`. A file that is not what the lock says is refused."""
import hashlib
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MAVEN = "https://repo.maven.apache.org/maven2/"
LOCK = Path(__file__).with_name("jars.lock")


def locked():
    """(SHA-256, path below Maven Central) of each jar."""
    return [tuple(line.split()) for line in LOCK.read_text(encoding="utf-8").splitlines()]


def fetch(digest, path, directory):
    with urllib.request.urlopen(MAVEN + path, timeout=60) as answer:
        jar = answer.read()
    if (got := hashlib.sha256(jar).hexdigest()) != digest:
        raise RuntimeError(f"{path}: its SHA-256 is {got}, not {digest}")
    (directory / Path(path).name).write_bytes(jar)


if __name__ == "__main__":
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda jar: fetch(*jar, Path(sys.argv[1])), locked()))
