#include "aws/credentials_sources.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "aws/timestamp.h"

namespace ddbsync::aws {
namespace {

class MapEnvironment final : public Environment {
 public:
  std::map<std::string, std::string> values;

  std::optional<std::string> Get(const std::string& name) const override {
    const auto at = values.find(name);
    if (at == values.end() || at->second.empty()) return std::nullopt;
    return at->second;
  }
};

class CredentialsSourcesTest : public ::testing::Test {
 protected:
  CredentialsSourcesTest() {
    std::string path = "/tmp/ddbsync_credentials_XXXXXX";
    EXPECT_NE(mkdtemp(path.data()), nullptr);
    home_ = path;
    std::filesystem::create_directory(home_ / ".aws");
    environment_.values["HOME"] = home_;
  }
  ~CredentialsSourcesTest() override { std::filesystem::remove_all(home_); }

  std::string Write(const std::string& name, std::string_view text) {
    const std::string path = home_ / name;
    std::ofstream(path) << text;
    return path;
  }

  std::unique_ptr<CredentialsProvider> Make(CredentialsOptions options) {
    options.side = "source";
    auto provider = MakeCredentials(options, environment_);
    EXPECT_TRUE(provider);
    return std::move(*provider);
  }
  Result<Credentials> Get(const CredentialsOptions& options) { return Make(options)->Get(); }

  std::string Message(const CredentialsOptions& options, ErrorCode code = ErrorCode::kDenied) {
    const auto keys = Get(options);
    EXPECT_FALSE(keys);
    if (keys) return {};
    EXPECT_EQ(keys.error().code, code);
    return keys.error().message;
  }
  void ExpectMessage(const CredentialsOptions& options, std::string_view part,
                     ErrorCode code = ErrorCode::kDenied) {
    const std::string message = Message(options, code);
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }

  std::filesystem::path home_;
  MapEnvironment environment_;
};

const CredentialsOptions kChain{};

CredentialsOptions OfProfile(const std::string& name) {
  CredentialsOptions options;
  options.profile = name;
  return options;
}

CredentialsOptions OfEnvFile(const std::string& path) {
  CredentialsOptions options;
  options.env_file = path;
  return options;
}

CredentialsOptions OfVariables(const std::string& access, const std::string& secret,
                               const std::string& token = "") {
  CredentialsOptions options;
  options.access_key_env = access;
  options.secret_key_env = secret;
  options.session_token_env = token;
  return options;
}

// --- Environment

TEST_F(CredentialsSourcesTest, EnvironmentGivesAllFourValues) {
  environment_.values["AWS_ACCESS_KEY_ID"] = "AKID";
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "secret";
  environment_.values["AWS_SESSION_TOKEN"] = "token";
  environment_.values["AWS_CREDENTIAL_EXPIRATION"] = "2026-11-21T12:00:00Z";
  const auto keys = Get(kChain);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(*keys, (Credentials{.access_key_id = "AKID",
                                .secret_access_key = "secret",
                                .session_token = "token",
                                .expiration = ParseIsoTime("2026-11-21T12:00:00Z")}));
}

TEST_F(CredentialsSourcesTest, EnvironmentWinsOverFilesEvenWithAwsProfile) {
  environment_.values["AWS_ACCESS_KEY_ID"] = "AKID";
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "secret";
  environment_.values["AWS_PROFILE"] = "p";
  Write(".aws/credentials", "[p]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  EXPECT_EQ(Get(kChain)->access_key_id, "AKID");
}

TEST_F(CredentialsSourcesTest, ExplicitProfileIgnoresTheEnvironment) {
  environment_.values["AWS_ACCESS_KEY_ID"] = "AKID";
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "secret";
  Write(".aws/credentials", "[p]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  EXPECT_EQ(Get(OfProfile("p"))->access_key_id, "FILE");
}

TEST_F(CredentialsSourcesTest, EmptyVariableIsUnset) {
  environment_.values["AWS_ACCESS_KEY_ID"] = "";
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "";
  Write(".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  EXPECT_EQ(Get(kChain)->access_key_id, "FILE");
}

TEST_F(CredentialsSourcesTest, HalfAPairIsAnErrorNotTheNextSource) {
  Write(".aws/credentials", "[default]\naws_access_key_id=FILE\naws_secret_access_key=s\n");
  environment_.values["AWS_ACCESS_KEY_ID"] = "AKID";
  ExpectMessage(kChain, "AWS_SECRET_ACCESS_KEY is not; set both");
  environment_.values.erase("AWS_ACCESS_KEY_ID");
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "secret";
  ExpectMessage(kChain, "AWS_ACCESS_KEY_ID is not; set both");
}

TEST_F(CredentialsSourcesTest, HalfAPairInAProfileIsNamed) {
  Write(".aws/credentials", "[p]\naws_access_key_id=A\ncredential_process=x\n");
  ExpectMessage(OfProfile("p"), "aws_secret_access_key is not; set both");
}

TEST_F(CredentialsSourcesTest, ExpirationThatIsNotATimeIsAnError) {
  environment_.values["AWS_ACCESS_KEY_ID"] = "AKID";
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "secret";
  environment_.values["AWS_CREDENTIAL_EXPIRATION"] = "soon";
  ExpectMessage(kChain, "AWS_CREDENTIAL_EXPIRATION=soon");
}

TEST_F(CredentialsSourcesTest, KeyWithALineBreakIsAnErrorAndNotShown) {
  environment_.values["AWS_ACCESS_KEY_ID"] = "AKID";
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "sec\nret";
  const std::string message = Message(kChain);
  EXPECT_NE(message.find("line break"), std::string::npos);
  EXPECT_EQ(message.find("sec\n"), std::string::npos);
}

TEST_F(CredentialsSourcesTest, NoKeysAnywhereTellsWhereWasLooked) {
  const std::string message = Message(kChain);
  EXPECT_NE(message.find("no credentials for the source"), std::string::npos) << message;
  EXPECT_NE(message.find("AWS_ACCESS_KEY_ID"), std::string::npos) << message;
  EXPECT_NE(message.find((home_ / ".aws/credentials").string()), std::string::npos) << message;
  environment_.values["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  ExpectMessage(kChain, "AWS_WEB_IDENTITY_TOKEN_FILE is not supported yet");
}

// --- Shared files

TEST_F(CredentialsSourcesTest, CredentialsFileWinsOverConfigFilePerSetting) {
  Write(".aws/config",
        "[profile p]\naws_access_key_id=CONFIG\naws_secret_access_key=s\naws_session_token=t\n");
  EXPECT_EQ(Get(OfProfile("p"))->access_key_id, "CONFIG");
  Write(".aws/credentials", "[p]\naws_access_key_id=FILE\naws_secret_access_key=s2\n");
  const auto keys = Get(OfProfile("p"));
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->access_key_id, "FILE");
  EXPECT_EQ(keys->secret_access_key, "s2");
}

TEST_F(CredentialsSourcesTest, KeysAreReadHoweverTheyAreWritten) {
  Write(".aws/credentials",
        "\xEF\xBB\xBF# comment\r\n; another\r\n\r\n[other]\r\naws_access_key_id = WRONG\r\n"
        "[ p ] # mine\r\n  \r\nAWS_Access_Key_Id =  AKID  \r\naws_secret_access_key=a=b/c+d\r\n"
        "s3 =\r\n  aws_access_key_id = NESTED\r\n[last]\r\naws_access_key_id=WRONG\r\n");
  const auto keys = Get(OfProfile("p"));
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->access_key_id, "AKID");
  EXPECT_EQ(keys->secret_access_key, "a=b/c+d");
}

TEST_F(CredentialsSourcesTest, ConfigSectionsNeedTheWordProfileExceptDefault) {
  const std::string body = "]\naws_access_key_id=A\naws_secret_access_key=s\n";
  Write(".aws/config", "[default" + body);
  EXPECT_TRUE(Get(kChain));
  Write(".aws/config", "[p" + body);
  ExpectMessage(OfProfile("p"), "profile \"p\" are not there");
  Write(".aws/config", "[profile p" + body);
  EXPECT_TRUE(Get(OfProfile("p")));
  Write(".aws/config", "[profile \"my own\"" + body);
  EXPECT_TRUE(Get(OfProfile("my own")));
  Write(".aws/config", "[sso-session p" + body);
  ExpectMessage(OfProfile("p"), "are not there");
  Write(".aws/config", "[profilep" + body);
  ExpectMessage(OfProfile("p"), "are not there");
}

TEST_F(CredentialsSourcesTest, AwsProfileAndPathsComeFromTheEnvironment) {
  environment_.values["AWS_PROFILE"] = "p";
  environment_.values["AWS_SHARED_CREDENTIALS_FILE"] =
      Write("keys", "[p]\naws_access_key_id=A\naws_secret_access_key=s\n");
  EXPECT_EQ(Get(kChain)->access_key_id, "A");
  environment_.values["AWS_SHARED_CREDENTIALS_FILE"] = "~/keys";
  EXPECT_EQ(Get(kChain)->access_key_id, "A");
  environment_.values.erase("AWS_SHARED_CREDENTIALS_FILE");
  environment_.values["AWS_CONFIG_FILE"] =
      Write("conf", "[profile p]\naws_access_key_id=B\naws_secret_access_key=s\n");
  EXPECT_EQ(Get(kChain)->access_key_id, "B");
}

TEST_F(CredentialsSourcesTest, UnknownProfileIsNamedWithTheFiles) {
  ExpectMessage(OfProfile("prod"), "the source's keys of profile \"prod\" are not there");
  ExpectMessage(OfProfile("prod"), (home_ / ".aws/config").string());
}

TEST_F(CredentialsSourcesTest, SourcesThatDoNotExistYetAreNamed) {
  for (const auto& [setting, name] :
       {std::pair("role_arn", "an assumed role"), std::pair("sso_session", "single sign-on"),
        std::pair("sso_start_url", "single sign-on"),
        std::pair("credential_process", "a credential process")}) {
    Write(".aws/config", "[profile p]\n" + std::string(setting) + " = x\n");
    ExpectMessage(OfProfile("p"), name);
    ExpectMessage(OfProfile("p"), "not supported yet");
  }
}

TEST_F(CredentialsSourcesTest, RoleIsNotSilentlyReplacedByTheKeysBesideIt) {
  Write(".aws/config", "[profile p]\nrole_arn = x\nsource_profile = p\n");
  Write(".aws/credentials", "[p]\naws_access_key_id=A\naws_secret_access_key=s\n");
  ExpectMessage(OfProfile("p"), "an assumed role");
  Write(".aws/config", "[profile p]\ncredential_process = x\n");
  EXPECT_TRUE(Get(OfProfile("p")));
}

TEST_F(CredentialsSourcesTest, FileThatCannotBeUnderstoodIsNamedWithTheLineAndWithoutItsText) {
  Write(".aws/credentials", "[p]\nsecretwithoutaname\n");
  const std::string message = Message(OfProfile("p"), ErrorCode::kInvalid);
  EXPECT_NE(message.find(".aws/credentials, line 2"), std::string::npos) << message;
  EXPECT_EQ(message.find("secretwithoutaname"), std::string::npos) << message;
  Write(".aws/credentials", "[p\n");
  ExpectMessage(OfProfile("p"), "line 1", ErrorCode::kInvalid);
}

TEST_F(CredentialsSourcesTest, FileThatCannotBeReadIsNamed) {
  environment_.values["AWS_SHARED_CREDENTIALS_FILE"] = home_;  // a directory
  ExpectMessage(kChain, "cannot read " + home_.string());
}

// --- Env file and named variables

TEST_F(CredentialsSourcesTest, EnvFileIsReadAsAShellWould) {
  const std::string path = Write("side.env",
                                 "# keys\nexport AWS_ACCESS_KEY_ID=AKID # mine\n"
                                 "AWS_SECRET_ACCESS_KEY=\"a\\\"b=c\" # quoted\r\n"
                                 "  AWS_SESSION_TOKEN='t o#k' \nOTHER=1\n");
  const auto keys = Get(OfEnvFile(path));
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_EQ(keys->access_key_id, "AKID");
  EXPECT_EQ(keys->secret_access_key, "a\"b=c");
  EXPECT_EQ(keys->session_token, "t o#k");
}

TEST_F(CredentialsSourcesTest, EnvFileDoesNotMixWithTheEnvironment) {
  environment_.values["AWS_SECRET_ACCESS_KEY"] = "other";
  ExpectMessage(OfEnvFile(Write("side.env", "AWS_ACCESS_KEY_ID=A\n")), "set both");
}

TEST_F(CredentialsSourcesTest, FaultyEnvFileIsNamedWithTheLine) {
  ExpectMessage(OfEnvFile("/no/such/file"), "cannot read /no/such/file");
  ExpectMessage(OfEnvFile(Write("a.env", "\nnonsense\n")), "a.env, line 2", ErrorCode::kInvalid);
  ExpectMessage(OfEnvFile(Write("b.env", "A=\"x\n")), "quotes", ErrorCode::kInvalid);
  ExpectMessage(OfEnvFile(Write("c.env", "A='x'y\n")), "quotes", ErrorCode::kInvalid);
  ExpectMessage(OfEnvFile(Write("d.env", "A=1\n")), "d.env are not there");
}

TEST_F(CredentialsSourcesTest, InvalidateReadsTheFileAgainAndNothingElseDoes) {
  const std::string path = Write("side.env", "AWS_ACCESS_KEY_ID=OLD\nAWS_SECRET_ACCESS_KEY=s\n");
  const auto provider = Make(OfEnvFile(path));
  EXPECT_EQ(provider->Get()->access_key_id, "OLD");
  Write("side.env", "AWS_ACCESS_KEY_ID=NEW\nAWS_SECRET_ACCESS_KEY=s\n");
  EXPECT_EQ(provider->Get()->access_key_id, "OLD");
  provider->Invalidate();
  EXPECT_EQ(provider->Get()->access_key_id, "NEW");
}

TEST_F(CredentialsSourcesTest, NamedVariablesGiveTheKeys) {
  environment_.values = {{"A", "AKID"}, {"B", "secret"}, {"C", "token"}};
  EXPECT_EQ(*Get(OfVariables("A", "B", "C")),
            (Credentials{
                .access_key_id = "AKID", .secret_access_key = "secret", .session_token = "token"}));
  EXPECT_EQ(Get(OfVariables("A", "B"))->session_token, "");
  ExpectMessage(OfVariables("A", "X"), "A is set but X is not");
  ExpectMessage(OfVariables("X", "Y"), "set the environment variables X and Y");
}

TEST_F(CredentialsSourcesTest, ContradictoryOptionsAreInvalid) {
  CredentialsOptions both = OfProfile("p");
  both.env_file = "f";
  CredentialsOptions all = OfVariables("A", "B");
  all.profile = "p";
  for (const CredentialsOptions& options :
       {both, all, OfVariables("A", ""), OfVariables("", "B"), OfVariables("", "", "C")}) {
    const auto provider = MakeCredentials(options, environment_);
    ASSERT_FALSE(provider);
    EXPECT_EQ(provider.error().code, ErrorCode::kInvalid);
  }
}

TEST_F(CredentialsSourcesTest, OriginNamesTheSideAndTheSource) {
  EXPECT_EQ(Make(OfProfile("p"))->Origin(), "the source's keys of profile \"p\"");
  EXPECT_EQ(Make(OfEnvFile("/f"))->Origin(), "the source's keys in /f");
  EXPECT_EQ(Make(OfVariables("A", "B"))->Origin(), "the source's keys in $A");
  EXPECT_EQ(Make(kChain)->Origin(), "the source's keys of profile \"default\"");
  environment_.values["AWS_ACCESS_KEY_ID"] = "A";
  EXPECT_EQ(Make(kChain)->Origin(), "the source's keys in the environment");
}

// --- Region

TEST_F(CredentialsSourcesTest, RegionComesFromEnvFileThenEnvironmentThenProfile) {
  const auto region = [this](const CredentialsOptions& options) {
    return LookUpRegion(options, environment_).value_or("error");
  };
  EXPECT_EQ(region(kChain), "");
  Write(".aws/config", "[default]\nregion = r-default\n[profile p]\nregion = r-p\n");
  EXPECT_EQ(region(kChain), "r-default");
  EXPECT_EQ(region(OfProfile("p")), "r-p");
  environment_.values["AWS_DEFAULT_REGION"] = "r-2";
  EXPECT_EQ(region(OfProfile("p")), "r-2");
  environment_.values["AWS_REGION"] = "r-1";
  EXPECT_EQ(region(kChain), "r-1");
  EXPECT_EQ(region(OfEnvFile(Write("side.env", "AWS_REGION=r-0\n"))), "r-0");
  EXPECT_EQ(region(OfEnvFile(Write("side.env", "OTHER=1\n"))), "r-1");
}

}  // namespace
}  // namespace ddbsync::aws
