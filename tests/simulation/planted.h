#pragma once

#include <span>
#include <string_view>

#include "base/planted_bug.h"

namespace ddbsync::simulation {

/// What a history is about.
enum class Kind {
  kCopy,
  kVerifying,  ///< Scenario::verifying
  kCutover,    ///< CutoverScenario
  kResync,     ///< ResyncScenario
};

/// A mistake that the simulation has to catch.
struct PlantedMistake {
  PlantedBug bug;
  std::string_view name;  ///< for the command line
  std::string_view what;  ///< one line for docs/guarantees.md
  Kind kind = Kind::kCopy;
};

[[nodiscard]] std::span<const PlantedMistake> PlantedMistakes();

}  // namespace ddbsync::simulation
