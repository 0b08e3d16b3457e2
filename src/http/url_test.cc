// Proves that ParseUrl takes URLs apart as RFC 3986 says and refuses the rest with a reason.
#include "http/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::http {
namespace {

using ::testing::HasSubstr;

TEST(Url, IsTakenApart) {
  struct Case {
    std::string_view text, host, target, host_field;
    std::uint16_t port;
    Scheme scheme = Scheme::kHttp;
  };
  const Case cases[] = {
      {"http://example.com", "example.com", "/", "example.com", 80},
      {"HTTP://Example.COM:8080/A/b?C=d#e", "example.com", "/A/b?C=d", "example.com:8080", 8080},
      {"https://example.com/", "example.com", "/", "example.com", 443, Scheme::kHttps},
      {"https://example.com:443", "example.com", "/", "example.com", 443, Scheme::kHttps},
      {"https://example.com:80/", "example.com", "/", "example.com:80", 80, Scheme::kHttps},
      {"http://127.0.0.1:4566?a=b", "127.0.0.1", "/?a=b", "127.0.0.1:4566", 4566},
      {"http://[::1]:80/x", "::1", "/x", "[::1]", 80},
      {"http://[2001:DB8::1]:9/x", "2001:db8::1", "/x", "[2001:db8::1]:9", 9},
      {"http://my_service/x:y@z", "my_service", "/x:y@z", "my_service", 80},
      {"http://h#/x", "h", "/", "h", 80},
  };
  for (const Case& c : cases) {
    const Result<Url> url = ParseUrl(c.text);
    ASSERT_TRUE(url.ok()) << c.text << ": " << url.error().message();
    EXPECT_EQ(url->scheme, c.scheme) << c.text;
    EXPECT_EQ(url->host, c.host) << c.text;
    EXPECT_EQ(url->port, c.port) << c.text;
    EXPECT_EQ(url->target, c.target) << c.text;
    EXPECT_EQ(url->HostField(), c.host_field) << c.text;
  }
}

TEST(Url, IsRefusedWithAReason) {
  struct Case {
    std::string text, message;
  };
  const Case cases[] = {
      {"", "must begin with http:// or https://"},
      {"example.com", "must begin with http:// or https://"},
      {"ftp://example.com", "must begin with http:// or https://"},
      {"http://", "has no host"},
      {"http:///path", "has no host"},
      {"http://:80/", "has no host"},
      {"http://h:/", "port ''"},
      {"http://h:0/", "port '0'"},
      {"http://h:65536/", "port '65536'"},
      {"http://h:8o/", "port '8o'"},
      {"http://h:1:2/", "port '1:2'"},
      {"http://[::1/", "'[' without ']'"},
      {"http://[::1]x/", "expected a port"},
      {"http://[g]/", "'g' does not belong"},
      {"http://a,b/", "',' does not belong"},
      {"http://h/a b", "percent-encode"},
      {"http://h/a\r\nX: y", "percent-encode"},
      {"http://h/\xc3\xa4", "percent-encode"},
      {"http://user:secret@h/", "user name or password"},
      {"http://h/" + std::string(9000, 'a'), "at most 8192"},
      {"http://" + std::string(300, 'a'), "longer than 253"},
  };
  for (const Case& c : cases) {
    const Result<Url> url = ParseUrl(c.text);
    ASSERT_FALSE(url.ok()) << c.text;
    EXPECT_EQ(url.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(url.error().message(), HasSubstr(c.message)) << c.text;
  }
}

TEST(Url, AMessageDoesNotRepeatSecrets) {
  for (const char* text : {"ftp://h/?token=secret", "ftp://user:secret@h/", "http://user:secret@h/"})
    EXPECT_EQ(ParseUrl(text).error().message().find("secret"), std::string::npos) << text;
}

TEST(Url, EncodesFieldsOfAQueryOrAForm) {
  const std::pair<std::string, std::string> fields[] = {{"a b", "1&2=3"}, {"ü", ""}, {"~-._", "\n%+"}};
  EXPECT_EQ(EncodeFields(fields), "a%20b=1%262%3D3&%C3%BC=&~-._=%0A%25%2B");
  EXPECT_EQ(EncodeFields({}), "");
  EXPECT_EQ(WithQuery("http://h", fields), "http://h?a%20b=1%262%3D3&%C3%BC=&~-._=%0A%25%2B");
  EXPECT_EQ(WithQuery("http://h/p?q=1#f", {{fields[1]}}), "http://h/p?q=1&%C3%BC=");
  EXPECT_EQ(WithQuery("http://h/p?", {{fields[1]}}), "http://h/p?%C3%BC=");
  EXPECT_EQ(WithQuery("http://h/p#f", {}), "http://h/p");
}

}  // namespace
}  // namespace millrace::http
