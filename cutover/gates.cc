#include "cutover/gates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cutover/gates_internal.h"

namespace ddbsync::cutover {
namespace {

/// The name of a table's ARN: "arn:aws:dynamodb:eu-west-1:123456789012:table/orders".
std::string NameIn(const std::string& arn) {
  return arn.substr(arn.rfind('/') + 1);
}

/// "2.1", "30"
std::string OneDigit(double number) {
  std::string text = fmt::format("{:.1f}", number);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string NameOf(const Result<dynamodb::TableDescription>& table,
                   const std::array<const std::string*, 2>& arns, const char* otherwise) {
  if (table) return table->name;
  for (const std::string* arn : arns) {
    if (!arn->empty()) return NameIn(*arn);
  }
  return otherwise;
}

}  // namespace

std::string SpanText(Duration span) {
  constexpr double kMinute = 60;
  constexpr double kHour = 60 * kMinute;
  const double seconds = std::chrono::duration<double>(span).count();
  if (seconds < 2 * kMinute) return OneDigit(seconds) + " s";
  if (seconds < 2 * kHour) return fmt::format("{:.0f} min", seconds / kMinute);
  return OneDigit(seconds / kHour) + " h";
}

std::string Unknown(const Error& error) {
  return "unknown: " + ToString(error);
}

std::string LookAgain() {
  return "see that both tables can be reached and described, then look again";
}

std::string SourceName(const GateFacts& facts) {
  return NameOf(facts.source, {&facts.record.source_arn, &facts.job.source_arn}, "the source");
}

std::string TargetName(const GateFacts& facts) {
  return NameOf(facts.target, {&facts.record.target_arn, &facts.job.target_arn}, "the target");
}

std::string Join(const std::vector<std::string>& parts, const std::string& between) {
  std::string joined;
  for (const std::string& part : parts) joined += (joined.empty() ? "" : between) + part;
  return joined;
}

bool TtlActs(const dynamodb::TimeToLive& ttl) {
  return ttl.status != dynamodb::TtlStatus::kDisabled;
}

std::vector<Gate> Judge(const GateFacts& facts) {
  std::vector<Gate> gates;
  JudgeJob(facts, gates);
  JudgeComparison(facts, gates);
  JudgeTables(facts, gates);
  JudgeMeans(facts, gates);
  return gates;
}

bool AllHold(std::span<const Gate> gates) {
  return !gates.empty() && std::ranges::all_of(gates, &Gate::ok);
}

}  // namespace ddbsync::cutover
