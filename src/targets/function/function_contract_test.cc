// FunctionTarget keeps the contract of targets, with a Node.js handler behind it, in every form of the event.
#include <gtest/gtest.h>

#include <fstream>

#include "flow/testing/target_contract.h"
#include "functions/testing/function_rig.h"
#include "json/parse.h"
#include "json/write.h"
#include "targets/function/function_target.h"

namespace millrace::flow::testing {
namespace {

using targets::FunctionPayload;

// The handler appends each event to a file whose name does not tell of code, and so does not restart it.
template <FunctionPayload kPayload, bool kReports>
class FunctionTargetRig final : public TargetRig {
 public:
  FunctionTargetRig()
      : rig_(/*logged=*/false),
        options_(rig_.Node("taker", R"(
          const fs = require('fs'); const path = require('path');
          const out = path.join(process.env.LAMBDA_TASK_ROOT, 'effects.ndjson');
          exports.handler = async (event) => {
            const records = Array.isArray(event) ? event : event.Records ?? [event];
            fs.appendFileSync(out, records.map((record) => JSON.stringify(record) + '\n').join(''));
            return { batchItemFailures: [] };
          };)")),
        target_({.name = "function/taker",
                 .function = "taker",
                 .payload = kPayload,
                 .report_failures = kReports,
                 .batch_records_max = 20},
                rig_.functions()) {
    options_.concurrency = 2;
    rig_.Add(options_);
  }
  ~FunctionTargetRig() override { target_.Close(); }
  Target& target() override { return target_; }
  std::string Body(const std::string& key, int number) override {
    return fmt::format(R"({{"key":"{}","number":{}}})", key, number);
  }
  std::vector<std::string> Effects() override {
    std::vector<std::string> lines;
    std::ifstream file(rig_.directory() + "/effects.ndjson");
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  void Break() override { EXPECT_TRUE(rig_.functions().Remove("taker").ok()); }
  void Mend() override { rig_.Add(options_); }

 private:
  functions::testing::FunctionRig rig_;
  functions::FunctionOptions options_;
  targets::FunctionTarget target_;
};

using Rigs = ::testing::Types<FunctionTargetRig<FunctionPayload::kSingle, false>,
                              FunctionTargetRig<FunctionPayload::kRecords, true>,
                              FunctionTargetRig<FunctionPayload::kArray, false>>;
INSTANTIATE_TYPED_TEST_SUITE_P(Function, TargetContract, Rigs);

}  // namespace
}  // namespace millrace::flow::testing
