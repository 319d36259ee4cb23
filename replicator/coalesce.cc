#include "replicator/coalesce.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace ddbsync::replicator {

std::vector<const dynamodb::RecordView*> LastPerKey(const dynamodb::RecordPage& page,
                                                    const RecordFilter& filter) {
  std::vector<const dynamodb::RecordView*> last;
  std::unordered_set<std::string_view> seen;
  for (auto record = page.records().rbegin(); record != page.records().rend(); ++record) {
    if (record->created < filter.earliest) continue;
    if (filter.skip_ttl_deletes && record->expired_by_ttl) continue;
    if (seen.insert(record->key).second) last.push_back(&*record);
  }
  std::ranges::reverse(last);
  return last;
}

std::shared_ptr<TailPage> BuildTailPage(std::shared_ptr<const dynamodb::RecordPage> page,
                                        const std::vector<const dynamodb::RecordView*>& records) {
  auto built = std::make_shared<TailPage>();
  built->ops.reserve(records.size());
  built->keys_json.reserve(records.size());
  for (const dynamodb::RecordView* record : records) {
    const bool remove = record->event == dynamodb::StreamEvent::kRemove;
    built->ops.push_back({remove ? dynamodb::WriteOp::Kind::kDelete : dynamodb::WriteOp::Kind::kPut,
                          remove ? record->key_json : record->new_image, record->key});
    built->keys_json.push_back(record->key_json);
  }
  built->records = std::move(page);
  return built;
}

}  // namespace ddbsync::replicator
