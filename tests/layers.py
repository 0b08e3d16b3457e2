#!/usr/bin/env python3
"""Holds the architecture to what src/CMakeLists.txt says.

The list of modules there is read, never repeated here: a module may include itself and what stands on its MAY_INCLUDE
line, and every module on that line must have been declared above it, so there can be no cycle. Besides that, the
libraries stay behind the module that owns them, and only the seams touch time, entropy, threads, disk and sockets.

Usage: layers.py [ROOT]     exit status 1 and one line per violation if there are any
"""
import functools
import os
import re
import sys

# Third-party headers: what they begin with, and the modules that may include them (None: all). An owned library stays
# behind the owner's headers: no file of another module may reach it through them.
LIBRARIES = [
    (r"fmt/|tl/expected", None),
    (r"gtest/|gmock/", None),  # in tests only, see below
    (r"boost/", {"http"}),
    (r"openssl/", {"http", "aws"}),
    (r"zlib\.h", {"http", "aws", "api/lambda"}),
    (r"simdjson", {"json"}),
    (r"rocksdb/", {"store"}),
    (r"librdkafka/", {"kafka"}),
    (r"yaml-cpp/", {"config"}),
    (r"CLI/", {"cli"}),
    (r"spdlog/", {"base"}),
    (r"absl/", {"transform"}),
    (r"re2/", {"config", "jsonschema", "pattern"}),
    (r"valijson/", {"jsonschema"}),
]

# What only the seams may do: the pattern, the files or folders that may, whether tests may, and what to use instead.
SEAMS = [
    (r"\b(system|steady|high_resolution)_clock\s*::\s*now\b|\bgettimeofday\s*\(|\bclock_gettime\s*\(|\bstd::time\s*\(",
     ["base/clock.cc", "base/log.cc", "http/"], False, "reads the time; use base/clock.h"),
    (r"\brandom_device\b|\bs?rand\s*\(|\bmt19937|\bgetrandom\s*\(|\bRAND_bytes\s*\(",
     ["base/random.cc"], False, "draws entropy; use base/random.h"),
    (r"\bsleep_(for|until)\b|\b(u|nano)?sleep\s*\(",
     [], False, "sleeps; wait for what it waits for"),
    (r"\bstd::j?thread\b(?!\s*::\s*(id|hardware_concurrency))|\bpthread_create\s*\(|\bstd::async\b",
     ["base/thread.h", "base/thread.cc"], True, "starts a thread; use base/thread.h"),
    (r"\bf(re)?open\s*\(|\bstd::(basic_)?[io]?fstream\b|(?<![\w>])::open\s*\(|\bstd::filesystem\b",
     ["store/", "targets/file/", "functions/", "api/lambda/", "config/", "app/", "cli/"], True, "touches the disk; that is the store's"),
    (r"(?<![\w>])::(socket|connect|bind|listen|accept4?)\s*\(",
     ["http/"], True, "touches a socket; that is http's"),
    (r"\bthrow\b",
     [], True, "throws; return a Result (base/error.h)"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
# Comments, raw strings, strings and characters, in the order the language reads them.
NOT_CODE = re.compile(
    r'//(?:\\\n|[^\n])*|/\*.*?\*/|\bu?8?R"([^()\\ \n]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Za-z_])\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL)


class Problem(Exception):
    """The list itself cannot be understood."""


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def read_modules(cmake_text):
    """{module: set of modules it may include}, in the order of declaration."""
    text = re.sub(r"#[^\n]*", "", cmake_text)
    variables, modules = {}, {}
    for call in re.finditer(r"\b(set|millrace_module)\s*\(([^()]*)\)", text):
        words = []
        for word in call.group(2).split():
            name = re.fullmatch(r"\$\{(\w+)\}", word)
            words.extend(variables.get(name.group(1), []) if name else [word])
        if call.group(1) == "set":
            variables[words[0]] = words[1:]
            continue
        name, uses, keyword = words[0], [], ""
        for word in words[1:]:
            if word in ("MAY_INCLUDE", "LIBS"):
                keyword = word
            elif keyword == "MAY_INCLUDE":
                uses.append(word)
        if name in modules:
            raise Problem(f"module {name} is declared twice")
        for use in uses:
            if use not in modules:
                raise Problem(f"module {name} may include {use}, which is not declared above it: leaf first, no cycles")
        modules[name] = set(uses)
    if not modules:
        raise Problem("no millrace_module(...) found")
    return modules


def module_of(path, modules):
    """The declared module whose folder holds `path` ('' for src/main.cc), or None."""
    folder = os.path.dirname(path)
    if folder == "":
        return ""
    while folder:
        if folder in modules:
            return folder
        folder = os.path.dirname(folder)
    return None


def closure(allowed, modules):
    """What `allowed` may include, and what that may include, and so on: tests may build what their subject stands on."""
    reached, todo = set(), set(allowed)
    while todo:
        reached.add(name := todo.pop())
        todo |= modules[name] - reached
    return reached


def is_test(path):
    return bool(re.search(r"(_test|_fuzz|_bench)\.cc$|_contract\.h$|/testing/", path))


@functools.lru_cache(maxsize=None)
def blank_out(text):
    """`text` with comments and literals replaced by spaces; every line keeps its number."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


@functools.lru_cache(maxsize=None)
def includes_of(text):
    """(line, quoted path or None, angled path or None) of each include that is not in a comment."""
    code, found = blank_out(text), []
    for match in INCLUDE.finditer(text):
        hash_at = match.start() + match.group(0).index("#")
        if code[hash_at] == "#":
            found.append((line_of(text, hash_at), match.group(1), match.group(2)))
    return found


def check_includes(path, text, modules, files):
    module = module_of(path, modules)
    if module is None:
        yield 1, f"folder {os.path.dirname(path)} is no module: declare it in src/CMakeLists.txt"
        return
    allowed = set(modules) if module == "" else modules[module] | {module}
    if is_test(path):
        allowed = closure(allowed, modules)
    includes = list(includes_of(text))
    own_header = re.sub(r"\.cc$", ".h", path)
    if path.endswith(".cc") and own_header in files and (not includes or includes[0][1] != own_header):
        yield includes[0][0] if includes else 1, f'includes its own header "{own_header}" not first'
    for line, ours, theirs in includes:
        if ours is not None:
            if ours not in files:
                yield line, f'"{ours}" is not a file in src/ (write paths from src/, other libraries in <>)'
            elif (other := module_of(ours, modules)) is not None and other not in allowed:
                yield line, f"module {module} may not include {other} (src/CMakeLists.txt lists what it may)"
            elif is_test(ours) and not is_test(path):
                yield line, f'"{ours}" is for tests only'
            continue
        for pattern, owners in LIBRARIES:
            if not re.match(pattern, theirs):
                continue
            if owners is not None and module not in owners:
                yield line, f"<{theirs}> belongs behind the headers of {', '.join(sorted(owners))}"
            elif pattern.startswith("gtest") and not is_test(path):
                yield line, f"<{theirs}> outside tests"
            break
        else:
            if "/" in theirs and not theirs.startswith(("sys/", "netinet/", "arpa/", "linux/", "sanitizer/")):
                yield line, f"<{theirs}> is of no library that tests/layers.py knows"


@functools.lru_cache(maxsize=None)
def owned_libraries(text):
    """The includes of libraries that belong to one module or two."""
    return [theirs for _, _, theirs in includes_of(text)
            if theirs and any(owners is not None and re.match(pattern, theirs) for pattern, owners in LIBRARIES)]


def check_reach(modules, files, graph):
    """A header that includes an owned library is private: nothing outside of its module may reach it."""
    for path, text in sorted(files.items()):
        module = module_of(path, modules)
        reached, todo = {path}, [path]
        while todo:
            current = todo.pop()
            for header in sorted(graph[current] - reached):
                reached.add(header)
                todo.append(header)
                if module_of(header, modules) != module and (found := owned_libraries(files[header])):
                    yield f"src/{path}: reaches <{found[0]}> through {header}, which is private to {module_of(header, modules)}"


def check_seams(path, text):
    code = blank_out(text)
    for pattern, owners, in_tests, why in SEAMS:
        if path.startswith(tuple(owners)) if owners else False:
            continue
        if is_test(path) and (in_tests or path.endswith("_bench.cc")):
            continue
        for match in re.finditer(pattern, code):
            yield line_of(code, match.start()), f"`{match.group(0).strip()}` {why}"


def find_cycle(graph):
    """One cycle of files that include each other, as a list, or None."""
    state, stack = {}, []

    def visit(node):
        state[node] = 1
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if state.get(other) == 1:
                return stack[stack.index(other):] + [other]
            if other not in state and (cycle := visit(other)):
                return cycle
        state[node] = 2
        stack.pop()
        return None

    for node in sorted(graph):
        if node not in state and (cycle := visit(node)):
            return cycle
    return None


def source_files(source):
    files = {}
    for folder, _, names in os.walk(source):
        for name in names:
            if name.endswith((".h", ".cc")):
                path = os.path.join(folder, name)
                files[os.path.relpath(path, source)] = read(path)
    return files


def check(root):
    """All violations below `root`, as 'src/path:line: what'."""
    source = os.path.join(root, "src")
    try:
        modules = read_modules(read(os.path.join(source, "CMakeLists.txt")))
    except Problem as problem:
        return [f"src/CMakeLists.txt: {problem}"]
    files = source_files(source)
    problems, graph = [], {}
    for path, text in sorted(files.items()):
        found = list(check_includes(path, text, modules, files)) + list(check_seams(path, text))
        if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
            found.append((1, "has no `#pragma once`"))
        problems += [f"src/{path}:{line}: {what}" for line, what in sorted(found)]
        graph[path] = {ours for _, ours, _ in includes_of(text) if ours in files}
    problems += check_reach(modules, files, graph)
    if cycle := find_cycle(graph):
        problems.append("these files include each other: " + " -> ".join(cycle))
    return problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    problems = check(root)
    for problem in problems:
        print(problem)
    print(f"layers: {len(problems)} violation(s)" if problems else "layers: ok")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
