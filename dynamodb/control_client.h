#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "aws/client.h"
#include "base/error.h"
#include "dynamodb/client.h"
#include "dynamodb/key_schema.h"
#include "dynamodb/table.h"

namespace ddbsync::dynamodb {

enum class TtlStatus { kEnabling, kEnabled, kDisabling, kDisabled };
/// "ENABLING", as the service spells it.
std::string_view ToString(TtlStatus status);

/// A table's time to live. Items may be deleted in every status but kDisabled.
struct TimeToLive {
  TtlStatus status = TtlStatus::kDisabled;
  /// Empty when disabled: the service forgets it, so who wants it back notes it before.
  std::string attribute;
  friend bool operator==(const TimeToLive&, const TimeToLive&) = default;
};

enum class TtlUpdate {
  kAccepted,  ///< under way; may take up to an hour, DescribeTimeToLive tells
  kTooSoon,   ///< refused: it was changed within the last hour, in whichever direction
};

/// A resource's policy, which the service brings into a form of its own (a list of one action
/// becomes that action, and the like): compare meanings or revisions, not bytes.
struct ResourcePolicy {
  std::string json;
  std::string revision;
  friend bool operator==(const ResourcePolicy&, const ResourcePolicy&) = default;
};

/// The revision to expect of a resource that has no policy.
inline constexpr std::string_view kNoPolicy = "NO_POLICY";

/// What would become of a write with this client's keys.
struct WriteProbe {
  enum class Answer {
    kAllowed,  ///< it got as far as the condition that let it do nothing
    /// A resource's policy denies it, in so many words. A refusal for want of permissions is
    /// kUnknown: it says nothing about others.
    kDenied,
    kUnknown,
  };
  Answer answer = Answer::kUnknown;
  std::string reason;  ///< what the service said; empty when allowed
};

/// The calls that a cut-over changes tables with. One call, one attempt; errors as
/// aws::Client::Call says, plus kCorrupt for an answer that is not what it should be (changes are
/// then reported kAmbiguous: describe it again). Safe from any thread.
class ControlClient {
 public:
  /// `client` outlives this.
  explicit ControlClient(aws::Client& client) : client_(client) {}

  /// Turns the stream on. kConflict when one is on already, or the table is being changed:
  /// describe it again.
  [[nodiscard]] Result<void> EnableStream(std::string_view table, StreamView view);
  /// Ends the stream for all who read it; what it holds can be read for another 24 hours. kConflict
  /// when none is on, or the table is being changed: describe it again.
  [[nodiscard]] Result<void> DisableStream(std::string_view table);

  [[nodiscard]] Result<TimeToLive> DescribeTimeToLive(std::string_view table);
  /// `attribute`: also to turn it off, the one it is on for. kConflict when it is so already, or on
  /// for another attribute: describe it again.
  [[nodiscard]] Result<TtlUpdate> UpdateTimeToLive(std::string_view table,
                                                   std::string_view attribute, bool enabled);

  /// None when the resource (a table or a stream) has no policy. May be seconds behind a change.
  /// kInvalid on servers without policies.
  [[nodiscard]] Result<std::optional<ResourcePolicy>> GetResourcePolicy(std::string_view arn);
  /// Gives the resource another policy, if the one it has is of revision `expected` (or kNoPolicy,
  /// and it has none), and returns the revision of the new one. It takes effect some time later.
  /// kConflict: another revision is there, or the table is being changed. kThrottled: it was
  /// changed within the last 15 seconds, or too much is asked. kInvalid: not a policy, or one by
  /// which these keys lose the right to change it.
  [[nodiscard]] Result<std::string> PutResourcePolicy(std::string_view arn,
                                                      std::string_view policy_json,
                                                      std::string_view expected);
  /// As PutResourcePolicy; kConflict also when there is none any more.
  [[nodiscard]] Result<void> DeleteResourcePolicy(std::string_view arn, std::string_view expected);

  /// Adds tags, or gives them other values. May be done again.
  [[nodiscard]] Result<void> TagResource(std::string_view arn, std::span<const Tag> tags);
  /// Keys that are not there are no error.
  [[nodiscard]] Result<void> UntagResource(std::string_view arn, std::span<const std::string> keys);

  /// Asks for a delete on a condition that no item can meet, so that it never changes anything. It
  /// speaks for this client's keys alone and for the moment: others may be exempt, or were let in
  /// before. Costs a write unit where it is allowed.
  [[nodiscard]] WriteProbe ProbeDenied(std::string_view table, const KeySchema& schema);

 private:
  aws::Client& client_;
};

}  // namespace ddbsync::dynamodb
