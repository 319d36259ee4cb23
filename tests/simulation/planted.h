#pragma once

#include <span>
#include <string_view>

#include "base/planted_bug.h"

namespace ddbsync::simulation {

/// A mistake that the simulation has to catch.
struct PlantedMistake {
  PlantedBug bug;
  std::string_view name;   ///< for the command line
  std::string_view what;   ///< one line for docs/guarantees.md
  bool verifying = false;  ///< of the verification: Scenario::verifying
};

[[nodiscard]] std::span<const PlantedMistake> PlantedMistakes();

}  // namespace ddbsync::simulation
