#!/usr/bin/env python3
"""Proves that tests/layers.py finds what it is there to find, and keeps quiet about the rest.

Each test lays out a small source tree in a temporary directory and compares the violations.
"""
import os
import tempfile
import unittest

import layers

MODULES = """
# a comment with millrace_module(nonsense)
set(COMMON base json)
millrace_module(base)
millrace_module(json  MAY_INCLUDE base LIBS simdjson::simdjson)
millrace_module(store MAY_INCLUDE base LIBS RocksDB::rocksdb-shared)
millrace_module(logs/table MAY_INCLUDE ${COMMON}
  store)
millrace_module(logs/bus MAY_INCLUDE ${COMMON})
"""


class LayersTest(unittest.TestCase):
    def violations(self, files, modules=MODULES):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {"CMakeLists.txt": modules, **files}.items():
                path = os.path.join(root, "src", path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
            return layers.check(root)

    def assert_one(self, files, expected):
        found = self.violations(files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(expected, found[0])

    def test_accepts_what_the_list_allows(self):
        self.assertEqual(self.violations({
            "base/error.h": "#pragma once\n#include <string>\n#include <fmt/core.h>\n#include <sys/types.h>\n",
            "base/error.cc": '#include "base/error.h"\n#include "base/error.h"\n',
            "json/value.h": '#pragma once\n#include "base/error.h"\n',
            "json/parse.cc": '#include <simdjson.h>\n#include "json/value.h"\n',
            "logs/table/log.h": '#pragma once\n#include "json/value.h"\n#include "store/store.h"\n',
            "store/store.h": "#pragma once\n",
            "main.cc": '#include "logs/table/log.h"\n',
        }), [])

    def test_rejects_an_include_that_is_not_on_the_modules_line(self):
        self.assert_one({"base/error.h": '#pragma once\n\n#include "json/value.h"\n', "json/value.h": "#pragma once\n"},
                        "src/base/error.h:3: module base may not include json")

    def test_rejects_includes_between_siblings(self):
        self.assert_one({"logs/bus/log.h": '#pragma once\n#include "logs/table/log.h"\n',
                         "logs/table/log.h": "#pragma once\n"}, "module logs/bus may not include logs/table")

    def test_a_test_may_also_include_what_its_module_stands_on(self):
        modules = MODULES + "millrace_module(api MAY_INCLUDE logs/table)"
        files = {"store/memory_store.h": "#pragma once\n", "api/a_test.cc": '#include "store/memory_store.h"\n', "json/value.h": "#pragma once\n"}
        self.assertEqual(self.violations(files, modules), [])
        self.assertEqual(len(self.violations({**files, "api/a.cc": '#include "store/memory_store.h"\n'}, modules)), 1)
        self.assertEqual(len(self.violations({**files, "base/a_test.cc": '#include "json/value.h"\n'}, modules)), 1)

    def test_the_list_has_no_way_to_say_a_cycle(self):
        for text in ("millrace_module(a MAY_INCLUDE b)\nmillrace_module(b MAY_INCLUDE a)", "millrace_module(a MAY_INCLUDE a)"):
            self.assertIn("not declared above it", self.violations({}, text)[0])

    def test_rejects_a_module_declared_twice_and_an_empty_list(self):
        self.assertIn("declared twice", self.violations({}, "millrace_module(a)\nmillrace_module(a)")[0])
        self.assertIn("no millrace_module", self.violations({}, "# nothing\n")[0])

    def test_rejects_files_that_include_each_other(self):
        self.assert_one({"base/a.h": '#pragma once\n#include "base/b.h"\n', "base/b.h": '#pragma once\n#include "base/a.h"\n'},
                        "base/a.h -> base/b.h -> base/a.h")

    def test_rejects_a_folder_that_is_no_module(self):
        self.assert_one({"logs/queue/log.h": "#pragma once\n"}, "folder logs/queue is no module")

    def test_a_folder_inside_a_module_belongs_to_it(self):
        self.assertEqual(self.violations({"store/testing/fake.h": "#pragma once\n#include <gtest/gtest.h>\n"}), [])

    def test_rejects_paths_that_are_not_written_from_src(self):
        self.assert_one({"base/a.cc": '#include "b.h"\n', "base/b.h": "#pragma once\n"}, '"b.h" is not a file in src/')

    def test_rejects_a_library_outside_its_module(self):
        for header, owner in (("simdjson.h", "json"), ("rocksdb/db.h", "store"), ("boost/asio.hpp", "http"),
                              ("boost/beast/http.hpp", "http"), ("yaml-cpp/yaml.h", "config"), ("CLI/CLI.hpp", "cli")):
            self.assert_one({"base/a.cc": f"#include <{header}>\n"}, f"<{header}> belongs behind the headers of {owner}")

    def test_a_header_with_a_library_is_private_to_its_module(self):
        private = {"json/arena.h": "#pragma once\n#include <simdjson.h>\n", "json/arena.cc": '#include "json/arena.h"\n'}
        self.assertEqual(self.violations(private), [])
        self.assert_one({**private, "json/parse.h": '#pragma once\n#include "json/arena.h"\n', "logs/bus/log.cc": '#include "json/parse.h"\n'},
                        "src/logs/bus/log.cc: reaches <simdjson.h> through json/arena.h, which is private to json")

    def test_rejects_a_library_that_nobody_has_decided_on(self):
        self.assert_one({"base/a.cc": "#include <folly/Conv.h>\n"}, "no library that tests/layers.py knows")

    def test_rejects_test_code_outside_tests(self):
        self.assert_one({"base/a.cc": "#include <gtest/gtest.h>\n"}, "outside tests")
        self.assert_one({"store/store_contract.h": "#pragma once\n", "store/a.cc": '#include "store/store_contract.h"\n'},
                        "for tests only")

    def test_rejects_what_belongs_to_a_seam(self):
        for code in ("auto t = std::chrono::steady_clock::now();", "auto t = std::chrono::system_clock :: now();",
                     "int r = rand();", "std::random_device device;", "std::this_thread::sleep_for(1s);", "usleep(10);",
                     "std::thread t;", "std::jthread t;", 'FILE* f = fopen("x", "r");', 'std::ofstream out("x");',
                     "int fd = ::open(path, 0);", "int s = ::socket(1, 2, 3);", "throw std::runtime_error(text);"):
            with self.subTest(code):
                self.assert_one({"base/a.cc": f"void F() {{\n  {code}\n}}\n"}, "src/base/a.cc:2: ")

    def test_lets_the_seams_do_their_work(self):
        self.assertEqual(self.violations({
            "base/clock.cc": "auto t = std::chrono::steady_clock::now();\n",
            "base/random.cc": "std::random_device device;\n",
            "base/thread.cc": "std::thread t;\n",
            "store/rocks_store.cc": "std::filesystem::create_directories(path);\n",
        }), [])

    def test_tests_may_start_threads_and_use_files_but_neither_sleep_nor_read_the_time(self):
        self.assertEqual(self.violations({"base/a_test.cc": 'std::thread t; std::ofstream out("x"); throw 1;\n'}), [])
        self.assert_one({"base/a_test.cc": "std::this_thread::sleep_for(1s);\n"}, "sleeps")
        self.assert_one({"base/a_test.cc": "auto t = std::chrono::steady_clock::now();\n"}, "reads the time")

    def test_is_not_fooled_by_comments_strings_and_similar_names(self):
        self.assertEqual(self.violations({"base/a.cc": "\n".join([
            "// we never throw, nor #include \"json/value.h\"",
            "/* sleep_for(1s)", '#include "json/value.h"', "*/",
            'const char* s = "throw // \\" rand()"; char c = \'"\'; int big = 1\'000\'000;',
            'const char* r = R"x(throw "rand()")x";',
            "int operand(int x); int y = operand(3); store.reopen(4);",
            "unsigned n = std::thread::hardware_concurrency(); std::thread::id id;",
        ])}), [])

    def test_reads_on_after_a_comment_or_a_string(self):
        self.assert_one({"base/a.cc": "char c = '\"'; throw 1; // \"\n"}, "throws")
        self.assert_one({"base/a.cc": "/* a */ throw 1;\n"}, "throws")

    def test_rejects_a_source_that_does_not_begin_with_its_own_header(self):
        self.assert_one({"base/a.h": "#pragma once\n", "base/a.cc": '#include <string>\n#include "base/a.h"\n'}, "not first")

    def test_rejects_a_header_without_pragma_once(self):
        self.assert_one({"base/a.h": "int x;\n"}, "#pragma once")


if __name__ == "__main__":
    unittest.main()
