// Every Store of this module passes the one contract.
#include "store/store_contract.h"

#include "base/check.h"
#include "store/fault_store.h"
#include "store/memory_store.h"
#include "store/rocks_store.h"

namespace millrace::store {
namespace {

std::unique_ptr<Store> MakeMemory(const std::string& /*directory*/) {
  return std::make_unique<MemoryStore>();
}

std::unique_ptr<Store> MakeDurable(const std::string& directory) {
  return MUST(RocksStore::Open({.path = directory}));
}
std::unique_ptr<Store> MakeRelaxed(const std::string& directory) {
  return MUST(RocksStore::Open({.path = directory, .mode = SyncMode::kRelaxed}));
}
// Flushes and compacts all the time, so that the contract also holds across tables and levels.
std::unique_ptr<Store> MakeTinyBuffers(const std::string& directory) {
  return MUST(RocksStore::Open({.path = directory, .cache_bytes = 64 << 10, .write_buffer_bytes = 64 << 10}));
}

std::unique_ptr<Store> MakeFault(const std::string& /*directory*/) {
  return std::make_unique<FaultStore>(std::make_unique<MemoryStore>());
}

INSTANTIATE_TEST_SUITE_P(All, StoreContract,
                         testing::Values(StoreMaker{"Memory", &MakeMemory}, StoreMaker{"RocksDurable", &MakeDurable},
                                         StoreMaker{"RocksRelaxed", &MakeRelaxed},
                                         StoreMaker{"RocksTinyBuffers", &MakeTinyBuffers},
                                         StoreMaker{"Fault", &MakeFault}),
                         MakerName);

}  // namespace
}  // namespace millrace::store
