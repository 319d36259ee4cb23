"""Bad input in flags and config: exit code 2, every fault said at once, nothing touched."""

import socket

import ddbsync
import fixtures


class BadConfigTest(fixtures.Case):
    def test_an_endpoint_of_no_config_and_no_table_is_named(self):
        self.make_tables(items=5)
        self.assert_refused("no-such-endpoint", "a, b", src="no-such-endpoint",
                            arguments=("--src-region", "us-east-1",
                                       "--src-endpoint-url", self.server.url))
        self.assert_refused("c", "ddbsync.toml", dst="c")

    def test_a_misspelt_endpoint_is_told_what_it_may_have_meant(self):
        self.make_tables(items=5)
        config = ddbsync.write_config(
            self.folder / "ddbsync.toml",
            orders=ddbsync.endpoint(self.source, self.server.url),
            orders_copy=ddbsync.endpoint(self.target, self.server.url))
        self.assert_refused("order-copy", "orders_copy", config=config, src="orders",
                            dst="order-copy")

    def test_a_misspelt_key_is_named_with_its_line_and_the_right_key(self):
        self.make_tables(items=5)
        config = self.folder / "ddbsync.toml"
        config.write_text(ddbsync.config_text(
            a=ddbsync.endpoint(self.source, self.server.url),
            b=ddbsync.endpoint(self.target, self.server.url)).replace("region", "regoin", 1))
        self.assert_refused("ddbsync.toml:3", "regoin", "region", config=config)

    def test_text_that_is_not_toml_is_named_with_its_line(self):
        self.make_tables(items=5)
        config = self.folder / "ddbsync.toml"
        config.write_text('[endpoint.a]\ntable = "x\n')
        self.assert_refused("ddbsync.toml:2", config=config)

    def test_a_config_that_is_not_there_is_named(self):
        self.assert_refused("elsewhere.toml", config=self.folder / "elsewhere.toml")

    def test_faults_of_flags_and_config_are_told_together(self):
        self.make_tables(items=5)
        config = self.folder / "ddbsync.toml"
        config.write_text(
            f'[endpoint.a]\ntable = "{self.source}"\nregion = "us-east-1"\nport = 3\n'
            f'[endpoint.b]\ntabel = "{self.target}"\n[enpoint.c]\n')
        self.assert_refused("port", "tabel", "enpoint", "settle", "write-capacity",
                            config=config, settle="soon", arguments=("--write-capacity", "-3"))

    def test_values_out_of_range_are_refused(self):
        self.make_tables(items=5)
        for flag, value in (("--write-capacity", "0"), ("--read-capacity", "many"),
                            ("--segments", "0"), ("--memory", "1"), ("--poll-interval", "0ms"),
                            ("--on-gap", "shrug"), ("--no-such-flag", "1")):
            with self.subTest(flag):
                self.assert_refused(flag.lstrip("-"), arguments=(flag, value))

    def test_flags_that_are_missing_are_named(self):
        code, _, err = ddbsync.run("start", home=self.folder)
        self.assertEqual(ddbsync.USAGE, code)
        self.assert_says(err, ["--src", "--dst"])
        code, _, err = ddbsync.run("strat", home=self.folder)
        self.assertEqual(ddbsync.USAGE, code)
        self.assertIn("strat", err)

    def test_a_table_is_not_copied_onto_itself(self):
        self.make_source(items=5)
        self.target = self.source
        self.assert_refused("same table")

    def test_a_table_is_not_copied_onto_itself_by_another_address(self):
        self.make_source(items=5)
        self.target = self.source
        self.target_url = self.server.url.replace("127.0.0.1", "localhost")
        self.config()
        self.assert_refused("same table")

    def test_a_region_that_contradicts_the_arn_is_refused(self):
        self.make_tables(items=5)
        self.source = f"arn:aws:dynamodb:eu-west-1:000000000000:table/{self.source}"
        self.assert_refused("us-east-1", "eu-west-1")

    def test_no_region_at_all_is_refused(self):
        self.make_tables(items=5)
        ddbsync.write_config(self.folder / "ddbsync.toml",
                             a={"table": self.source, "endpoint_url": self.server.url},
                             b=ddbsync.endpoint(self.target, self.server.url))
        self.assert_refused("region")

    def test_a_taken_port_is_told_and_which_flag_moves_it(self):
        self.make_tables(items=5)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assert_refused(address, "--listen", listen=address)

    def test_only_loopback_is_listened_on_without_a_token(self):
        self.make_tables(items=5)
        self.assert_refused("--listen", listen="0.0.0.0:0")
