// The service without a socket: both protocols say the same, hostile bodies are answered, long polls wait in line and
// end with the service. What SDKs see is proved in tests/binary/test_sqs.py.
#include "api/sqs/service.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "api/sqs/operations.h"
#include "api/sqs/query_protocol.h"
#include "base/check.h"
#include "engine/testing/node.h"
#include "json/parse.h"

namespace millrace::api::sqs {
namespace {

class Sink final : public http::ResponseSink {
 public:
  void Deliver(http::Response&& response) override {
    std::lock_guard lock(mutex_);
    response_ = std::move(response);
    ready_.notify_all();
  }
  bool connected() const override {
    std::lock_guard lock(mutex_);
    return connected_;
  }
  void Disconnect() {
    std::lock_guard lock(mutex_);
    connected_ = false;
  }
  bool answered() const {
    std::lock_guard lock(mutex_);
    return response_.has_value();
  }
  http::Response Wait() {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return response_.has_value(); });
    return *response_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::optional<http::Response> response_;  // guarded by mutex_
  bool connected_ = true;                   // guarded by mutex_
};

class SqsService : public ::testing::Test {
 protected:
  ~SqsService() override { service_.Close(); }

  std::shared_ptr<Sink> Start(std::string operation, std::string body) {
    auto sink = std::make_shared<Sink>();
    http::Request request;
    request.method = "POST";
    request.target = "/";
    request.headers.Add("Host", "localhost:4566");
    request.body = std::move(body);
    service_.Handle({"000000000000", "us-east-1", std::move(operation), "REQUEST"}, std::move(request),
                    http::Responder(sink));
    return sink;
  }
  http::Response Call(std::string operation, std::string body) {
    return Start(std::move(operation), std::move(body))->Wait();
  }
  http::Response Query(std::string target, std::string form) {
    auto sink = std::make_shared<Sink>();
    http::Request request;
    request.method = "POST";
    request.target = std::move(target);
    request.headers.Add("Host", "localhost:4566");
    request.headers.Add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = std::move(form);
    EXPECT_TRUE(Service::IsQuery(request));
    service_.HandleQuery({"000000000000", "us-east-1", {}, "REQUEST"}, std::move(request), http::Responder(sink));
    return sink->Wait();
  }

  engine::testing::TestNode node_;
  Service service_{node_.engine(), node_.clock(), node_.random()};
};

constexpr std::string_view kQueue = R"("QueueUrl":"http://x/000000000000/q")";

TEST_F(SqsService, EveryOperationAnswersToABodyThatSaysNothing) {
  for (const Operation& operation : Operations()) {
    SCOPED_TRACE(operation.name);
    const auto response = Call(std::string(operation.name), "{}");
    if (operation.name == "ListQueues") {
      EXPECT_EQ(response.status, 200);
      continue;
    }
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.headers.Get("x-amzn-query-error"), "MissingParameter;Sender") << response.body;
  }
  EXPECT_EQ(Operations().size(), 21u) << "all but AddPermission and RemovePermission";
}

TEST_F(SqsService, HostileBodiesAreRefused) {
  ASSERT_EQ(Call("CreateQueue", R"({"QueueName":"q"})").status, 200);
  const std::vector<std::string> bodies = {"",
                                           "[]",
                                           "{",
                                           "\xff",
                                           "7",
                                           std::string(100, '['),
                                           R"({"QueueUrl":7})",
                                           R"({"QueueUrl":"////"})",
                                           R"({"QueueUrl":"http://x/1/q/"})"};
  for (const Operation& operation : Operations()) {
    for (const std::string& body : bodies) {
      SCOPED_TRACE(fmt::format("{} {:?}", operation.name, body));
      const auto response = Call(std::string(operation.name), body);
      EXPECT_TRUE(response.status == 400 || (operation.name == "ListQueues" && response.status == 200))
          << response.status << response.body;
    }
  }
  for (const std::string_view body :
       {R"("MessageBody":7)", R"("MessageBody":"x","DelaySeconds":"1")", R"("MessageBody":"x","MessageAttributes":[])",
        R"("MessageBody":"x","MessageAttributes":{"a":7})", R"("MessageBody":"x","MessageAttributes":{"a":{}})",
        R"("MessageBody":"x","MessageAttributes":{"a":{"DataType":"Binary","BinaryValue":"?"}})",
        R"("MessageBody":"x","MessageAttributes":{"":{"DataType":"String","StringValue":"v"}})",
        R"("MessageBody":"x","MessageSystemAttributes":{"a":{"DataType":"String","StringValue":"v"}})",
        R"("MessageBody":"x","MessageGroupId":"a b")"}) {
    EXPECT_EQ(Call("SendMessage", fmt::format("{{{},{}}}", kQueue, body)).status, 400) << body;
  }
  EXPECT_EQ(Call("Nonsense", "{}").headers.Get("x-amzn-query-error"), "InvalidAction;Sender");
  EXPECT_EQ(MUST(node_.engine().queues().Counts(node_.engine().catalogue()->queues().begin()->first)).visible, 0u);
}

TEST_F(SqsService, FormsBecomeJsonAndAnswersXml) {
  const auto json = [](std::string_view action, std::string_view form) {
    return *JsonOfForm(action, *ParseForm(form));
  };
  EXPECT_EQ(
      json("SendMessage", "Action=SendMessage&Version=2012-11-05&MessageBody=a+b%26%3D&DelaySeconds=5&X-Amz-Date=1"),
      R"({"DelaySeconds":5,"MessageBody":"a b&="})");
  EXPECT_EQ(json("SendMessage",
                 "MessageAttribute.1.Name=k&MessageAttribute.1.Value.DataType=String&"
                 "MessageAttribute.1.Value.StringValue=v"),
            R"({"MessageAttributes":{"k":{"DataType":"String","StringValue":"v"}}})");
  EXPECT_EQ(json("CreateQueue",
                 "Tag.1.Key=a&Tag.1.Value=b&Attribute.2.Name=y&Attribute.2.Value=2&Attribute.10.Name=z&"
                 "Attribute.10.Value=3"),
            R"({"Attributes":{"y":"2","z":"3"},"tags":{"a":"b"}})");
  EXPECT_EQ(json("DeleteMessageBatch",
                 "DeleteMessageBatchRequestEntry.1.Id=a&DeleteMessageBatchRequestEntry.1."
                 "ReceiptHandle=r&DeleteMessageBatchRequestEntry.2.Id=b"),
            R"({"Entries":[{"Id":"a","ReceiptHandle":"r"},{"Id":"b"}]})");
  EXPECT_EQ(json("UntagQueue", "TagKey.1=a&TagKey.2=b"), R"({"TagKeys":["a","b"]})");
  EXPECT_EQ(json("ReceiveMessage", "WaitTimeSeconds=x"), R"({"WaitTimeSeconds":"x"})");
  EXPECT_FALSE(JsonOfForm("x", *ParseForm("a.b.c.d.e.f.g.h.i.j.k=1")).ok());
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "a=1&";
  EXPECT_FALSE(ParseForm(many).ok());

  const auto created = Query("/", "Action=CreateQueue&Version=2012-11-05&QueueName=q");
  EXPECT_EQ(created.status, 200);
  EXPECT_EQ(created.content_type, "text/xml");
  EXPECT_NE(created.body.find("<QueueUrl>http://localhost:4566/000000000000/q</QueueUrl>"), std::string::npos);
  const auto sent = Query("/000000000000/q", "Action=SendMessage&MessageBody=%3Cx%3E");
  EXPECT_EQ(sent.status, 200) << sent.body;
  const auto received = Query("/000000000000/q", "Action=ReceiveMessage&Version=2012-11-05");
  EXPECT_NE(received.body.find("<Body>&lt;x&gt;</Body>"), std::string::npos) << received.body;
  const auto refused = Query("/000000000000/q", "Action=ReceiveMessage&Version=2012-11-05&MaxNumberOfMessages=11");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("<Code>InvalidParameterValue</Code>"), std::string::npos);
  EXPECT_EQ(Query("/000000000000/q", "Action=SendMessage&MessageBody=%FF").status, 400);
}

TEST_F(SqsService, LongPollsAreServedInTheOrderTheyCame) {
  ASSERT_EQ(Call("CreateQueue", R"({"QueueName":"q"})").status, 200);
  const std::string poll = fmt::format(R"({{{},"WaitTimeSeconds":20}})", kQueue);
  const auto gone = Start("ReceiveMessage", poll);
  const auto first = Start("ReceiveMessage", poll);
  const auto second = Start("ReceiveMessage", poll);
  EXPECT_FALSE(first->answered());
  gone->Disconnect();  // nobody is there to take a message
  Call("SendMessage", fmt::format(R"({{{},"MessageBody":"1"}})", kQueue));
  EXPECT_NE(first->Wait().body.find(R"("Body":"1")"), std::string::npos);
  EXPECT_FALSE(second->answered());
  Call("SendMessage", fmt::format(R"({{{},"MessageBody":"2"}})", kQueue));
  EXPECT_NE(second->Wait().body.find(R"("Body":"2")"), std::string::npos);
  const auto third = Start("ReceiveMessage", poll);
  service_.Close();
  EXPECT_EQ(third->Wait().body, "{}");
  EXPECT_EQ(Call("ReceiveMessage", poll).body, "{}") << "closed: nothing waits any more";
}

TEST_F(SqsService, ALongPollEndsWithItsQueueAndWithItsTime) {
  ASSERT_EQ(Call("CreateQueue", R"({"QueueName":"q"})").status, 200);
  const auto poll = Start("ReceiveMessage", fmt::format(R"({{{},"WaitTimeSeconds":20}})", kQueue));
  const auto other = Start("ReceiveMessage", fmt::format(R"({{{},"WaitTimeSeconds":1}})", kQueue));
  node_.clock().Advance(std::chrono::seconds(1));
  EXPECT_EQ(other->Wait().body, "{}");
  ASSERT_EQ(Call("DeleteQueue", fmt::format("{{{}}}", kQueue)).status, 200);
  EXPECT_EQ(poll->Wait().headers.Get("x-amzn-query-error"), "AWS.SimpleQueueService.NonExistentQueue;Sender");
}

}  // namespace
}  // namespace millrace::api::sqs
