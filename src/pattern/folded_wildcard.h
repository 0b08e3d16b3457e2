// FoldedWildcard is a Wildcard whose literal runs are compared without regard to case, as Fold does.
//
// Threads:   immutable.
#pragma once

#include <string_view>
#include <vector>

#include "pattern/fold.h"
#include "pattern/wildcard.h"

namespace millrace::pattern {

class FoldedWildcard {
 public:
  explicit FoldedWildcard(const Wildcard& wildcard);

  // Whether all of `value` fits.
  bool Matches(std::string_view value) const;

  // The runs between the stars, as Wildcard::literals.
  const std::vector<Fold>& literals() const { return literals_; }

 private:
  std::vector<Fold> literals_;
};

}  // namespace millrace::pattern
