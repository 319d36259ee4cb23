// How long writes will stop. What is not known is said, never guessed.
#include <fmt/format.h>

#include <algorithm>

#include "cutover/gates_internal.h"
#include "cutover/limits.h"

namespace ddbsync::cutover {
namespace {

using Part = Window::Part;

Part Freeze(const Options& options) {
  switch (options.freeze) {
    case FreezeBy::kPolicy:
      return {.name = "freeze",
              .typical = limits::kPolicyEffect + limits::kEffectiveFor,
              .why = "until the policy acts, and probes were denied for " +
                     SpanText(limits::kEffectiveFor)};
    case FreezeBy::kHook:
      return {.name = "freeze", .why = "as long as your hook takes", .known = false};
    case FreezeBy::kManual:
      break;
  }
  return {.name = "freeze", .why = "as long as you take to stop the writers", .known = false};
}

Part Drain(const GateFacts& facts) {
  const auto& lag = facts.job.tail.lag_seconds;
  if (!lag) return {.name = "drain", .why = "the lag is unknown", .known = false};
  const bool seal = facts.options.drain == DrainBy::kSeal;
  const Duration end = seal ? limits::kEndOfShards : limits::kTipShown;
  return {.name = "drain",
          .typical = FromSeconds(*lag) + end,
          .why = fmt::format("the lag ({}), and {} ({})", SpanText(FromSeconds(*lag)),
                             seal ? "until all shards are read to their ends"
                                  : "until the watermark has passed the freeze",
                             SpanText(end))};
}

/// Items of both tables that a second of the last comparison took; none: there was none.
std::optional<double> ComparedPerSecond(const std::optional<verify::Status>& run) {
  if (!run) return std::nullopt;
  if (run->items_per_second > 0) return run->items_per_second;
  if (!run->completed) return std::nullopt;
  const auto items = static_cast<double>(std::max(run->source.items, run->source.summed) +
                                         std::max(run->target.items, run->target.summed));
  const double seconds = std::chrono::duration<double>(*run->completed - run->began).count();
  if (items <= 0 || seconds <= 0) return std::nullopt;
  return items / seconds;
}

Part Comparison(const GateFacts& facts) {
  const std::string name = "comparison";
  if (!ComparesAll(facts.options)) {
    return {.name = name, .why = "the end of the sealed stream is the proof: none"};
  }
  const auto rate = ComparedPerSecond(facts.verification);
  if (!rate) return {.name = name, .why = "no comparison has shown its rate", .known = false};
  if (!facts.source || !facts.target) {
    return {.name = name, .why = "the size of the tables is unknown", .known = false};
  }
  // The tables' own counts are hours old; the last comparison has seen them.
  const auto items =
      static_cast<double>(std::max({facts.source->item_count, facts.verification->source.items,
                                    facts.verification->source.summed}) +
                          std::max({facts.target->item_count, facts.verification->target.items,
                                    facts.verification->target.summed}));
  return {.name = name,
          .typical = FromSeconds(items / *rate),
          .why = fmt::format("{:.0f} items of both tables, {:.0f} a second as the last time", items,
                             *rate)};
}

}  // namespace

Duration Window::total() const {
  Duration sum{};
  for (const Part& part : parts) sum += part.typical;
  return sum;
}

bool Window::known() const {
  return std::ranges::all_of(parts, &Part::known);
}

Window Predict(const GateFacts& facts) {
  Window window;
  window.parts.push_back(Freeze(facts.options));
  if (facts.options.drain == DrainBy::kSeal) {
    window.parts.push_back({.name = "seal",
                            .typical = 2 * limits::kStreamSwitch,
                            .why = "the source's stream is turned off and on again"});
  }
  window.parts.push_back(Drain(facts));
  window.parts.push_back(Comparison(facts));
  window.parts.push_back({.name = "commit",
                          .typical = limits::kCommit,
                          .why = "a look at the new stream, and a synced record"});
  if (facts.options.drain == DrainBy::kQuiesce) window.parts.back().why = "a synced record";
  return window;
}

}  // namespace ddbsync::cutover
