#include "checkpoint/ledger.h"

#include <gtest/gtest.h>

#include <string>

namespace ddbsync::checkpoint {
namespace {

Batch One(const std::string& key, const std::string& value) {
  Batch batch;
  batch.Put(key, value);
  return batch;
}

using Changes = std::map<std::string, std::optional<std::string>>;

TEST(Batch, TheLastChangeOfAKeyWins) {
  Batch batch = One("a", "1");
  batch.Delete("a");
  EXPECT_EQ(batch.changes(), (Changes{{"a", std::nullopt}}));
  batch.Put("a", "2");
  EXPECT_EQ(batch.size(), 1U);
  Batch newer = One("b", "3");
  newer.Delete("a");
  batch.Merge(std::move(newer));
  EXPECT_EQ(batch.changes(), (Changes{{"a", std::nullopt}, {"b", "3"}}));
}

TEST(Ledger, TakesAllThatWasStagedAsOneBatch) {
  Ledger ledger;
  Batch first = One("a", "1");
  first.Put("b", "1");
  ledger.Stage(std::move(first));
  const auto ticket = ledger.Stage(One("b", "2"));
  const auto staged = ledger.Take();
  EXPECT_EQ(staged.ticket, ticket);
  EXPECT_EQ(staged.batch.changes(), (Changes{{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(ledger.Take().batch.empty());
}

TEST(Ledger, ATicketIsDurableOnlyWhenAllBeforeItIs) {
  Ledger ledger;
  EXPECT_TRUE(ledger.IsDurable(ledger.LastStaged()));
  const auto first = ledger.Stage(One("a", "1"));
  auto staged = ledger.Take();
  const auto second = ledger.Stage(One("a", "2"));
  EXPECT_EQ(ledger.LastStaged(), second);
  EXPECT_FALSE(ledger.IsDurable(first));
  ledger.MarkDurable(staged.ticket);
  EXPECT_TRUE(ledger.IsDurable(first));
  EXPECT_FALSE(ledger.IsDurable(second));
}

TEST(Ledger, WakesEachWaiterOnceWhenItsTicketIsDurable) {
  Ledger ledger;
  int first_wakes = 0;
  int second_wakes = 0;
  const auto first = ledger.Stage(One("a", "1"));
  const auto staged = ledger.Take();
  const auto second = ledger.Stage(One("b", "1"));
  ledger.WakeWhenDurable(first, Waker([&] { ++first_wakes; }));
  ledger.WakeWhenDurable(second, Waker([&] { ++second_wakes; }));
  EXPECT_EQ(first_wakes, 0);
  ledger.MarkDurable(staged.ticket);
  EXPECT_EQ(first_wakes, 1);
  EXPECT_EQ(second_wakes, 0);
  ledger.MarkDurable(ledger.Take().ticket);
  EXPECT_EQ(first_wakes, 1);
  EXPECT_EQ(second_wakes, 1);
  ledger.WakeWhenDurable(first, Waker([&] { ++first_wakes; }));
  EXPECT_EQ(first_wakes, 2);
}

TEST(Ledger, AWakenTaskMayUseTheLedger) {
  Ledger ledger;
  const auto ticket = ledger.Stage(One("a", "1"));
  bool durable = false;
  ledger.WakeWhenDurable(ticket, Waker([&] { durable = ledger.IsDurable(ticket); }));
  ledger.MarkDurable(ledger.Take().ticket);
  EXPECT_TRUE(durable);
}

TEST(Ledger, WhatIsPutBackLosesToWhatWasStagedMeanwhile) {
  Ledger ledger;
  Batch batch = One("kept", "1");
  batch.Put("changed", "1");
  batch.Put("deleted", "1");
  const auto first = ledger.Stage(std::move(batch));
  auto staged = ledger.Take();
  Batch newer = One("changed", "2");
  newer.Delete("deleted");
  const auto second = ledger.Stage(std::move(newer));
  ledger.PutBack(std::move(staged));
  EXPECT_FALSE(ledger.IsDurable(first));
  staged = ledger.Take();
  EXPECT_EQ(staged.batch.changes(),
            (Changes{{"kept", "1"}, {"changed", "2"}, {"deleted", std::nullopt}}));
  EXPECT_EQ(staged.ticket, second);
}

}  // namespace
}  // namespace ddbsync::checkpoint
