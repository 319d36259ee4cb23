"""Plants each violation in a tree of its own and sees it caught; a clean tree stays clean."""

import pathlib
import tempfile
import unittest

import rules


class RulesTest(unittest.TestCase):
    def faults_of(self, tree):
        with tempfile.TemporaryDirectory() as root:
            for path, text in tree.items():
                file = pathlib.Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return [str(fault) for fault in rules.check(root)]

    def assert_only(self, faults, place, words):
        self.assertEqual(len(faults), 1, faults)
        self.assertTrue(faults[0].startswith(place + ": "), faults)
        self.assertIn(words, faults[0])

    def test_a_clean_tree_has_no_faults(self):
        self.assertEqual([], self.faults_of({
            "base/clock.cc": '#include "base/clock.h"\nstd::this_thread::sleep_for(d);\n',
            "streams/lineage.h": '#include "dynamodb/table.h"\n#include <map>\n',
            "dynamodb/item_page.cc": "#include <simdjson.h>\n",
            "replicator/job.cc": '#include "streams/lineage.h"\n#include "checkpoint/store.h"\n',
        }))

    def test_a_folder_may_not_include_one_above_it(self):
        for lower, upper in (("base", "aws"), ("aws", "dynamodb"), ("dynamodb", "streams"),
                             ("metrics", "replicator"), ("replicator", "cli")):
            faults = self.faults_of({f"{lower}/x.cc": f'\n#include "{upper}/y.h"\n'})
            self.assert_only(faults, f"{lower}/x.cc:2", f"{lower} may not use {upper}")

    def test_streams_and_checkpoint_do_not_know_each_other(self):
        faults = self.faults_of({"streams/x.h": '#include "checkpoint/store.h"\n'})
        self.assert_only(faults, "streams/x.h:1", "streams may not use checkpoint")
        faults = self.faults_of({"checkpoint/x.h": '#  include <streams/lineage.h>\n'})
        self.assert_only(faults, "checkpoint/x.h:1", "checkpoint may not use streams")

    def test_the_product_does_not_include_tests(self):
        faults = self.faults_of({"cli/main.cc": '#include "tests/support/fake.h"\n'})
        self.assert_only(faults, "cli/main.cc:1", "may not use tests")

    def test_includes_are_written_from_the_root(self):
        faults = self.faults_of({"base/x.cc": '#include "clock.h"\n'})
        self.assert_only(faults, "base/x.cc:1", "from the root")

    def test_a_folder_may_not_link_one_above_it(self):
        faults = self.faults_of({"streams/CMakeLists.txt": "ddbsync_library(streams\n"
                                 "  SOURCES a.cc\n  DEPENDS base checkpoint\n  PRIVATE x)\n"})
        self.assert_only(faults, "streams/CMakeLists.txt:3", "may not link checkpoint")

    def test_a_header_for_one_folders_sources_may_be_heavy_and_stays_out_of_headers(self):
        self.assertEqual(self.faults_of({"base/x_internal.h": "#include <simdjson.h>\n"}), [])
        faults = self.faults_of({"base/x.h": '#include "base/x_internal.h"\n'})
        self.assert_only(faults, "base/x.h:1", "x_internal.h")

    def test_a_heavy_header_stays_out_of_headers(self):
        for heavy in ("nlohmann/json.hpp", "curl/curl.h", "simdjson.h", "spdlog/spdlog.h",
                      "leveldb/db.h", "CLI/CLI.hpp", "toml++/toml.h", "httplib.h",
                      "prometheus/registry.h"):
            faults = self.faults_of({"base/x.h": f"#include <{heavy}>\n"})
            self.assert_only(faults, "base/x.h:1", heavy)

    def test_files_and_headers_have_a_greatest_length(self):
        faults = self.faults_of({"base/x.cc": "\n" * (rules.MOST_LINES + 1)})
        self.assert_only(faults, "base/x.cc:501", "split by meaning")
        faults = self.faults_of({"base/x.h": "\n" * (rules.MOST_HEADER_LINES + 1)})
        self.assert_only(faults, "base/x.h:201", "split by meaning")
        self.assertEqual([], self.faults_of({"base/x.h": "\n" * rules.MOST_HEADER_LINES}))

    def test_lines_of_scripts_have_a_greatest_width(self):
        faults = self.faults_of({"tools/x": "\n" + "é" * (rules.MOST_COLUMNS + 1) + "\n"})
        self.assert_only(faults, "tools/x:2", "columns")
        self.assertEqual([], self.faults_of({"tools/x.py": "é" * rules.MOST_COLUMNS}))

    def test_unfinished_work_is_not_left_in_the_tree(self):
        for marker in ("TO" "DO", "FIX" "ME", "XX" "X", "HA" "CK"):
            faults = self.faults_of({"docs/x.md": f"a\nb {marker}: c\n"})
            self.assert_only(faults, "docs/x.md:2", marker)

    def test_only_the_clock_sleeps(self):
        for call in ("std::this_thread::sleep_for(d);", "usleep(5);", "nanosleep(&t, 0);"):
            faults = self.faults_of({"aws/x.cc": f"\n\n{call}\n"})
            self.assert_only(faults, "aws/x.cc:3", "Clock")

    def test_a_lockfile_names_no_host(self):
        faults = self.faults_of({"tests/e2e/package-lock.json": '"resolved": "https://h/x.tgz"\n'})
        self.assert_only(faults, "tests/e2e/package-lock.json:1", "host")

    def test_what_is_built_or_fetched_is_not_looked_at(self):
        self.assertEqual([], self.faults_of({"build/dev/x.cc": "usleep(1);\n",
                                             "tests/e2e/node_modules/x.cc": "usleep(1);\n"}))


if __name__ == "__main__":
    unittest.main()
