#!/usr/bin/env python3
"""Every header in src/ compiles alone, and twice in one file.

A header is compiled again only when it, or one of our headers that it includes, has changed since it last passed: what
passed is remembered in build/headers.passed, by content.

Usage: headers.py [ROOT]     CXX names the compiler
"""
import concurrent.futures
import hashlib
import os
import subprocess
import sys

import layers

FLAGS = ["-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-x", "c++", "-"]


def fingerprint(path, files, graph, salt):
    """A hash over the header and all of our headers that it reaches."""
    reached, todo = set(), [path]
    while todo:
        header = todo.pop()
        if header not in reached:
            reached.add(header)
            todo += graph[header]
    digest = hashlib.sha256(salt.encode())
    for header in sorted(reached):
        digest.update(header.encode() + b"\0" + files[header].encode() + b"\0")
    return digest.hexdigest()


def compile_alone(compiler, source, path):
    program = f'#include "{path}"\n#include "{path}"\n'
    done = subprocess.run([compiler, *FLAGS, "-I", source], input=program, text=True, capture_output=True, check=False)
    return done.returncode == 0, done.stderr


def main():
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), ".."))
    source = os.path.join(root, "src")
    compiler = os.environ.get("CXX", "c++")
    version = subprocess.run([compiler, "--version"], text=True, capture_output=True, check=True).stdout
    files = layers.source_files(source)
    graph = {path: [ours for _, ours, _ in layers.includes_of(text) if ours in files] for path, text in files.items()}
    prints = {path: fingerprint(path, files, graph, version + " ".join(FLAGS)) for path in files if path.endswith(".h")}

    memory = os.path.join(root, "build", "headers.passed")
    passed = set(layers.read(memory).split()) if os.path.exists(memory) else set()
    todo = sorted(path for path, value in prints.items() if value not in passed)
    failed = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for path, (good, output) in zip(todo, pool.map(lambda path: compile_alone(compiler, source, path), todo)):
            if not good:
                failed.append(path)
                print(f"src/{path} does not compile alone:\n{output}")
    os.makedirs(os.path.dirname(memory), exist_ok=True)
    with open(memory + ".new", "w", encoding="utf-8") as file:
        file.writelines(value + "\n" for path, value in sorted(prints.items()) if path not in failed)
    os.replace(memory + ".new", memory)
    print(f"headers: {len(failed)} of {len(prints)} failed" if failed else
          f"headers: ok ({len(prints)} headers, {len(todo)} compiled)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
