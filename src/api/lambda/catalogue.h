// Catalogue holds all functions that the Lambda API knows: those it has made, which are kept durably, and those that
// the configuration declares.
//
// A change is stored first, then takes effect: in what readers see, and in what runs. A version that nobody invokes
// costs no process.
//
// Threads:   thread-safe. Load, Put and Remove wait for the store: they take turns and are not for request threads.
// Ownership: functions and store outlive it.
// Failure:   what the store says, and then nothing has changed. A stored function whose code is gone, or which the
//            configuration has declared meanwhile, is listed and logged, and is not run.
// Format:    docs/design/functions.md
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "api/lambda/definition.h"
#include "flow/state_store.h"
#include "functions/functions.h"

namespace millrace::api::lambda {

using DefinitionPtr = std::shared_ptr<const Definition>;

class Catalogue {
 public:
  // What `account` and `region` have is known to Functions by its bare name, as configurations say it.
  Catalogue(functions::Functions& functions, flow::StateStore& store, std::string account, std::string region);

  Status Load();
  // A function that the composition root has added to Functions.
  void Declare(const functions::FunctionOptions& function);

  DefinitionPtr Find(std::string_view account, std::string_view region, std::string_view name) const;
  std::vector<DefinitionPtr> List(std::string_view account, std::string_view region) const;  // by name
  Status Put(Definition definition);
  Status Remove(const Definition& definition);

  // What Functions knows a version by.
  std::string RunName(const Definition& definition, std::string_view version) const;

 private:
  using Key = std::tuple<std::string, std::string, std::string>;

  static std::string RowKey(const Definition& definition);
  Status Run(const Definition& definition);

  functions::Functions& functions_;
  flow::StateStore& store_;
  const std::string account_;
  const std::string region_;

  mutable std::mutex mutex_;
  std::map<Key, DefinitionPtr> definitions_;  // guarded by mutex_
};

}  // namespace millrace::api::lambda
