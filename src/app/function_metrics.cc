#include "app/function_metrics.h"

#include <array>

namespace millrace::app {
namespace {

using functions::FunctionStats;
using metrics::Kind;

struct Figure {
  metrics::Family family;
  std::uint64_t FunctionStats::*value;
};

const std::array kFigures = {
    Figure{{"millrace_function_invocations_total", Kind::kCounter, "Invocations that have ended, however."},
           &FunctionStats::invocations},
    Figure{{"millrace_function_errors_total", Kind::kCounter,
            "Of them, those that ended with an error, a crash, a timeout or no process at all."},
           &FunctionStats::errors},
    Figure{{"millrace_function_throttles_total", Kind::kCounter, "Invocations that found too many waiting."},
           &FunctionStats::throttles},
    Figure{{"millrace_function_starts_total", Kind::kCounter, "Processes that were started."}, &FunctionStats::starts},
    Figure{{"millrace_function_processes", Kind::kGauge, "Processes that live."}, &FunctionStats::processes},
    Figure{{"millrace_function_running", Kind::kGauge, "Invocations that have a process."}, &FunctionStats::running},
    Figure{{"millrace_function_waiting", Kind::kGauge, "Invocations that wait for one."}, &FunctionStats::waiting},
};

}  // namespace

void AddFunctionMetrics(metrics::Registry& registry, const functions::Functions& functions) {
  registry.AddCollector([&functions](metrics::Exposition& out) {
    std::vector<std::pair<std::string, FunctionStats>> all;
    for (const functions::FunctionOptions& function : functions.List())
      if (const auto stats = functions.Stats(function.key())) all.emplace_back(function.key(), *stats);
    for (const Figure& figure : kFigures) {
      out.Begin(figure.family);
      for (const auto& [name, stats] : all) out.Sample({{"function", name}}, stats.*figure.value);
    }
  });
}

}  // namespace millrace::app
