#pragma once

// For cutover.cc, forward.cc and take_back.cc.

#include <memory>
#include <optional>
#include <string>

#include "cutover/cutover.h"
#include "cutover/freeze.h"
#include "cutover/stream_switch.h"
#include "cutover/trap.h"
#include "cutover/ttl_switch.h"
#include "dynamodb/table.h"

namespace ddbsync::cutover {

/// Of both of the source's streams.
inline dynamodb::StreamView ViewOf(const checkpoint::CutoverRecord& record) {
  return dynamodb::ParseStreamView(record.stream_view)
      .value_or(dynamodb::StreamView::kNewAndOldImages);
}

struct Cutover::Tools {
  Tools(aws::Client& source, aws::Client& target)
      : source_control(source), target_control(target) {}

  std::unique_ptr<Freeze> freeze;
  ManualFreeze* manual = nullptr;  ///< it, where it is of that kind
  dynamodb::ControlClient source_control, target_control;

  // Made by the step that needs them first.
  std::optional<TtlSwitch> ttl, ttl_back;
  std::optional<StreamSwitch> source_stream, target_stream;
  std::optional<Trap> trap;

  bool described = false;        ///< Prepare: the source's stream is noted
  bool may_write = false;        ///< Prepare: the freeze can be told from a lack of permissions
  bool comparing = false;        ///< Compare: it was begun
  bool still_frozen = false;     ///< AwaitCommit: Check was done
  bool target_marked = false;    ///< Finish
  bool source_unmarked = false;  ///< Finish
};

}  // namespace ddbsync::cutover
