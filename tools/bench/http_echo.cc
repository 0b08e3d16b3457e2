// http_echo answers every request with the same 400 bytes of JSON: the limit that Millrace's own HTTP server sets to
// everything above it. Benchmarks state their results as a ratio to it, measured in the same run.
//
//   http_echo --port 9000 --threads 2
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "base/clock.h"
#include "http/server.h"

namespace {

int Usage() {
  std::fputs("usage: http_echo [--port PORT] [--threads COUNT]\n", stderr);
  return 2;
}

// An item of about 400 bytes, as GetItem answers it.
std::string Answer() {
  std::string json = R"({"Item":{"pk":{"S":"user#000000001234"},"sk":{"S":"order#2026-11-05T10:11:12Z"})";
  for (int i = 0; json.size() < 380; ++i) json += R"(,"attribute)" + std::to_string(i) + R"(":{"N":"1234567890"})";
  return json + "}}";
}

}  // namespace

int main(int argc, char** argv) {
  const millrace::SystemClock clock;
  millrace::http::ServerOptions options{.port = 9000, .threads = 1, .clock = &clock};
  for (int i = 1; i < argc; i += 2) {
    char* end = nullptr;
    const long value = i + 1 < argc ? std::strtol(argv[i + 1], &end, 10) : -1;
    if (end == nullptr || *end != '\0' || value < 0) return Usage();
    if (std::strcmp(argv[i], "--port") == 0 && value <= 65535) {
      options.port = static_cast<std::uint16_t>(value);
    } else if (std::strcmp(argv[i], "--threads") == 0 && value <= 256) {
      options.threads = static_cast<int>(value);
    } else {
      return Usage();
    }
  }
  // Blocked before the server's threads start, so that they inherit it and sigwait gets the signal.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const std::string answer = Answer();
  auto server =
      millrace::http::Server::Start(options, [&](millrace::http::Request&&, millrace::http::Responder responder) {
        responder.Send({.content_type = "application/x-amz-json-1.0", .body = answer});
      });
  if (!server.ok()) {
    std::fprintf(stderr, "http_echo: %s\n", server.error().message().c_str());
    return 1;
  }
  std::printf("listening on port %d\n", (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->Stop();
  return 0;
}
