// Differences between two images of an item: which attributes, and which places within them.
//
// Threads:   functions without state.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/attribute_value.h"

namespace millrace::transform {

// The names of the attributes that were added, removed or changed, in byte order. The views are of names in the images.
std::vector<std::string_view> DifferingNames(const model::Item& old_image, const model::Item& new_image);

// The paths of the innermost values that differ, in the order of the images: "a.b", "a[0]", "a['x.y']". What was added
// or removed is one place, whatever it holds. Elements of lists are compared place by place.
std::vector<std::string> DifferingPaths(const model::Item& old_image, const model::Item& new_image);

}  // namespace millrace::transform
