#include "store/memory_store.h"

#include <limits>
#include <vector>

#include "base/check.h"

namespace millrace::store {
namespace {

// A write reclaims this many chains beyond its own operations, so that the work a released snapshot leaves behind is
// spread over later writes and never stalls one of them.
constexpr std::size_t kReclaimPerWrite = 64;

class MemoryBatch final : public Batch {
 public:
  enum class Kind { kPut, kDelete, kDeleteRange };
  struct Operation {
    Kind kind;
    Space space;
    std::string key;
    std::string value;  // of a put; the end of a range
  };

  void Put(Space space, std::string_view key, std::string_view value) override { Add(Kind::kPut, space, key, value); }
  void Delete(Space space, std::string_view key) override { Add(Kind::kDelete, space, key, {}); }
  void DeleteRange(Space space, std::string_view begin, std::string_view end) override {
    Add(Kind::kDeleteRange, space, begin, end);
  }
  std::size_t SizeBytes() const override { return size_bytes_; }
  void Clear() override {
    operations_.clear();
    size_bytes_ = 0;
  }

  const std::vector<Operation>& operations() const { return operations_; }

 private:
  void Add(Kind kind, Space space, std::string_view key, std::string_view value) {
    operations_.push_back({kind, space, std::string(key), std::string(value)});
    size_bytes_ += key.size() + value.size() + 4;
  }

  std::vector<Operation> operations_;
  std::size_t size_bytes_ = 0;
};

}  // namespace

// Immutable once published, but for `older`, which only the writer follows beyond what is pinned. Heap-allocated, so
// that an iterator may hand out a view of `value` while newer versions arrive.
struct MemoryStore::Version {
  std::uint64_t sequence;
  bool deleted;
  std::string value;
  std::unique_ptr<Version> older;
};

struct MemoryStore::Chain {
  std::unique_ptr<Version> newest;
  bool queued = false;  // in garbage_: then only Reclaim may erase it

  const Version* At(std::uint64_t sequence) const {
    const Version* version = newest.get();
    while (version != nullptr && version->sequence > sequence) version = version->older.get();
    return version;
  }
};

class MemoryStore::Pin final : public Snapshot {
 public:
  Pin(const MemoryStore& store, std::uint64_t at) : sequence(at), store_(store) {}
  Pin(const Pin&) = delete;
  Pin& operator=(const Pin&) = delete;
  ~Pin() override {
    std::lock_guard lock(store_.pins_mutex_);
    const auto pin = store_.pins_.find(sequence);
    if (--pin->second == 0) store_.pins_.erase(pin);
  }

  const std::uint64_t sequence;

 private:
  const MemoryStore& store_;
};

// Rests on a chain that has a version its pin can see; such a chain is not erased, so the position stays valid between
// calls without the lock.
class MemoryStore::Cursor final : public Iterator {
 public:
  Cursor(const MemoryStore& store, Space space, IterateOptions options)
      : store_(store), table_(store.tables_[static_cast<std::size_t>(space)]), options_(std::move(options)) {
    if (options_.snapshot != nullptr) {
      sequence_ = static_cast<const Pin*>(options_.snapshot)->sequence;
    } else {
      own_pin_ = store.NewPin();
      sequence_ = own_pin_->sequence;
    }
  }

  void SeekToFirst() override { Seek({}); }
  void SeekToLast() override {
    std::shared_lock lock(store_.mutex_);
    Backward(options_.upper.empty() ? table_.end() : table_.lower_bound(options_.upper));
  }
  void Seek(std::string_view key) override {
    if (key < options_.lower) key = options_.lower;
    std::shared_lock lock(store_.mutex_);
    Forward(table_.lower_bound(key));
  }
  void SeekForPrev(std::string_view key) override {
    if (!options_.upper.empty() && key >= options_.upper) return SeekToLast();
    std::shared_lock lock(store_.mutex_);
    Backward(table_.upper_bound(key));
  }
  void Next() override {
    CHECK(Valid());
    std::shared_lock lock(store_.mutex_);
    Forward(std::next(position_));
  }
  void Prev() override {
    CHECK(Valid());
    std::shared_lock lock(store_.mutex_);
    Backward(position_);
  }
  bool Valid() const override { return version_ != nullptr; }
  std::string_view key() const override {
    CHECK(Valid());
    return position_->first;
  }
  std::string_view value() const override {
    CHECK(Valid());
    return version_->value;
  }
  Status status() const override { return Ok(); }

 private:
  bool Visible(Table::const_iterator at) {
    const Version* version = at->second.At(sequence_);
    if (version == nullptr || version->deleted) return false;
    position_ = at;
    version_ = version;
    return true;
  }
  // To the first visible key from `at` on.
  void Forward(Table::const_iterator at) {
    version_ = nullptr;
    for (; at != table_.end(); ++at) {
      if (!options_.upper.empty() && at->first >= options_.upper) return;
      if (Visible(at)) return;
    }
  }
  // To the last visible key before `at`.
  void Backward(Table::const_iterator at) {
    version_ = nullptr;
    while (at != table_.begin()) {
      --at;
      if (at->first < options_.lower) return;
      if (Visible(at)) return;
    }
  }

  const MemoryStore& store_;
  const Table& table_;
  const IterateOptions options_;
  std::unique_ptr<Pin> own_pin_;
  std::uint64_t sequence_ = 0;
  Table::const_iterator position_;
  const Version* version_ = nullptr;
};

MemoryStore::MemoryStore() = default;
MemoryStore::~MemoryStore() {
  CHECK(pins_.empty(), "a snapshot or an iterator outlives its store");
}

std::unique_ptr<Batch> MemoryStore::NewBatch() {
  return std::make_unique<MemoryBatch>();
}

Status MemoryStore::Write(Batch& batch, Durability /*durability*/) {
  const auto* const memory_batch = dynamic_cast<const MemoryBatch*>(&batch);
  CHECK(memory_batch != nullptr, "the batch belongs to another store");
  std::unique_lock lock(mutex_);
  ++sequence_;
  std::uint64_t oldest_pin = sequence_;
  std::uint64_t newest_pin = 0;
  {
    std::lock_guard pins_lock(pins_mutex_);
    if (!pins_.empty()) {
      oldest_pin = pins_.begin()->first;
      newest_pin = pins_.rbegin()->first;
    }
  }
  std::size_t touched = 0;
  for (const auto& operation : memory_batch->operations()) {
    Table& table = tables_[static_cast<std::size_t>(operation.space)];
    switch (operation.kind) {
      case MemoryBatch::Kind::kPut:
        Append(table, table.try_emplace(operation.key).first, false, operation.value, newest_pin);
        ++touched;
        break;
      case MemoryBatch::Kind::kDelete:
        if (const auto position = table.find(operation.key); position != table.end()) {
          Append(table, position, true, {}, newest_pin);
        }
        ++touched;
        break;
      case MemoryBatch::Kind::kDeleteRange:
        for (auto at = table.lower_bound(operation.key);
             at != table.end() && (operation.value.empty() || at->first < operation.value); ++touched) {
          Append(table, at++, true, {}, newest_pin);
        }
        break;
    }
  }
  Reclaim(touched + kReclaimPerWrite, oldest_pin);
  return Ok();
}

void MemoryStore::Append(Table& table, Table::iterator position, bool deleted, std::string_view value,
                         std::uint64_t newest_pin) {
  Chain& chain = position->second;
  if (chain.newest != nullptr && chain.newest->deleted && deleted) return;
  if (chain.newest != nullptr && chain.newest->sequence > newest_pin) {
    // No pin can see the newest version: it is replaced where it stands.
    chain.newest->sequence = sequence_;
    chain.newest->deleted = deleted;
    chain.newest->value = value;
  } else {
    chain.newest = std::make_unique<Version>(Version{sequence_, deleted, std::string(value), std::move(chain.newest)});
    ++versions_;
  }
  if (chain.queued) return;
  if (deleted && chain.newest->older == nullptr) {
    table.erase(position);
    --versions_;
  } else if (chain.newest->older != nullptr) {
    chain.queued = true;
    garbage_.push_back({&table, position, sequence_});
  }
}

void MemoryStore::Reclaim(std::size_t chains_max, std::uint64_t oldest_pin) {
  for (; chains_max > 0 && !garbage_.empty() && garbage_.front().sequence <= oldest_pin; --chains_max) {
    const Garbage entry = garbage_.front();
    garbage_.pop_front();
    Chain& chain = entry.position->second;
    Version* needed = chain.newest.get();  // the version that the oldest pin sees; what is older, nothing sees
    while (needed != nullptr && needed->sequence > oldest_pin) needed = needed->older.get();
    if (needed != nullptr) {
      for (std::unique_ptr<Version> dropped = std::move(needed->older); dropped != nullptr; --versions_)
        dropped = std::move(dropped->older);
    }
    if (needed == chain.newest.get() && needed->deleted) {
      entry.table->erase(entry.position);
      --versions_;
    } else if (chain.newest->older != nullptr || chain.newest->deleted) {
      garbage_.push_back({entry.table, entry.position, sequence_});
    } else {
      chain.queued = false;
    }
  }
}

Result<bool> MemoryStore::Get(Space space, std::string_view key, std::string* value, const Snapshot* snapshot) const {
  const Table& table = tables_[static_cast<std::size_t>(space)];
  std::shared_lock lock(mutex_);
  const auto position = table.find(key);
  if (position == table.end()) return false;
  const Version* const version =
      position->second.At(snapshot == nullptr ? sequence_ : static_cast<const Pin*>(snapshot)->sequence);
  if (version == nullptr || version->deleted) return false;
  *value = version->value;
  return true;
}

std::unique_ptr<MemoryStore::Pin> MemoryStore::NewPin() const {
  std::shared_lock lock(mutex_);
  std::lock_guard pins_lock(pins_mutex_);
  ++pins_[sequence_];
  return std::make_unique<Pin>(*this, sequence_);
}

std::unique_ptr<Snapshot> MemoryStore::NewSnapshot() const {
  return NewPin();
}

std::unique_ptr<Iterator> MemoryStore::NewIterator(Space space, IterateOptions options) const {
  return std::make_unique<Cursor>(*this, space, std::move(options));
}

std::size_t MemoryStore::VersionCount() const {
  std::shared_lock lock(mutex_);
  return versions_;
}

}  // namespace millrace::store
