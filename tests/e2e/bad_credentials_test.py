"""Keys that are missing, wrong, expired or not allowed: told, and the copy can be resumed."""

import ddbsync
import faulty_proxy
import fixtures

EXPIRED = faulty_proxy.error("ExpiredTokenException",
                             "The security token included in the request is expired")
UNKNOWN_KEY = faulty_proxy.error("UnrecognizedClientException",
                                 "The security token included in the request is invalid.")
WRONG_SECRET = faulty_proxy.error(
    "InvalidSignatureException", "The request signature we calculated does not match the signature "
    "you provided.")
WRONG_REGION = faulty_proxy.error(
    "InvalidSignatureException", "Credential should be scoped to a valid region, not 'us-east-1'.")


def denied(action):
    return faulty_proxy.error(
        "AccessDeniedException",
        f"User: arn:aws:iam::123456789012:user/x is not authorized to perform: dynamodb:{action} "
        f"on resource: arn:aws:dynamodb:us-east-1:123456789012:table/orders")


class BadCredentialsTest(fixtures.Case):
    def setUp(self):
        super().setUp()
        self.proxy = self.enterContext(faulty_proxy.FaultyProxy(self.server.url))

    def test_no_credentials_at_all(self):
        self.make_tables(items=5)
        self.assert_refused("credentials", "source", "target",
                            env=ddbsync.environment(self.folder))

    def test_half_of_a_key_pair(self):
        self.make_tables(items=5)
        self.assert_refused("AWS_SECRET_ACCESS_KEY", env=ddbsync.environment(
            self.folder, AWS_ACCESS_KEY_ID="local"))

    def test_a_profile_that_is_not_there_is_named(self):
        self.make_tables(items=5)
        self.config(source={"profile": "no-such-profile"})
        self.assert_refused("no-such-profile")

    def test_a_variable_that_is_not_set_is_named(self):
        self.make_tables(items=5)
        self.config(target={"access_key_env": "NO_KEY", "secret_key_env": "NO_SECRET"})
        self.assert_refused("NO_KEY", "target")

    def test_an_env_file_that_is_not_there_is_named(self):
        self.make_tables(items=5)
        self.config(target={"env_file": str(self.folder / "missing.env")})
        self.assert_refused("missing.env")

    def test_keys_that_the_service_refuses(self):
        for name, fault in (("UnrecognizedClientException", UNKNOWN_KEY),
                            ("InvalidSignatureException", WRONG_SECRET),
                            ("ExpiredTokenException", EXPIRED),
                            ("valid region", WRONG_REGION)):
            for side in ("source", "target"):
                with self.subTest(f"{name} at the {side}"):
                    self.source, self.target = (
                        f"{kind}-{name.replace(' ', '-')}-{side}" for kind in ("from", "to"))
                    self.make_tables(items=5)
                    self.proxy.heal()
                    self.proxy.on(None, fault)
                    setattr(self, f"{side}_url", self.proxy.url)
                    self.config()
                    self.assert_refused(name, side)
                    setattr(self, f"{side}_url", self.server.url)

    def test_an_action_that_is_denied_before_anything_is_written(self):
        for side, actions in (("source", ("DescribeTable", "Scan", "DescribeStream")),
                              ("target", ("DescribeTable",))):
            for action in actions:
                with self.subTest(f"{action} at the {side}"):
                    self.source, self.target = f"from-{action}-{side}", f"to-{action}-{side}"
                    self.make_tables(items=5)
                    self.proxy.heal()
                    self.proxy.on(action, denied(action))
                    setattr(self, f"{side}_url", self.proxy.url)
                    self.config()
                    self.assert_refused("AccessDenied", action, side)
                    setattr(self, f"{side}_url", self.server.url)

    def test_writes_that_are_denied_are_told_before_anything_is_touched(self):
        self.make_tables(items=50)
        self.proxy.on("BatchWriteItem", denied("BatchWriteItem"))
        self.target_url = self.proxy.url
        self.assert_refused("AccessDenied", "BatchWriteItem")
        self.proxy.heal()
        self.assert_follows(self.start())

    def test_a_stream_that_may_not_be_read_ends_the_job_and_is_taken_up_again(self):
        for action in ("GetShardIterator", "GetRecords"):
            with self.subTest(action):
                self.source, self.target = f"from-{action}", f"to-{action}"
                self.make_tables(items=50)
                self.proxy.heal()
                self.proxy.on(action, denied(action))
                self.source_url = self.proxy.url
                self.config()
                state = self.folder / action
                with self.start(state=state) as job:
                    self.assertIn(job.wait(), (ddbsync.FAILED, ddbsync.USAGE))
                    self.assert_says(job.output(), ["AccessDenied", action])
                self.proxy.heal()
                with self.start(state=state) as job:
                    self.assert_follows(job)
                self.source_url = self.server.url

    def test_keys_that_expire_in_the_middle_are_told_and_nothing_is_lost(self):
        self.make_tables(items=1000)
        self.proxy.on("BatchWriteItem", EXPIRED, after=10)
        self.target_url = self.proxy.url
        self.config()
        with self.start("--write-capacity", "400") as job:
            status = job.wait_until(lambda status: "ExpiredToken" in status["reason"],
                                    what="the reason")
            self.assert_says(status["reason"], ["target", "renew"])
            job.kill()
        self.proxy.heal()
        self.assert_follows(self.start())

    def test_keys_renewed_in_the_env_file_are_taken_up_without_a_restart(self):
        self.make_tables(items=1000)
        self.proxy.on(None, EXPIRED, when=lambda request: "Credential=stale/" in
                      request.headers.get("Authorization", "") and self.expired)
        self.expired = False
        keys = self.folder / "target.env"
        keys.write_text("AWS_ACCESS_KEY_ID=stale\nAWS_SECRET_ACCESS_KEY=x\n")
        self.target_url = self.proxy.url
        self.config(target={"env_file": str(keys)})
        job = self.start("--write-capacity", "300")
        job.wait_until_written(100)
        keys.write_text("AWS_ACCESS_KEY_ID=fresh\nAWS_SECRET_ACCESS_KEY=x\n")
        self.expired = True
        self.assert_follows(job)
