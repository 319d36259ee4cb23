#include "cli/verify_request.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "cli/limits.h"
#include "cli/request_fields_internal.h"
#include "cli/spelling.h"
#include "cli/values.h"

namespace ddbsync::cli {
namespace {

bool TakeForm(VerifyRequest& request, const Json& value) {
  request.form = verify::Form::kChoose;
  if (value.is_null()) return true;
  if (!value.is_string()) return false;
  for (const auto form : {verify::Form::kLive, verify::Form::kQuiet}) {
    if (value.get<std::string>() == ToString(form)) request.form = form;
  }
  return request.form != verify::Form::kChoose;
}

bool TakeSample(VerifyRequest& request, const Json& value) {
  if (!value.is_number()) return false;
  request.sample = value.get<double>();
  return request.sample >= limits::kLeastSample && request.sample <= 1;
}

bool TakeCapacity(VerifyRequest& request, const Json& value) {
  request.read_capacity.reset();
  if (value.is_null()) return true;
  if (!value.is_number()) return false;
  request.read_capacity = value.get<double>();
  return *request.read_capacity > 0 && *request.read_capacity <= limits::kMostCapacity;
}

using Field = RequestField<VerifyRequest>;
constexpr std::array kFields = {
    Field{"form", "\"live\", \"quiet\" or null", TakeForm},
    Field{"sample", "a share above 0, at most 1", TakeSample},
    Field{"repair", kSwitch, TakeSwitch<&VerifyRequest::repair>},
    Field{"delete_extra", kSwitch, TakeSwitch<&VerifyRequest::delete_extra>},
    Field{"watch", kSwitch, TakeSwitch<&VerifyRequest::watch>},
    Field{"show_values", kSwitch, TakeSwitch<&VerifyRequest::show_values>},
    Field{"anew", kSwitch, TakeSwitch<&VerifyRequest::anew>},
    Field{"read_capacity", "a number of units per second above 0, or null", TakeCapacity},
};

std::string Unknown(std::string_view name) {
  return fmt::format("`{}` is nothing that a verification understands{}", name,
                     DidYouMean(name, NamesOf<VerifyRequest>(kFields)));
}

}  // namespace

bool IsSameAsked(const VerifyRequest& one, const VerifyRequest& other) {
  VerifyRequest alike = one;
  alike.anew = other.anew;
  return alike == other;
}

std::vector<VerifyConflict> ConflictsOf(const VerifyRequest& request) {
  std::vector<VerifyConflict> conflicts;
  if (request.delete_extra && !request.repair) {
    conflicts.push_back(
        {"delete-extra", "delete_extra",
         "deleting is a part of repairing, which is not asked for: say repair too"});
  }
  if (request.form == verify::Form::kQuiet && request.sample < 1) {
    conflicts.push_back(
        {"sample", "sample",
         "the quiet form compares sums of whole tables, and a sample has none: leave "
         "the form out, or say live"});
  }
  return conflicts;
}

std::string FlagsText(const VerifyRequest& request) {
  std::vector<std::string> flags;
  if (request.form != verify::Form::kChoose) {
    flags.push_back(fmt::format("--form {}", ToString(request.form)));
  }
  if (request.sample < 1) flags.push_back(fmt::format("--sample {:.6g}%", request.sample * 100));
  if (request.repair) flags.emplace_back("--repair");
  if (request.delete_extra) flags.emplace_back("--delete-extra");
  if (request.watch) flags.emplace_back("--watch");
  if (request.show_values) flags.emplace_back("--show-values");
  if (request.read_capacity) {
    flags.push_back(fmt::format("--read-capacity {:g}", *request.read_capacity));
  }
  return fmt::format("{}", fmt::join(flags, " "));
}

verify::Options OptionsOf(const VerifyRequest& request) {
  return {.form = request.form,
          .sample = request.sample,
          .repair = request.repair,
          .delete_extra = request.delete_extra,
          .watch = request.watch,
          .show_values = request.show_values,
          .anew = request.anew};
}

std::string VerifyRequestToJson(const VerifyRequest& request) {
  Json json;
  const bool chosen = request.form != verify::Form::kChoose;
  json["form"] = chosen ? Json(std::string(ToString(request.form))) : Json(nullptr);
  json["sample"] = request.sample;
  json["repair"] = request.repair;
  json["delete_extra"] = request.delete_extra;
  json["watch"] = request.watch;
  json["show_values"] = request.show_values;
  json["anew"] = request.anew;
  json["read_capacity"] = request.read_capacity ? Json(*request.read_capacity) : Json(nullptr);
  return Text(json, false);
}

Result<VerifyRequest> VerifyRequestFromJson(std::string_view text) {
  return ReadRequest<VerifyRequest>(text, kFields, Unknown);
}

}  // namespace ddbsync::cli
