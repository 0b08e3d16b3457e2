#include "app/lambda_api.h"

#include <stdlib.h>

#include <filesystem>

namespace millrace::app {

namespace fs = std::filesystem;

Result<std::unique_ptr<LambdaApi>> LambdaApi::Start(const LambdaApiOptions& options, engine::Engine& engine,
                                                    functions::Functions& functions, Flows& flows, const Clock& clock,
                                                    Random& random) {
  std::unique_ptr<LambdaApi> api(new LambdaApi(engine, flows));
  std::error_code error;
  std::string code = (fs::absolute(options.data_directory, error) / "functions").native();
  if (options.data_directory.empty()) {
    code = (fs::temp_directory_path(error) / "millrace-functions-XXXXXX").native();
    if (error || ::mkdtemp(code.data()) == nullptr)
      return Err(ErrorCode::kIo, {}, "cannot make a temporary directory for the code of functions");
    api->temporary_ = code;
  }
  api->service_ = std::make_unique<api::lambda::Service>(
      api::lambda::ServiceOptions{
          .account = options.account, .region = options.region, .code_directory = std::move(code)},
      functions, api->rows_, &api->sources_, clock, random);
  for (const functions::FunctionOptions& declared : functions.List()) api->service_->Declare(declared);
  TRY(api->service_->LoadFunctions());
  return api;
}

LambdaApi::~LambdaApi() {
  service_.reset();
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

}  // namespace millrace::app
