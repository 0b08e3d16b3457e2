#include "pattern/field_tree.h"

#include <algorithm>

namespace millrace::pattern {
namespace {

// The part before the next dot; what is left is in `rest`, which is without data behind the last part.
std::string_view TakePart(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view part = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view()
                                       : std::string_view(rest.data() + dot + 1, rest.size() - dot - 1);
  return part;
}

}  // namespace

std::size_t FieldTree::Node::LowerBound(std::uint64_t head) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(children_, head, {}, &Child::head) - children_.begin());
}

const FieldTree::Node* FieldTree::Node::FollowParts(std::string_view name) const {
  if (name.find('.') == std::string_view::npos) return nullptr;
  const Node* node = this;
  while (node != nullptr && name.data() != nullptr) node = node->Find(TakePart(name));
  return node;
}

std::shared_ptr<const FieldIndex> FieldTree::At(std::string_view path) const {
  const Node* node = root_.get();
  while (node != nullptr && path.data() != nullptr) node = node->Find(TakePart(path));
  return node == nullptr ? nullptr : node->index_;
}

void FieldTree::Set(std::string_view path, std::shared_ptr<const FieldIndex> index) {
  root_ = With(root_.get(), &path, std::move(index));
}

// `path` is null behind its last part. Null if the node is of no more use.
FieldTree::NodePtr FieldTree::With(const Node* node, const std::string_view* path,
                                   std::shared_ptr<const FieldIndex> index) {
  auto made = node == nullptr ? std::make_shared<Node>() : std::make_shared<Node>(*node);
  if (path == nullptr) {
    made->index_ = std::move(index);
  } else {
    std::string_view rest = *path;
    const std::string_view name = TakePart(rest);
    const std::uint64_t head = Node::HeadOf(name);
    auto at = made->children_.begin() + static_cast<std::ptrdiff_t>(made->LowerBound(head));
    while (at != made->children_.end() && at->head == head && at->name != name) ++at;
    const bool found = at != made->children_.end() && at->head == head;
    NodePtr child = With(found ? at->node.get() : nullptr, rest.data() == nullptr ? nullptr : &rest, std::move(index));
    if (child == nullptr) {
      if (found) made->children_.erase(at);
    } else if (found) {
      at->node = std::move(child);
    } else {
      made->children_.insert(at, {head, std::string(name), std::move(child)});
    }
    made->name_sizes_ = 0;
    for (const Node::Child& each : made->children_) made->name_sizes_ |= std::uint64_t{1} << each.name.size() % 64;
    made->has_grandchildren_ =
        std::ranges::any_of(made->children_, [](const Node::Child& each) { return each.node->has_children(); });
  }
  return made->children_.empty() && made->index_ == nullptr ? nullptr : made;
}

}  // namespace millrace::pattern
