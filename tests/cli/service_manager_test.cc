#include "cli/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <vector>

#include "tests/cli/fake_environment.h"
#include "tests/cli/temporary_directory.h"
#include "tests/support/manual_clock.h"

namespace ddbsync::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// What systemd would hear. A name that begins with @ is abstract.
class Listener {
 public:
  explicit Listener(std::string name) : name_(std::move(name)), socket_(Make()) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name_.data(), name_.size());
    if (name_.starts_with('@')) address.sun_path[0] = '\0';
    const size_t size = offsetof(sockaddr_un, sun_path) + name_.size();
    EXPECT_EQ(bind(socket_.fd(), reinterpret_cast<sockaddr*>(&address), size), 0) << name_;
  }

  std::vector<std::string> Heard() const {
    std::vector<std::string> heard;
    std::array<char, 4096> bytes{};
    ssize_t size = 0;
    while ((size = recv(socket_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0) {
      heard.emplace_back(bytes.data(), size);
    }
    return heard;
  }

  const std::string& name() const { return name_; }

 private:
  static metrics::Descriptor Make() {
    return metrics::Descriptor(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  }
  const std::string name_;
  metrics::Descriptor socket_;
};

class ServiceManagerTest : public testing::Test {
 protected:
  ServiceManager Manager(std::map<std::string, std::string> more = {}) {
    more["NOTIFY_SOCKET"] = listener_.name();
    environment_ = FakeEnvironment(std::move(more));
    return ServiceManager(environment_, clock_);
  }

  TemporaryDirectory directory_;
  Listener listener_{directory_.path() + "/notify"};
  FakeEnvironment environment_;
  fake::ManualClock clock_;
};

TEST_F(ServiceManagerTest, HearsOfALifeInOrder) {
  ServiceManager manager = Manager({{"WATCHDOG_USEC", "10000000"}});
  manager.Ready();
  manager.Alive("copying");
  manager.Stopping();
  manager.Stopping();
  EXPECT_THAT(listener_.Heard(),
              ElementsAre("READY=1", "STATUS=copying", "WATCHDOG=1", "STOPPING=1"));
}

TEST_F(ServiceManagerTest, HearsOfALifeAtAnAbstractAddress) {
  const Listener abstract("@ddbsync-test-" + std::to_string(getpid()));
  const FakeEnvironment environment({{"NOTIFY_SOCKET", abstract.name()}});
  ServiceManager(environment, clock_).Ready();
  EXPECT_THAT(abstract.Heard(), ElementsAre("READY=1"));
}

TEST_F(ServiceManagerTest, SignsOfLifeComeTwiceInTheTimeItWaits) {
  ServiceManager manager = Manager({{"WATCHDOG_USEC", "10000000"}});
  manager.Alive("");
  clock_.Advance(milliseconds(4999));
  manager.Alive("");
  EXPECT_THAT(listener_.Heard(), ElementsAre("WATCHDOG=1"));
  clock_.Advance(milliseconds(1));
  manager.Alive("");
  EXPECT_THAT(listener_.Heard(), ElementsAre("WATCHDOG=1"));
}

TEST_F(ServiceManagerTest, NoSignsOfLifeForAnotherProcessOrNobody) {
  const std::string other = std::to_string(getpid() + 1);
  for (const auto& variables : {std::map<std::string, std::string>{},
                                {{"WATCHDOG_USEC", "10000000"}, {"WATCHDOG_PID", other}},
                                {{"WATCHDOG_USEC", "soon"}},
                                {{"WATCHDOG_USEC", "-1"}}}) {
    Manager(variables).Alive("");
  }
  EXPECT_THAT(listener_.Heard(), IsEmpty());
  Manager({{"WATCHDOG_USEC", "1000"}, {"WATCHDOG_PID", std::to_string(getpid())}}).Alive("");
  EXPECT_THAT(listener_.Heard(), ElementsAre("WATCHDOG=1"));
}

TEST_F(ServiceManagerTest, TheStatusIsOneLineSaidWhenItChangesButNotMoreThanOnceASecond) {
  ServiceManager manager = Manager();
  manager.Alive("one");
  clock_.Advance(milliseconds(999));
  manager.Alive("two");
  EXPECT_THAT(listener_.Heard(), ElementsAre("STATUS=one"));
  clock_.Advance(milliseconds(1));
  manager.Alive("three\nWATCHDOG=trigger");
  clock_.Advance(seconds(60));
  manager.Alive("three\nWATCHDOG=trigger");
  EXPECT_THAT(listener_.Heard(), ElementsAre("STATUS=three WATCHDOG=trigger"));
}

TEST_F(ServiceManagerTest, WhatItDoesNotReadIsSaidAgainWithoutWaiting) {
  ServiceManager manager = Manager({{"WATCHDOG_USEC", "10000000"}});
  for (int i = 0; i < 10'000; ++i) manager.Ready();  // until the socket is full
  manager.Alive("copying");
  listener_.Heard();
  manager.Alive("copying");
  EXPECT_THAT(listener_.Heard(), ElementsAre("STATUS=copying", "WATCHDOG=1"));
}

TEST_F(ServiceManagerTest, NobodyListens) {
  for (const std::string& address : {std::string(), std::string("notify"),
                                     directory_.path() + "/nobody", "/" + std::string(200, 'x')}) {
    const FakeEnvironment environment({{"NOTIFY_SOCKET", address}, {"WATCHDOG_USEC", "1000"}});
    ServiceManager manager(environment, clock_);
    manager.Ready();
    manager.Alive("copying");
    manager.Stopping();
  }
  EXPECT_THAT(listener_.Heard(), IsEmpty());
}

}  // namespace
}  // namespace ddbsync::cli
