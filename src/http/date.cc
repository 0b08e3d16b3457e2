#include "http/date.h"

#include <array>
#include <charconv>

namespace millrace::http {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// Takes one thing after another from the front of a text; once something is not there, nothing is.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  void Text(std::string_view expected) {
    if (!rest_.starts_with(expected)) return Fail();
    rest_.remove_prefix(expected.size());
  }
  void Letters() {
    while (!rest_.empty() && ((rest_[0] >= 'A' && rest_[0] <= 'Z') || (rest_[0] >= 'a' && rest_[0] <= 'z')))
      rest_.remove_prefix(1);
  }
  int Digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count || rest_[0] == '-') return Fail(), 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + count, value);
    if (error != std::errc() || end != rest_.data() + count) return Fail(), 0;
    rest_.remove_prefix(count);
    return value;
  }
  // 1 to 12.
  unsigned Month() {
    for (unsigned i = 0; i < kMonths.size(); ++i) {
      if (!rest_.starts_with(kMonths[i])) continue;
      rest_.remove_prefix(kMonths[i].size());
      return i + 1;
    }
    return Fail(), 1;
  }
  bool Next(std::string_view text) const { return rest_.starts_with(text); }
  bool finished() const { return ok_ && rest_.empty(); }

 private:
  void Fail() { ok_ = false; }

  std::string_view rest_;
  bool ok_ = true;
};

struct Fields {
  int year = 0;
  unsigned month = 1;
  int day = 0, hour = 0, minute = 0, second = 0;

  void ReadTime(Reader& reader) {
    hour = reader.Digits(2);
    reader.Text(":");
    minute = reader.Digits(2);
    reader.Text(":");
    second = reader.Digits(2);
  }
};

int FullYear(int two_digits, WallTime now) {
  const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
  const int this_year = static_cast<int>(today.year());
  const int year = this_year / 100 * 100 + two_digits;
  return year > this_year + 50 ? year - 100 : year;
}

}  // namespace

std::optional<WallTime> ParseDate(std::string_view text, WallTime now) {
  Reader reader(text);
  Fields fields;
  reader.Letters();
  if (reader.Next(",")) {
    reader.Text(", ");
    fields.day = reader.Digits(2);
    const bool short_year = reader.Next("-");
    const std::string_view separator = short_year ? "-" : " ";
    reader.Text(separator);
    fields.month = reader.Month();
    reader.Text(separator);
    fields.year = short_year ? FullYear(reader.Digits(2), now) : reader.Digits(4);
    reader.Text(" ");
    fields.ReadTime(reader);
    reader.Text(" GMT");
  } else {
    reader.Text(" ");
    fields.month = reader.Month();
    reader.Text(" ");
    if (reader.Next(" ")) {
      reader.Text(" ");
      fields.day = reader.Digits(1);
    } else {
      fields.day = reader.Digits(2);
    }
    reader.Text(" ");
    fields.ReadTime(reader);
    reader.Text(" ");
    fields.year = reader.Digits(4);
  }
  const std::chrono::year_month_day date{std::chrono::year(fields.year), std::chrono::month(fields.month),
                                         std::chrono::day(static_cast<unsigned>(fields.day))};
  // A leap second is a second of 60. Nanoseconds since 1970 end in 2262, and dates before 1970 are of no use here.
  if (!reader.finished() || !date.ok() || fields.hour > 23 || fields.minute > 59 || fields.second > 60 ||
      fields.year < 1970 || fields.year > 2200)
    return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(fields.hour) + std::chrono::minutes(fields.minute) +
         std::chrono::seconds(fields.second);
}

}  // namespace millrace::http
