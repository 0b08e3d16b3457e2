#include "store/rocks_store.h"

#include <poll.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/perf_level.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/durable_file.h"
#include "store/fail_stop.h"
#include "store/file_descriptor.h"
#include "store/watermark.h"

namespace millrace::store {
namespace {

// On disk: never rename. The log has a family of its own because it is appended in key order and trimmed from its
// start: alone, its tables move down the levels without being rewritten. Each further family costs two syncs of a file
// and two of a directory when the store is created, so the other spaces share one.
const std::string kLogFamily = "log";
constexpr std::size_t kWriteBufferBytesMin = 64 << 10;
constexpr int kOpenFilesMin = 32;

enum Family : std::size_t { kShared = 0, kLogOnly = 1, kFamilyCount = 2 };

Family FamilyOf(Space space) {
  return space == Space::kLog ? kLogOnly : kShared;
}

rocksdb::Slice ToSlice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}
std::string_view ToView(const rocksdb::Slice& bytes) {
  return {bytes.data(), bytes.size()};
}

// A key on disk is the number of its space, one byte, and then the key.
std::string DiskKey(Space space, std::string_view key) {
  std::string disk_key;
  disk_key.reserve(key.size() + 1);
  disk_key.push_back(static_cast<char>(space));
  disk_key.append(key);
  return disk_key;
}
// The end of a range: an empty key stands for the end of the space.
std::string DiskEnd(Space space, std::string_view end) {
  return end.empty() ? std::string(1, static_cast<char>(static_cast<int>(space) + 1)) : DiskKey(space, end);
}

Error ToError(const rocksdb::Status& status, std::string_view action) {
  const ErrorCode code = status.IsCorruption() ? ErrorCode::kCorruption : ErrorCode::kIo;
  return Err(code, {}, "{}: {}", action, status.ToString());
}

// RocksDB's own reports of trouble, from whatever thread they come.
class TroubleListener final : public rocksdb::EventListener {
 public:
  explicit TroubleListener(FailStop& fail_stop) : fail_stop_(fail_stop) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason /*cause*/, rocksdb::Status* status) override {
    Record(*status, "a background flush or compaction failed");
  }
  // RocksDB 7.8 can continue a compaction after a read error and lose rows by it, so every error of the disk is final.
  bool ShouldBeNotifiedOnFileIO() override { return true; }
  void OnIOError(const rocksdb::IOErrorInfo& io) override {
    Record(io.io_status, fmt::format("the disk failed at {}", io.file_path));
  }
  // Resuming after a failed write may write log entries twice (fixed in RocksDB 9.6).
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*cause*/, rocksdb::Status /*status*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

 private:
  void Record(const rocksdb::Status& status, std::string_view action) {
    if (!fail_stop_.failed()) log::Failure("store: {}", fail_stop_.Record(ToError(status, action)).message());
  }

  FailStop& fail_stop_;
};

class RocksBatch final : public Batch {
 public:
  explicit RocksBatch(const std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>& families) : families_(families) {}

  void Put(Space space, std::string_view key, std::string_view value) override {
    const char prefix = static_cast<char>(space);
    const std::array<rocksdb::Slice, 2> key_parts = {rocksdb::Slice(&prefix, 1), ToSlice(key)};
    const rocksdb::Slice value_part = ToSlice(value);
    Check(batch_.Put(families_[FamilyOf(space)], {key_parts.data(), 2}, {&value_part, 1}));
  }
  void Delete(Space space, std::string_view key) override {
    const char prefix = static_cast<char>(space);
    const std::array<rocksdb::Slice, 2> key_parts = {rocksdb::Slice(&prefix, 1), ToSlice(key)};
    Check(batch_.Delete(families_[FamilyOf(space)], {key_parts.data(), 2}));
  }
  void DeleteRange(Space space, std::string_view begin, std::string_view end) override {
    if (!end.empty() && begin >= end) return;
    Check(batch_.DeleteRange(families_[FamilyOf(space)], DiskKey(space, begin), DiskEnd(space, end)));
  }
  std::size_t SizeBytes() const override { return batch_.GetDataSize(); }
  void Clear() override { batch_.Clear(); }

  rocksdb::WriteBatch& batch() { return batch_; }

 private:
  // Building a batch fails only beyond 4 GiB; the callers' limits are far below.
  static void Check(const rocksdb::Status& status) { CHECK(status.ok(), "the batch is too large"); }

  const std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>& families_;
  rocksdb::WriteBatch batch_;
};

class RocksSnapshot final : public Snapshot {
 public:
  explicit RocksSnapshot(rocksdb::DB& db) : db_(db), snapshot_(db.GetSnapshot()) {}
  RocksSnapshot(const RocksSnapshot&) = delete;
  RocksSnapshot& operator=(const RocksSnapshot&) = delete;
  ~RocksSnapshot() override { db_.ReleaseSnapshot(snapshot_); }
  const rocksdb::Snapshot* get() const { return snapshot_; }

 private:
  rocksdb::DB& db_;
  const rocksdb::Snapshot* const snapshot_;
};

// RocksDB counts every comparison of two keys in thread-local variables that nobody here reads: a fifth of the time of
// a search in memory.
void DoNotCount() {
  rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
}

const rocksdb::Snapshot* ToRocks(const Snapshot* snapshot) {
  return snapshot == nullptr ? nullptr : static_cast<const RocksSnapshot*>(snapshot)->get();
}

class RocksIterator final : public Iterator {
 public:
  RocksIterator(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* family, Space space, const IterateOptions& options)
      : space_(space),
        lower_(DiskKey(space, options.lower)),
        upper_(DiskEnd(space, options.upper)),
        lower_slice_(lower_),
        upper_slice_(upper_) {
    rocksdb::ReadOptions read;
    read.snapshot = ToRocks(options.snapshot);
    read.iterate_lower_bound = &lower_slice_;
    read.iterate_upper_bound = &upper_slice_;
    DoNotCount();
    iterator_.reset(db.NewIterator(read, family));
  }

  void SeekToFirst() override { iterator_->SeekToFirst(); }
  void SeekToLast() override { iterator_->SeekToLast(); }
  void Seek(std::string_view key) override { iterator_->Seek(Target(key)); }
  void SeekForPrev(std::string_view key) override { iterator_->SeekForPrev(Target(key)); }
  void Next() override { iterator_->Next(); }
  void Prev() override { iterator_->Prev(); }
  bool Valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return ToView(iterator_->key()).substr(1); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  Status status() const override {
    const rocksdb::Status status = iterator_->status();
    if (status.ok()) return Ok();
    return ToError(status, "iterate");
  }

 private:
  rocksdb::Slice Target(std::string_view key) {
    target_.assign(1, static_cast<char>(space_));
    target_.append(key);
    return target_;
  }

  const Space space_;
  const std::string lower_, upper_;
  const rocksdb::Slice lower_slice_, upper_slice_;
  std::string target_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

// What RocksDB gets told, the same for opening to serve and for looking at what a damaged log still holds.
struct Configuration {
  rocksdb::DBOptions db;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
};

Configuration Configure(const RocksOptions& options) {
  Configuration configuration;
  rocksdb::DBOptions& db = configuration.db;
  db.max_open_files = options.open_files_max;
  db.max_background_jobs = 2;
  db.max_file_opening_threads = 1;
  db.bytes_per_sync = 1 << 20;  // the disk works steadily, instead of all at once at the end of a table
  db.wal_bytes_per_sync = 1 << 20;
  db.max_total_wal_size = 64 << 20;  // bounds recovery when one family is written rarely
  db.max_manifest_file_size = 16 << 20;
  db.allow_concurrent_memtable_write = false;  // there is one writer
  db.avoid_unnecessary_blocking_io = true;     // readers do not delete files
  db.skip_stats_update_on_db_open = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.keep_log_file_num = 2;
  db.max_log_file_size = 1 << 20;
  db.max_bgerror_resume_count = 0;
  // With one flush for both families no table is ever ahead of the log, so any prefix of the log can be opened.
  db.atomic_flush = options.mode == SyncMode::kRelaxed;

  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(options.cache_bytes, 4, false, 0.5);
  table.cache_index_and_filter_blocks = true;  // so that cache_bytes bounds them too
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.optimize_filters_for_memory = true;

  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = options.write_buffer_bytes;
  family.max_write_buffer_number = 2;
  family.arena_block_size = std::min<std::size_t>(256 << 10, options.write_buffer_bytes / 8);
  family.target_file_size_base = 16 << 20;
  family.max_bytes_for_level_base = 64 << 20;
  family.level_compaction_dynamic_level_bytes = true;
  family.compression = rocksdb::kLZ4Compression;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  configuration.families.emplace_back(kLogFamily, family);
  // Looking for an item that is new, before it is written, ends at a filter. The log is never asked for single keys.
  family.memtable_whole_key_filtering = true;
  family.memtable_prefix_bloom_size_ratio = 0.02;
  configuration.families.emplace(configuration.families.begin(), rocksdb::kDefaultColumnFamilyName, family);
  return configuration;
}

class OpenRocksStore final : public Store {
 public:
  OpenRocksStore(RocksOptions options, DataDirectory directory, Watermark watermark)
      : options_(std::move(options)), directory_(std::move(directory)), watermark_(std::move(watermark)) {}
  OpenRocksStore(const OpenRocksStore&) = delete;
  OpenRocksStore& operator=(const OpenRocksStore&) = delete;
  ~OpenRocksStore() override { Close(); }

  Status Start();

  std::unique_ptr<Batch> NewBatch() override { return std::make_unique<RocksBatch>(families_); }
  Status Write(Batch& batch, Durability durability) override;
  Status Sync() override;
  Result<bool> Get(Space space, std::string_view key, std::string* value, const Snapshot* snapshot) const override;
  std::unique_ptr<Snapshot> NewSnapshot() const override { return std::make_unique<RocksSnapshot>(*db_); }
  std::unique_ptr<Iterator> NewIterator(Space space, IterateOptions options) const override {
    return std::make_unique<RocksIterator>(*db_, families_[FamilyOf(space)], space, options);
  }
  Status Health() const override { return fail_stop_.Check(); }

 private:
  // Opens with the mode's recovery. A Corruption leaves the damaged log as it was.
  Status OpenDatabase(rocksdb::WALRecoveryMode recovery);
  // How far the log can be read, without changing anything.
  Result<std::uint64_t> IntactSequence() const;
  // Whether opening keeps what it has to keep; `intact` is what can be read, `cause` what was noticed.
  Status CheckLoss(std::uint64_t intact, std::string_view cause) const;
  void SyncInBackground();
  void Close();

  const RocksOptions options_;
  DataDirectory directory_;
  FailStop fail_stop_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> families_{};

  std::mutex watermark_mutex_;  // held while syncing
  Watermark watermark_;         // guarded by watermark_mutex_

  std::atomic<bool> unsynced_{false};  // relaxed mode: something was written since the last sync began, or stop
  std::atomic<bool> stop_{false};
  FileDescriptor stop_event_;
  Thread sync_thread_;
};

Status OpenRocksStore::OpenDatabase(rocksdb::WALRecoveryMode recovery) {
  Configuration configuration = Configure(options_);
  const bool is_new = directory_.content() == DataDirectory::Content::kNew;
  configuration.db.create_if_missing = is_new;
  configuration.db.create_missing_column_families = is_new;
  configuration.db.wal_recovery_mode = recovery;
  configuration.db.listeners.push_back(std::make_shared<TroubleListener>(fail_stop_));
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  const rocksdb::Status status =
      rocksdb::DB::Open(configuration.db, directory_.rocks_path(), configuration.families, &families, &db);
  if (!status.ok()) return ToError(status, fmt::format("open data directory '{}'", directory_.path()));
  db_.reset(db);
  CHECK(families.size() == kFamilyCount);
  std::copy(families.begin(), families.end(), families_.begin());
  return Ok();
}

Result<std::uint64_t> OpenRocksStore::IntactSequence() const {
  Configuration configuration = Configure(options_);
  configuration.db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  rocksdb::DB* db = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> families;
  const rocksdb::Status status =
      rocksdb::DB::OpenForReadOnly(configuration.db, directory_.rocks_path(), configuration.families, &families, &db);
  if (!status.ok()) return ToError(status, fmt::format("open data directory '{}'", directory_.path()));
  const std::unique_ptr<rocksdb::DB> owner(db);
  for (rocksdb::ColumnFamilyHandle* const family : families) db->DestroyColumnFamilyHandle(family);
  return db->GetLatestSequenceNumber();
}

Status OpenRocksStore::CheckLoss(std::uint64_t intact, std::string_view cause) const {
  if (options_.accept_loss_after_sequence == intact) {
    log::Warn("store: data directory '{}': {}; opening with the writes up to sequence {}, as accepted",
              directory_.path(), cause, intact);
    return Ok();
  }
  return Err(ErrorCode::kCorruption, reason::kDamaged,
             "data directory '{}' is damaged: {}; only the writes up to sequence {} can be read. Nothing was changed. "
             "Restore a copy, or accept to lose the rest with --accept-loss-after={}",
             directory_.path(), cause, intact, intact);
}

Status OpenRocksStore::Start() {
  const bool is_new = directory_.content() == DataDirectory::Content::kNew;
  const bool relaxed = options_.mode == SyncMode::kRelaxed;
  bool loss_accepted = false;
  if (!is_new && watermark_.state() == Watermark::State::kDamaged) {
    ASSIGN_OR_RETURN(const std::uint64_t intact, IntactSequence());
    TRY(CheckLoss(intact, "its WATERMARK file is unreadable, so nobody knows what has to be there"));
    loss_accepted = true;
  } else if (!is_new && watermark_.state() == Watermark::State::kValid) {
    ASSIGN_OR_RETURN(const std::uint64_t intact, IntactSequence());
    if (intact < watermark_.sequence()) {
      TRY(CheckLoss(intact, fmt::format("the writes up to sequence {} were on disk", watermark_.sequence())));
      loss_accepted = true;
    }
  }
  const auto recovery = relaxed || loss_accepted ? rocksdb::WALRecoveryMode::kPointInTimeRecovery
                                                 : rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  Status opened = OpenDatabase(recovery);
  if (!opened.ok() && opened.error().code() == ErrorCode::kCorruption && !is_new && !relaxed && !loss_accepted) {
    ASSIGN_OR_RETURN(const std::uint64_t intact, IntactSequence());
    TRY(CheckLoss(intact, opened.error().message()));
    loss_accepted = true;
    fail_stop_.Clear();
    opened = OpenDatabase(rocksdb::WALRecoveryMode::kPointInTimeRecovery);
  }
  TRY(opened);
  TRY(fail_stop_.Check());
  if (is_new) TRY(directory_.MarkCreated());
  // Recovery has put what it read into tables, which are synced: all of it is on disk now. Durable mode needs no
  // watermark, because it does not open a damaged log in the first place.
  if (!relaxed) {
    TRY(watermark_.Remove());
  } else if (loss_accepted || watermark_.state() != Watermark::State::kValid) {
    TRY(watermark_.Reset(db_->GetLatestSequenceNumber()));
  }
  if (relaxed && options_.sync_interval > std::chrono::milliseconds::zero()) {
    stop_event_ = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stop_event_.valid()) return SystemError("create", "an eventfd");
    sync_thread_ = Thread(ThreadRole::kBackground, "store-sync", [this] { SyncInBackground(); });
  }
  return Ok();
}

Status OpenRocksStore::Write(Batch& batch, Durability durability) {
  auto* const rocks_batch = dynamic_cast<RocksBatch*>(&batch);
  CHECK(rocks_batch != nullptr, "the batch belongs to another store");
  TRY(fail_stop_.Check());
  rocksdb::WriteOptions write;
  write.sync = durability == Durability::kSync && options_.mode == SyncMode::kDurable;
  DoNotCount();
  const rocksdb::Status status = db_->Write(write, &rocks_batch->batch());
  if (!status.ok()) return fail_stop_.Record(ToError(status, "write"));
  if (sync_thread_.joinable() && !unsynced_.exchange(true)) unsynced_.notify_one();
  return Ok();
}

Status OpenRocksStore::Sync() {
  std::lock_guard lock(watermark_mutex_);
  TRY(fail_stop_.Check());
  const std::uint64_t sequence = db_->GetLatestSequenceNumber();
  const rocksdb::Status status = db_->SyncWAL();
  if (!status.ok()) return fail_stop_.Record(ToError(status, "sync"));
  if (options_.mode == SyncMode::kRelaxed && sequence > watermark_.sequence()) {
    if (Status advanced = watermark_.Advance(sequence); !advanced.ok()) return fail_stop_.Record(advanced.error());
  }
  return Ok();
}

// Sleeps until the first write, then once for the interval, then syncs: an idle store wakes nobody.
void OpenRocksStore::SyncInBackground() {
  pollfd stop = {.fd = stop_event_.get(), .events = POLLIN, .revents = 0};
  while (true) {
    unsynced_.wait(false);
    if (stop_) return;
    ::poll(&stop, 1, static_cast<int>(options_.sync_interval.count()));
    if (stop_) return;
    unsynced_ = false;
    if (const Status synced = Sync(); !synced.ok()) {
      log::Failure("store: {}", synced.error().message());
      return;
    }
  }
}

Result<bool> OpenRocksStore::Get(Space space, std::string_view key, std::string* value,
                                 const Snapshot* snapshot) const {
  rocksdb::ReadOptions read;
  read.snapshot = ToRocks(snapshot);
  static thread_local std::string disk_key;  // keeps its memory: a read allocates nothing for its key
  disk_key.assign(1, static_cast<char>(space));
  disk_key.append(key);
  rocksdb::PinnableSlice found;
  DoNotCount();
  const rocksdb::Status status = db_->Get(read, families_[FamilyOf(space)], disk_key, &found);
  if (status.IsNotFound()) return false;
  if (!status.ok()) return ToError(status, "read");
  value->assign(found.data(), found.size());
  return true;
}

void OpenRocksStore::Close() {
  if (sync_thread_.joinable()) {
    stop_ = true;
    unsynced_ = true;
    unsynced_.notify_one();
    ::eventfd_write(stop_event_.get(), 1);
    sync_thread_.Join();
  }
  if (db_ == nullptr) return;
  if (!fail_stop_.failed()) {
    if (const Status synced = Sync(); !synced.ok()) log::Failure("store: closing: {}", synced.error().message());
  }
  for (rocksdb::ColumnFamilyHandle* const family : families_) db_->DestroyColumnFamilyHandle(family);
  db_.reset();
}

}  // namespace

Result<std::unique_ptr<Store>> RocksStore::Open(RocksOptions options) {
  if (options.write_buffer_bytes < kWriteBufferBytesMin || options.open_files_max < kOpenFilesMin) {
    return InvalidArgument("the store needs write buffers of at least {} bytes and {} open files", kWriteBufferBytesMin,
                           kOpenFilesMin);
  }
  ASSIGN_OR_RETURN(DataDirectory directory, DataDirectory::Open(options.path));
  ASSIGN_OR_RETURN(Watermark watermark, Watermark::Open(directory.watermark_path()));
  auto store = std::make_unique<OpenRocksStore>(std::move(options), std::move(directory), std::move(watermark));
  TRY(store->Start());
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace millrace::store
