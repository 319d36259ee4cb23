"""Servers that cannot be reached, or answer what no DynamoDB answers."""

import pathlib
import subprocess

import ddbsync
import faulty_proxy
import fixtures
import processes

# A start gives up on a server after this long at the most; a running job never does.
GIVE_UP_SECONDS = 120


def make_certificate(folder, name):
    """(certificate, key) files for a self-signed certificate that is good for `name` only."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=ddbsync test", "-addext", f"subjectAltName={name}",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


class UnreachableTest(fixtures.Case):
    def test_a_refused_connection_is_told_with_the_address(self):
        self.make_tables(items=5)
        port = processes.free_port()
        for side in ("source", "target"):
            with self.subTest(side):
                self.config(**{side: {"endpoint_url": f"http://127.0.0.1:{port}"}})
                self.assert_refused(f"127.0.0.1:{port}", side, code=ddbsync.FAILED,
                                    seconds=GIVE_UP_SECONDS)

    def test_a_host_that_does_not_exist_is_told(self):
        self.make_tables(items=5)
        # ".invalid" never resolves (RFC 2606).
        self.config(target={"endpoint_url": "http://dynamodb.invalid:8000"})
        self.assert_refused("dynamodb.invalid", code=ddbsync.FAILED, seconds=GIVE_UP_SECONDS)

    def test_a_certificate_for_another_name_is_refused(self):
        self.make_tables(items=5)
        certificate = make_certificate(self.folder, "DNS:somewhere.else.example")
        with faulty_proxy.FaultyProxy(self.server.url, certificate) as proxy:
            self.config(target={"endpoint_url": proxy.url})
            self.assert_refused("certificate", seconds=GIVE_UP_SECONDS,
                                env=self.trusting(certificate))
            self.assertEqual({}, proxy.seen)

    def test_a_certificate_of_nobody_we_trust_is_refused(self):
        self.make_tables(items=5)
        certificate = make_certificate(self.folder, "IP:127.0.0.1")
        with faulty_proxy.FaultyProxy(self.server.url, certificate) as proxy:
            self.config(target={"endpoint_url": proxy.url})
            self.assert_refused("certificate", seconds=GIVE_UP_SECONDS)
            self.assertEqual({}, proxy.seen)

    def test_a_certificate_that_fits_is_accepted(self):
        self.make_tables(items=5)
        certificate = make_certificate(self.folder, "IP:127.0.0.1")
        with faulty_proxy.FaultyProxy(self.server.url, certificate) as proxy:
            self.target_url = proxy.url
            self.config()
            self.assert_follows(self.start(env=self.trusting(certificate)))

    def trusting(self, certificate):
        return ddbsync.environment(self.folder, AWS_CA_BUNDLE=str(certificate[0]),
                                   **ddbsync.credentials())


class StrangeAnswerTest(fixtures.Case):
    STRANGE = {"HTML": faulty_proxy.html(), "HTML with 502": faulty_proxy.html(502),
               "HTML with 403": faulty_proxy.html(403), "HTML with 407": faulty_proxy.html(407),
               "truncated JSON": faulty_proxy.truncated, "wrong CRC": faulty_proxy.wrong_crc}

    def test_a_server_that_is_none_is_told_at_the_start(self):
        for name, fault in self.STRANGE.items():
            with self.subTest(name):
                place = name.replace(" ", "-")
                self.source, self.target = f"from-{place}", f"to-{place}"
                self.make_tables(items=5)
                with faulty_proxy.FaultyProxy(self.server.url) as proxy:
                    proxy.on(None, fault)
                    self.config(source={"endpoint_url": proxy.url})
                    output = self.assert_refused("source", code=ddbsync.FAILED,
                                                 seconds=GIVE_UP_SECONDS)
                if name.startswith("HTML"):
                    self.assertIn("It works!", output)
                if "with" in name:
                    self.assert_says(output, [f"HTTP {name.split()[-1]}, text/html", proxy.url[7:]])

    def test_a_running_copy_rides_out_what_no_dynamodb_answers(self):
        # Each fault at each kind of call.
        for name, fault in {**self.STRANGE, "no answer": faulty_proxy.dropped}.items():
            with self.subTest(name):
                place = name.replace(" ", "-")
                self.source, self.target = f"mid-{place}", f"mid-copy-{place}"
                self.make_tables(items=400)
                with faulty_proxy.FaultyProxy(self.server.url) as proxy:
                    for action in ("Scan", "GetRecords", "BatchWriteItem", "GetShardIterator"):
                        proxy.on(action, fault, after=1 if action != "GetShardIterator" else 0,
                                 times=3)
                    self.source_url = self.target_url = proxy.url
                    with self.start(config=self.config(), state=self.folder / place) as job:
                        self.assert_follows(job)
                    self.assertGreater(proxy.seen["BatchWriteItem"], 4)
                self.source_url = self.target_url = self.server.url


class HonestFaultTest(fixtures.Case):
    """What a real DynamoDB does on a bad day."""

    def copy_through(self, items=400, **faults):
        self.make_tables(items=items)
        with faulty_proxy.FaultyProxy(self.server.url) as proxy:
            for action, (fault, times) in faults.items():
                proxy.on(action, fault, times=times)
            self.target_url = proxy.url
            self.config()
            with self.start() as job:
                self.assert_follows(job)
                status = job.status()
                self.assertEqual(ddbsync.DONE, job.stop())
            self.target_url = self.server.url
        return status

    def test_unprocessed_items_are_sent_again(self):
        status = self.copy_through(BatchWriteItem=(faulty_proxy.last_unprocessed, 12))
        self.assertGreaterEqual(status["writes"]["unprocessed"], 1)

    def test_batches_handed_back_whole_are_sent_again(self):
        self.copy_through(BatchWriteItem=(faulty_proxy.all_unprocessed, 8))

    def test_throttled_calls_are_sent_again(self):
        status = self.copy_through(BatchWriteItem=(faulty_proxy.error(
            "ProvisionedThroughputExceededException", "The level of configured provisioned "
            "throughput for the table was exceeded."), 8))
        self.assertGreaterEqual(status["writes"]["throttled"], 1)

    def test_writes_that_were_carried_out_without_an_answer_are_checked_again(self):
        for fault in (faulty_proxy.done_then_dropped, faulty_proxy.done_then_500):
            with self.subTest(fault.__name__):
                self.source = self.source + "-" + fault.__name__.replace("_", "-")
                self.target = self.target + "-" + fault.__name__.replace("_", "-")
                self.state = pathlib.Path(f"{self.state}-{fault.__name__}")
                status = self.copy_through(BatchWriteItem=(fault, 4))
                self.assertGreaterEqual(status["writes"]["ambiguous"], 1)

    def test_a_target_that_goes_away_and_comes_back(self):
        self.make_tables(items=800)
        with faulty_proxy.FaultyProxy(self.server.url) as proxy:
            self.target_url = proxy.url
            self.config()
            job = self.start("--write-capacity", "400")
            job.wait_until_written(100)
            proxy.on(None, faulty_proxy.dropped)
            failed = proxy.seen["BatchWriteItem"] + 5
            processes.wait_for(lambda: proxy.seen["BatchWriteItem"] > failed, 60, "retries")
            proxy.heal()
            self.assert_follows(job)
