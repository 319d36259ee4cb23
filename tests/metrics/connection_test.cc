#include "metrics/connection.h"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace ddbsync::metrics {
namespace {

constexpr size_t kPlenty = 1 << 30;
constexpr std::chrono::milliseconds kShort{50};
constexpr std::chrono::seconds kLong{60};

class ConnectionTest : public testing::Test {
 protected:
  ConnectionTest() : stop_(eventfd(0, EFD_CLOEXEC)) {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    client_ = Descriptor(pair[0]);
    server_ = Descriptor(pair[1]);
  }
  Connection Accept(size_t budget, Duration timeout) {
    return Connection(std::move(server_), stop_.fd(), budget, timeout);
  }

  Descriptor stop_;
  Descriptor client_;
  Descriptor server_;
  char buffer_[1 << 16];
};

TEST_F(ConnectionTest, GivesWhatTheClientSent) {
  Connection connection = Accept(kPlenty, kLong);
  ASSERT_EQ(send(client_.fd(), "abc", 3, 0), 3);
  EXPECT_EQ(connection.Read(buffer_, 1), 1);
  EXPECT_TRUE(connection.WaitReadable());
  EXPECT_EQ(connection.Read(buffer_ + 1, 100), 2);
  EXPECT_EQ(std::string(buffer_, 3), "abc");
  shutdown(client_.fd(), SHUT_WR);
  EXPECT_EQ(connection.Read(buffer_, 1), 0);
}

TEST_F(ConnectionTest, ASilentClientIsGivenUpAtTheDeadline) {
  Connection connection = Accept(kPlenty, kShort);
  const TimePoint before = SystemClock().Now();
  EXPECT_EQ(connection.Read(buffer_, 1), -1);
  EXPECT_GE(SystemClock().Now() - before, kShort / 2);
}

TEST_F(ConnectionTest, ASlowClientIsGivenUpAtTheDeadlineToo) {
  Connection connection = Accept(kPlenty, kShort);
  int bytes = 0;
  do {
    ASSERT_EQ(send(client_.fd(), "a", 1, 0), 1);
    ASSERT_LT(++bytes, 100'000'000);
  } while (connection.Read(buffer_, 1) == 1);
}

TEST_F(ConnectionTest, MoreTimeCanBeAllowed) {
  Connection connection = Accept(kPlenty, Duration::zero());
  ASSERT_EQ(send(client_.fd(), "ab", 2, 0), 2);
  EXPECT_EQ(connection.Read(buffer_, 1), -1);
  connection.Allow(kLong);
  EXPECT_EQ(connection.Read(buffer_, 1), 1);
  EXPECT_EQ(connection.bytes_read(), 1);
}

TEST_F(ConnectionTest, WhatIsNotWantedIsThrownAwaySoThatTheAnswerArrives) {
  Connection connection = Accept(kPlenty, kLong);
  ASSERT_EQ(send(client_.fd(), "0123456789", 10, 0), 10);
  ASSERT_EQ(connection.Write("no", 2), 2);
  connection.Drain(7, kLong);
  EXPECT_EQ(connection.bytes_read(), 7);
  connection.Drain(100, kShort);  // it says no more
  EXPECT_EQ(connection.bytes_read(), 10);
  EXPECT_EQ(recv(client_.fd(), buffer_, sizeof buffer_, 0), 2);
  EXPECT_EQ(recv(client_.fd(), buffer_, sizeof buffer_, 0), 0);
}

TEST_F(ConnectionTest, AClientThatDoesNotReadIsGivenUpAtTheDeadline) {
  Connection connection = Accept(kPlenty, kShort);
  int writes = 0;
  while (connection.Write(buffer_, sizeof buffer_) > 0) ASSERT_LT(++writes, 100'000);
}

TEST_F(ConnectionTest, ReadsNoMoreThanItsBudget) {
  Connection connection = Accept(10, kLong);
  ASSERT_EQ(send(client_.fd(), "0123456789abc", 13, 0), 13);
  EXPECT_EQ(connection.Read(buffer_, 4), 4);
  EXPECT_EQ(connection.Read(buffer_, 100), 6);
  EXPECT_EQ(connection.Read(buffer_, 100), -1);
  client_ = Descriptor();
}

TEST_F(ConnectionTest, AStopEndsReadingButNotAnAnswerThatTheClientTakes) {
  Connection connection = Accept(kPlenty, kLong);
  eventfd_write(stop_.fd(), 1);
  ASSERT_EQ(send(client_.fd(), "abc", 3, 0), 3);
  EXPECT_EQ(connection.Read(buffer_, 1), -1);
  EXPECT_EQ(connection.Write("answer", 6), 6);
  int writes = 0;
  while (connection.Write(buffer_, sizeof buffer_) > 0) ASSERT_LT(++writes, 100'000);
}

}  // namespace
}  // namespace ddbsync::metrics
