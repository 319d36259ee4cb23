#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ddbsync::fake {

/// A policy attached to a table, as far as the fake understands policies: statements that deny
/// actions to everybody (Principal "*"), or to everybody but some, which they name in a Condition
/// ArnNotEquals or ArnNotLike on aws:PrincipalArn. Statements that allow are kept and have no
/// effect, as nobody needs a permission here.
///
/// The fake asks it about writes of items only: PutItem, UpdateItem, DeleteItem, BatchWriteItem.
class ResourcePolicy {
 public:
  /// Refuses what is not a policy of this resource, and denials that the fake does not understand.
  static ResourcePolicy Parse(const std::string& document, const std::string& resource_arn);

  /// In the form in which the service gives it back: compact, a list of one action as that action.
  /// Two policies with the same text are the same policy to it.
  [[nodiscard]] const std::string& text() const { return text_; }

  /// `action` without its service, as in "PutItem".
  [[nodiscard]] bool Denies(std::string_view principal_arn, std::string_view action) const;

 private:
  struct Denial {
    std::vector<std::string> actions;  ///< patterns
    std::vector<std::string> exempt;   ///< patterns of principals
  };

  std::string text_;
  std::vector<Denial> denials_;
};

}  // namespace ddbsync::fake
