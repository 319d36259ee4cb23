"""Compares two tables item for item, by value, with boto3 alone: nothing here is ddbsync's code.

Numbers are equal by value, sets whatever their order, binaries byte for byte.
"""

import dataclasses
import decimal

MOST_SHOWN = 5  # differences kept for the message

# 38 digits and exponents from -130 to 125 fit without rounding.
_EXACT = decimal.Context(prec=60, Emin=-400, Emax=400, traps=[decimal.Inexact])


def _number(text):
    return decimal.Decimal(text).normalize(_EXACT) + 0


def canonical(value):
    """An attribute value ({"N": "1.0"}) as something hashable that is equal when the value is."""
    (kind, inner), = value.items()
    if kind == "N":
        return kind, _number(inner)
    if kind == "NS":
        return kind, frozenset(_number(text) for text in inner)
    if kind in ("SS", "BS"):
        return kind, frozenset(inner)
    if kind == "L":
        return kind, tuple(canonical(element) for element in inner)
    if kind == "M":
        return kind, canonical_item(inner)
    return kind, inner


def canonical_item(item):
    return frozenset((name, canonical(value)) for name, value in item.items())


def read_table(client, table):
    """Every item by its canonical key."""
    schema = client.describe_table(TableName=table)["Table"]["KeySchema"]
    names = [element["AttributeName"] for element in schema]
    items = {}
    for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True):
        for item in page["Items"]:
            items[tuple(canonical(item[name]) for name in names)] = canonical_item(item)
    return items


@dataclasses.dataclass
class Difference:
    source_items: int
    target_items: int
    missing: list  # keys on the source only
    extra: list  # keys on the target only
    different: list

    @property
    def equal(self):
        return not (self.missing or self.extra or self.different)

    def __str__(self):
        if self.equal:
            return f"{self.source_items} items equal"
        parts = [f"{self.source_items} items against {self.target_items}"]
        for name in ("missing", "extra", "different"):
            keys = getattr(self, name)
            if keys:
                parts.append(f"{len(keys)} {name}, such as {keys[:MOST_SHOWN]}")
        return "; ".join(parts)


def compare(source_client, source_table, target_client, target_table):
    source = read_table(source_client, source_table)
    target = read_table(target_client, target_table)
    return Difference(
        source_items=len(source),
        target_items=len(target),
        missing=[key for key in source if key not in target],
        extra=[key for key in target if key not in source],
        different=[key for key in source if key in target and source[key] != target[key]],
    )
