#include "pattern/nearest_path.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/nearest.h"

namespace millrace::pattern {
namespace {

constexpr std::size_t kPathsMax = 5000;
constexpr std::size_t kPathBytesMax = 255;

std::vector<std::string_view> Names(std::string_view path) {
  std::vector<std::string_view> names;
  while (true) {
    const std::size_t dot = path.find('.');
    names.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return names;
    path.remove_prefix(dot + 1);
  }
}

// What makes a path unlikely to be the one that was meant; none if it cannot be.
std::optional<std::size_t> Distance(const std::vector<std::string_view>& wanted,
                                    const std::vector<std::string_view>& found) {
  if (wanted.size() == found.size()) {
    std::size_t sum = 0;
    bool close = true;
    for (std::size_t i = 0; close && i < wanted.size(); ++i) {
      const std::size_t edits = EditDistance(wanted[i], found[i]);
      close = edits <= std::max<std::size_t>(1, wanted[i].size() / 3) && edits < wanted[i].size();
      sum += edits;
    }
    if (close) return sum;
  }
  if (EditDistance(wanted.back(), found.back()) > 0) return std::nullopt;
  // The same name elsewhere: worse than a slip of the pen, better the fewer levels away.
  constexpr std::size_t kElsewhere = 100;
  const std::size_t levels = std::max(wanted.size(), found.size()) - std::min(wanted.size(), found.size());
  return kElsewhere + levels;
}

class Finder {
 public:
  explicit Finder(std::string_view path) : wanted_(Names(path)) {}

  void Read(const json::Value& value) {
    if (value.is_array()) {
      for (const json::Value& item : value.array()) Read(item);
    } else if (value.is_object()) {
      for (const json::Member& member : value.object()) {
        const std::size_t before = path_.size();
        if (before + member.name.size() >= kPathBytesMax || seen_.size() >= kPathsMax) continue;
        if (depth_ > 0) path_ += '.';
        path_ += member.name;
        ++depth_;
        Consider(member.value);
        Read(member.value);
        --depth_;
        path_.resize(before);
      }
    }
  }

  std::optional<FoundPath> best() const { return best_; }

 private:
  void Consider(const json::Value& value) {
    if (!seen_.insert(path_).second) return;
    const std::optional<std::size_t> distance = Distance(wanted_, Names(path_));
    if (!distance || (best_ && *distance >= best_distance_)) return;
    best_ = FoundPath{path_, &value};
    best_distance_ = *distance;
  }

  const std::vector<std::string_view> wanted_;
  std::string path_;
  std::size_t depth_ = 0;
  std::set<std::string> seen_;
  std::optional<FoundPath> best_;
  std::size_t best_distance_ = 0;
};

}  // namespace

std::optional<FoundPath> NearestPath(const json::Value& event, std::string_view path) {
  if (path.size() > kPathBytesMax) return std::nullopt;
  Finder finder(path);
  finder.Read(event);
  return finder.best();
}

}  // namespace millrace::pattern
