#include "cli/table_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cli/limits.h"
#include "replicator/startup_call.h"

namespace ddbsync::cli {
namespace {

using Names = std::vector<std::string>;

/// Looks through a side's tables.
class Search {
 public:
  Search(const TableChoice& choice, dynamodb::Client& tables, Clock& clock)
      : choice_(choice), tables_(tables), clock_(clock) {}

  Result<Names> Run() {
    Result<Names> names = WithPrefix();
    if (!names || !choice_.tag) return names;
    Names tagged;
    for (std::string& name : *names) {
      const Result<bool> has = HasTag(name);
      if (!has) return std::unexpected(has.error());
      if (*has) tagged.push_back(std::move(name));
    }
    return tagged;
  }

 private:
  template <class Call>
  auto Patiently(Call call) {
    return replicator::CallPatiently(clock_, budget_, call);
  }

  static std::unexpected<Error> Failed(std::string_view doing, const Error& error) {
    return Fail(error.code, fmt::format("{}: {}", doing, error.message), error.context);
  }

  /// A server whose pages lead back would be asked for ever, and one cannot know what it has.
  static Result<void> CheckNew(std::set<std::string>& seen, const std::string& page) {
    if (page.empty() || seen.insert(page).second) return {};
    return Fail(ErrorCode::kCorrupt, fmt::format("its pages lead back to `{}`", page));
  }

  Result<Names> WithPrefix() {
    Names names;
    std::string last;
    std::set<std::string> seen;
    do {
      auto page = Patiently([&] { return tables_.ListTables(last); });
      if (!page) return Failed("listing the tables", page.error());
      for (std::string& name : page->names) {
        if (name.starts_with(choice_.src_prefix)) names.push_back(std::move(name));
      }
      last = std::move(page->last);
      const Result<void> onward = CheckNew(seen, last);
      if (!onward) return Failed("listing the tables", onward.error());
    } while (!last.empty());
    // Some servers have another order each time.
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
  }

  Result<bool> HasTag(const std::string& name) {
    const auto table = Patiently([&] { return tables_.DescribeTable(name); });
    if (!table && table.error().code == ErrorCode::kNotFound) return false;
    if (!table) return Failed(fmt::format("looking at the table {}", name), table.error());
    const std::string doing = fmt::format("reading the tags of {}", name);
    std::string next_token;
    std::set<std::string> seen;
    do {
      clock_.SleepFor(std::max(Duration(0), next_look_ - clock_.Now()));
      next_look_ = clock_.Now() + limits::kTagsInterval;
      auto page = Patiently([&] { return tables_.ListTags(table->arn, next_token); });
      if (!page && page.error().code == ErrorCode::kNotFound) return false;
      if (!page) return Failed(doing, page.error());
      if (std::ranges::find(page->tags, *choice_.tag) != page->tags.end()) return true;
      next_token = std::move(page->next_token);
      const Result<void> onward = CheckNew(seen, next_token);
      if (!onward) return Failed(doing, onward.error());
    } while (!next_token.empty());
    return false;
  }

  const TableChoice& choice_;
  dynamodb::Client& tables_;
  Clock& clock_;
  aws::RetryBudget budget_;
  TimePoint next_look_;
};

}  // namespace

std::string TableChoice::TargetName(std::string_view source_name) const {
  if (!dst_prefix) return std::string(source_name);
  return *dst_prefix + std::string(source_name.substr(src_prefix.size()));
}

std::optional<std::string> TableChoice::SourceOf(std::string_view job_name) const {
  for (size_t dash = job_name.find('-'); dash != std::string_view::npos;
       dash = job_name.find('-', dash + 1)) {
    const std::string_view table = job_name.substr(0, dash);
    if (!table.starts_with(src_prefix)) continue;
    if (TargetName(table) == job_name.substr(dash + 1)) return std::string(table);
  }
  return std::nullopt;
}

std::string TableChoice::Description() const {
  std::string text;
  if (!src_prefix.empty()) text = fmt::format("begins with `{}`", src_prefix);
  if (!tag) return text.empty() ? "is there" : text;
  return fmt::format("{}{}has the tag {}={}", text, text.empty() ? "" : " and ", tag->key,
                     tag->value);
}

Result<Names> FindTables(const TableChoice& choice, dynamodb::Client& tables, Clock& clock) {
  Result<Names> names = Search(choice, tables, clock).Run();
  if (!names) {
    names.error().message = fmt::format("{}: {}", choice.source.label, names.error().message);
  } else if (names->empty()) {
    return Fail(ErrorCode::kNotFound, fmt::format("{}: no table at {} {}", choice.source.label,
                                                  choice.source.url, choice.Description()));
  }
  return names;
}

}  // namespace ddbsync::cli
