// FileTarget appends each record's body as one line to a file (NDJSON).
//
// A batch counts as taken after fdatasync. A line that a crash cut short is removed when the file is opened again; its
// record is delivered again, because the checkpoint had not passed it.
//
// Threads:   thread-safe; a batch is appended whole.
// Failure:   Open: InvalidArgument or Io with the path and the system's reason. Write: the target is down.
#pragma once

#include <mutex>
#include <string>

#include "flow/target.h"

namespace millrace::targets {

class FileTarget final : public flow::Target {
 public:
  FileTarget(std::string name, std::string path) : name_(std::move(name)), path_(std::move(path)) {}
  ~FileTarget() override { Close(); }

  const std::string& name() const override { return name_; }
  const flow::TargetTraits& traits() const override { return traits_; }
  Status Open() override;
  void Write(std::span<const flow::Record> batch, std::vector<flow::StateRow> state, Done done) override;
  void Close() override;

 private:
  Status Append(std::string_view lines);
  Status RemoveTornLine();
  Error SystemError(std::string_view what) const;

  const std::string name_;
  const std::string path_;
  const flow::TargetTraits traits_{.kind = flow::BatchKind::kAtomic, .batch_records_max = 1000};
  std::mutex mutex_;
  int file_ = -1;  // guarded by mutex_
};

}  // namespace millrace::targets
