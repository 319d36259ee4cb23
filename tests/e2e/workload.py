"""Tables and items of every attribute type, and what fills them."""

import random

BATCH = 25  # BatchWriteItem's limit
LARGE_ITEM_BYTES = 390 * 1024  # under DynamoDB's 400 KB with room for names

_NUMBERS = [
    "0", "-1", "42", "3.14159", "-0.000000000000000000000001", "1E-130", "-9.9999E+125",
    "12345678901234567890123456789012345678", "-98765432109876543210987654321098765432",
    "0.12345678901234567890123456789012345678",
]
_TEXTS = ["", "plain", "Grüße aus Köln", "日本語 🙂", 'quote " back \\ slash /', "\x00\x01\x7f",
          "line\nfeed\ttab", "null", "[]{}"]


def create_table(client, name, hash_key=("customer", "S"), range_key=("order", "N"), stream=None):
    """Creates a table, waits for it; `stream` is a view type or None."""
    keys = [key for key in ((hash_key, "HASH"), (range_key, "RANGE")) if key[0]]
    options = {}
    if stream:
        options["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": stream}
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key[0], "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[
            {"AttributeName": key[0], "AttributeType": key[1]} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
        **options,
    )
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 20})


def table_names(client):
    """Of all tables: the server lists a hundred at a time."""
    return [name for page in client.get_paginator("list_tables").paginate()
            for name in page["TableNames"]]


def key_of(index):
    """Ten orders a customer; the order is a number that is not always an integer."""
    return {"customer": {"S": f"customer-{index // 10:05d}"},
            "order": {"N": str(index % 10 - 5) if index % 3 else f"{index % 10}.5"}}


def small_key_of(index):
    return {"id": {"B": index.to_bytes(4, "big") + b"\xff\x00\x80"}}


def attributes(index, seed=0):
    """All ten types; the same for the same index and seed.

    No empty map: in a stream's image DynamoDB Local writes it as {}, which is no value.
    """
    pick = random.Random(index * 1_000_003 + seed)
    numbers = pick.sample(_NUMBERS, 3)
    return {
        "note": {"S": pick.choice(_TEXTS)},
        "amount": {"N": numbers[0]},
        "blob": {"B": pick.randbytes(pick.choice((0, 1, 2, 3, 64)))},
        "open": {"BOOL": pick.random() < 0.5},
        "nothing": {"NULL": True},
        "tags": {"SS": sorted({f"tag{pick.randrange(50)}" for _ in range(4)})},
        "scores": {"NS": numbers},
        "hashes": {"BS": sorted({pick.randbytes(4) for _ in range(3)})},
        "lines": {"L": [
            {"M": {"sku": {"S": f"sku-{pick.randrange(9999)}"}, "n": {"N": numbers[1]}}},
            {"L": []}, {"NULL": True}, {"S": ""}, {"B": b""},
            {"L": [{"L": [{"M": {"deep": {"SS": ["a", "b"]}}}]}]},
        ]},
        "address": {"M": {"city": {"S": pick.choice(_TEXTS)},
                          "geo": {"L": [{"N": "-1.5"}, {"N": "1e3"}]}}},
        "changes": {"N": "0"},
    }


def items(count, key=key_of, seed=0):
    return [{**key(index), **attributes(index, seed)} for index in range(count)]


def empty_map_item():
    return {"customer": {"S": "customer-empty"}, "order": {"N": "1"}, "map": {"M": {}},
            "list": {"L": [{"M": {}}, {"M": {"map": {"M": {}}}}]}}


def large_item():
    return {"customer": {"S": "customer-large"}, "order": {"N": "1"},
            "body": {"S": "x" * LARGE_ITEM_BYTES}}


def fill(client, table, wanted):
    """Writes items in batches, until each is in."""
    batch = []
    for item in wanted:
        batch.append({"PutRequest": {"Item": item}})
        if len(batch) == BATCH:
            _write(client, table, batch)
            batch = []
    if batch:
        _write(client, table, batch)


def _write(client, table, batch):
    left = {table: batch}
    while left:
        left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
