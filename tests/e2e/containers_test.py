"""The image and the manifests, as far as they can be checked without an engine."""

import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

import ddbsync
import servers

PACKAGING = servers.ROOT / "packaging"
IMAGE = (PACKAGING / "docker" / "Dockerfile").read_text()
TOKEN = "0123456789abcdef"


def instruction(name):
    """The words of a Dockerfile's instruction in its JSON form."""
    return json.loads(re.search(rf"^\s*{name} (\[.*\])$", IMAGE, re.M)[1])


class ContainersTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.manifests = list(yaml.safe_load_all(
            (PACKAGING / "kubernetes" / "ddbsync.yaml").read_text()))

    def manifest(self, kind):
        [found] = [manifest for manifest in self.manifests if manifest["kind"] == kind]
        return found

    def pod(self):
        return self.manifest("StatefulSet")["spec"]["template"]

    def container(self):
        [container] = self.pod()["spec"]["containers"]
        return container

    def secret_mode(self):
        [mode] = [volume["secret"]["defaultMode"] for volume in self.pod()["spec"]["volumes"]
                  if "secret" in volume]
        return mode

    def secret(self, mode):
        """A secret's volume as the kubelet writes it: links to files of root's and the fsGroup.

        Ours alone where we are not root: nobody else can make such a file."""
        volume = self.folder / "secret"
        data = volume / "..2026_11_21_09_00_00.1234567890"
        data.mkdir(parents=True)
        (volume / "..data").symlink_to(data.name)
        (volume / "token").symlink_to("..data/token")
        token = data / "token"
        token.write_text(TOKEN)
        if os.geteuid() == 0:
            os.chown(token, 0, self.pod()["spec"]["securityContext"]["fsGroup"])
        else:
            mode &= 0o707
        token.chmod(mode)
        return volume

    def assert_understood(self, words, config):
        """The words and the config have no fault but one that is put in; nothing is reached."""
        (self.folder / "job.toml").write_text(config)
        places = {"/etc/ddbsync": self.folder, "/var/lib/ddbsync": self.folder / "state",
                  "/secret": self.secret(self.secret_mode())}
        for place, here in places.items():
            words = [word.replace(place, str(here)) for word in words]
        code, _, err = ddbsync.run(*words, "--src-endpoint-url=nonsense", home=self.folder)
        self.assertEqual(ddbsync.USAGE, code, err)
        self.assertEqual(1, len(err.splitlines()), err)
        self.assertIn("nonsense", err)

    def test_the_image_runs_a_command_that_is_understood(self):
        self.assertEqual(["ddbsync"], instruction("ENTRYPOINT"))
        self.assert_understood(instruction("CMD(?= ..start)"),
                               (PACKAGING / "config" / "ddbsync.toml").read_text())

    def test_the_image_asks_its_job_in_words_that_are_understood(self):
        program, *words = instruction("CMD(?= ..ddbsync)")
        self.assertEqual("ddbsync", program)
        code, _, err = ddbsync.run(*words, home=self.folder)
        self.assertEqual(ddbsync.FAILED, code, err)
        self.assertIn("there is no job in /var/lib/ddbsync", err)

    def test_the_image_is_made_of_packages_that_exist(self):
        [listed] = re.findall(r"apt-get install --yes --no-install-recommends (.*?) \\", IMAGE)
        tools = (servers.ROOT / "tools" / "install").read_text()
        built = re.search(r"BUILD_PACKAGES=\((.*?)\n\)", tools, re.S)[1]
        wanted = [word for word in listed.split() if "/" not in word]
        wanted += re.sub(r"#.*", "", built).split()
        self.assertGreater(len(wanted), 10)
        shown = subprocess.run(["apt-cache", "show", *wanted], capture_output=True, text=True)
        known = set(re.findall(r"^Package: (.*)$", shown.stdout, re.M))
        self.assertEqual(set(), set(wanted) - known, shown.stderr)

    def test_the_image_is_not_roots(self):
        user = re.search(r"^USER (\d+):", IMAGE, re.M)[1]
        self.assertEqual(user, str(self.pod()["spec"]["securityContext"]["runAsUser"]))
        self.assertIn(f"--uid {user} ", IMAGE)

    def test_the_pod_runs_a_command_that_is_understood(self):
        self.assert_understood(self.container()["args"],
                               self.manifest("ConfigMap")["data"]["job.toml"])

    @unittest.skipIf(os.geteuid(), "a secret's files are root's")
    def test_a_secret_of_the_default_mode_is_refused_with_what_to_write(self):
        token = self.secret(0o644) / "token"
        code, _, err = ddbsync.run("start", "--src", "a", "--dst", "b", "--token-file", token,
                                   home=self.folder)
        self.assertEqual(ddbsync.USAGE, code, err)
        self.assertIn(f"defaultMode: 0{self.secret_mode():o}", err)

    def test_the_pod_runs_this_version(self):
        _, out, _ = ddbsync.run("version", home=self.folder)
        spec = self.pod()["spec"]
        self.assertEqual({"ddbsync:" + out.split()[-1]},
                         {one["image"] for one in spec["containers"]})

    def test_probes_ask_for_routes_that_exist(self):
        routes = json.loads((servers.ROOT / "docs" / "openapi.json").read_text())["paths"]
        asked = {name: self.container()[f"{name}Probe"]["httpGet"]["path"]
                 for name in ("startup", "liveness", "readiness")}
        self.assertEqual({"startup": "/healthz", "liveness": "/healthz", "readiness": "/readyz"},
                         asked)
        path = self.pod()["metadata"]["annotations"]["prometheus.io/path"]
        self.assertLessEqual({*asked.values(), path}, set(routes))

    def test_ports_agree(self):
        [port] = self.container()["ports"]
        [listen] = [word for word in self.container()["args"] if word.startswith("--listen=")]
        [service] = self.manifest("Service")["spec"]["ports"]
        scraped = self.pod()["metadata"]["annotations"]["prometheus.io/port"]
        self.assertEqual({str(port["containerPort"])},
                         {listen.rpartition(":")[2], scraped, str(service["port"])})
        self.assertEqual(port["name"], service["targetPort"])

    def test_every_mount_has_its_volume(self):
        spec = self.pod()["spec"]
        volumes = {volume["name"] for volume in spec["volumes"]}
        volumes |= {claim["metadata"]["name"]
                    for claim in self.manifest("StatefulSet")["spec"]["volumeClaimTemplates"]}
        mounted = {mount["name"] for container in spec["containers"]
                   for mount in container["volumeMounts"]}
        self.assertEqual(volumes, mounted)
        for container in spec["containers"]:
            context = container["securityContext"]
            self.assertFalse(context["allowPrivilegeEscalation"])
            self.assertTrue(context["readOnlyRootFilesystem"])
            self.assertEqual(["ALL"], context["capabilities"]["drop"])
