"""Scenarios that call every operation that a service must have, as data: test_operations.py plays them with three clients.

A step is (operation, parameters, expectations). Texts in parameters may hold «NAME»: what an earlier step saved. Expectations:
  save={NAME: path}      keeps what stands at the path (JMESPath) of the answer
  has={path: value}      what stands there
  error=code             it fails so
"""

ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"


def step(operation, parameters=None, save=None, has=None, error=None):
    return operation, parameters or {}, {"save": save or {}, "has": has or {}, "error": error}


EVENTS = [
    step("CreateEventBus", {"Name": "«n»"}, save={"bus": "EventBusArn"}),
    step("CreateEventBus", {"Name": "«n»"}, error="ResourceAlreadyExistsException"),
    step("UpdateEventBus", {"Name": "«n»", "Description": "orders"}),
    step("DescribeEventBus", {"Name": "«n»"}, has={"Arn": "«bus»", "Description": "orders"}),
    step("ListEventBuses", {"NamePrefix": "«n»"}, has={"length(EventBuses)": 1}),
    step("PutPermission", {"EventBusName": "«n»", "Action": "events:PutEvents", "Principal": "111111111111", "StatementId": "s"}),
    step("RemovePermission", {"EventBusName": "«n»", "StatementId": "s"}),
    step("PutRule", {"Name": "r", "EventBusName": "«n»", "EventPattern": '{"source": ["shop"]}'}, save={"rule": "RuleArn"}),
    step("DisableRule", {"Name": "r", "EventBusName": "«n»"}),
    step("DescribeRule", {"Name": "r", "EventBusName": "«n»"}, has={"State": "DISABLED"}),
    step("EnableRule", {"Name": "r", "EventBusName": "«n»"}),
    step("ListRules", {"EventBusName": "«n»"}, has={"Rules[].[Name, State]": [["r", "ENABLED"]]}),
    step("PutTargets", {"Rule": "r", "EventBusName": "«n»", "Targets": [{"Id": "t", "Arn": "«table»", "InputPath": "$.detail"}]},
         has={"FailedEntryCount": 0}),
    step("ListTargetsByRule", {"Rule": "r", "EventBusName": "«n»"}, has={"Targets[].Id": ["t"]}),
    step("ListRuleNamesByTarget", {"TargetArn": "«table»", "EventBusName": "«n»"}, has={"RuleNames": ["r"]}),
    step("TagResource", {"ResourceARN": "«rule»", "Tags": [{"Key": "team", "Value": "crm"}, {"Key": "old", "Value": "1"}]}),
    step("UntagResource", {"ResourceARN": "«rule»", "TagKeys": ["old"]}),
    step("ListTagsForResource", {"ResourceARN": "«rule»"}, has={"Tags": [{"Key": "team", "Value": "crm"}]}),
    step("TestEventPattern", {"EventPattern": '{"source": ["shop"]}', "Event": '{"id":"1","account":"1","source":"shop","time":'
                              '"2026-01-01T00:00:00Z","region":"us-east-1","resources":[],"detail-type":"t","detail":{}}'}, has={"Result": True}),
    step("CreateArchive", {"ArchiveName": "«n»", "EventSourceArn": "«bus»", "RetentionDays": 1}, save={"archive": "ArchiveArn"}),
    step("UpdateArchive", {"ArchiveName": "«n»", "Description": "all"}),
    step("DescribeArchive", {"ArchiveName": "«n»"}, has={"Description": "all", "State": "ENABLED"}),
    step("ListArchives", {"NamePrefix": "«n»"}, has={"Archives[].ArchiveName": ["«n»"]}),
    step("PutEvents", {"Entries": [{"EventBusName": "«n»", "Source": "shop", "DetailType": "t", "Detail": '{"id": "«n»"}'}, {"Source": "shop"}]},
         has={"FailedEntryCount": 1, "Entries[1].ErrorCode": "InvalidArgument"}),
    step("StartReplay", {"ReplayName": "«n»", "EventSourceArn": "«archive»", "EventStartTime": "2026-01-01T00:00:00Z",
                         "EventEndTime": "2126-01-01T00:00:00Z", "Destination": {"Arn": "«bus»"}}, has={"State": "STARTING"}),
    step("DescribeReplay", {"ReplayName": "«n»"}, has={"EventSourceArn": "«archive»"}),
    step("ListReplays", {"NamePrefix": "«n»"}, has={"length(Replays)": 1}),
    step("CancelReplay", {"ReplayName": "absent-«n»"}, error="ResourceNotFoundException"),
    step("CreateConnection", {"Name": "«n»", "AuthorizationType": "API_KEY", "AuthParameters": {
        "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "k"}}}, save={"connection": "ConnectionArn"}),
    step("UpdateConnection", {"Name": "«n»", "Description": "crm"}),
    step("DescribeConnection", {"Name": "«n»"}, has={"Description": "crm", "AuthParameters.ApiKeyAuthParameters": {"ApiKeyName": "X-Key"}}),
    step("ListConnections", {"NamePrefix": "«n»"}, has={"Connections[].ConnectionState": ["AUTHORIZED"]}),
    step("CreateApiDestination", {"Name": "«n»", "ConnectionArn": "«connection»", "HttpMethod": "POST", "InvocationEndpoint": "https://example.com/"}),
    step("UpdateApiDestination", {"Name": "«n»", "InvocationRateLimitPerSecond": 7}),
    step("DescribeApiDestination", {"Name": "«n»"}, has={"InvocationRateLimitPerSecond": 7}),
    step("ListApiDestinations", {"NamePrefix": "«n»"}, has={"length(ApiDestinations)": 1}),
    step("DeauthorizeConnection", {"Name": "«n»"}, has={"ConnectionState": "DEAUTHORIZING"}),
    step("DescribeConnection", {"Name": "«n»"}, has={"ConnectionState": "DEAUTHORIZED"}),
    step("DescribeApiDestination", {"Name": "«n»"}, has={"ApiDestinationState": "INACTIVE"}),
    step("DeleteApiDestination", {"Name": "«n»"}),
    step("DeleteConnection", {"Name": "«n»"}),
    step("DeleteArchive", {"ArchiveName": "«n»"}),
    step("RemoveTargets", {"Rule": "r", "EventBusName": "«n»", "Ids": ["t"]}, has={"FailedEntryCount": 0}),
    step("DeleteRule", {"Name": "r", "EventBusName": "«n»"}),
    step("DescribeRule", {"Name": "r", "EventBusName": "«n»"}, error="ResourceNotFoundException"),
    step("DeleteEventBus", {"Name": "«n»"}),
]

PIPES = [
    step("CreatePipe", {"Name": "«n»", "RoleArn": ROLE, "Source": "«stream»", "Target": "«table»", "DesiredState": "STOPPED",
                        "SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST", "BatchSize": 5}},
                        "TargetParameters": {"InputTemplate": '{"id": <$.eventID>}'}}, save={"pipe": "Arn"}, has={"DesiredState": "STOPPED"}),
    step("CreatePipe", {"Name": "«n»", "RoleArn": ROLE, "Source": "«stream»", "Target": "«table»",
                        "SourceParameters": {"DynamoDBStreamParameters": {"StartingPosition": "LATEST"}}}, error="ConflictException"),
    step("DescribePipe", {"Name": "«n»"}, has={"SourceParameters.DynamoDBStreamParameters.BatchSize": 5}),
    step("UpdatePipe", {"Name": "«n»", "RoleArn": ROLE, "Description": "copies", "DesiredState": "STOPPED"}),
    step("StartPipe", {"Name": "«n»"}, has={"DesiredState": "RUNNING"}),
    step("StopPipe", {"Name": "«n»"}, has={"DesiredState": "STOPPED"}),
    step("ListPipes", {"NamePrefix": "«n»"}, has={"Pipes[].Name": ["«n»"]}),
    step("TagResource", {"resourceArn": "«pipe»", "tags": {"team": "crm", "old": "1"}}),
    step("UntagResource", {"resourceArn": "«pipe»", "tagKeys": ["old"]}),
    step("ListTagsForResource", {"resourceArn": "«pipe»"}, has={"tags": {"team": "crm"}}),
    step("DeletePipe", {"Name": "«n»"}, has={"DesiredState": "DELETED"}),
    step("DescribePipe", {"Name": "absent-«n»"}, error="NotFoundException"),
]

TARGET = {"Arn": "«bus»", "RoleArn": ROLE, "EventBridgeParameters": {"Source": "clock", "DetailType": "tick"}}
SCHEDULER = [
    step("CreateScheduleGroup", {"Name": "«n»"}, save={"group": "ScheduleGroupArn"}),
    step("GetScheduleGroup", {"Name": "«n»"}, has={"State": "ACTIVE"}),
    step("ListScheduleGroups", {"NamePrefix": "«n»"}, has={"length(ScheduleGroups)": 1}),
    step("TagResource", {"ResourceArn": "«group»", "Tags": [{"Key": "team", "Value": "crm"}, {"Key": "old", "Value": "1"}]}),
    step("UntagResource", {"ResourceArn": "«group»", "TagKeys": ["old"]}),
    step("ListTagsForResource", {"ResourceArn": "«group»"}, has={"Tags": [{"Key": "team", "Value": "crm"}]}),
    step("CreateSchedule", {"Name": "s", "GroupName": "«n»", "ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET}),
    step("GetSchedule", {"Name": "s", "GroupName": "«n»"}, has={"State": "ENABLED", "Target.Arn": "«bus»"}),
    step("UpdateSchedule", {"Name": "s", "GroupName": "«n»", "ScheduleExpression": "cron(0 9 ? * MON-FRI *)", "State": "DISABLED",
                            "ScheduleExpressionTimezone": "Europe/Berlin", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": TARGET}),
    step("ListSchedules", {"GroupName": "«n»"}, has={"Schedules[].[Name, State]": [["s", "DISABLED"]]}),
    step("DeleteSchedule", {"Name": "s", "GroupName": "«n»"}),
    step("GetSchedule", {"Name": "s", "GroupName": "«n»"}, error="ResourceNotFoundException"),
    step("DeleteScheduleGroup", {"Name": "«n»"}),
]

LAMBDA = [
    step("CreateFunction", {"FunctionName": "«n»", "Runtime": "nodejs20.x", "Role": ROLE, "Handler": "index.handler", "Code": {"ZipFile": "«zip»"},
                            "Timeout": 20}, save={"function": "FunctionArn"}),
    step("GetFunction", {"FunctionName": "«n»"}, has={"Configuration.Handler": "index.handler"}),
    step("GetFunctionConfiguration", {"FunctionName": "«n»"}, has={"State": "Active"}),
    step("ListFunctions", has={"Functions[?FunctionName=='«n»'].Runtime": ["nodejs20.x"]}),
    step("UpdateFunctionConfiguration", {"FunctionName": "«n»", "Timeout": 30}, has={"Timeout": 30}),
    step("UpdateFunctionCode", {"FunctionName": "«n»", "ZipFile": "«zip»"}, has={"LastUpdateStatus": "Successful"}),
    step("Invoke", {"FunctionName": "«n»", "Payload": '{"n": 4}'}, has={"StatusCode": 200, "Payload.twice": 8}),
    step("Invoke", {"FunctionName": "«n»", "Payload": '{"n": 4}', "InvocationType": "Event"}, has={"StatusCode": 202}),
    step("Invoke", {"FunctionName": "«n»", "InvocationType": "DryRun"}, has={"StatusCode": 204}),
    step("Invoke", {"FunctionName": "absent-«n»"}, error="ResourceNotFoundException"),
    step("PublishVersion", {"FunctionName": "«n»"}, has={"Version": "1"}),
    step("ListVersionsByFunction", {"FunctionName": "«n»"}, has={"Versions[].Version": ["$LATEST", "1"]}),
    step("CreateAlias", {"FunctionName": "«n»", "Name": "live", "FunctionVersion": "1"}),
    step("GetAlias", {"FunctionName": "«n»", "Name": "live"}, has={"FunctionVersion": "1"}),
    step("UpdateAlias", {"FunctionName": "«n»", "Name": "live", "Description": "now"}, has={"Description": "now"}),
    step("ListAliases", {"FunctionName": "«n»"}, has={"Aliases[].Name": ["live"]}),
    step("DeleteAlias", {"FunctionName": "«n»", "Name": "live"}),
    step("AddPermission", {"FunctionName": "«n»", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}),
    step("GetPolicy", {"FunctionName": "«n»"}, has={"contains(Policy, 'events.amazonaws.com')": True}),
    step("RemovePermission", {"FunctionName": "«n»", "StatementId": "s"}),
    step("TagResource", {"Resource": "«function»", "Tags": {"team": "crm", "old": "1"}}),
    step("UntagResource", {"Resource": "«function»", "TagKeys": ["old"]}),
    step("ListTags", {"Resource": "«function»"}, has={"Tags": {"team": "crm"}}),
    step("GetFunctionCodeSigningConfig", {"FunctionName": "«n»"}, has={"FunctionName": "«n»"}),
    step("PutFunctionConcurrency", {"FunctionName": "«n»", "ReservedConcurrentExecutions": 2}),
    step("GetFunctionConcurrency", {"FunctionName": "«n»"}, has={"ReservedConcurrentExecutions": 2}),
    step("DeleteFunctionConcurrency", {"FunctionName": "«n»"}),
    step("CreateEventSourceMapping", {"FunctionName": "«n»", "EventSourceArn": "«stream»", "StartingPosition": "LATEST", "Enabled": False},
         save={"mapping": "UUID"}),
    step("GetEventSourceMapping", {"UUID": "«mapping»"}, has={"EventSourceArn": "«stream»"}),
    step("UpdateEventSourceMapping", {"UUID": "«mapping»", "BatchSize": 7}, has={"BatchSize": 7}),
    step("ListEventSourceMappings", {"FunctionName": "«n»"}, has={"length(EventSourceMappings)": 1}),
    step("DeleteEventSourceMapping", {"UUID": "«mapping»"}, has={"State": "Deleting"}),
    step("DeleteFunction", {"FunctionName": "«n»"}),
]

SQS = [
    step("CreateQueue", {"QueueName": "«n»-dead"}, save={"dead": "QueueUrl"}),
    step("CreateQueue", {"QueueName": "«n»", "Attributes": {"VisibilityTimeout": "20", "RedrivePolicy":
                                                            f'{{"deadLetterTargetArn":"{QUEUE_ARN}«n»-dead","maxReceiveCount":"1"}}'},
                         "tags": {"team": "crm"}}, save={"url": "QueueUrl"}),
    step("GetQueueUrl", {"QueueName": "«n»"}, has={"QueueUrl": "«url»"}),
    step("GetQueueUrl", {"QueueName": "absent-«n»"}, error="QueueDoesNotExist|NonExistentQueue"),
    step("ListQueues", {"QueueNamePrefix": "«n»"}, has={"length(QueueUrls)": 2}),
    step("SetQueueAttributes", {"QueueUrl": "«url»", "Attributes": {"DelaySeconds": "0", "VisibilityTimeout": "0"}}),
    step("GetQueueAttributes", {"QueueUrl": "«url»", "AttributeNames": ["All"]}, has={"Attributes.VisibilityTimeout": "0"}),
    step("ListDeadLetterSourceQueues", {"QueueUrl": "«dead»"}, has={"queueUrls": ["«url»"]}),
    step("TagQueue", {"QueueUrl": "«url»", "Tags": {"old": "1"}}),
    step("UntagQueue", {"QueueUrl": "«url»", "TagKeys": ["old"]}),
    step("ListQueueTags", {"QueueUrl": "«url»"}, has={"Tags": {"team": "crm"}}),
    step("SendMessage", {"QueueUrl": "«url»", "MessageBody": "one", "MessageAttributes": {"a": {"DataType": "String", "StringValue": "ü"}}},
         has={"MD5OfMessageBody": "f97c5d29941bfb1b2fdab0874906ab82"}),
    step("ReceiveMessage", {"QueueUrl": "«url»", "VisibilityTimeout": 60, "WaitTimeSeconds": 5, "MessageAttributeNames": ["All"]},
         has={"Messages[].[Body, MessageAttributes.a.StringValue]": [["one", "ü"]]}, save={"receipt": "Messages[0].ReceiptHandle"}),
    step("ChangeMessageVisibility", {"QueueUrl": "«url»", "ReceiptHandle": "«receipt»", "VisibilityTimeout": 30}),
    step("ChangeMessageVisibilityBatch", {"QueueUrl": "«url»", "Entries": [{"Id": "1", "ReceiptHandle": "«receipt»", "VisibilityTimeout": 0}]},
         has={"Successful[].Id": ["1"]}),
    # Received once already: now it goes to the dead letters, and back.
    step("ReceiveMessage", {"QueueUrl": "«url»"}, has={"Messages || `[]`": []}),
    step("GetQueueAttributes", {"QueueUrl": "«dead»", "AttributeNames": ["ApproximateNumberOfMessages"]},
         has={"Attributes.ApproximateNumberOfMessages": "1"}),
    step("StartMessageMoveTask", {"SourceArn": f"{QUEUE_ARN}«n»-dead"}, save={"task": "TaskHandle"}),
    step("ListMessageMoveTasks", {"SourceArn": f"{QUEUE_ARN}«n»-dead"}, has={"length(Results)": 1}),
    step("CancelMessageMoveTask", {"TaskHandle": "bm9uZQ=="}, error="ResourceNotFoundException"),
    step("ReceiveMessage", {"QueueUrl": "«url»", "WaitTimeSeconds": 20, "VisibilityTimeout": 60}, save={"receipt": "Messages[0].ReceiptHandle"},
         has={"Messages[0].Body": "one"}),
    step("DeleteMessage", {"QueueUrl": "«url»", "ReceiptHandle": "«receipt»"}),
    step("SendMessageBatch", {"QueueUrl": "«url»", "Entries": [{"Id": "1", "MessageBody": "two"}, {"Id": "2", "MessageBody": ""}]},
         has={"Successful[].Id": ["1"], "Failed[].Id": ["2"]}),
    step("ReceiveMessage", {"QueueUrl": "«url»", "WaitTimeSeconds": 20, "VisibilityTimeout": 60}, save={"receipt": "Messages[0].ReceiptHandle"}),
    step("DeleteMessageBatch", {"QueueUrl": "«url»", "Entries": [{"Id": "1", "ReceiptHandle": "«receipt»"}]}, has={"Successful[].Id": ["1"]}),
    step("PurgeQueue", {"QueueUrl": "«url»"}),
    step("DeleteQueue", {"QueueUrl": "«url»"}),
    step("DeleteQueue", {"QueueUrl": "«dead»"}),
]

SCENARIOS = {"events": EVENTS, "pipes": PIPES, "scheduler": SCHEDULER, "lambda": LAMBDA, "sqs": SQS}

# What a service must have to be of use to SDKs, the AWS CLI, Terraform, CDK and SAM.
MUST = {
    "events": """PutEvents CreateEventBus DescribeEventBus UpdateEventBus DeleteEventBus ListEventBuses PutRule DescribeRule ListRules DeleteRule
        EnableRule DisableRule PutTargets RemoveTargets ListTargetsByRule ListRuleNamesByTarget TestEventPattern TagResource UntagResource
        ListTagsForResource CreateArchive DescribeArchive UpdateArchive DeleteArchive ListArchives StartReplay DescribeReplay CancelReplay ListReplays
        PutPermission RemovePermission CreateConnection DescribeConnection UpdateConnection DeleteConnection ListConnections DeauthorizeConnection
        CreateApiDestination DescribeApiDestination UpdateApiDestination DeleteApiDestination ListApiDestinations""",
    "pipes": "CreatePipe DescribePipe UpdatePipe DeletePipe ListPipes StartPipe StopPipe TagResource UntagResource ListTagsForResource",
    "scheduler": """CreateSchedule GetSchedule UpdateSchedule DeleteSchedule ListSchedules CreateScheduleGroup GetScheduleGroup DeleteScheduleGroup
        ListScheduleGroups TagResource UntagResource ListTagsForResource""",
    "lambda": """CreateFunction GetFunction GetFunctionConfiguration ListFunctions UpdateFunctionCode UpdateFunctionConfiguration DeleteFunction Invoke
        CreateEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping DeleteEventSourceMapping ListEventSourceMappings AddPermission
        RemovePermission GetPolicy TagResource UntagResource ListTags PublishVersion ListVersionsByFunction CreateAlias GetAlias UpdateAlias DeleteAlias
        ListAliases GetFunctionCodeSigningConfig""",
    "sqs": """CreateQueue GetQueueUrl ListQueues SetQueueAttributes GetQueueAttributes ListDeadLetterSourceQueues TagQueue UntagQueue ListQueueTags
        SendMessage SendMessageBatch ReceiveMessage ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch PurgeQueue
        StartMessageMoveTask ListMessageMoveTasks CancelMessageMoveTask DeleteQueue""",
}
