#pragma once

// Private to cutover/: what the gates share.

#include <string>
#include <utility>
#include <vector>

#include "cutover/gates.h"

namespace ddbsync::cutover {

/// "2.1 s", "30 s", "12 min", "3.5 h"
std::string SpanText(Duration span);

inline Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

/// A gate that holds, or else says how to open it.
inline Gate MakeGate(std::string name, bool ok, std::string observed, std::string limit,
                     std::string fix) {
  return {.name = std::move(name),
          .ok = ok,
          .observed = std::move(observed),
          .limit = std::move(limit),
          .fix = ok ? "" : std::move(fix)};
}

/// "unknown: the service said no (request 7)"
std::string Unknown(const Error& error);

/// What to do about a table that could not be looked at.
std::string LookAgain();

/// As the operator knows it: its name, or what is known of it.
std::string SourceName(const GateFacts& facts);
std::string TargetName(const GateFacts& facts);

/// The parts joined by `between`.
std::string Join(const std::vector<std::string>& parts, const std::string& between);

/// The source's items may be deleted by its time to live, now or soon.
bool TtlActs(const dynamodb::TimeToLive& ttl);

// The gates, by what they look at.
void JudgeJob(const GateFacts& facts, std::vector<Gate>& gates);
void JudgeComparison(const GateFacts& facts, std::vector<Gate>& gates);
void JudgeTables(const GateFacts& facts, std::vector<Gate>& gates);
void JudgeMeans(const GateFacts& facts, std::vector<Gate>& gates);  ///< freeze, seal, permissions

}  // namespace ddbsync::cutover
