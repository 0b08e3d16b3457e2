#include "pattern/rule_table.h"

namespace millrace::pattern {

void RuleTable::SetCandidates(std::uint32_t slot, std::shared_ptr<const Candidates> candidates) {
  const std::size_t index = slot / kPageSlots;
  if (index >= pages_.size()) pages_.resize(index + 1);
  auto page = pages_[index] == nullptr ? std::make_shared<Page>() : std::make_shared<Page>(*pages_[index]);
  (*page)[slot % kPageSlots] = std::move(candidates);
  pages_[index] = std::move(page);
}

}  // namespace millrace::pattern
