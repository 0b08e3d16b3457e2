// Routes: what is one, and what is not.
#include "config/route.h"

#include <gtest/gtest.h>

namespace millrace::config {
namespace {

TEST(Route, HasAMethodAndSegments) {
  const auto route = ParseRoute("GET /books/{id}/pages/{rest+}");
  ASSERT_TRUE(route);
  EXPECT_EQ(route->method, "GET");
  EXPECT_EQ(route->path, "/books/{id}/pages/{rest+}");
  ASSERT_EQ(route->segments.size(), 4u);
  EXPECT_EQ(route->segments[0].text, "books");
  EXPECT_TRUE(route->segments[1].parameter);
  EXPECT_EQ(route->segments[1].text, "id");
  EXPECT_TRUE(route->segments[3].everything);
  EXPECT_EQ(route->segments[3].text, "rest");
}

TEST(Route, TheRootHasNoSegments) {
  ASSERT_TRUE(ParseRoute("ANY /"));
  EXPECT_TRUE(ParseRoute("ANY /")->segments.empty());
}

TEST(Route, AnythingElseIsNone) {
  for (const char* text : {"", "GET", "/book", "get /book", "GET book", "GET  /book", "FETCH /book", "GET /a//b",
                           "GET /{", "GET /{}", "GET /{a b}", "GET /{a+}/b", "GET /{a}/{a}", "GET /a?b", "GET /a b"})
    EXPECT_FALSE(ParseRoute(text)) << text;
}

}  // namespace
}  // namespace millrace::config
