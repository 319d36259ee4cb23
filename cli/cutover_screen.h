#pragma once

#include <string>
#include <string_view>

#include "cli/cutover_json.h"
#include "cli/found_way_back.h"

namespace ddbsync::cli {

/// How the commands that are recommended are typed.
struct CutoverAdvice {
  std::string job;        ///< "--src a --dst b" or "--job a-b"
  bool alone = false;     ///< no process runs the job
  WayBack way_back = {};  ///< of one that has prepared it and is done
};

/// "catching up"
[[nodiscard]] std::string StepText(cutover::Step step);

/// One line that fits `width` columns and says where a cut-over stands.
[[nodiscard]] std::string CutoverProgressLine(const CutoverLook& look, int width);

/// One event of the report: "2026-11-22T10:00:00.000Z  sealing      the stream is switched off".
[[nodiscard]] std::string EventLine(const cutover::Event& event);

/// "SWITCHED: ...", "TAKEN BACK: ...", "READY: ...", with what it took and what to type; of one
/// that goes on where it stands.
[[nodiscard]] std::string CutoverVerdict(const CutoverLook& look, const CutoverAdvice& advice);

/// How it stops writes and knows that all has come: "freeze by policy, drain by seal, ...".
[[nodiscard]] std::string OptionsText(const cutover::Options& options);
/// What freeze and drain do not prove by themselves; empty: they do.
[[nodiscard]] std::string DrainCaveat(const cutover::Options& options);

/// What an operator is asked to stop, and how to say so.
[[nodiscard]] std::string ConfirmationText(const CutoverLook& look, std::string_view source);

/// What becomes of one whose process is gone.
[[nodiscard]] std::string AbandonedText(const CutoverLook& look, const CutoverAdvice& advice);

/// What `cutover status` prints. Ends with a newline.
[[nodiscard]] std::string CutoverScreen(const CutoverLook& look, const CutoverAdvice& advice);

/// What `cutover plan` prints: each gate, the time without writes and its parts, the calls. Ends
/// with a newline.
[[nodiscard]] std::string GatesScreen(const GatesLook& look, const CutoverAdvice& advice);

}  // namespace ddbsync::cli
