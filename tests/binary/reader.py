"""Reads a table's change stream the way a consumer does: all shards, parents before children, to the end."""


def describe(streams, arn):
    """The stream's description with all its shards, from as many pages as there are."""
    answer = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    shards = list(answer["Shards"])
    while "LastEvaluatedShardId" in answer:
        answer = streams.describe_stream(StreamArn=arn, ExclusiveStartShardId=answer["LastEvaluatedShardId"])["StreamDescription"]
        shards += answer["Shards"]
    return {**answer, "Shards": shards}


def parents_first(shards):
    known, ordered = {shard["ShardId"] for shard in shards}, []
    waiting = list(shards)
    while waiting:
        done = {shard["ShardId"] for shard in ordered}
        ready = [shard for shard in waiting if shard.get("ParentShardId") not in known or shard["ParentShardId"] in done]
        assert ready, f"shards that are their own ancestors: {waiting}"
        ordered += ready
        waiting = [shard for shard in waiting if shard not in ready]
    return ordered


def read_shard(streams, arn, shard_id, kind="TRIM_HORIZON", limit=1000, **position):
    """(records, the iterator to go on with or None at the end of a closed shard)"""
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard_id, ShardIteratorType=kind, **position)["ShardIterator"]
    return drain(streams, iterator, limit)


def drain(streams, iterator, limit=1000):
    records = []
    while iterator:
        answer = streams.get_records(ShardIterator=iterator, Limit=limit)
        records += answer["Records"]
        iterator = answer.get("NextShardIterator")
        if not answer["Records"]:
            break
    return records, iterator


def read_all(streams, arn, **more):
    """Every record of the stream, shard after shard, parents first."""
    return [record for shard in parents_first(describe(streams, arn)["Shards"]) for record in read_shard(streams, arn, shard["ShardId"], **more)[0]]


def arn_of(db, table):
    return db.describe_table(TableName=table)["Table"]["LatestStreamArn"]
