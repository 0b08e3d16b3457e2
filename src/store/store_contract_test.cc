// Every Store of this module passes the one contract.
#include "store/store_contract.h"

#include "store/memory_store.h"

namespace millrace::store {
namespace {

std::unique_ptr<Store> MakeMemory(const std::string& /*directory*/) {
  return std::make_unique<MemoryStore>();
}

INSTANTIATE_TEST_SUITE_P(All, StoreContract, testing::Values(StoreMaker{"Memory", &MakeMemory}), MakerName);

}  // namespace
}  // namespace millrace::store
