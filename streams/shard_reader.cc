#include "streams/shard_reader.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/limits.h"
#include "base/planted_bug.h"
#include "streams/limits.h"

namespace ddbsync::streams {
namespace {

dynamodb::IteratorStart StartAfter(const dynamodb::SequenceNumber& position, bool latest) {
  using Type = dynamodb::IteratorStart::Type;
  if (position.empty()) return {latest ? Type::kLatest : Type::kTrimHorizon, {}};
  return {Type::kAfterSequenceNumber, position};
}

bool MayBeCutShort(const dynamodb::RecordPage& page) {
  return page.records().size() >= static_cast<size_t>(limits::kRecordsPerPage) ||
         page.bytes() >= limits::kFullPageBytes;
}

}  // namespace

/// The credit comes back when the last owner of the page lets go of it.
struct ShardReader::GrantedPage {
  ByteGrant grant;
  dynamodb::RecordPage page;
};

ShardReader::ShardReader(Options options, const dynamodb::KeySchema& schema,
                         dynamodb::StreamsClient& client, RecordSink& sink, ByteCredit& credit,
                         aws::RetryBudget& budget, ReaderCounters& counters)
    : options_(std::move(options)),
      schema_(schema),
      client_(client),
      sink_(sink),
      credit_(credit),
      counters_(counters),
      poll_interval_(options_.poll_interval),
      backoff_(budget, std::hash<std::string>()(options_.shard_id)),
      random_(std::hash<std::string>()(options_.shard_id)),
      read_position_(options_.position),
      seeks_latest_(options_.from_latest) {}

void ShardReader::SetWaker(Waker waker) {
  {
    MutexLock lock(mutex_);
    waker_ = waker;
  }
  waker.Wake();
}

Next ShardReader::Step(TimePoint now) {
  Waker waker;
  {
    MutexLock lock(mutex_);
    if (state_ == State::kApplying) {
      if (!std::exchange(applied_, false)) return Next::WhenWoken();
      state_ = after_apply_;
    }
    if (stopping_ || state_ == State::kEnded) return Next::Done();
    if (!waker_ || paused_) return Next::WhenWoken();
    if (std::exchange(restart_, false) && state_ == State::kLost) {
      read_position_ = {};
      loss_answers_ = 0;
      SeekAgain();
    }
    waker = *waker_;
  }
  if (state_ == State::kLost) return Next::WhenWoken();
  if (pause_) due_ = now + *std::exchange(pause_, std::nullopt);
  if (now < due_) return Next::At(due_);
  return state_ == State::kSeeking ? Seek(now) : Read(now, waker);
}

void ShardReader::RestartFromHorizon() {
  Waker waker;
  {
    MutexLock lock(mutex_);
    restart_ = true;
    if (waker_) waker = *waker_;
  }
  waker.Wake();
}

void ShardReader::Stop() {
  Waker waker;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    if (waker_) waker = *waker_;
  }
  waker.Wake();
}

void ShardReader::Pause() {
  MutexLock lock(mutex_);
  paused_ = true;
}

void ShardReader::Resume() {
  Waker waker;
  {
    MutexLock lock(mutex_);
    paused_ = false;
    if (waker_) waker = *waker_;
  }
  waker.Wake();
}

Next ShardReader::Seek(TimePoint now) {
  const WallTime server_now = client_.aws().server_clock().Now();
  if (!answered_) answered_ = server_now;
  if (read_position_.empty() && server_now - *answered_ >= limits::kStreamRetention) {
    // The oldest record that is left may not be the oldest that was never read.
    state_ = State::kLost;
    answered_ = server_now;
    sink_.OnLoss(options_.shard_id, {ErrorCode::kTrimmed,
                                     "the shard was not read for longer than its stream keeps "
                                     "records"});
    return Next::WhenWoken();
  }
  Result<std::string> iterator = client_.GetShardIterator(
      options_.stream_arn, options_.shard_id, StartAfter(read_position_, seeks_latest_));
  if (!iterator) return OnError(iterator.error());
  seeks_latest_ = false;
  iterator_ = std::move(*iterator);
  fresh_iterator_ = true;
  state_ = State::kReading;
  last_active_ = now;
  return Next::Now();
}

Next ShardReader::Read(TimePoint now, const Waker& waker) {
  std::optional<ByteGrant> grant = credit_.TryTake(
      ByteCredit::User::kTail,
      empty_pages_ > 0 ? limits::kIdlePageCreditBytes : limits::kPageCreditBytes, waker);
  if (!grant) return Next::WhenWoken();

  const WallTime began = client_.aws().server_clock().Now();
  Result<dynamodb::RecordPage> answer =
      client_.GetRecords(iterator_, limits::kRecordsPerPage, schema_);
  if (!answer) return OnError(answer.error());
  backoff_.OnSuccess();
  loss_answers_ = 0;
  answered_ = began;
  fresh_iterator_ = false;

  // An iterator that was left alone points to where the tip was then.
  const Duration longest_rest =
      std::max<Duration>(limits::kEmptyTimeAtTip, 2 * poll_interval_.load());
  if (poll_began_ && now - *poll_began_ > longest_rest) {
    behind_ = true;
    empty_pages_ = 0;
  }
  poll_began_ = now;
  poll_began_wall_ = began;

  grant->ResizeTo(answer->bytes());
  if (Planted(PlantedBug::kLastRecordsOfShardIgnored) && !answer->next_iterator()) {
    state_ = State::kEnded;
    sink_.OnEnd(options_.shard_id);
    return Next::Done();
  }
  if (answer->records().empty() || IsRepeat(*answer)) return TakeNothingNew(*answer);
  return TakePage(std::make_shared<GrantedPage>(std::move(*grant), std::move(*answer)));
}

Next ShardReader::TakePage(const std::shared_ptr<GrantedPage>& granted) {
  const dynamodb::RecordPage& page = granted->page;
  const dynamodb::RecordView& last = page.records().back();
  counters_.polls_records.fetch_add(1, std::memory_order_relaxed);
  read_position_ = dynamodb::SequenceNumber(last.sequence_number);
  empty_pages_ = 0;
  last_active_ = *poll_began_;
  behind_ = MayBeCutShort(page) || poll_began_wall_ - last.created > limits::kFreshRecord;
  more_at_once_ = behind_;
  FollowIterator(page);

  after_apply_ = state_;
  state_ = State::kApplying;
  // Computed from the poll, not from the page's end: applying is part of the interval.
  due_ = *poll_began_ + PollPause();
  sink_.Apply(options_.shard_id, std::shared_ptr<const dynamodb::RecordPage>(granted, &page),
              [weak = weak_from_this()] {
                if (const auto reader = weak.lock()) reader->OnApplied();
              });
  // Applied already? Then the wake that came with it brings the next step.
  return Next::WhenWoken();
}

Next ShardReader::TakeNothingNew(const dynamodb::RecordPage& page) {
  const bool empty = page.records().empty();
  (empty ? counters_.polls_empty : counters_.polls_repeated)
      .fetch_add(1, std::memory_order_relaxed);
  more_at_once_ = false;
  FollowIterator(page);
  if (end_answers_ >= limits::kEndAnswers) {
    state_ = State::kEnded;
    sink_.OnEnd(options_.shard_id);
    return Next::Done();
  }
  if (empty && state_ == State::kReading) {
    if (empty_pages_++ == 0) first_empty_ = *poll_began_;
    if (empty_pages_ >= limits::kEmptyPagesAtTip &&
        *poll_began_ - first_empty_ >= limits::kEmptyTimeAtTip) {
      behind_ = false;
    }
    ReportTip();
    empty_began_wall_ = poll_began_wall_;
  }
  return AfterPoll();
}

void ShardReader::ReportTip() {
  const bool believed = Planted(PlantedBug::kOneEmptyPageIsTheTip);
  const bool one_is_enough = believed || Planted(PlantedBug::kOneEmptyPageAtTheTipIsBelieved);
  const int enough = one_is_enough ? 1 : limits::kEmptyPagesToBelieve;
  if (!believed && (behind_ || empty_pages_ < enough)) return;
  // Either of the two pages may be the one that stopped before a record, so that together they
  // prove no more than the earlier would.
  static_assert(limits::kEmptyPagesToBelieve == 2);
  sink_.OnTip(options_.shard_id, one_is_enough ? poll_began_wall_ : empty_began_wall_);
}

Next ShardReader::OnError(const Error& error) {
  counters_.polls_failed.fetch_add(1, std::memory_order_relaxed);
  if (error.code == ErrorCode::kThrottled) {
    counters_.polls_throttled.fetch_add(1, std::memory_order_relaxed);
  }
  if (Planted(PlantedBug::kFailedPollIsTheTip)) {
    sink_.OnTip(options_.shard_id, client_.aws().server_clock().Now());
  }
  switch (error.code) {
    case ErrorCode::kTrimmed:
    case ErrorCode::kNotFound:
      return OnLossAnswer(error);
    case ErrorCode::kExpiredIterator:
      if (Planted(PlantedBug::kExpiredIteratorResent)) break;
      if (!fresh_iterator_) {
        SeekAgain();
        return Next::Now();
      }
      SeekAgain();
      break;
    case ErrorCode::kRetry:
    case ErrorCode::kAmbiguous:
    case ErrorCode::kThrottled:
    case ErrorCode::kDenied:
      break;
    default:
      SeekAgain();  // it may be the iterator that the server cannot take
  }
  Duration pause = backoff_.OnFailure(error.code);
  if (error.code == ErrorCode::kDenied && backoff_.failures() > 1) pause = limits::kDeniedPause;
  sink_.OnTrouble(options_.shard_id, error, backoff_.failures());
  return PauseFor(pause);
}

Next ShardReader::OnLossAnswer(const Error& error) {
  if (++loss_answers_ < limits::kLossAnswers) {
    sink_.OnTrouble(options_.shard_id, error, loss_answers_);
    SeekAgain();
    return PauseFor(poll_interval_.load());
  }
  state_ = State::kLost;
  sink_.OnLoss(options_.shard_id, error);
  return Next::WhenWoken();
}

Next ShardReader::PauseFor(Duration pause) {
  pause_ = pause;
  return Next::Now();
}

Next ShardReader::AfterPoll() {
  due_ = *poll_began_ + PollPause();
  return Next::At(due_);
}

void ShardReader::FollowIterator(const dynamodb::RecordPage& page) {
  if (page.next_iterator()) {
    iterator_ = *page.next_iterator();
    end_answers_ = 0;
    return;
  }
  ++end_answers_;
  more_at_once_ = false;
  SeekAgain();
}

void ShardReader::SeekAgain() {
  state_ = State::kSeeking;
  behind_ = true;
  empty_pages_ = 0;
}

bool ShardReader::IsRepeat(const dynamodb::RecordPage& page) const {
  // A page that goes on past the position is taken whole: its newest image of a key is the newest.
  return !read_position_.empty() &&
         dynamodb::SequenceNumber(page.records().back().sequence_number) <= read_position_;
}

Duration ShardReader::PollPause() {
  if (more_at_once_) return Duration::zero();
  const Duration interval = poll_interval_.load();
  if (behind_ || *poll_began_ - last_active_ < limits::kActiveFor) {
    const Duration jitter = std::chrono::duration_cast<Duration>(interval * limits::kPollJitter);
    return AtRandom(interval - jitter, interval);
  }
  return std::max(interval, AtRandom(limits::kIdlePauseShortest, limits::kIdlePauseLongest));
}

Duration ShardReader::AtRandom(Duration shortest, Duration longest) {
  std::uniform_int_distribution<Duration::rep> between(shortest.count(), longest.count());
  return Duration(between(random_));
}

void ShardReader::OnApplied() {
  Waker waker;
  {
    MutexLock lock(mutex_);
    applied_ = true;
    waker = *waker_;
  }
  waker.Wake();
}

}  // namespace ddbsync::streams
