#include "functions/output.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace millrace::functions {
namespace {

// At the end of an invocation, and each time the pipe has become readable.
constexpr std::size_t kEndBytesMax = std::size_t{1} << 20;
constexpr std::size_t kReadBytesMax = std::size_t{256} << 10;

}  // namespace

Output::Output(int fd, std::string function, const Clock& clock, const Log& log)
    : fd_(fd), function_(std::move(function)), clock_(clock), log_(log), refilled_(clock.Mono()) {}

void Output::Begin(std::string_view request_id, bool keep_tail) {
  std::lock_guard lock(mutex_);
  ReadSome(kEndBytesMax);
  request_id_ = request_id;
  keep_tail_ = keep_tail;
  tail_.clear();
}

std::string Output::End(const std::vector<std::string>& report) {
  std::lock_guard lock(mutex_);
  ReadSome(kEndBytesMax);
  if (!partial_.empty()) {
    TakeLine(partial_);
    partial_.clear();
  }
  for (const std::string& line : report) Emit(line, /*platform=*/true);
  request_id_.clear();
  keep_tail_ = false;
  std::string tail = std::move(tail_);
  tail_.clear();
  if (tail.size() > kLogTailBytes) tail.erase(0, tail.size() - kLogTailBytes);
  return tail;
}

void Output::Note(std::string_view line) {
  std::lock_guard lock(mutex_);
  Emit(line, /*platform=*/true);
}

bool Output::Read() {
  std::lock_guard lock(mutex_);
  return ReadSome(kReadBytesMax);
}

bool Output::ReadSome(std::size_t bytes_max) {
  std::array<char, std::size_t{16} << 10> buffer;  // not zeroed: it is read into
  for (std::size_t total = 0; total < bytes_max;) {
    const ssize_t count = ::read(fd_, buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    Take(std::string_view(buffer.data(), static_cast<std::size_t>(count)));
    total += static_cast<std::size_t>(count);
    if (static_cast<std::size_t>(count) < buffer.size()) return true;  // a pipe gives all it has
  }
  return true;
}

void Output::Take(std::string_view bytes) {
  if (!Admit(bytes.size())) {
    dropped_bytes_ += bytes.size() + partial_.size();
    partial_.clear();
    return;
  }
  if (dropped_bytes_ > 0) SayDropped();
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) {
      partial_.append(bytes);
      while (partial_.size() >= kLineBytesMax) {
        TakeLine(std::string_view(partial_).substr(0, kLineBytesMax));
        partial_.erase(0, kLineBytesMax);
      }
      return;
    }
    if (partial_.empty()) {
      TakeLine(bytes.substr(0, end));
    } else {
      partial_.append(bytes.substr(0, end));
      TakeLine(partial_);
      partial_.clear();
    }
    bytes.remove_prefix(end + 1);
  }
}

void Output::TakeLine(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (last_lines_.size() == kLinesKept) last_lines_.pop_front();
  last_lines_.emplace_back(line.substr(0, kKeptLineBytesMax));
  Emit(line, /*platform=*/false);
}

bool Output::Admit(std::size_t bytes) {
  const MonoTime now = clock_.Mono();
  const auto passed = std::min<std::int64_t>((now - refilled_).count(), 60'000'000'000);
  allowance_ = std::min(kBurstBytes, allowance_ + passed * (kBytesPerSecond / 1'000'000) / 1'000);
  refilled_ = now;
  // Once dry it stays dry until there is something to write home about.
  if (allowance_ < static_cast<std::int64_t>(bytes) || (dropped_bytes_ > 0 && allowance_ < kBytesPerSecond / 2))
    return false;
  allowance_ -= static_cast<std::int64_t>(bytes);
  return true;
}

void Output::SayDropped() {
  const std::uint64_t dropped = dropped_bytes_;
  dropped_bytes_ = 0;
  Emit(fmt::format("[{} bytes of output were dropped: more than {} MiB per second]", dropped, kBytesPerSecond >> 20),
       /*platform=*/true);
}

void Output::Emit(std::string_view line, bool platform) {
  if (keep_tail_) {
    if (tail_.size() > 2 * kLogTailBytes) tail_.erase(0, tail_.size() - kLogTailBytes);
    tail_.append(line.size() > kLogTailBytes ? line.substr(line.size() - kLogTailBytes) : line).append("\n");
  }
  if (log_ == nullptr) return;
  log_({.function = function_,
        .request_id = request_id_,
        .time_ms = clock_.NowMillis(),
        .platform = platform,
        .text = line});
}

std::string Output::LastLines() {
  std::lock_guard lock(mutex_);
  ReadSome(kEndBytesMax);
  if (!partial_.empty()) {
    TakeLine(partial_);
    partial_.clear();
  }
  std::string lines;
  for (const std::string& line : last_lines_) lines.append(lines.empty() ? "" : "\n").append(line);
  return lines;
}

}  // namespace millrace::functions
