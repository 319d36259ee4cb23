"""Copies `source` to `target` the way boto3 is used well: a parallel scan in four processes, each
with a client that keeps its connection, batches of 25, what comes back unprocessed sent again.

boto3 and its retries and checks of parameters are left as they come.
"""

import multiprocessing
import sys
import time

import boto3

PROCESSES = 4
BATCH = 25  # BatchWriteItem's limit
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.05, 5.0


def write(client, items):
    left = {"target": [{"PutRequest": {"Item": item}} for item in items]}
    pause = PAUSE_SECONDS
    while True:
        left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
        if not left:
            return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def copy_segment(url, segment, copied):
    client = boto3.client("dynamodb", endpoint_url=url, region_name="us-east-1",
                          aws_access_key_id="local", aws_secret_access_key="local")
    pages = client.get_paginator("scan").paginate(
        TableName="source", ConsistentRead=True, Segment=segment, TotalSegments=PROCESSES)
    count = 0
    for page in pages:
        items = page["Items"]
        for first in range(0, len(items), BATCH):
            write(client, items[first:first + BATCH])
        count += len(items)
    with copied.get_lock():
        copied.value += count


def main(url):
    copied = multiprocessing.Value("q", 0)
    workers = [multiprocessing.Process(target=copy_segment, args=(url, segment, copied))
               for segment in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(copied.value)
    return max(abs(worker.exitcode) for worker in workers)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
