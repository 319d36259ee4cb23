"""What is installed: the Debian package, the manual pages, the completions."""

import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import ddbsync

BUILD = ddbsync.BINARY.parents[1]
REFERENCE = BUILD / "packaging" / "reference.out"
# By what is typed; "" is the program itself.
COMMANDS = ("start", "backfill", "tail", "status", "pause", "resume", "stop", "throttle",
            "checkpoint show", "verify", "verify show", "verify stop",
            "cutover plan", "cutover run", "cutover status", "cutover frozen", "cutover commit",
            "cutover abort", "reverse", "version")
THROTTLES = {"read-capacity=", "write-capacity=", "account-read-capacity=",
             "account-write-capacity=", "in-flight=", "poll-interval="}


def run(*words, **options):
    """Standard output; fails with all that was said unless the program ends with 0 and silently."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, **options)
    if done.returncode != 0 or done.stderr:
        raise AssertionError(f"{words}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def flags(command):
    """{"--src", ...}, as --help tells them."""
    text = run(ddbsync.BINARY, *command.split(), "--help")
    return set(re.findall(r"^  (?:-h,)?(--[a-z-]+)", text, re.M))


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(
            tempfile.TemporaryDirectory(prefix="ddbsync-package.")))
        # Whatever the umask is, others can read what is installed.
        subprocess.run(["cpack", "-G", "DEB", "-B", str(cls.folder)], cwd=BUILD, check=True,
                       capture_output=True, umask=0o077)
        [cls.package] = cls.folder.glob("*.deb")
        cls.root = cls.folder / "root"
        run("dpkg-deb", "-x", cls.package, cls.root)

    def field(self, name):
        return run("dpkg-deb", "-f", self.package, name).strip()

    def test_it_says_what_it_is_and_needs(self):
        version = run(ddbsync.BINARY, "version").split()[-1]
        self.assertEqual(("ddbsync", version, "database"),
                         tuple(self.field(name) for name in ("Package", "Version", "Section")))
        for needed in ("libc6", "libcurl4", "libleveldb1d", "ca-certificates"):
            self.assertIn(needed, self.field("Depends"))

    def test_nothing_runs_as_root_when_it_is_installed(self):
        held = run("dpkg-deb", "--ctrl-tarfile", self.package, encoding="latin-1")
        for script in ("preinst", "postinst", "prerm", "postrm"):
            self.assertNotIn(f"./{script}", held)

    def test_its_program_runs(self):
        self.assertEqual(run(ddbsync.BINARY, "version"),
                         run(self.root / "usr/bin/ddbsync", "version"))

    def test_man_finds_its_pages(self):
        pages = self.root / "usr/share/man"
        for command in ("", *COMMANDS):
            name = "-".join(["ddbsync", *command.split()])
            self.assertIn(name.upper() + "(1)", run("man", "-M", pages, name).splitlines()[0])

    def test_all_is_where_its_readers_look(self):
        for path in ("lib/systemd/system/ddbsync@.service",
                     "share/bash-completion/completions/ddbsync",
                     "share/zsh/vendor-completions/_ddbsync",
                     "share/fish/vendor_completions.d/ddbsync.fish",
                     "share/doc/ddbsync/README.md", "share/doc/ddbsync/copyright",
                     "share/doc/ddbsync/docs/guarantees.md",
                     "share/doc/ddbsync/examples/ddbsync.toml",
                     "share/doc/ddbsync/examples/kubernetes/ddbsync.yaml"):
            self.assertTrue((self.root / "usr" / path).is_file(), path)

    def test_everybody_may_read_it_and_nobody_but_root_write(self):
        listed = [line.split() for line in run("dpkg-deb", "-c", self.package).splitlines()]
        for mode, owner, *_, name in listed:
            program = name == "./usr/bin/ddbsync" or name.endswith("/")
            self.assertEqual("rwxr-xr-x" if program else "rw-r--r--", mode[1:], name)
            self.assertEqual("root/root", owner, name)


class ManualTest(unittest.TestCase):
    def pages(self):
        pages = sorted((REFERENCE / "man1").glob("*.1"))
        self.assertEqual(1 + len(COMMANDS), len(pages))
        return pages

    def test_its_readers_find_no_fault(self):
        for page in self.pages():
            self.assertEqual("", run("mandoc", "-T", "lint", page))
            run("man", "--warnings", "-E", "UTF-8", "-Tutf8", "-Z", "-l", page)

    def test_every_flag_is_in_it(self):
        for command in COMMANDS:
            page = REFERENCE / "man1" / f"{'-'.join(['ddbsync', *command.split()])}.1"
            shown = run("mandoc", "-T", "ascii", "-O", "width=100", page)
            shown = re.sub(".\x08", "", shown)  # overstruck for bold and underlined
            listed = set(re.findall(r"(?<!\S)(--[a-z-]+)", shown))
            self.assertLessEqual(flags(command), listed, command)


class CompletionTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (self.folder / "job.toml").touch()
        (self.folder / "jobs").mkdir()

    def bash(self, *words):
        """What bash offers for the last of `words`."""
        script = ('source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ddbsync; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        return set(run("bash", "--norc", "-c", script, "bash", REFERENCE / "bash" / "ddbsync",
                       "ddbsync", *words, cwd=self.folder).split())

    def fish(self, line):
        offered = run("fish", "--no-config", "-c",
                      f"source {REFERENCE}/fish/ddbsync.fish; complete -C '{line}'",
                      cwd=self.folder, env=ddbsync.environment(self.folder))
        return {row.split("\t")[0] for row in offered.splitlines()}

    def test_bash_offers_every_flag_of_every_command(self):
        for command in COMMANDS:
            self.assertEqual(flags(command), self.bash(*command.split(), "--"), command)

    def test_bash_offers_commands(self):
        self.assertEqual({"start", "status", "stop"}, self.bash("st"))
        self.assertEqual({"show", "-h", "--help"}, self.bash("checkpoint", ""))
        self.assertEqual({"show", "stop"},
                         {word for word in self.bash("verify", "") if word[0] != "-"})
        self.assertEqual({"plan", "run", "status", "frozen", "commit", "abort", "-h", "--help"},
                         self.bash("cutover", ""))

    def test_bash_offers_values(self):
        self.assertEqual({"hold", "resync", "stop"}, self.bash("start", "--on-gap", ""))
        self.assertEqual({"stop"}, self.bash("start", "--on-gap", "=", "s"))
        self.assertEqual({"hold", "stop"}, self.bash("tail", "--on-gap", ""))
        self.assertEqual({"hold", "stop"}, self.bash("reverse", "--src", "a", "--on-gap", "="))
        self.assertEqual({"hold", "resync", "stop"}, self.bash("start", "--on-gap", "="))
        self.assertEqual({"job.toml", "jobs"}, self.bash("start", "--config", "jo"))
        self.assertEqual({"jobs"}, self.bash("start", "--state", "jo"))
        self.assertEqual(set(), self.bash("start", "--memory", ""))
        self.assertEqual(THROTTLES, {word for word in self.bash("throttle", "") if word[0] != "-"})

    def test_bash_keeps_a_value_apart_from_a_command(self):
        self.assertIn("--segments", self.bash("start", "--on-gap", "stop", "--seg"))

    def test_fish_offers_every_flag_of_every_command(self):
        for command in COMMANDS:
            self.assertEqual(flags(command), self.fish(f"ddbsync {command} --"), command)

    def test_fish_offers_commands_and_values(self):
        self.assertLessEqual({"start", "status", "stop"}, self.fish("ddbsync st"))
        self.assertEqual({"show"}, self.fish("ddbsync checkpoint "))
        self.assertEqual({"show", "stop"}, self.fish("ddbsync verify "))
        self.assertEqual({"commit"}, self.fish("ddbsync cutover com"))
        self.assertEqual({"hold", "resync", "stop"}, self.fish("ddbsync start --on-gap "))
        self.assertEqual({"hold", "stop"}, self.fish("ddbsync tail --on-gap "))
        self.assertEqual(THROTTLES, self.fish("ddbsync throttle "))

    def test_zsh_and_fish_read_theirs(self):
        run("zsh", "-n", REFERENCE / "zsh" / "_ddbsync")
        run("fish", "--no-execute", REFERENCE / "fish" / "ddbsync.fish",
            env=ddbsync.environment(self.folder))

    def test_zsh_offers_every_flag_of_every_command(self):
        text = (REFERENCE / "zsh" / "_ddbsync").read_text()
        for command in COMMANDS:
            escaped = command.replace(" ", r"\ ")
            part = re.search(rf"^    {re.escape(escaped)}\)\n(.*?)^      ;;", text, re.M | re.S)[1]
            self.assertEqual(flags(command),
                             set(re.findall(r"'(--[a-z-]+)[=\[]", part)) | {"--help"}, command)


class ToolsTest(unittest.TestCase):
    def test_nothing_that_these_tests_need_is_missing(self):
        tools = ("bash", "cpack", "dpkg-deb", "dpkg-shlibdeps", "file", "fish", "man", "mandoc",
                 "systemd-analyze", "zsh")
        self.assertEqual([], [tool for tool in tools if not shutil.which(tool)],
                         "missing; tools/install --test brings them")
