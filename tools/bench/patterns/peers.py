"""The engines that patterns.py compares with: fetched in pinned versions, built outside the tree, driven by our own programs in java/, go/ and rust/."""
import hashlib
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAVEN = "https://repo.maven.apache.org/maven2/"
# event-ruler and what it needs when it runs, with their SHA-256.
JARS = {
    "software/amazon/event/ruler/event-ruler/2.0.1/event-ruler-2.0.1.jar": "130acbcff88e20bd482036716c6de059452689db45e8395d7a13919b3b450991",
    "com/fasterxml/jackson/core/jackson-databind/2.21.0/jackson-databind-2.21.0.jar": "0057817ee40bc71544072dc2a3ba575ef91dce53a2d87489bde91c05f3a22621",
    "com/fasterxml/jackson/core/jackson-core/2.21.0/jackson-core-2.21.0.jar": "e22604bcd9b24e462d5df102007cb06e1ed811e86f1ce6081ca62f385f2db87b",
    "com/fasterxml/jackson/core/jackson-annotations/2.21/jackson-annotations-2.21.jar": "53ca085f4a150f703f49e1aabd935bd03b43e1ea3d55d135438292af22cef56b",
    "ch/randelshofer/fastdoubleparser/2.0.1/fastdoubleparser-2.0.1.jar": "4242e2335299026524d331355a6cd75abdc38c8fed4402f25b5c7ce9d7668cc1",
}
# The serial collector is the fastest for this (the others have to share two cores with it); a full collection shall leave nothing
# behind, because the bytes per rule are what is left.
JAVA_OPTIONS = ["-XX:+UseSerialGC", "-Xms3g", "-Xmx3g", "-XX:MarkSweepAlwaysCompactCount=1"]
ANSWER_SECONDS = 90  # an engine that takes longer to add the rules or for a pass is left out


class Failed(Exception):
    """An engine refuses the rules, or does not end in time."""


class Driver:
    """One of the programs, its rules added. Answers a line of JSON to each line."""

    def __init__(self, command):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen([str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, bufsize=0)
        self.text = b""
        try:
            self.started = self.answer()
        except BaseException:
            self.close()
            raise

    def answer(self):
        deadline = time.monotonic() + ANSWER_SECONDS
        while b"\n" not in self.text:
            if not select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))[0]:
                raise Failed(f"no answer in {ANSWER_SECONDS} s")
            part = os.read(self.process.stdout.fileno(), 65536)
            if not part:
                self.errors.seek(0)
                raise Failed((self.errors.read().decode(errors="replace").strip().splitlines() or ["it ended"])[-1])
            self.text += part
        line, self.text = self.text.split(b"\n", 1)
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(answer["error"])
        return answer

    def __call__(self, command):
        self.process.stdin.write(command.encode() + b"\n")
        return self.answer()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()


@dataclass
class Engine:
    name: str
    command: list  # EVENTS and RULES are added behind it
    arguments: list = field(default_factory=list)  # and these behind them
    warmups: int = 1
    operators: dict = field(default_factory=dict)  # what it calls an operator: name -> function of the operand
    only_with: tuple = ()  # not run unless the rules have one of these operators

    def rules(self, patterns):
        def translate(value):
            if isinstance(value, dict):
                pairs = (self.operators[key](value[key]) if key in self.operators else (key, translate(value[key])) for key in value)
                return dict(pairs)
            return [translate(each) for each in value] if isinstance(value, list) else value
        return "".join(json.dumps(translate(pattern), ensure_ascii=False) + "\n" for pattern in patterns)

    def wants(self, patterns):
        text = json.dumps(patterns)
        return not self.only_with or any(f'"{operator}"' in text for operator in self.only_with)

    def start(self, events, patterns):
        """REQUIRES: wants(patterns)"""
        with tempfile.NamedTemporaryFile("w", suffix=".rules", encoding="utf-8") as file:
            file.write(self.rules(patterns))
            file.flush()
            return Driver([*self.command, events, file.name, *self.arguments])


def regexp(operand):
    return "regexp", operand


def suffix_as_wildcard(operand):
    return ("wildcard", "*" + operand) if isinstance(operand, str) else ("suffix", operand)


def run(command, **options):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise Failed((done.stderr.strip() or done.stdout.strip() or f"{command[0]} failed").splitlines()[-1])


def cached(cache, name, sources, build):
    """The directory that build(directory) filled, once per content of the sources."""
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes())
    directory = cache / f"patterns-{name}-{digest.hexdigest()[:16]}"
    if not (directory / ".complete").exists():
        print(f"fetching and building {name} into {directory}", file=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        build(directory)
        (directory / ".complete").touch()
    return directory


def need(program):
    if shutil.which(program) is None:
        raise Failed(f"it needs {program}")
    return program


def event_ruler(cache):
    need("java")
    source = HERE / "java" / "RulerBench.java"

    def build(directory):
        for path, sha256 in JARS.items():
            with urllib.request.urlopen(MAVEN + path, timeout=60) as response:
                content = response.read()
            if hashlib.sha256(content).hexdigest() != sha256:
                raise Failed(f"{path} is not what it should be")
            (directory / Path(path).name).write_bytes(content)
        run([need("javac"), "-cp", directory / "*", "-d", directory, source])

    directory = cached(cache, "event-ruler", [source, Path(__file__)], build)
    return [Engine("event-ruler", ["java", *JAVA_OPTIONS, "-cp", f"{directory}:{directory}/*", "RulerBench"], warmups=3)]


def quamina(cache):
    need("go")
    sources = [HERE / "go" / "go.mod", HERE / "go" / "main.go"]

    def build(directory):
        for source in sources:
            shutil.copy(source, directory)
        run(["go", "build", "-mod=mod", "-o", "quaminabench", "."], cwd=directory, timeout=600)  # go checks what it fetches in its checksum database

    directory = cached(cache, "quamina", sources, build)
    operators = {"millrace:regex": regexp, "suffix": suffix_as_wildcard}  # it has no suffix
    return [Engine("quamina", [directory / "quaminabench"], operators=operators)]


def quamina_rs(cache):
    need("cargo")
    sources = [HERE / "rust" / name for name in ("Cargo.toml", "Cargo.lock", "src/main.rs")]

    def build(directory):
        (directory / "src").mkdir()
        for source in sources:
            shutil.copy(source, directory / source.relative_to(HERE / "rust"))
        run(["cargo", "build", "--release", "--locked"], cwd=directory, timeout=600, env={**os.environ, "CARGO_TARGET_DIR": str(directory / "target")})

    program = [cached(cache, "quamina-rs", sources, build) / "target" / "release" / "quamina-rs-bench"]
    operators = {"millrace:regex": regexp}
    return [Engine("quamina-rs", program, ["comfort"], operators=operators),
            Engine("quamina-rs, speed", program, ["speed"], operators=operators, only_with=("wildcard", "millrace:regex"))]


PEERS = {"event-ruler": ("2.0.1, Maven Central", event_ruler), "quamina": ("v2.0.2, Go proxy", quamina), "quamina-rs": ("quamina 0.7.0, crates.io", quamina_rs)}


def prepare(cache):
    """The engines that can be had; says of the others why not."""
    engines = []
    for name, (version, engine) in PEERS.items():
        try:
            engines += engine(cache)
        except (Failed, OSError, subprocess.TimeoutExpired) as error:
            print(f"{name} ({version}) is left out: {error}")
    return engines
