// AddPermission, RemovePermission, GetPolicy: what a function's resource policy says. It is kept and shown, not
// enforced.
#include <algorithm>

#include "api/lambda/errors.h"
#include "api/lambda/function_ref.h"
#include "api/lambda/operations.h"
#include "aws/request_reader.h"
#include "http/digest.h"
#include "json/write.h"

namespace millrace::api::lambda {
namespace {

constexpr std::size_t kPolicyBytesMax = 20'480;

Result<Found> FindOwn(const Call& call) {
  ASSIGN_OR_RETURN(FunctionRef ref, ParseFunctionRef(call.place(0), call.route.Query("Qualifier"), call.context));
  return FindFunction(call.catalogue, std::move(ref));
}

std::string PolicyOf(const Definition& definition, std::string_view qualifier) {
  std::string text;
  json::Writer writer(&text);
  writer.BeginObject();
  writer.Key("Version");
  writer.String("2012-10-17");
  writer.Key("Id");
  writer.String("default");
  writer.Key("Statement");
  writer.BeginArray();
  for (const Permission& permission : definition.permissions)
    if (permission.qualifier == qualifier) writer.Raw(permission.statement);
  writer.EndArray();
  writer.EndObject();
  return text;
}

// The same for the same policy, another for another: what a revision id is for.
std::string RevisionOf(std::string_view policy) {
  const std::string hex = http::Hex(http::Sha256(policy));
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20, 12));
}

Status CheckRevision(std::optional<std::string_view> revision, const Definition& definition,
                     std::string_view qualifier) {
  if (!revision || revision->empty() || *revision == RevisionOf(PolicyOf(definition, qualifier))) return Ok();
  return Err(ErrorCode::kFailedPrecondition, {},
             "The Revision Id provided does not match the latest Revision Id. Call the GetPolicy API to retrieve the "
             "latest Revision Id");
}

bool HasPolicy(const Definition& definition, std::string_view qualifier) {
  return std::ranges::find(definition.permissions, qualifier, &Permission::qualifier) != definition.permissions.end();
}

Error NoPolicy() {
  return Err(ErrorCode::kNotFound, {}, "The resource you requested does not exist.");
}

}  // namespace

Result<Answer> AddPermission(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  aws::RequestReader reader(call.request);
  const auto sid = reader.String("StatementId");
  const auto action = reader.String("Action");
  const auto principal = reader.String("Principal");
  const auto source_arn = reader.String("SourceArn");
  const auto source_account = reader.String("SourceAccount");
  const auto organization = reader.String("PrincipalOrgID");
  const auto token = reader.String("EventSourceToken");
  const auto url_auth = reader.String("FunctionUrlAuthType");
  const auto revision = reader.String("RevisionId");
  TRY(reader.status());
  if (!sid) return MissingMember("statementId");
  if (!action) return MissingMember("action");
  if (!principal) return MissingMember("principal");
  const bool word = !sid->empty() && sid->size() <= 100 && std::ranges::all_of(*sid, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  if (!word)
    return ValidationError(*sid, "statementId", "Member must satisfy regular expression pattern: ([a-zA-Z0-9-_]+)");
  const std::string& qualifier = found.ref.qualifier;
  TRY(CheckRevision(revision, *found.definition, qualifier));
  Definition definition = *found.definition;
  for (const Permission& permission : definition.permissions)
    if (permission.qualifier == qualifier && permission.sid == *sid)
      return Err(ErrorCode::kAlreadyExists, {},
                 "The statement id ({}) provided already exists. Please provide a new statement id, or remove the "
                 "existing statement.",
                 *sid);

  Permission permission{.sid = std::string(*sid), .qualifier = qualifier, .statement = {}};
  json::Writer writer(&permission.statement);
  auto text = [&writer](std::string_view key, std::string_view value) {
    writer.Key(key);
    writer.String(value);
  };
  writer.BeginObject();
  text("Sid", *sid);
  text("Effect", "Allow");
  writer.Key("Principal");
  if (*principal == "*") {
    writer.String("*");
  } else {
    writer.BeginObject();
    const bool service = principal->find('.') != std::string_view::npos && !principal->starts_with("arn:");
    const bool account =
        principal->size() == 12 && principal->find_first_not_of("0123456789") == std::string_view::npos;
    text(service ? "Service" : "AWS",
         account ? fmt::format("arn:aws:iam::{}:root", *principal) : std::string(*principal));
    writer.EndObject();
  }
  text("Action", *action);
  text("Resource", found.ref.Arn());
  if (source_arn || source_account || organization || token || url_auth) {
    writer.Key("Condition");
    writer.BeginObject();
    if (source_account || organization || token || url_auth) {
      writer.Key("StringEquals");
      writer.BeginObject();
      if (source_account) text("AWS:SourceAccount", *source_account);
      if (organization) text("aws:PrincipalOrgID", *organization);
      if (token) text("lambda:EventSourceToken", *token);
      if (url_auth) text("lambda:FunctionUrlAuthType", *url_auth);
      writer.EndObject();
    }
    if (source_arn) {
      writer.Key("ArnLike");
      writer.BeginObject();
      text("AWS:SourceArn", *source_arn);
      writer.EndObject();
    }
    writer.EndObject();
  }
  writer.EndObject();

  Answer answer{201};
  json::Writer answered(&answer.body);
  answered.BeginObject();
  answered.Key("Statement");
  answered.String(permission.statement);
  answered.EndObject();
  definition.permissions.push_back(std::move(permission));
  if (PolicyOf(definition, qualifier).size() > kPolicyBytesMax)
    return InvalidArgument("The final policy size is bigger than the limit ({}).", kPolicyBytesMax);
  TRY(call.catalogue.Put(std::move(definition)));
  return answer;
}

Result<Answer> RemovePermission(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  const std::string& qualifier = found.ref.qualifier;
  if (!HasPolicy(*found.definition, qualifier))
    return Err(ErrorCode::kNotFound, {}, "No policy is associated with the given resource.");
  TRY(CheckRevision(call.route.Query("RevisionId"), *found.definition, qualifier));
  Definition definition = *found.definition;
  const std::string_view sid = call.place(1);
  if (std::erase_if(definition.permissions, [&](const Permission& permission) {
        return permission.qualifier == qualifier && permission.sid == sid;
      }) == 0)
    return Err(ErrorCode::kNotFound, {}, "Statement {} is not found in resource policy.", sid);
  TRY(call.catalogue.Put(std::move(definition)));
  return Answer{204};
}

Result<Answer> GetPolicy(const Call& call) {
  ASSIGN_OR_RETURN(const Found found, FindOwn(call));
  if (!HasPolicy(*found.definition, found.ref.qualifier)) return NoPolicy();
  const std::string policy = PolicyOf(*found.definition, found.ref.qualifier);
  Answer answer;
  json::Writer writer(&answer.body);
  writer.BeginObject();
  writer.Key("Policy");
  writer.String(policy);
  writer.Key("RevisionId");
  writer.String(RevisionOf(policy));
  writer.EndObject();
  return answer;
}

}  // namespace millrace::api::lambda
